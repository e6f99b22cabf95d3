import { describe, expect, it } from "vitest";
import { runMoo } from "./moo.ts";
import { type MooFile, parseMoo } from "./moo-format.ts";
import { Score } from "./score.ts";

function word(value: number, size = 4): number[] {
  return Array.from({ length: size }, (_, n) => (value >>> (8 * n)) & 0xff);
}

function chunk(type: string, ...data: number[][]): number[] {
  const bytes = data.flat();
  return [...type].map((letter) => letter.charCodeAt(0)).concat(word(bytes.length), bytes);
}

/** `hlt` in two tests: all 16-bit registers before, IP afterwards; one ended in exception 6. */
function hlt(count = 2): number[] {
  const registers = Array.from({ length: 14 }, (_, n) => word(n + 1, 2)).flat();
  const one = (index: number, ...more: number[][]): number[] =>
    chunk(
      "TEST",
      word(index),
      chunk("NAME", word(3), [0x68, 0x6c, 0x74]),
      chunk("BYTS", word(1), [0xf4]),
      chunk("INIT", chunk("REGS", word(0x3fff, 2), registers), chunk("RAM ", word(1), word(0x12345), [0xf4])),
      chunk("FINA", chunk("REGS", word(0x1000, 2), word(14, 2)), chunk("NEW ", [1, 2, 3])),
      ...more,
    );
  return [
    ...chunk("MOO ", [1, 1, 0, 0], word(count), [0x43, 0x32, 0x38, 0x36]),
    ...chunk("META", [0]),
    ...chunk("RMSK", word(0x2000, 2), word(0x0fff, 2)),
    ...one(0),
    ...one(1, chunk("EXCP", [6], word(0x500))),
  ];
}

describe("the MOO reader", () => {
  it("gives registers by name, memory, masks and exceptions, and skips chunks it does not know", () => {
    const file = parseMoo(Uint8Array.from(hlt()))._unsafeUnwrap();
    expect(file.cpu).toBe("C286");
    const [first, second] = file.tests;
    expect(first).toMatchObject({ name: "hlt", bytes: Uint8Array.of(0xf4), final: { registers: { ip: 14 }, ram: [] } });
    expect(first.initial.registers).toMatchObject({ ax: 1, bx: 2, cs: 5, ip: 13, flags: 14 });
    expect(first.initial.ram).toEqual([[0x12345, 0xf4]]);
    expect(first.final.masks).toEqual({ flags: 0x0fff });
    expect(first.exception).toBeUndefined();
    expect(second.exception).toEqual({ number: 6, flagsAt: 0x500 });
  });

  it("refuses every file that is cut off, another format, and a wrong count", () => {
    const bytes = Uint8Array.from(hlt());
    for (let length = 0; length < bytes.length; length++)
      expect({ length, ok: parseMoo(bytes.subarray(0, length)).isOk() }).toEqual({ length, ok: false });
    expect(parseMoo(Uint8Array.from(hlt(3)))._unsafeUnwrapErr()).toBe("it has 2 tests and says 3");
    expect(parseMoo(Uint8Array.from(chunk("ELF ", [0])))._unsafeUnwrapErr()).toContain("MOO chunk");
  });
});

/** An instruction at 1000:0100 and the HLT behind it. */
function file(code: number[], final: Record<string, number>, cpu = "C286"): MooFile {
  const bytes = Uint8Array.from([...code, 0xf4]);
  const registers = { ax: 0xffff, bx: 0, cx: 0, dx: 0, cs: 0x1000, ss: 0, ds: 0, es: 0, sp: 0, bp: 0, si: 0, di: 0 };
  const ram = [...bytes].map((byte, n) => [0x10100 + n, byte] as const);
  const initial = { registers: { ...registers, ip: 0x100, flags: 0xf002 }, masks: {}, ram };
  const test = { name: "one", bytes, initial, final: { registers: final, masks: {}, ram: [] } };
  return { cpu, tests: [test, test] };
}

describe("MOO tests", () => {
  const inc = { ax: 0, ip: 0x102, flags: 0x56 };
  const passed = (moo: MooFile): number => {
    const score = new Score();
    runMoo(moo, "form", score);
    return score.summary.forms.form?.tierA.passed ?? -1;
  };

  it("run in real mode to their HLT, and compare registers", () => {
    expect(passed(file([0x40], inc))).toBe(2);
    expect(passed(file([0x40], { ...inc, ax: 1 }))).toBe(0);
  });

  it("do not compare flags that are undefined for the instruction", () => {
    const or = { ax: 0xffff, ip: 0x103, flags: 0x86 };
    expect([or.flags, or.flags | 0x10].map((flags) => passed(file([0x0b, 0xc0], { ...or, flags })))).toEqual([2, 2]);
    expect(passed(file([0x40], { ...inc, flags: 0x46 }))).toBe(0);
  });

  it("compare IOPL and NT of an 80386, not of an 80286, which has none in real mode", () => {
    expect(passed(file([0x40], { ...inc, flags: 0xf056 }))).toBe(2);
    expect(passed(file([0x40], { ...inc, flags: 0x7056 }, "386E"))).toBe(2);
    expect(passed(file([0x40], inc, "386E"))).toBe(0);
  });

  it("are not counted where an 80286 does what no later processor does, and say why", () => {
    const score = new Score();
    runMoo(file([0xf0, 0x40], inc), "form", score);
    expect(score.summary.tierA).toEqual({ passed: 0, total: 0 });
    expect(score.complete).toBe(false);
    expect(score.lines).toContain(
      "not counted: 2 (LOCK is ignored by an 80286 in real mode, later #UD; SDM Vol. 2, LOCK)",
    );
  });
});
