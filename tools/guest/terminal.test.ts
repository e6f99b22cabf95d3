/**
 * Keyboard and text screen against an 8042 and a VGA's memory: crashed at every instruction, no character is lost or repeated.
 *
 * Here: the claims of packages/drivers/README.md. Not here: the whole machine (→ apps/machine/test).
 * @module
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { SESSION_AREA } from "../../packages/arc-framework/src/protocol/address-space.ts";
import { KEYBOARD_READ, TEXT_WRITE } from "../../packages/arc-framework/src/protocol/driver.ts";
import { STATUS_BUSY, STATUS_OK } from "../../packages/arc-framework/src/protocol/status.ts";
import { guests } from "../../packages/drivers/src/index.ts";
import * as pc from "../../packages/pc/src/index.ts";
import { GuestRig } from "./guest-rig.ts";
import { packText, unpackText } from "./packed-text.ts";
import { InterruptWire } from "./rig-interrupt.ts";
import type { RigDevices, RigRequest } from "./rig-surroundings.ts";

const elf = (name: string): Uint8Array => new Uint8Array(readFileSync(guests[name]!));
const THOROUGH = process.env.KINTSUGI_LONG !== undefined;
const PAIRS = THOROUGH ? 5_000 : 60;
const LONG = 3_600_000;

/** Numbers below `limit`, always the same ones. */
function* sample(limit: number, count: number): Generator<number> {
  let seed = 1;
  for (let n = 0; n < count; n++) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    yield seed % limit;
  }
}

// ---- keyboard

/** Keys in a row: "KeyA" is pressed and released, "+KeyA" pressed, "-KeyA" released; "." is a pause until all is read, "cold" a cold start. */
type Keys = string;

interface Typed {
  readonly read: string;
  readonly leds: number;
  readonly statuses: readonly number[];
  readonly instructions: number;
  readonly recovered: number;
}

const keyboard = elf("keyboard");

/** Somebody types while one program reads. */
function type(keys: Keys, crashes: readonly number[] = [], readers = 1): Typed {
  const bus = new pc.PortBus();
  const wire = new InterruptWire(pc.KBC_KEYBOARD_IRQ);
  const lives = keys.split(" cold ").map((life) => life.split(" "));
  let left = lives.shift()!;
  let chip!: pc.I8042;
  const none = { set: () => undefined };
  const press = (): void => {
    for (let key = left.shift(); key !== undefined && key !== "."; key = left.shift()) {
      const code = key.replace(/^[+-]/, "");
      if (!pc.isKeyCode(code)) throw new Error(`no key ${code}`);
      if (!key.startsWith("-")) chip.press(code);
      if (!key.startsWith("+")) chip.release(code);
    }
  };
  const rig: GuestRig = new GuestRig(keyboard, (now): RigDevices => {
    chip = new pc.I8042({ now }, { keyboardIrq: wire.line, mouseIrq: none, a20: none, onReset: () => undefined });
    bus.claim({ first: pc.KBC_DATA_PORT, count: 1 }, chip)._unsafeUnwrap();
    bus.claim({ first: pc.KBC_COMMAND_PORT, count: 1, offset: pc.KBC_COMMAND }, chip)._unsafeUnwrap();
    // The port behind the data port: what a PC has there never reads as ones.
    bus.claim({ first: pc.KBC_DATA_PORT + 1, count: 1 }, { read: () => 0x10, write: () => undefined })._unsafeUnwrap();
    return {
      ports: bus,
      takeInterrupt: wire.takeInterrupt,
      acknowledge: wire.acknowledge,
      idle: (at) => {
        const next = chip.nextEvent();
        if (next < Number.POSITIVE_INFINITY) rig.sleepUntil(Math.max(next, at));
        else if (left.length === 0) return false;
        else press();
        return true;
      },
      advance: (at) => chip.advance(at),
    };
  });
  const all = Array.from({ length: readers }, (_, n) =>
    rig.addClient(Array.from({ length: n === 0 ? 99 : 2 }, () => ({ label: KEYBOARD_READ, words: [] }))),
  );
  rig.run(crashes);
  for (left of lives) {
    rig.coldRestart();
    all.push(rig.addClient([{ label: KEYBOARD_READ, words: [] }]));
    rig.run();
  }
  const replies = all.flatMap((reader) => reader.replies);
  return {
    read: replies.map(([status, count, ...words]) => (status === STATUS_OK ? unpackText(words, count!) : "")).join(""),
    leds: chip.state.keyboard.leds,
    statuses: replies.map(([status]) => status!),
    instructions: rig.retired,
    recovered: rig.recovered,
  };
}

