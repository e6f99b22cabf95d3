/**
 * The keyboard driver against an 8042: crashed at every instruction, no character is lost or repeated.
 *
 * Here: the claims of packages/drivers/README.md. Not here: the whole machine (→ apps/machine/test).
 * @module
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { KEYBOARD_READ } from "../../packages/arc-framework/src/protocol/driver.ts";
import { STATUS_BUSY, STATUS_FAILED, STATUS_OK } from "../../packages/arc-framework/src/protocol/status.ts";
import { guests } from "../../packages/drivers/src/index.ts";
import * as pc from "../../packages/pc/src/index.ts";
import { fourProcesses, GuestRig } from "./guest-rig.ts";
import { unpackText } from "./packed-text.ts";
import { InterruptWire } from "./rig-interrupt.ts";
import type { RigClient, RigDevices } from "./rig-surroundings.ts";
import { isLeftOf, pairs, sample } from "./sample.ts";

const THOROUGH = process.env.KINTSUGI_LONG !== undefined;
const PAIRS = THOROUGH ? 5_000 : 60;
const LONG = 3_600_000;

/**
 * Keys in a row: "KeyA" is pressed and released, "+KeyA" pressed, "-KeyA" released; "." is a pause until all is read; "cold" a cold
 * start; "kill": the first reader is, "again": its wait is aborted; "read": somebody reads from now on.
 */
type Keys = string;

interface Typed {
  readonly read: string;
  readonly leds: number;
  readonly statuses: readonly number[];
  readonly instructions: number;
  readonly recovered: number;
}

const keyboard = new Uint8Array(readFileSync(guests.keyboard!));

/** Somebody types while so many programs read. */
function type(keys: Keys, crashes: readonly number[] = [], readers = 1): Typed {
  const bus = new pc.PortBus();
  const wire = new InterruptWire(pc.KBC_KEYBOARD_IRQ);
  let left: string[] = [];
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
  const rig: GuestRig = new GuestRig(
    keyboard,
    (now): RigDevices => {
      chip = new pc.I8042({ now }, { keyboardIrq: wire.line, mouseIrq: none, a20: none, onReset: () => undefined });
      bus.claim({ first: pc.KBC_DATA_PORT, count: 1 }, chip)._unsafeUnwrap();
      bus.claim({ first: pc.KBC_COMMAND_PORT, count: 1, offset: pc.KBC_COMMAND }, chip)._unsafeUnwrap();
      // The port behind the data port: what a PC has there never reads as ones.
      bus
        .claim({ first: pc.KBC_DATA_PORT + 1, count: 1 }, { read: () => 0x10, write: () => undefined })
        ._unsafeUnwrap();
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
    },
    { answer: fourProcesses },
  );
  const addReader = (times: number): RigClient =>
    rig.addClient(Array.from({ length: times }, () => ({ label: KEYBOARD_READ, words: [] })));
  const all = Array.from({ length: readers }, (_, n) => addReader(n === 0 ? 99 : 2));
  let list = crashes;
  for (const part of keys.split(/ (?=(?:cold|kill|again|read)(?: |$))/)) {
    const [word, ...rest] = part.split(" ");
    left = rest;
    if (word === "cold") rig.coldRestart();
    else if (word === "read") all.push(addReader(99));
    else if (word === "again") rig.abandon(all[0]!, false);
    else if (word === "kill") rig.abandon(all[0]!, true);
    else left.unshift(word!);
    rig.run(list);
    if (rig.retired > list[0]!) list = []; // it has crashed
  }
  const replies = all.flatMap((reader) => reader.replies);
  return {
    read: replies.map(([status, count, ...words]) => (status === STATUS_OK ? unpackText(words, count!) : "")).join(""),
    leds: chip.state.keyboard.leds,
    statuses: replies.flatMap(([status]) => (status === undefined ? [] : [status])),
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

  it("knows of no key held and no lock after a cold start; who waits is told FAILED, and reads what is typed next", () => {
    const { read, leds, statuses } = type("+ShiftLeft KeyA CapsLock cold KeyB");
    expect([read, leds]).toEqual(["Ab", 0]);
    expect(statuses).toEqual([STATUS_OK, STATUS_FAILED, STATUS_OK]);
  });

  it("loses at a cold start what nobody has read", () => {
    expect(type("KeyA KeyB cold KeyC read KeyD", [], 0).read).toBe("cd");
  });

  it("keeps the input of a reader that is killed for the next one, and of one that comes again for itself", () => {
    expect(type("KeyA kill KeyB KeyC read KeyD").read).toBe("abcd");
    expect(type("KeyA again KeyB").read).toBe("ab");
  });

  it("gives each character once at most when the reader is killed and the driver crashes", () => {
    const { instructions: before } = type("KeyA kill");
    const { instructions: after } = type("KeyA kill KeyB KeyC");
    for (let crash = before + 1; crash < after; crash += THOROUGH ? 1 : 29) {
      const { read } = type("KeyA kill KeyB KeyC read KeyD", [crash]);
      expect({ crash, read, left: isLeftOf(read, "abcd") && read.endsWith("d") }).toMatchObject({ crash, left: true });
    }
  });

  it("keeps 1024 characters that nobody reads, and then what the keyboard has room for: each once at most", () => {
    const letters = Array.from({ length: 1100 }, (_, n) => "abcdefghijklmnopqrstuvwxyz"[n % 26]!);
    const keys = letters.map((letter) => `Key${letter.toUpperCase()} .`).join(" ");
    const { read } = type(`${keys} read KeyZ`, [], 0);
    expect(read.slice(0, 1024)).toBe(letters.slice(0, 1024).join(""));
    expect(isLeftOf(read, `${letters.join("")}z`)).toBe(true);
    expect(read.endsWith("z")).toBe(true);
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

  it(
    "gives every character once when it crashes at every instruction of Recover and of the replay",
    () => {
      const short = "+ShiftLeft KeyA -ShiftLeft CapsLock KeyB";
      const length = (crashes: readonly number[]): number => type(short, crashes).instructions;
      const calm = length([]);
      // In Initialize, in READ, in interrupts of keys and of the LEDs' answers.
      const firsts = [0.1, 0.25, 0.4, 0.55, 0.7, 0.85].map((part) => Math.floor(part * calm));
      for (const crashes of pairs(firsts, length, THOROUGH ? undefined : 5))
        expect({ crashes, ...type(short, crashes) }).toMatchObject({ crashes, read: "AB", leds: pc.KBC_LED_CAPS_LOCK });
    },
    LONG,
  );
});
