import { struct, u32, words } from "@kintsugi/records";
import { expect, it } from "vitest";
import { PersistentTable } from "./table.ts";

const Row = struct({ id: u32, state: u32, mr: words(2) });

function store() {
  const content = new Map<number, number>();
  return {
    content,
    read: (address: number) => content.get(address) ?? 0,
    write: (address: number, value: number) => {
      content.set(address, value | 0);
    },
  };
}

it("rows lie one after the other, and only the field asked for is written", () => {
  const table = new PersistentTable(0x1000, 3, Row);
  const memory = store();
  table.set(memory, 2, table.field.mr + 1, -5);
  expect([...memory.content]).toEqual([[0x1000 + 2 * 16 + 12, -5]]);
  expect(table.get(memory, 2, table.field.mr + 1)).toBe(-5);
  expect(table.end).toBe(0x1000 + 48);
});

it("a row is found by a word, and cleared", () => {
  const table = new PersistentTable(0, 3, Row);
  const memory = store();
  table.set(memory, 1, table.field.id, 0xffffffff);
  expect(table.find(memory, table.field.id, 0xffffffff)).toBe(1);
  table.clear(memory, 1);
  expect(table.find(memory, table.field.id, -1)).toBe(-1);
});

it("outside its rows and their words it throws", () => {
  const table = new PersistentTable(0, 3, Row);
  for (const row of [-1, 3, 0.5]) expect(() => table.address(row, 0)).toThrow(RangeError);
  for (const field of [-1, 4, 0.5]) expect(() => table.address(0, field)).toThrow(RangeError);
});
