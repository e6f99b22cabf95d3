import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type FieldKind, i32, u8, u16, u32, u64, words } from "./field.ts";
import { struct } from "./struct.ts";

const Mixed = struct({ m_tag: u8, m_flags: u8, m_count: u16, m_next: i32, m_size: u64, m_map: words(2), m_sum: u32 });

const view = (bytes: readonly number[]): DataView => new DataView(Uint8Array.from(bytes).buffer);
const prefilled = (length: number): DataView => new DataView(new Uint8Array(length).fill(0xa5).buffer);
const bytesOf = (from: DataView): number[] => Array.from(new Uint8Array(from.buffer));

const BYTES = [
  0x01, 0x80, 0x34, 0x12, 0xfe, 0xff, 0xff, 0xff, 0x08, 0x07, 0x06, 0x05, 0x04, 0x03, 0x02, 0x81, 1, 0, 0, 0, 2, 0, 0,
  0x80, 0xef, 0xbe, 0xad, 0xde,
];
const RECORD = {
  m_tag: 1,
  m_flags: 0x80,
  m_count: 0x1234,
  m_next: -2,
  m_size: [0x05060708, 0x81020304],
  m_map: [1, 0x80000002],
  m_sum: 0xdeadbeef,
};

describe("a struct", () => {
  it("has its fields one after the other", () => {
    expect(Mixed.offsets).toEqual({ m_tag: 0, m_flags: 1, m_count: 2, m_next: 4, m_size: 8, m_map: 16, m_sum: 24 });
    expect(Mixed.size).toBe(28);
  });

  it("reads known bytes", () => {
    expect(Mixed.read(view([0xff, ...BYTES]), 1)).toEqual(RECORD);
  });

  it("writes known bytes and leaves those around it", () => {
    const into = prefilled(30);
    Mixed.write(into, 1, RECORD);
    expect(bytesOf(into)).toEqual([0xa5, ...BYTES, 0xa5]);
  });

  it("writes no byte of a field that was not given", () => {
    const into = prefilled(28);
    Mixed.write(into, 0, { m_count: 7 });
    expect(bytesOf(into)).toEqual([0xa5, 0xa5, 7, 0, ...new Array(24).fill(0xa5)]);
  });

  it("refuses every view that is too short, and writes nothing", () => {
    for (let length = 0; length < Mixed.size; length++) {
      const into = prefilled(length);
      expect(() => Mixed.read(into, 0)).toThrow(RangeError);
      expect(() => Mixed.write(into, 0, { m_tag: 1 })).toThrow(RangeError);
      expect(bytesOf(into)).toEqual(new Array(length).fill(0xa5));
    }
    expect(() => Mixed.read(prefilled(64), 37)).toThrow(RangeError);
    expect(() => Mixed.read(prefilled(64), -1)).toThrow(RangeError);
    expect(() => Mixed.read(prefilled(64), 0.5)).toThrow(RangeError);
  });

  it("refuses a value that its field cannot hold, and writes nothing", () => {
    const refused = [
      { m_tag: 256 },
      { m_count: -1 },
      { m_next: 0x80000000 },
      { m_sum: -1 },
      { m_sum: 1.5 },
      { m_map: [1] },
      { m_map: [1, -1] },
    ];
    for (const values of refused) {
      const into = prefilled(28);
      expect(() => Mixed.write(into, 0, { m_flags: 0, ...values })).toThrow(RangeError);
      expect(bytesOf(into)).toEqual(new Array(28).fill(0xa5));
    }
    expect(() => Mixed.write(prefilled(28), 0, { m_unknown: 1 } as object)).toThrow("no field m_unknown");
  });

  it("refuses a layout that cannot be", () => {
    expect(() => struct({})).toThrow("at least one field");
    expect(() => struct({ a: u8, b: u16 })).toThrow("b: u16 at offset 1 is misaligned");
    expect(() => struct({ a: u16, b: u32 })).toThrow("b: u32 at offset 2 is misaligned");
    expect(() => struct({ a: u16, b: i32 })).toThrow("misaligned");
    expect(() => struct({ a: u8, b: words(1) })).toThrow("misaligned");
    expect(() => struct({ a: u32, "7": u32 })).toThrow("must not be a number");
    expect(() => struct({ a: "u128" as FieldKind })).toThrow("no such field kind");
    for (const count of [0, -1, 1.5, Number.NaN]) expect(() => words(count)).toThrow(RangeError);
    expect(() => struct({ a: "words[0]" })).toThrow("no such field kind");
  });
});

describe("any struct", () => {
  const kinds: fc.Arbitrary<FieldKind> = fc.constantFrom<FieldKind[]>("u8", "u16", "u32", "i32", "words[3]");
  const unsigned = (bits: number) => fc.integer({ min: 0, max: 2 ** bits - 1 });
  const arbitrary = (kind: FieldKind): fc.Arbitrary<number | readonly number[]> => {
    if (kind === "u8") return unsigned(8);
    if (kind === "u16") return unsigned(16);
    if (kind === "u32") return unsigned(32);
    if (kind === "i32") return fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
    return fc.array(unsigned(32), { minLength: 3, maxLength: 3 });
  };
  /** Words first, then halves, then bytes: an order in which nothing is misaligned. */
  const rank = (kind: FieldKind): number => ["u16", "u8"].indexOf(kind);

  it("reads what was written, and changes no other byte", () => {
    const samples = fc
      .array(kinds, { minLength: 1, maxLength: 12 })
      .map((list) => list.sort((a, b) => rank(a) - rank(b)))
      .chain((list) => fc.tuple(fc.constant(list), fc.tuple(...list.map(arbitrary)), fc.nat(9)));
    fc.assert(
      fc.property(samples, ([list, values, at]) => {
        const name = (i: number): string => `f${i}`;
        const layout = struct(Object.fromEntries(list.map((kind, i) => [name(i), kind])));
        const record = Object.fromEntries(values.map((value, i) => [name(i), value]));
        const into = prefilled(layout.size + 10);
        layout.write(into, at, record);
        expect(layout.read(into, at)).toEqual(record);
        const bytes = bytesOf(into);
        bytes.splice(at, layout.size);
        expect(bytes).toEqual(new Array(10).fill(0xa5));
      }),
    );
  });
});
