import { expect, test } from "vitest";
import { HANDLERS } from "../interpreter/generated/handlers.ts";
import { OPCODE_MAP, opcodeIndex } from "./opcode-map.ts";
import { GROUPS, TABLE } from "./table.ts";

/** One-byte opcodes that are prefixes or the 0F escape. SDM Vol. 2D, table A-2. */
const PREFIXES = [0x0f, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3];
/** x87 and WAIT, which this processor does not have yet. */
const X87 = [0x9b, 0xd8, 0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xdf];

test("every one-byte opcode is a row, a prefix, or declared undefined, at both operand sizes", () => {
  for (const size of [16, 32] as const) {
    const missing: number[] = [];
    for (let opcode = 0; opcode < 256; opcode++)
      if (OPCODE_MAP[opcodeIndex(0, size, opcode)] === null) missing.push(opcode);
    expect(missing).toEqual([...PREFIXES, ...X87].sort((a, b) => a - b));
  }
});

/** 0F opcodes that are rows; all others are MMX, SSE, later extensions, or undefined, and raise #UD. */
const ROWS_0F = "00-03 06 08-09 0b 18 1f 20-23 30-35 40-4f 80-8f 90-9f a0-a5 a8-a9 ab-ad af b0-b7 b9-bf c0-c1 c7 c8-cf";

test("the 0F map has exactly the integer rows", () => {
  const expected = new Set<number>([0x01]);
  for (const range of ROWS_0F.split(" ")) {
    const [from, to = from] = range.split("-").map((hex) => Number.parseInt(hex, 16));
    for (let opcode = from; opcode <= to; opcode++) expected.add(opcode);
  }
  for (const size of [16, 32] as const) {
    const present = [...Array(256).keys()].filter((opcode) => OPCODE_MAP[opcodeIndex(1, size, opcode)] !== null);
    expect(present).toEqual([...expected].sort((a, b) => a - b));
  }
});

test("a row's export begins with its mnemonic and every slot has a handler", () => {
  for (const { name, row } of TABLE) expect(name.startsWith(row.mnemonic)).toBe(true);
  for (const entry of OPCODE_MAP) {
    if (entry === null) continue;
    for (const pair of entry.digits ?? [entry.plain])
      for (const slot of [pair.reg, pair.mem]) if (slot !== null) expect(HANDLERS[slot.handler]).toBeTypeOf("function");
  }
  expect(Object.keys(GROUPS)).toHaveLength(20);
});
