/**
 * Scripts: what is typed when.
 * @module
 */
import type { KeyCode } from "@kintsugi/pc";
import { describe, expect, it } from "vitest";
import { QUIET, QUIET_WITHOUT_HALT, Script, type ScriptStep, type Typist } from "./script.ts";
import { parseTyped } from "./typed-text.ts";

const TICK = 1_000_000;
const type = (text: string, at: number | null = null): ScriptStep => ({
  kind: "type",
  strokes: parseTyped(text)._unsafeUnwrap(),
  at,
});
const wait = (text: string): ScriptStep => ({ kind: "await", text });

/** A guest that halts always, whose screen and serial line the test writes. */
class Guest implements Typist {
  cycles = 0;
  busy = 0;
  shown = 0;
  serialUsed = false;
  rows: string[] = [];
  typed = "";
  keyboardIdle = true;
  lost = 0;
  readonly script: Script;

  constructor(steps: ScriptStep[], on: "auto" | "serial" | "keyboard" = "auto") {
    this.script = new Script(steps, on);
  }
  screen(): readonly string[] {
    return this.rows;
  }
  serial(bytes: readonly number[]): void {
    this.typed += String.fromCharCode(...bytes);
  }
  press(key: KeyCode): boolean {
    if (this.lost-- > 0) return false;
    this.typed += `+${key}`;
    return true;
  }
  release(key: KeyCode): boolean {
    this.typed += `-${key}`;
    return true;
  }
  send(text: string): void {
    this.serialUsed = true;
    for (const byte of Buffer.from(text)) {
      this.shown++;
      this.script.sent(byte);
    }
  }
  show(...rows: string[]): void {
    this.shown++;
    this.rows = rows;
  }
  pass(cycles: number, busy = 0): string {
    for (const end = this.cycles + cycles; this.cycles < end; this.script.tick(this)) {
      this.cycles += TICK;
      this.busy += busy * TICK;
    }
    const { typed } = this;
    this.typed = "";
    return typed;
  }
}

describe("a script", () => {
  it("types at its time, on the line that the guest uses", () => {
    const guest = new Guest([type("a\\n", 5 * TICK), type("b", 6 * TICK)]);
    guest.send("x");
    expect([guest.pass(4 * TICK), guest.pass(TICK), guest.pass(TICK)]).toEqual(["", "a\r", "b"]);
    expect([guest.script.done, guest.script.waiting]).toEqual([true, ""]);
  });

  it("presses key after key where nothing was sent, again if one was lost, and only when the last was read", () => {
    const guest = new Guest([type("A", 0)]);
    guest.lost = 1;
    expect(guest.pass(3 * TICK)).toBe("+ShiftLeft");
    guest.keyboardIdle = false;
    expect(guest.pass(3 * TICK)).toBe("");
    guest.keyboardIdle = true;
    expect(guest.pass(9 * TICK)).toBe("+KeyA-KeyA-ShiftLeft");
  });

  it("awaits a text on the line since the last step, and then types at once", () => {
    const guest = new Guest([wait("$ "), type("1"), wait("$ "), type("2")]);
    expect(guest.pass(10 * TICK)).toBe("");
    guest.send("login $ ");
    expect(guest.pass(10 * TICK)).toBe("1");
    expect(guest.script.waiting).toBe("'$ ' never came");
    guest.send("1\r\n$ ");
    expect(guest.pass(TICK)).toBe("2");
  });

  it("awaits a prompt on the screen that was not there before, or stands at the end when rows have moved up", () => {
    const guest = new Guest([wait("ok>"), type("x", 0), wait("ok>"), type("y"), wait("ok>"), type("z")], "keyboard");
    guest.show("hello", "ok>", "");
    expect(guest.pass(10 * TICK)).toBe("+KeyX-KeyX");
    guest.show("hello", "ok> x", "");
    expect(guest.pass(10 * TICK)).toBe("");
    guest.show("hello", "ok> x", "ok>");
    expect(guest.pass(10 * TICK)).toBe("+KeyY-KeyY");
    guest.show("ok> x", "ok> y", "ok>");
    expect(guest.pass(10 * TICK)).toBe("+KeyZ-KeyZ");
  });

  it("types when the guest has shown something and then rests, longer if it does not halt", () => {
    const guest = new Guest([type("a"), type("b")], "serial");
    expect(guest.pass(2 * QUIET)).toBe("");
    guest.show("prompt");
    expect(guest.pass(QUIET)).toBe("");
    guest.show("prompt again");
    expect(guest.pass(QUIET + TICK)).toBe("a");
    guest.show("a");
    expect(guest.pass(QUIET_WITHOUT_HALT - TICK, 1)).toBe("");
    expect(guest.pass(2 * TICK, 1)).toBe("b");
  });
});
