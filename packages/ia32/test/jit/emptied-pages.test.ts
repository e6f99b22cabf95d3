// A page whose only code a program overwrites: the next write there ends its time as a page of code, whoever writes.
import { describe, expect, test } from "vitest";
import { EBX, ECX } from "../../src/index.ts";
import { PAGE_CODE, PAGE_FLAGS, PAGE_WRITE_CACHED, TLB_AREA, WORDS_PER_TAG } from "../../src/state/control-area.ts";
import { CODE, createSystemMachine, dword, type SystemMachine } from "../system-machine.ts";
import { ENGINES, INTERPRETER } from "./engines.ts";

const OTHER = 0x40000;
const PLACE = OTHER + 0x800;
const ROUNDS = 20;

/** Instructions that write to PLACE and read it before, or ask where it lies. */
const WRITES: readonly (readonly [string, readonly number[]])[] = [
  ["INC, DEC", [0xff, 0x05, ...dword(PLACE), 0xff, 0x0d, ...dword(PLACE)]],
  ["FST", [0xdd, 0x1d, ...dword(PLACE)]],
  ["REP STOSD", [0xb9, ...dword(4), 0xbf, ...dword(PLACE), 0xf3, 0xab]],
];

/** ROUNDS times: call OTHER, a lone RET; xor byte [OTHER], 0; jmp to the next instruction; the write. */
function program(write: readonly number[]): number[] {
  const code = [0xdb, 0xe3, 0xbb, ...dword(ROUNDS)];
  const loop = code.length;
  code.push(
    0xd9,
    0xe8,
    0xe8,
    ...dword(OTHER - (CODE + code.length + 7)),
    0x80,
    0x35,
    ...dword(OTHER),
    0,
    0xeb,
    0,
    ...write,
  );
  code.push(0x4b, 0x75);
  return [...code, 256 + loop - code.length - 1, 0xf4];
}

function machine(write: readonly number[], engine: (typeof ENGINES)[string]): SystemMachine {
  const made = createSystemMachine({ code: program(write), engine });
  made.memory.writeBytes(OTHER, Uint8Array.from([0xc3]));
  return made;
}

/** The flags of the page, and the supervisor's TLB. */
function known({ memory }: SystemMachine): readonly [flags: number, tlb: Buffer] {
  const tlb = Buffer.from(memory.buffer as ArrayBuffer, TLB_AREA, WORDS_PER_TAG * 4);
  return [new Uint8Array(memory.buffer, PAGE_FLAGS)[OTHER >>> 12], Buffer.from(tlb)];
}

describe.each(Object.keys(ENGINES))("%s", (name) => {
  test.each(WRITES)("%s", (_, write) => {
    const one = machine(write, INTERPRETER);
    const other = machine(write, ENGINES[name]);
    const flags = new Set<number>();
    for (let slice = 0; slice < 1000; slice++) {
      const budget = 1 + ((slice * 7) % 23);
      const { kind } = one.processor.run(budget);
      expect(other.processor.run(budget).kind).toBe(kind);
      expect([...other.processor.registers]).toEqual([...one.processor.registers]);
      expect(known(other), `slice ${slice}`).toEqual(known(one));
      flags.add(known(one)[0]);
      if (kind === "halt") break;
    }
    expect(other.processor.registers[EBX]).toBe(0);
    expect(other.processor.registers[ECX]).toBe(0);
    // It was a page of code, and then one that is written without asking.
    expect(flags).toContain(PAGE_CODE);
    expect(flags).toContain(PAGE_WRITE_CACHED);
  });
});
