import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { i32, u16, u32, words } from "./field.ts";
import { struct } from "./struct.ts";
import { Table, wordIndices } from "./table.ts";

const Thread = struct({ id: u32, state: i32, mr: words(4), partner: u32 });
const F = wordIndices(Thread);

const prefilled = (length: number): Int32Array => new Int32Array(length).fill(0xa5a5a5a5 | 0);

describe("a table", () => {
  it("gives each field its word index", () => {
    expect(F).toEqual({ id: 0, state: 1, mr: 2, partner: 6 });
    const table = new Table(prefilled(40), 3, 5, Thread);
    expect(table.stride).toBe(7);
    expect(table.wordAddress(2, F.partner)).toBe(3 + 2 * 7 + 6);
    expect(table.wordAddress(4, F.mr + 3)).toBe(3 + 4 * 7 + 5);
  });

  it("sets one word and leaves the others", () => {
    const space = prefilled(40);
    new Table(space, 3, 5, Thread).set(1, F.state, -7);
    const expected = prefilled(40);
    expected[3 + 7 + 1] = -7;
    expect(space).toEqual(expected);
  });

  it("keeps what the words held, and nothing of its own", () => {
    const space = prefilled(40);
    new Table(space, 3, 5, Thread).write(4, { id: 0xffffffff, mr: [1, 2, 3, 4] });
    const again = new Table(space, 3, 5, Thread);
    expect(again.read(4)).toEqual({ id: 0xffffffff, state: 0xa5a5a5a5 | 0, mr: [1, 2, 3, 4], partner: 0xa5a5a5a5 });
    expect(again.get(4, F.id)).toBe(-1);
  });

  it("lies over shared memory and over a window of it", () => {
    const table = new Table(new Int32Array(new SharedArrayBuffer(256), 64), 1, 3, Thread);
    table.write(2, { partner: 9 });
    expect(new Int32Array(table.words.buffer)[16 + 1 + 2 * 7 + F.partner]).toBe(9);
  });

  it("clears one row", () => {
    const table = new Table(prefilled(40), 3, 5, Thread);
    table.clear(2);
    expect(table.read(2)).toEqual({ id: 0, state: 0, mr: [0, 0, 0, 0], partner: 0 });
    expect([table.get(1, F.partner), table.get(3, F.id)]).toEqual([0xa5a5a5a5 | 0, 0xa5a5a5a5 | 0]);
  });

  it("throws outside its rows and outside a row's words", () => {
    const table = new Table(prefilled(40), 3, 5, Thread);
    for (const row of [-1, 5, 0.5, Number.NaN, 2 ** 32]) {
      expect(() => table.get(row, F.id)).toThrow(RangeError);
      expect(() => table.set(row, F.id, 0)).toThrow(RangeError);
      expect(() => table.read(row)).toThrow(RangeError);
      expect(() => table.clear(row)).toThrow(RangeError);
    }
    for (const field of [-1, 7, 0.5]) expect(() => table.get(0, field)).toThrow(RangeError);
  });

  it("refuses rows that do not fit and fields that are no words", () => {
    expect(new Table(prefilled(38), 3, 5, Thread).rows).toBe(5);
    expect(() => new Table(prefilled(37), 3, 5, Thread)).toThrow(RangeError);
    expect(() => new Table(prefilled(40), -1, 5, Thread)).toThrow(RangeError);
    expect(() => new Table(prefilled(40), 0, -1, Thread)).toThrow(RangeError);
    expect(() => new Table(prefilled(40), 0.5, 1, Thread)).toThrow(RangeError);
    expect(() => wordIndices(struct({ a: u16, b: u16 }))).toThrow("a: u16 is no word");
  });

  it("agrees with its struct on every word", () => {
    const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
    fc.assert(
      fc.property(fc.nat(4), fc.nat(6), word, (row, field, value) => {
        const space = prefilled(40);
        const table = new Table(space, 3, 5, Thread);
        table.set(row, field, value);
        expect(table.get(row, field)).toBe(value);
        const { id, state, mr, partner } = Thread.read(new DataView(space.buffer), 4 * table.wordAddress(row, 0));
        expect([id, state >>> 0, ...mr, partner][field]).toBe(value >>> 0);
      }),
    );
  });
});
