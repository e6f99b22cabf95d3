// Code of several pages, whose translations are forgotten again and again: the TLB knows of it what it knows with the interpreter.
import { describe, expect, test } from "vitest";
import { EBX, EDI, EIP, ESI } from "../../src/index.ts";
import { INVALID } from "../../src/mmu/tlb.ts";
import { ENTRY_WORDS, TLB_AREA, WORDS_PER_TAG } from "../../src/state/control-area.ts";
import { CODE, createSystemMachine, dword, type SystemMachine } from "../system-machine.ts";
import { ENGINES, INTERPRETER } from "./engines.ts";

const DIRECTORY = 0x100000;
const TABLE = 0x101000;
const FIRST = 0x40000;
const SECOND = 0x50000;
const THIRD = 0x60000;
const ROUNDS = 150;
const ACCESSED = 0x20;

function call(from: number, to: number): number[] {
  return [0xe8, ...dword(to - (from + 5))];
}

/** Turns paging on; then ROUNDS times: call FIRST, which ends in SECOND; CR3 is loaded again; call THIRD, which forgets FIRST. */
function program(): number[] {
  const code = [0xb8, ...dword(DIRECTORY), 0x0f, 0x22, 0xd8, 0x0f, 0x20, 0xc0, 0x0d, ...dword(0x80000000)];
  code.push(0x0f, 0x22, 0xc0, 0xb9, ...dword(ROUNDS));
  const loop = code.length;
  code.push(...call(CODE + code.length, FIRST), 0x0f, 0x20, 0xd8, 0x0f, 0x22, 0xd8);
  code.push(...call(CODE + code.length, THIRD), 0x49, 0x75);
  return [...code, 256 + loop - code.length - 1, 0xf4];
}

function machine(engine: (typeof ENGINES)[string]): SystemMachine {
  const made = createSystemMachine({ code: program(), engine });
  const { memory } = made;
  memory.write32(DIRECTORY, TABLE | 3);
  for (let page = 0; page < 0x200; page++) memory.write32(TABLE + 4 * page, (page << 12) | 3);
  memory.writeBytes(FIRST, Uint8Array.from([0x43, 0xe9, ...dword(SECOND - FIRST - 6)])); // inc ebx; jmp SECOND
  memory.writeBytes(SECOND, Uint8Array.from([0x46, 0xc3])); // inc esi; ret
  memory.writeBytes(THIRD, Uint8Array.from([0x0f, 0x01, 0x3d, ...dword(FIRST), 0x47, 0xc3])); // invlpg [FIRST]; inc edi; ret
  return made;
}

/** The supervisor's entries that hold something. */
function known({ memory }: SystemMachine): string[] {
  const words = new Int32Array(memory.buffer, TLB_AREA, WORDS_PER_TAG);
  const entries: string[] = [];
  for (let at = 0; at < words.length; at += ENTRY_WORDS)
    if (words[at] !== INVALID) entries.push(words.subarray(at, at + ENTRY_WORDS).join(" "));
  return entries;
}

describe.each(Object.keys(ENGINES))("%s", (name) => {
  test("pages of code are translated when control comes to them, not before and not later", () => {
    const one = machine(INTERPRETER);
    const other = machine(ENGINES[name]);
    for (let slice = 0; slice < 2000; slice++) {
      // Now and then the walk has a bit to set.
      if (slice % 11 === 3) for (const { memory } of [one, other]) memory.write32(TABLE + (SECOND >>> 10), SECOND | 3);
      const budget = 1 + ((slice * 37) % 41);
      const { kind } = one.processor.run(budget);
      expect(other.processor.run(budget).kind).toBe(kind);
      expect([...other.processor.registers]).toEqual([...one.processor.registers]);
      expect(known(other), `slice ${slice}`).toEqual(known(one));
      expect(other.memory.read32(TABLE + (SECOND >>> 10))).toBe(one.memory.read32(TABLE + (SECOND >>> 10)));
      if (kind === "halt") break;
    }
    const { registers, jitStatistics } = other.processor;
    expect([registers[EBX], registers[ESI], registers[EDI]]).toEqual([ROUNDS, ROUNDS, ROUNDS]);
    expect(registers[EIP]).toBe(CODE + program().length);
    expect(other.memory.read32(TABLE + (FIRST >>> 10)) & ACCESSED).toBe(ACCESSED);
    expect(jitStatistics?.compiledInstructions).toBeGreaterThan(ROUNDS * 5);
  });
});
