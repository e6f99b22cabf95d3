/**
 * The machine that MOO tests run on: a megabyte and a bit, and a processor in real mode.
 *
 * Here: loading a test, running it to its HLT, comparing registers and memory, the flags that are undefined.
 * Not here: the format (→ moo-format.ts). All waivers stand here:
 * - FLAGS bits 12 to 15: an 80286 in real mode has them 0, later processors keep NT and IOPL (SDM Vol. 3B, 22.12).
 * - UNDEFINED, for the register and for the copy that an exception pushes (SDM Vol. 2, "Flags Affected" of each).
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
} from "@kintsugi/ia32";
import type { MooTest } from "./moo-format.ts";
import type { Difference } from "./score.ts";

const RAM = 0x110000;
/** Instructions after which a test that has not come to its HLT never will. */
const LONGEST = 1000;
const HLT = 0xf4;
const CS = 1;
const REAL_FLAGS = 0x0fff;

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
const SEGMENTS = ["es", "cs", "ss", "ds", "fs", "gs"] as const;

/** Flags that are undefined after the forms: opcode, or opcode.register field. */
const UNDEFINED: readonly (readonly [flags: number, forms: RegExp])[] = [
  // AF after AND, OR, XOR, TEST and shifts.
  [0x010, /^(0[89A-D]|[23][0-5]|8[0-3]\.[146]|8[45]|A[89]|(C0|D[01])\.[4-7]|F[67]\.[01])$/],
  // OF after DAA and DAS, and after rotating by more than one.
  [0x800, /^(2[7F]|(C1|D[23])\.[0-3])$/],
  // AAA, AAS: OF SF ZF PF.
  [0x8c4, /^3[7F]$/],
  // MUL, IMUL: SF ZF AF PF.
  [0x0d4, /^(6[9B]|F[67]\.[45])$/],
  // Shifts by more than one: OF AF; by CL beyond the operand's size, and AAM, AAD: CF too.
  [0x810, /^C1\.[4-7]$/],
  [0x811, /^(D[23]\.[4-7]|D[45])$/],
  // DIV, IDIV: all six.
  [0x8d5, /^F[67]\.[67]$/],
];

export class MooMachine {
  readonly #memory: GuestMemory = new GuestMemory(allocateMemory(RAM, false), RAM);
  readonly #processor: Processor = new Processor({
    memory: this.#memory,
    ports: { read: (_port, size) => 0xffff_ffff >>> (32 - 8 * size), write: () => {} },
    architectural: true,
  });

  /** Runs one test of a form; no differences means that the processor did what the silicon did. */
  check(test: MooTest, form: string): Difference[] {
    const { initial, final } = test;
    const processor = this.#processor;
    const { registers } = processor;
    for (const [address, byte] of initial.ram) this.#memory.write8(address, byte);
    for (const [index, wide, narrow] of REGISTERS)
      registers[index] = initial.registers[wide] ?? initial.registers[narrow] ?? 0;
    registers[EFLAGS] &= REAL_FLAGS;
    for (const name of SEGMENTS) processor.loadSegment(name, (initial.registers[name] ?? 0) & 0xffff);
    const halted = this.#run();
    const differences = halted ? this.#compare(test, form) : [{ tier: "A", what: "no HLT was reached" } as const];
    for (const [address] of [...initial.ram, ...final.ram]) this.#memory.write8(address, 0);
    return [...differences];
  }

  /** Up to the HLT, which is not executed: the processor would have to be woken for the next test. */
  #run(): boolean {
    const { registers } = this.#processor;
    for (let n = 0; n < LONGEST; n++) {
      const { base } = this.#processor.state.segments[CS];
      if (n > 0 && this.#memory.read8(base + registers[EIP]) === HLT) {
        registers[EIP]++;
        return true;
      }
      const { kind } = this.#processor.run(1);
      if (kind !== "budget") return false;
    }
    return false;
  }

  #compare({ initial, final, exception }: MooTest, form: string): Difference[] {
    const differences: Difference[] = [];
    const undefinedFlags = UNDEFINED.find(([, forms]) => forms.test(form))?.[0] ?? 0;
    const check = (what: string, expected: number, got: number, mask: number): void => {
      if (((expected ^ got) & mask) === 0) return;
      const [a, b] = [expected >>> 0, got >>> 0].map((value) => value.toString(16));
      differences.push({ tier: "A", what: `${what} expected ${a}, got ${b}` });
    };
    for (const [index, wide, narrow] of REGISTERS) {
      const name = wide in initial.registers ? wide : narrow;
      const flags = index === EFLAGS ? REAL_FLAGS & ~undefinedFlags : -1;
      const mask = flags & (final.masks[name] ?? -1) & (name === wide ? -1 : 0xffff);
      check(name, final.registers[name] ?? initial.registers[name] ?? 0, this.#processor.registers[index], mask);
    }
    const { segments } = this.#processor.state;
    SEGMENTS.forEach((name, number) => {
      const expected = final.registers[name] ?? initial.registers[name];
      if (expected !== undefined) check(name, expected, segments[number].selector, 0xffff);
    });
    for (const [address, byte] of new Map([...initial.ram, ...final.ram])) {
      const place = exception === undefined ? -1 : address - exception.flagsAt;
      const pushed = place === 0 || place === 1 ? (REAL_FLAGS & ~undefinedFlags) >>> (8 * place) : 0xff;
      check(`byte ${address.toString(16)}`, byte, this.#memory.read8(address), pushed & 0xff);
    }
    return differences;
  }
}
