import { expect, test } from "vitest";
import { HANDLERS } from "../interpreter/generated/handlers.ts";
import { MAP_0F, MAP_66, MAP_F2, MAP_F3, OPCODE_MAP, opcodeIndex } from "./opcode-map.ts";
import { GROUPS, TABLE } from "./table.ts";

/** One-byte opcodes that are prefixes or the 0F escape. SDM Vol. 2D, table A-2. */
const PREFIXES = [0x0f, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3];

/** Opcodes of map `map` that have a row, as ranges of hex digits. */
function present(map: number, size: 16 | 32): string {
  const opcodes = [...Array(256).keys()].filter((opcode) => OPCODE_MAP[opcodeIndex(map, size, opcode)] !== null);
  const ranges: string[] = [];
  opcodes.forEach((opcode, i) => {
    const name = opcode.toString(16).padStart(2, "0");
    if (opcode - 1 !== opcodes[i - 1]) ranges.push(name);
    else ranges.push(`${(ranges.pop() ?? "").split("-")[0]}-${name}`);
  });
  return ranges.join(" ");
}

test("every one-byte opcode is a row or a prefix, at both operand sizes", () => {
  for (const size of [16, 32] as const) {
    const missing: number[] = [];
    for (let opcode = 0; opcode < 256; opcode++)
      if (OPCODE_MAP[opcodeIndex(0, size, opcode)] === null) missing.push(opcode);
    expect(missing).toEqual(PREFIXES);
  }
});

/** The same behind every mandatory prefix: integer rows, for which none matters. */
const LEGACY =
  "00-03 06 08-09 0b 18 1f 20-23 30-35 40-4f 80-8f 90-9f a0-a5 a8-a9 ab-ad af b0-b7 b9-bf c0-c1 c7 c8-cf 01";
/** What MMX, SSE, SSE2 and SSE3 add, by mandatory prefix. SDM Vol. 2D, tables. */
const FLOAT = {
  [MAP_0F]: "10-17 28-2f 50-6b 6e-77 7e-7f ae c2-c6 d1-d5 d7-e5 e7-ef f1-fe",
  [MAP_66]: "10-17 28-2f 50-51 54-76 7c-7f c2 c4-c6 d0-d9 da-ef f1-fe",
  [MAP_F3]: "10-12 16 2a 2c-2d 51-53 58-5f 6f-70 7e-7f c2 d6 e6",
  [MAP_F2]: "10-12 2a 2c-2d 51 58-5a 5c-5f 70 7c-7d c2 d0 d6 e6 f0",
} as const;

function opcodesOf(ranges: string): Set<number> {
  const opcodes = new Set<number>();
  for (const range of ranges.split(" ")) {
    const [from, to = from] = range.split("-").map((hex) => Number.parseInt(hex, 16));
    for (let opcode = from; opcode <= to; opcode++) opcodes.add(opcode);
  }
  return opcodes;
}

test.each(Object.entries(FLOAT))("0F map %s has exactly the integer rows and those of its prefix", (map, added) => {
  const expected = [...opcodesOf(`${LEGACY} ${added}`)].sort((a, b) => a - b);
  for (const size of [16, 32] as const) expect([...opcodesOf(present(Number(map), size))]).toEqual(expected);
});

/** ModR/M bytes C0..FF behind D8..DF that no instruction has. SDM Vol. 2D, tables; aliases count as instructions. */
const UNDEFINED_X87 =
  "d9:d1-d7 d9:e2-e3 d9:e6-e7 d9:ef da:e0-e8 da:ea-ff db:e5-e7 db:f8-ff dd:f0-ff de:d8 de:da-df df:e1-e7 df:f8-ff";

test("every x87 opcode is a row or declared undefined", () => {
  const expected = new Set<string>();
  for (const range of UNDEFINED_X87.split(" ")) {
    const [opcode, bytes] = range.split(":");
    for (const byte of opcodesOf(bytes)) expected.add(`${opcode} ${byte.toString(16)}`);
  }
  const missing = new Set<string>();
  for (let opcode = 0xd8; opcode <= 0xdf; opcode++)
    for (let modrm = 0; modrm < 256; modrm++) {
      const entry = OPCODE_MAP[opcodeIndex(0, 32, opcode)];
      const pair = entry?.digits?.[(modrm >>> 3) & 7];
      const slot = modrm < 0xc0 ? pair?.mem : (entry?.exact?.[modrm & 63] ?? pair?.reg);
      if (!slot) missing.add(`${opcode.toString(16)} ${modrm.toString(16)}`);
    }
  const memory = [...missing].filter((name) => Number.parseInt(name.slice(3), 16) < 0xc0);
  expect(
    new Set(memory.map((name) => `${name.slice(0, 2)} /${(Number.parseInt(name.slice(3), 16) >>> 3) & 7}`)),
  ).toEqual(new Set(["d9 /1", "db /4", "db /6", "dd /5"]));
  expect([...missing].filter((name) => !memory.includes(name)).sort()).toEqual([...expected].sort());
});

test("a row's export begins with its mnemonic and every slot has a handler", () => {
  for (const { name, row } of TABLE) expect(name.startsWith(row.mnemonic)).toBe(true);
  for (const entry of OPCODE_MAP) {
    if (entry === null) continue;
    for (const pair of entry.digits ?? [entry.plain])
      for (const slot of [pair.reg, pair.mem, ...(entry.exact ?? [])])
        if (slot !== null) expect(HANDLERS[slot.handler]).toBeTypeOf("function");
  }
  expect(Object.keys(GROUPS)).toHaveLength(39);
});