describe("the keyboard driver", () => {
  const keys =
    "KeyL KeyS . +ShiftLeft KeyA Digit1 -ShiftLeft CapsLock KeyB . NumLock Numpad7 CapsLock Enter +ControlLeft KeyC";
  const right = { read: "lsA!B7\r\x03", leds: pc.KBC_LED_NUM_LOCK };
  const whole = type(keys);

  it("gives the characters of keys to the one who reads, and shows locks by the LEDs", () => {
    expect(whole).toMatchObject({ ...right, recovered: 0 });
    expect(whole.statuses.length).toBeGreaterThan(2); // not all at once: a reader waits between
  });

  it("knows every key of a US keyboard", () => {
    const row = (shift: boolean): Keys =>
      [
        ..."Backquote Digit1 Digit2 Digit3 Digit4 Digit5 Digit6 Digit7 Digit8 Digit9 Digit0 Minus Equal".split(" "),
        ".",
        ...[..."QWERTYUIOP"].map((letter) => `Key${letter}`),
        ".",
        ..."BracketLeft BracketRight Backslash Semicolon Quote Comma Period Slash Space Tab".split(" "),
        ".",
      ]
        .flatMap((key) => (key === "." ? [key] : shift ? ["+ShiftRight", key, "-ShiftRight", "."] : [key, "."]))
        .join(" ");
    expect(type(row(false)).read).toBe("`1234567890-=qwertyuiop[]\\;',./ \t");
    expect(type(row(true)).read).toBe('~!@#$%^&*()_+QWERTYUIOP{}|:"<>? \t');
    expect(type("NumpadAdd . NumpadEnter . NumpadDivide . Numpad5 . Backspace . Delete . Escape").read).toBe(
      "+\r/\x7f\x7f\x1b",
    );
  });

  it("hears nothing in keys without a character, Pause and Print Screen among them", () => {
    const silent = "ArrowUp . Home . F5 . Pause . PrintScreen . AltLeft . MetaLeft . ScrollLock . KeyZ";
    expect(type(silent)).toMatchObject({ read: "z", leds: pc.KBC_LED_SCROLL_LOCK });
  });

  it("turns a lock once, however long its key is held", () => {
    expect(type("+CapsLock . +CapsLock . +CapsLock . -CapsLock . KeyX")).toMatchObject({
      read: "X",
      leds: pc.KBC_LED_CAPS_LOCK,
    });
  });

  it("gives each character to one reader, and tells the older that it is not the one", () => {
    const { read, statuses } = type("KeyA . KeyB . KeyC", [], 2);
    expect(read.split("").sort().join("")).toBe("abc");
    expect(statuses).toContain(STATUS_BUSY);
  });

  it("knows of no key held and no lock after a cold start; who reads next gets what is typed next", () => {
    const { read, leds } = type("+ShiftLeft KeyA CapsLock cold KeyB");
    expect([read, leds]).toEqual(["Ab", 0]);
  });

  it("gives every character once when it crashes at any instruction", () => {
    for (let crash = 1; crash < whole.instructions; crash += THOROUGH ? 1 : 53)
      expect({ crash, ...type(keys, [crash]) }).toMatchObject({ crash, ...right, recovered: expect.any(Number) });
  });

  it(
    "gives every character once when recovery and replay crash as well",
    () => {
      const short = "+ShiftLeft KeyA -ShiftLeft CapsLock KeyB";
      const [first, second] = [type(short).instructions, 600];
      for (const pair of sample(first * second, PAIRS)) {
        const crashes = [1 + Math.floor(pair / second), 1 + (pair % second)];
        expect({ crashes, ...type(short, crashes) }).toMatchObject({ crashes, read: "AB", leds: pc.KBC_LED_CAPS_LOCK });
      }
    },
    LONG,
  );
});

// ---- text screen

const [ROWS, COLUMNS] = [25, 80];
const text = elf("text");
const BLANK = 0x0720;

interface Shown {
  /** Cells of the display, row by row. */
  readonly cells: readonly number[];
  readonly cursor: number;
  readonly replies: readonly (readonly number[])[];
  readonly instructions: number;
  readonly recovered: number;
}

interface ShowOptions {
  readonly crashes?: readonly number[];
  /** What is shown after a cold start. */
  readonly afterCold?: readonly string[];
  /** Before this request somebody else writes all over the display's memory. */
  readonly scribbleBefore?: number;
}

/** What a VGA's memory holds after these texts. */
function show(texts: readonly string[], { crashes = [], afterCold, scribbleBefore = -1 }: ShowOptions = {}): Shown {
  const bus = new pc.PortBus();
  const memory = new Uint8Array(pc.VGA_PLANES_SIZE);
  let vga!: pc.Vga;
  const rig: GuestRig = new GuestRig(
    text,
    (now): RigDevices => {
      vga = new pc.Vga({ now }, memory, pc.VGA_STATE_IN_TEXT_MODE);
      bus.claim({ first: pc.VGA_PORT, count: pc.VGA_PORT_COUNT }, vga)._unsafeUnwrap();
      const nothing = { takeInterrupt: () => -1, acknowledge: () => {}, idle: () => false, advance: () => {} };
      return { ports: bus, ...nothing };
    },
    { deviceMemory: true },
  );
  const write = (one: string, n: number): RigRequest => {
    const before = (): void => {
      if (n === scribbleBefore) rig.writeShared(SESSION_AREA, new Uint8Array(4000).fill(0x55));
    };
    return { label: TEXT_WRITE, words: [one.length, ...packText(one)], before };
  };
  const client = rig.addClient(texts.map(write));
  rig.run(crashes);
  if (afterCold !== undefined) {
    rig.coldRestart();
    rig.addClient(afterCold.map((one) => write(one, -2)));
    rig.run();
  }
  const words = rig.readShared(SESSION_AREA, (ROWS * COLUMNS) / 2);
  const { crtc } = vga.state;
  return {
    cells: words.flatMap((word) => [word & 0xffff, word >>> 16]),
    cursor: (crtc[pc.VGA_CRTC_CURSOR_HIGH]! << 8) | crtc[pc.VGA_CRTC_CURSOR_LOW]!,
    replies: client.replies,
    instructions: rig.retired,
    recovered: rig.recovered,
  };
}

