import { describe, expect, test } from "vitest";
import { EBP, EBX, ECX, EDI, EFLAGS, EIP, ESI, type ProcessorState } from "../../src/index.ts";
import {
  CODE,
  createSystemMachine,
  dword,
  GDT,
  HANDLERS,
  STACK,
  type SystemMachine,
  TSS,
  toFlatUser,
  USER_CODE,
  USER_CODE_SELECTOR,
  USER_DATA_SELECTOR,
} from "../system-machine.ts";
import { ENGINES, INTERPRETER } from "./engines.ts";

const ROUNDS = 60;
const IRET = 0xcf;
const HLT = 0xf4;
const LOOP = [0x49, 0x75];

/** A loop around some code, then HLT (#GP in a program). */
function loop(body: readonly number[]): number[] {
  return [0xb9, ...dword(ROUNDS), ...body, ...LOOP, 0x100 - body.length - 3, HLT];
}

/** INT 21 and NOP, an undefined opcode (#UD), and MOV to CR0 (#GP with an error code), which handlers pass. */
const EVENTS = [0xcd, 0x21, 0x90, 0x0f, 0x0b, 0x0f, 0x22, 0xc0];

function machine(engine: (typeof ENGINES)[string], code: readonly number[], user: readonly number[]): SystemMachine {
  const made = createSystemMachine({ code, user, engine });
  made.gate(0x21, 0xef00);
  const handler = (vector: number, bytes: readonly number[]): void =>
    made.memory.writeBytes(HANDLERS + 16 * vector, Uint8Array.from(bytes));
  handler(0x21, [0x43, IRET]); // inc ebx
  handler(6, [0x46, 0x83, 0x04, 0x24, 2, IRET]); // inc esi; add dword [esp], 2
  handler(0x20, [0x45, IRET]); // inc ebp
  // inc edi; add esp, 4; add dword [esp], 3; but where HLT raised it: HLT
  handler(13, [0x47, 0x83, 0xc4, 4, 0x85, 0xc9, 0x74, 5, 0x83, 0x04, 0x24, 3, IRET, HLT]);
  return made;
}

function same(state: ProcessorState): unknown {
  return { ...state, system: state.system === null ? null : { ...state.system, debug: null } };
}

/** Both machines run in slices, with something done to each between two of them. */
function runBoth(
  name: string,
  code: readonly number[],
  user: readonly number[],
  between: (machine: SystemMachine, slice: number) => void = () => {},
): SystemMachine {
  const one = machine(INTERPRETER, code, user);
  const other = machine(ENGINES[name], code, user);
  for (let slice = 0; slice < 400; slice++) {
    const budget = slice % 7 === 6 ? 200 : 1 + ((slice * 37) % 23);
    for (const each of [one, other]) between(each, slice);
    const kind = one.processor.run(budget).kind;
    expect(other.processor.run(budget).kind).toBe(kind);
    expect(other.processor.cycles).toBe(one.processor.cycles);
    expect(same(other.processor.state)).toEqual(same(one.processor.state));
    expect(other.memory.ram.subarray(0, CODE)).toEqual(one.memory.ram.subarray(0, CODE));
    expect(other.memory.ram.subarray(STACK - 0x1100, STACK)).toEqual(one.memory.ram.subarray(STACK - 0x1100, STACK));
    if (kind === "halt" || kind === "shutdown") return other;
  }
  throw new Error("no end");
}

/** Rounds in which all three events came to their handlers. */
function counts({ processor: { registers } }: SystemMachine): number[] {
  return [registers[EBX], registers[ESI], registers[EDI]];
}

