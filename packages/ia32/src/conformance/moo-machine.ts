/**
 * The machine that MOO tests run on: a megabyte and a bit, and a processor in real mode.
 *
 * Here: loading a test, running it to its HLT, comparing registers and memory. Not here: the format (→ moo-format.ts),
 * what is not compared (→ waivers.ts).
 * @module
 */
import {
  allocateMemory,
  EAX,
  EBP,
  EBX,
  ECX,
  EDI,
  EDX,
  EFLAGS,
  EIP,
  ESI,
  ESP,
  GuestMemory,
  Processor,
  type ProcessorState,
} from "../index.ts";
import type { Settings } from "./hwvec-machine.ts";
import type { MooTest } from "./moo-format.ts";
import type { Difference } from "./score.ts";
import { type MooWaiver, mooWaiver } from "./waivers.ts";

const RAM = 0x110000;
/** Instructions after which a test has come to its HLT, an iteration of REP counting one, or never will. */
const LONGEST = 0x20000;
const GENERAL_PROTECTION = 13;
const STACK_FAULT = 12;

const REGISTERS: readonly (readonly [index: number, wide: string, narrow: string])[] = [
  [EAX, "eax", "ax"],
  [EBX, "ebx", "bx"],
  [ECX, "ecx", "cx"],
  [EDX, "edx", "dx"],
  [ESP, "esp", "sp"],
  [EBP, "ebp", "bp"],
  [ESI, "esi", "si"],
  [EDI, "edi", "di"],
  [EIP, "eip", "ip"],
  [EFLAGS, "eflags", "flags"],
];
const SS = 2;
const SEGMENTS = ["es", "cs", "ss", "ds", "fs", "gs"] as const;

/** Runs MOO tests one after the other. */
export class MooMachine {
  readonly #memory: GuestMemory = new GuestMemory(allocateMemory(RAM, false), RAM);
  readonly #processor: Processor;
  readonly #start: ProcessorState;

  constructor(settings: Settings = {}) {
    const ports = { read: (_port: number, size: 1 | 2 | 4) => 0xffff_ffff >>> (32 - 8 * size), write: () => {} };
    this.#processor = new Processor({ ...settings, memory: this.#memory, ports, model: "i486", architectural: true });
    this.#start = this.#processor.state;
  }

  /**
   * Runs one test of a file of `cpu`; no differences means that the processor did what the silicon did.
   *
   * @returns why the test cannot hold, or the differences
   */
  check(test: MooTest, cpu: string): string | readonly Difference[] {
    const waiver = mooWaiver(test, cpu);
    if (waiver.reason !== null) return waiver.reason;
    const memory = this.#memory;
    const processor = this.#processor;
    const { initial, final } = test;
    for (const [address, byte] of initial.ram) memory.write8(address, byte);
    if (waiver.stackFault) memory.write32(STACK_FAULT * 4, memory.read32(GENERAL_PROTECTION * 4));
    // The processor was halted by the test before.
    processor.state = this.#start;
    const { registers } = processor;
    for (const [index, wide, narrow] of REGISTERS)
      registers[index] = initial.registers[wide] ?? initial.registers[narrow] ?? 0;
    registers[EFLAGS] &= waiver.before;
    for (const name of SEGMENTS) processor.loadSegment(name, (initial.registers[name] ?? 0) & 0xffff);
    const { kind } = processor.run(LONGEST);
    const differences: readonly Difference[] =
      kind === "halt" ? this.#compare(test, waiver) : [{ tier: "A", what: `no HLT was reached: ${kind}` }];
    for (const [address] of [...initial.ram, ...final.ram]) memory.write8(address, 0);
    memory.write32(STACK_FAULT * 4, 0);
    return differences;
  }

  #compare({ initial, final, exception }: MooTest, waiver: MooWaiver): Difference[] {
    const differences: Difference[] = [];
    const check = (what: string, expected: number, got: number, mask: number): void => {
      if (((expected ^ got) & mask) === 0) return;
      const [a, b] = [expected >>> 0, got >>> 0].map((value) => value.toString(16));
      differences.push({ tier: "A", what: `${what} expected ${a}, got ${b}` });
    };
    const state = this.#processor.state;
    for (const [index, wide, narrow] of REGISTERS) {
      const name = wide in initial.registers ? wide : narrow;
      if (waiver.ignored.includes(name)) continue;
      const flags = index === EFLAGS ? waiver.flags : -1;
      const mask = flags & (final.masks[name] ?? -1) & (name === wide ? -1 : 0xffff);
      check(name, final.registers[name] ?? initial.registers[name] ?? 0, state.registers[index], mask);
    }
    SEGMENTS.forEach((name, number) => {
      const expected = final.registers[name] ?? initial.registers[name];
      if (expected !== undefined) check(name, expected, state.segments[number].selector, 0xffff);
    });
    // An exception has pushed flags, CS and IP.
    const pushed = (n: number): number => state.segments[SS].base + ((state.registers[ESP] + 4 + n) & 0xffff);
    const flagsAt = exception === undefined ? [] : [pushed(0), pushed(1)];
    for (const [address, byte] of new Map([...initial.ram, ...final.ram])) {
      const place = flagsAt.indexOf(address);
      const mask = place < 0 ? 0xff : (waiver.flags >>> (8 * place)) & 0xff;
      check(`byte ${address.toString(16)}`, byte, this.#memory.read8(address), mask);
    }
    return differences;
  }
}