const rowsOf = ({ cells }: Shown): string[] =>
  Array.from({ length: ROWS }, (_, row) =>
    String.fromCharCode(...cells.slice(row * COLUMNS, (row + 1) * COLUMNS).map((cell) => cell & 0xff)).trimEnd(),
  );

describe("the text-screen driver", () => {
  it("shows lines, tabs, backspaces and wrapped lines, and the cursor", () => {
    const shown = show(["one\r\ntwo\tthree", "\r\n", `${"w".repeat(82)}\b\b\b\b!`]);
    expect(rowsOf(shown).slice(0, 5)).toEqual(["one", "two     three", `${"w".repeat(78)}!w`, "ww", ""]);
    expect(shown.cursor).toBe(2 * COLUMNS + 79);
    expect(shown.replies).toEqual([
      [STATUS_OK, 14],
      [STATUS_OK, 2],
      [STATUS_OK, 87],
    ]);
  });

  it("scrolls", () => {
    const lines = Array.from({ length: 60 }, (_, n) => `line ${n}`);
    const shown = show(
      Array.from({ length: 12 }, (_, n) =>
        lines
          .slice(5 * n, 5 * n + 5)
          .map((l) => `${l}\r\n`)
          .join(""),
      ),
    );
    expect(rowsOf(shown)).toEqual([...lines.slice(36), ""]);
    expect(shown.cursor).toBe(24 * COLUMNS);
  });

  it("has the colours of SGR, and swallows what it does not know", () => {
    const { cells } = show(["\x1b[31ma\x1b[1;44mb\x1b[7mc\x1b[0md\x1b[22;39;49me\x1b[2Jf\x1b(g"]);
    expect(cells.slice(0, 7)).toEqual(
      [
        [4, "a"],
        [0x1c, "b"],
        [0x41, "c"],
        [7, "d"],
        [7, "e"],
        [7, "f"],
        [7, "g"],
      ].map(([colour, character]) => ((colour as number) << 8) | (character as string).charCodeAt(0)),
    );
    expect(cells[8]).toBe(BLANK);
  });

  it("shows a blank screen after a cold start", () => {
    const { cells, cursor } = show(["\x1b[31mgone\r\ngone"], { afterCold: ["new"] });
    expect(cells).toEqual([...[..."new"].map((c) => 0x0700 | c.charCodeAt(0)), ...Array(1997).fill(BLANK)]);
    expect(cursor).toBe(3);
  });

  const texts = ["\n".repeat(23), "a\x1b[32mbc\r\nd", "e\b\bf\r\n\r\ng"];
  const whole = show(texts);
  const { instructions, recovered: _, ...right } = whole;

  it(
    "shows the same when it crashes at any instruction",
    () => {
      const stride = THOROUGH ? 1 : 89;
      for (let crash = 1; crash < instructions; crash += stride)
        expect({ crash, ...show(texts, { crashes: [crash] }) }).toMatchObject({ crash, ...right });
    },
    LONG,
  );

  it(
    "shows the same when recovery and replay crash as well",
    () => {
      const RECOVERY = 2_000;
      const few = texts.slice(-3);
      const { instructions: first, recovered: _, ...same } = show(few);
      for (const pair of sample(first * RECOVERY, PAIRS / 3)) {
        const crashes = [1 + Math.floor(pair / RECOVERY), 1 + (pair % RECOVERY)];
        expect({ crashes, ...show(few, { crashes }) }).toMatchObject({ crashes, ...same });
      }
    },
    LONG,
  );

  it("draws the screen again when it recovers, whatever became of the display", () => {
    const spoilt = show(texts, { scribbleBefore: 2 });
    expect(spoilt.cells).toEqual(right.cells); // the last text scrolls, which draws everything
    const [last] = [["a", "b"]];
    expect(rowsOf(show(last!, { scribbleBefore: 1 }))[1]).toBe("U".repeat(80));
    const crash = show(last!).instructions - 20;
    const healed = show(last!, { scribbleBefore: 1, crashes: [crash] });
    expect(rowsOf(healed).slice(0, 2)).toEqual(["ab", ""]);
    expect(healed.recovered).toBe(1);
  });
});