describe.each(Object.keys(ENGINES))("%s", (name) => {
  test("interrupts and faults of level 0 are delivered and returned from as the interpreter does it", () => {
    // MOV to CR0 is no fault here.
    const end = runBoth(name, loop([0xcd, 0x21, 0x0f, 0x0b]), []);
    expect(counts(end)).toEqual([ROUNDS, ROUNDS, 0]);
    expect(end.processor.registers[EIP]).toBe(CODE + 5 + 4 + 3 + 1);
  });

  test("those of level 3 take the stack of the TSS, and come back with flags and stack", () => {
    const end = runBoth(name, toFlatUser(0xa97), loop(EVENTS));
    expect(counts(end)).toEqual([ROUNDS, ROUNDS, ROUNDS + 1]);
    expect(end.processor.registers[ECX]).toBe(0);
    expect(end.processor.jitStatistics?.compiledInstructions).toBeGreaterThan(ROUNDS);
  });

  test("descriptors, gates and the TSS count as they stand at each event", () => {
    const end = runBoth(name, toFlatUser(), loop(EVENTS), ({ memory, gate }, slice) => {
      // Accessed bits vanish, the stack moves, gates change their kind.
      if (slice % 9 === 3) memory.write8(GDT + USER_CODE_SELECTOR - 3 + 5, 0xfa);
      if (slice % 9 === 5) memory.write8(GDT + USER_DATA_SELECTOR - 3 + 5, 0xf2);
      if (slice % 9 === 6) memory.write8(GDT + 0x08 + 5, 0x9a);
      if (slice % 9 === 7) memory.write32(TSS + 4, STACK - 0x1000 - 64 * (slice & 3));
      gate(0x21, slice & 8 ? 0xee00 : 0xef00);
    });
    expect(counts(end)).toEqual([ROUNDS, ROUNDS, ROUNDS + 1]);
  });

  test("a gate that closes is #GP with its index, a code segment that is gone #NP", () => {
    const closed = runBoth(name, toFlatUser(), loop(EVENTS), ({ gate }, slice) => {
      if (slice === 10) gate(0x21, 0x8e00);
    });
    const [interrupts, , faults] = counts(closed);
    expect(interrupts).toBeLessThan(ROUNDS);
    expect(interrupts + faults).toBe(2 * ROUNDS + 1);
    const gone = runBoth(name, toFlatUser(), loop(EVENTS), ({ memory }, slice) => {
      if (slice === 10) memory.write8(GDT + 0x08 + 5, 0x1b);
    });
    expect(gone.processor.run(1).kind).toBe("shutdown");
  });

  test("interrupts come between events, where IF lets them", () => {
    const end = runBoth(name, toFlatUser(), loop(EVENTS), ({ processor }, slice) => {
      processor.setInterruptLine(slice % 5 === 2);
    });
    expect(counts(end)).toEqual([ROUNDS, ROUNDS, ROUNDS + 1]);
  });

  test("STI opens interrupts behind the next instruction; a pushed selector and CMPXCHG8B are the interpreter's", () => {
    // cli; inc ebx; push ds; pop eax; cmpxchg8b [esp - 8]; sti; inc esi; inc edi
    const body = [0xfa, 0x43, 0x1e, 0x58, 0x0f, 0xc7, 0x4c, 0x24, 0xf8, 0xfb, 0x46, 0x47];
    const end = runBoth(name, loop(body), [], ({ processor }, slice) => {
      processor.setInterruptLine(slice < 8 && slice % 2 === 1);
    });
    expect(counts(end)).toEqual([ROUNDS, ROUNDS, ROUNDS]);
    expect(end.processor.registers[EBP]).toBeGreaterThan(0);
    const rows = Object.keys(end.processor.jitStatistics?.notLowered ?? { STI: 1 });
    expect(rows.filter((row) => ["STI", "PUSH_DS", "CMPXCHG8B"].includes(row))).toEqual([]);
  });

  test("RF shows behind the IRET that set it, and no further", () => {
    const one = machine(ENGINES[name], toFlatUser(), loop(EVENTS));
    const seen = new Set<number>();
    for (let i = 0; i < 300; i++) {
      one.processor.run(1);
      if (one.processor.registers[EFLAGS] & 0x10000) seen.add(one.processor.registers[EIP] - USER_CODE);
    }
    // Behind the undefined opcode, and behind MOV to CR0.
    expect([...seen].sort((a, b) => a - b)).toEqual([10, 13]);
  });
});
