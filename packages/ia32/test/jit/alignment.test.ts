// AC that is set and cleared while compiled code runs: the next misaligned access is #AC, or none, as in the interpreter.
import { describe, expect, test } from "vitest";
import { EBX, EDI } from "../../src/index.ts";
import { createSystemMachine, dword, HANDLERS, type SystemMachine, toFlatUser } from "../system-machine.ts";
import { ENGINES, type EngineOptions, INTERPRETER } from "./engines.ts";

const ROUNDS = 60;
const IRET = 0xcf;
/** CR0: PE, ET, AM. */
const CR0 = 0x40011;

/** add dword [esp+33], 1: misaligned, while nobody checks, on the page of the next one */
const BEFORE = [0x83, 0x44, 0x24, 0x21, 0x01];
/** shr word [esp+5], 1 */
const MISALIGNED = [0x66, 0xd1, 0x6c, 0x24, 0x05];
/** pushfd; or dword [esp], AC; popfd */
const SET_BY_POPF = [0x9c, 0x81, 0x0c, 0x24, ...dword(0x40000), 0x9d];
/** pushfd; and dword [esp], ~AC; popfd */
const CLEAR_BY_POPF = [0x9c, 0x81, 0x24, 0x24, ...dword(~0x40000), 0x9d];
/** int 21 */
const SET_BY_IRET = [0xcd, 0x21];
const INC_EBX = 0x43;

function machine(engine: EngineOptions, body: readonly number[]): SystemMachine {
  // mov ecx, ROUNDS; the body; dec ecx; jnz back; hlt
  const user = [0xb9, ...dword(ROUNDS), ...body, 0x49, 0x75, 0x100 - body.length - 3, 0xf4];
  const made = createSystemMachine({ code: toFlatUser(), user, engine });
  const handler = (vector: number, bytes: readonly number[]): void =>
    made.memory.writeBytes(HANDLERS + 16 * vector, Uint8Array.from(bytes));
  made.gate(0x21, 0xee00);
  // or byte [esp+10], 4
  handler(0x21, [0x80, 0x4c, 0x24, 0x0a, 0x04, IRET]);
  // inc edi; add esp, 4; add dword [esp], 5; and byte [esp+10], ~4
  handler(17, [0x47, 0x83, 0xc4, 4, 0x83, 0x04, 0x24, 5, 0x80, 0x64, 0x24, 0x0a, 0xfb, IRET]);
  const { processor } = made;
  const { state } = processor;
  if (state.system === null) throw new Error("not in architectural mode");
  processor.state = { ...state, system: { ...state.system, cr0: CR0 } };
  return made;
}

/** Runs both engines in slices of `budget` to the end, always alike. */
function runSlices(name: string, body: readonly number[], budget: number): SystemMachine {
  const one = machine(INTERPRETER, body);
  const other = machine(ENGINES[name], body);
  for (let slice = 0; slice < 1000; slice++) {
    const { kind } = one.processor.run(budget);
    expect(other.processor.run(budget).kind).toBe(kind);
    expect(other.processor.retired).toBe(one.processor.retired);
    expect(other.processor.cycles).toBe(one.processor.cycles);
    expect(other.processor.state).toEqual(one.processor.state);
    if (kind !== "budget") {
      expect(Buffer.compare(other.memory.ram, one.memory.ram)).toBe(0);
      return other;
    }
  }
  throw new Error("no end");
}

/** Some registers at the end, after slices that end anywhere and after one run. */
function ends(name: string, body: readonly number[], ...registers: readonly number[]): number[] {
  const { processor } = runSlices(name, body, 10_000);
  expect(processor.jitStatistics?.compiledInstructions).toBeGreaterThan(4 * ROUNDS);
  const sliced = runSlices(name, body, 37).processor;
  expect(sliced.registers).toEqual(processor.registers);
  return registers.map((number) => processor.registers[number]);
}

describe.each(Object.keys(ENGINES))("%s", (name) => {
  test("AC set by POPF checks the next access", () => {
    const body = [...BEFORE, ...SET_BY_POPF, ...MISALIGNED, INC_EBX];
    expect(ends(name, body, EDI, EBX)).toEqual([ROUNDS, ROUNDS]);
  });

  test("AC set by IRET checks the next access", () => {
    const body = [...BEFORE, ...SET_BY_IRET, ...MISALIGNED, INC_EBX];
    expect(ends(name, body, EDI, EBX)).toEqual([ROUNDS, ROUNDS]);
  });

  test("behind AC that POPF or a handler's IRET has cleared a misaligned access passes", () => {
    const byPopf = [...SET_BY_POPF, INC_EBX, ...CLEAR_BY_POPF, ...MISALIGNED];
    const byIret = [...SET_BY_IRET, ...MISALIGNED, ...MISALIGNED];
    expect(ends(name, [...byPopf, ...byIret], EDI, EBX)).toEqual([ROUNDS, ROUNDS]);
  });
});
