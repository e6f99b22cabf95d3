/**
 * The machine that TestFloat runs on: a user program of a few instructions, run once for each case.
 *
 * Here: putting operands into memory, running, reading result and flags. Not here: the instructions
 * (→ testfloat-functions.ts), the flags that TestFloat knows (→ waivers.ts).
 * @module
 */
import { allocateMemory, EFLAGS, EIP, FCW, FSW, FTW, GuestMemory, MXCSR, Processor } from "../index.ts";
import type { Settings } from "./hwvec-machine.ts";
import type { Difference } from "./score.ts";
import { DIGITS, type TestFloatCase, type TestFloatSection } from "./testfloat-format.ts";
import { A, B, RESULT } from "./testfloat-functions.ts";
import { testFloatFlags } from "./waivers.ts";

const RAM = 0x4000;
const CODE = 0x1000;
const INT_80 = [0xcd, 0x80];
/** All exceptions masked. */
const CONTROL_WORD = 0x3f;
const MXCSR_MASKS = 0x1f80;
/** A remainder comes in steps of at least 32 bits of a difference of 15-bit exponents. */
const LONGEST = 10_000;

/** Runs cases of TestFloat one after the other. */
export class TestFloatMachine {
  readonly #memory: GuestMemory = new GuestMemory(allocateMemory(RAM, false), RAM);
  readonly #processor: Processor;
  #section: TestFloatSection | null = null;

  constructor(settings: Settings = {}) {
    const ports = { read: () => 0, write: () => {} };
    this.#processor = new Processor({ ...settings, memory: this.#memory, ports, model: "pentium4", float: true });
    const flat = { base: 0, limit: 0xffffffff, dpl: 3 } as const;
    this.#processor.setDescriptor(1, { ...flat, kind: "code", readable: true });
    this.#processor.setDescriptor(2, { ...flat, kind: "data", writable: true });
    this.#processor.loadSegment("cs", 0x0b);
    for (const name of ["ss", "ds", "es"] as const) this.#processor.loadSegment(name, 0x13);
  }

  /** Runs one case; no differences means the result and the flags of TestFloat. */
  check(section: TestFloatSection, test: TestFloatCase): Difference[] {
    const memory = this.#memory;
    const { registers, floatRegisters } = this.#processor;
    const { code, sse, holds } = section.function;
    if (section !== this.#section) memory.writeBytes(CODE, Uint8Array.from([...code, ...INT_80]));
    this.#section = section;
    test.operands.forEach((words, n) => {
      words.forEach((word, place) => {
        memory.write32((n === 0 ? A : B) + 4 * place, word);
      });
    });
    floatRegisters[FCW] = CONTROL_WORD | (section.precision << 8) | (section.rounding << 10);
    floatRegisters[FSW] = 0;
    floatRegisters[FTW] = 0;
    floatRegisters[MXCSR] = MXCSR_MASKS | (section.rounding << 13);
    registers[EIP] = CODE;
    const { kind } = this.#processor.run(LONGEST);
    if (kind !== "softwareInterrupt") return [{ tier: "A", what: `the program ended with ${kind}` }];
    const result =
      holds === undefined ? this.#digits(DIGITS[section.function.result]) : holds(registers[EFLAGS]) ? "1" : "0";
    const flags = testFloatFlags(sse ? floatRegisters[MXCSR] : floatRegisters[FSW]);
    const differences: Difference[] = [];
    if (result !== test.result) differences.push({ tier: "A", what: `result expected ${test.result}, got ${result}` });
    if (flags !== test.flags)
      differences.push({ tier: "B", what: `flags expected ${test.flags.toString(16)}, got ${flags.toString(16)}` });
    return differences;
  }

  #digits(count: number): string {
    let text = "";
    for (let at = 0; at * 8 < count; at++)
      text = (this.#memory.read32(RESULT + 4 * at) >>> 0).toString(16).padStart(8, "0") + text;
    return text.slice(-count).toUpperCase();
  }
}
