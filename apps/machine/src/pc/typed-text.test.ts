/**
 * Typed text: escapes and keys.
 * @module
 */
import { describe, expect, it } from "vitest";
import { bytesOf, keysOf, parseTyped } from "./typed-text.ts";

const bytes = (text: string): string => String.fromCharCode(...bytesOf(parseTyped(text)._unsafeUnwrap()));
const keys = (text: string): string[] =>
  parseTyped(text)
    ._unsafeUnwrap()
    .map((stroke) => keysOf(stroke).join("+"));

describe("typed text", () => {
  it("is bytes on a line: Enter sends a carriage return, arrows what a VT100's send", () => {
    expect(bytes("ls -l\\n\n\\t\\x03\\\\\\{")).toBe("ls -l\r\r\t\x03\\{");
    expect(bytes("é{ArrowUp}{ControlLeft+KeyC}{ShiftLeft+KeyA}{F1}")).toBe("\xc3\xa9\x1b[A\x03A");
  });

  it("is keys of a US keyboard", () => {
    expect(keys('aZ1!"\\n')).toEqual([
      "KeyA",
      "ShiftLeft+KeyZ",
      "Digit1",
      "ShiftLeft+Digit1",
      "ShiftLeft+Quote",
      "Enter",
    ]);
    expect(keys("{F10}{AltLeft+F4}\\x03~ \\e|")).toEqual([
      "F10",
      "AltLeft+F4",
      "ControlLeft+KeyC",
      "ShiftLeft+Backquote",
      "Space",
      "Escape",
      "ShiftLeft+Backslash",
    ]);
    expect(keys("é")).toEqual(["", ""]);
  });

  it("is refused with words", () => {
    const wrong = (text: string): string => parseTyped(text)._unsafeUnwrapErr();
    expect(wrong("\\q")).toContain("'\\q' is no escape");
    expect(wrong("{Nothing}")).toContain("'Nothing' is no key");
    expect(wrong("{Enter")).toContain("never ends");
  });
});
