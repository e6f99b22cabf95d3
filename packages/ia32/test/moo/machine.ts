// Runs MOO tests of real mode: from CS:IP until HLT.
//
// Here: the machine and the comparison. Recordings of a 286 differ from a 386 in flags bits 15..12, which read 0 there, so
// these are never compared, neither in FLAGS nor in an exception's pushed image; the mask of undefined flags is the file's.
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
} from "../../src/index.ts";
import { advancedByFault, undefinedFlags } from "./differences.ts";
import type { MooRegisters, MooTest } from "./format.ts";

const RAM = 0x110000;
/** Instructions until a test must have come to its HLT; a repeated string counts each iteration. */
const LIMIT = 0x20000;
const FLAGS_OF_286 = 0x0fff;

const GENERAL: readonly (readonly [keyof MooRegisters, number])[] = [
  ["ax", EAX],
  ["bx", EBX],
  ["cx", ECX],
  ["dx", EDX],
  ["sp", ESP],
  ["bp", EBP],
  ["si", ESI],
  ["di", EDI],
  ["ip", EIP],
];
const SEGMENTS = ["es", "cs", "ss", "ds"] as const;

export class MooMachine {
  readonly #memory = new GuestMemory(allocateMemory(RAM), RAM);
  readonly #processor: Processor;
  readonly #pristine: Processor["state"];
  #touched: number[] = [];

  constructor() {
    this.#processor = new Processor({
      memory: this.#memory,
      ports: { read: (_, size) => (size === 1 ? 0xff : 0xffff), write: () => {} },
      model: "i486",
      architectural: true,
    });
    this.#pristine = this.#processor.state;
  }

  /** What differs from the recording; empty: nothing. `flagsMask` as the metadata of the file says. */
  check(test: MooTest, flagsMask: number): string[] {
    const memory = this.#memory;
    const processor = this.#processor;
    for (const address of [...this.#touched, 48, 49, 50, 51]) memory.write8(address, 0);
    this.#touched = [...test.initial.ram, ...test.final.ram].map(([address]) => address);
    for (const [address, byte] of test.initial.ram) memory.write8(address, byte);
    // A limit fault in the stack segment is interrupt 13 on a 286 and 12 on a 386: both lead to the handler.
    if (test.exception?.vector === 13) for (let i = 0; i < 4; i++) memory.write8(12 * 4 + i, memory.read8(13 * 4 + i));
    processor.state = this.#pristine;
    const { registers } = processor;
    const initial = test.initial.registers as MooRegisters;
    for (const name of SEGMENTS) processor.loadSegment(name, initial[name]);
    for (const [name, number] of GENERAL) registers[number] = initial[name];
    registers[EFLAGS] = initial.flags & FLAGS_OF_286;
    const exit = processor.run(LIMIT);
    if (exit.kind !== "halt") return [`ends with ${exit.kind}`];

    const differences: string[] = [];
    const differ = (what: string, wanted: number, got: number): void => {
      if (wanted !== got) differences.push(`${what}: expected ${wanted.toString(16)}, got ${got.toString(16)}`);
    };
    const expected = { ...initial, ...test.final.registers };
    const advanced = advancedByFault(test);
    for (const [name, number] of GENERAL)
      if (!advanced.includes(name)) differ(name, expected[name], registers[number] & 0xffff);
    const { segments } = processor.state;
    SEGMENTS.forEach((name, number) => {
      differ(name, expected[name], segments[number].selector);
    });
    const mask = flagsMask & FLAGS_OF_286 & ~undefinedFlags(test);
    differ("flags", expected.flags & mask, registers[EFLAGS] & mask);
    const bytes = new Map([...test.initial.ram, ...test.final.ram]);
    const image = (i: number): number => (expected.ss << 4) + ((expected.sp + 4 + i) & 0xffff);
    for (const [address, byte] of bytes) {
      let bits = 0xff;
      if (test.exception !== null && address === image(0)) bits = mask & 0xff;
      else if (test.exception !== null && address === image(1)) bits = mask >>> 8;
      differ(`byte ${address.toString(16)}`, byte & bits, memory.read8(address) & bits);
    }
    return differences;
  }
}
