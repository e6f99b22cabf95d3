import { describe, expect, it } from "vitest";
import { runMoo } from "./moo.ts";
import { parseMoo } from "./moo-format.ts";
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

describe("MOO tests", () => {
  it("all count, as failed while there is no real mode", () => {
    const score = new Score();
    runMoo(parseMoo(Uint8Array.from(hlt()))._unsafeUnwrap(), "F4", score);
    expect(score.summary.forms.F4.tierA).toEqual({ passed: 0, total: 2 });
    expect(score.complete).toBe(false);
  });
});
