import { beforeEach, describe, expect, it } from "vitest";
import { I8042, KBC_BYTE_TIME } from "./chip.ts";
import * as R from "./registers.ts";
import { isKeyCode, set1, set2 } from "./scan-codes.ts";
import { I8042_STATE_AFTER_FIRMWARE, type I8042State } from "./state.ts";

let now: number;
let log: string[];
let kbc: I8042;

function build(state?: I8042State): void {
  now = 0;
  log = [];
  const wire = (name: string) => ({ set: (level: boolean) => void log.push(`${name} ${level ? 1 : 0}`) });
  const outputs = {
    keyboardIrq: wire("irq1"),
    mouseIrq: wire("irq12"),
    a20: wire("a20"),
    onReset: () => void log.push("reset"),
  };
  kbc = new I8042({ now: () => now }, outputs, state);
}

const command = (value: number): void => kbc.write(R.KBC_COMMAND, value);
const data = (value: number): void => kbc.write(R.KBC_DATA, value);
const status = (): number => kbc.read(R.KBC_COMMAND);

/** Everything that comes in the next bytes' time, as a driver that polls sees it. */
function drain(): number[] {
  const bytes: number[] = [];
  for (let i = 0; i < 40; i++) {
    if ((status() & R.KBC_STATUS_OBF) !== 0) bytes.push(kbc.read(R.KBC_DATA));
    now += KBC_BYTE_TIME;
  }
  return bytes;
}

function keyboard(...bytes: number[]): number[] {
  for (const byte of bytes) data(byte);
  return drain();
}

function mouse(...bytes: number[]): number[] {
  const answers: number[] = [];
  for (const byte of bytes) {
    command(R.KBC_WRITE_AUX);
    data(byte);
    answers.push(...drain());
  }
  return answers;
}

function setMode(mode: number): void {
  command(R.KBC_WRITE_MEMORY);
  data(mode);
}

beforeEach(() => build(I8042_STATE_AFTER_FIRMWARE));

describe("after power-on", () => {
  it("the devices tell that they passed their tests once a program enables them", () => {
    build();
    expect([status() & R.KBC_STATUS_OBF, drain()]).toEqual([0, []]);
    command(R.KBC_ENABLE_KEYBOARD);
    expect(drain()).toEqual([R.KBC_BAT_PASSED]);
    command(R.KBC_ENABLE_AUX);
    expect(drain()).toEqual([R.KBC_BAT_PASSED, R.KBC_MOUSE_ID]);
  });

  it("the self-test answers 55 and sets the system bit, the interface tests answer 0", () => {
    build();
    expect(status() & R.KBC_STATUS_SYSTEM).toBe(0);
    const answers = [R.KBC_SELF_TEST, R.KBC_TEST_KEYBOARD, R.KBC_TEST_AUX].map((test) => {
      command(test);
      return kbc.read(R.KBC_DATA);
    });
    expect(answers).toEqual([0x55, 0, 0]);
    expect(status()).toBe(R.KBC_STATUS_UNLOCKED | R.KBC_STATUS_SYSTEM | R.KBC_STATUS_COMMAND);
  });
});

describe("the controller", () => {
  it("keeps 32 bytes, the command byte first", () => {
    setMode(0x45);
    command(R.KBC_WRITE_MEMORY + 5);
    data(0x77);
    command(R.KBC_READ_MEMORY);
    expect(kbc.read(R.KBC_DATA)).toBe(0x45);
    command(R.KBC_READ_MEMORY + 5);
    expect(kbc.read(R.KBC_DATA)).toBe(0x77);
  });

  it("holds the gate of A20 and the reset line in its output port", () => {
    command(R.KBC_WRITE_OUTPUT_PORT);
    data(0xdd);
    command(R.KBC_READ_OUTPUT_PORT);
    expect(kbc.read(R.KBC_DATA)).toBe(R.KBC_OUTPUT_NRESET);
    command(R.KBC_WRITE_OUTPUT_PORT);
    data(0xdf);
    command(0xff);
    command(0xfe);
    command(R.KBC_WRITE_OUTPUT_PORT);
    data(0x02);
    expect(log.filter((line) => !line.startsWith("irq"))).toEqual(["a20 0", "a20 1", "reset", "reset"]);
  });

  it("passes bytes off as those of a device", () => {
    command(R.KBC_WRITE_AUX_BUFFER);
    data(0x5a);
    expect([status() & (R.KBC_STATUS_AUX | R.KBC_STATUS_OBF), kbc.read(R.KBC_DATA)]).toEqual([0x21, 0x5a]);
    command(R.KBC_WRITE_KEYBOARD_BUFFER);
    data(0xa5);
    expect([status() & (R.KBC_STATUS_AUX | R.KBC_STATUS_OBF), kbc.read(R.KBC_DATA)]).toEqual([0x01, 0xa5]);
    expect(log).toEqual(["irq1 1", "irq1 0"]);
  });

  it("asks for an interrupt per byte, one wire's time after the last was read", () => {
    kbc.press("KeyA");
    kbc.release("KeyA");
    expect(kbc.nextEvent()).toBe(KBC_BYTE_TIME);
    now = KBC_BYTE_TIME;
    kbc.advance(now);
    expect(kbc.nextEvent()).toBe(Number.POSITIVE_INFINITY);
    now = 5 * KBC_BYTE_TIME;
    expect(kbc.read(R.KBC_DATA)).toBe(0x1e);
    expect(kbc.nextEvent()).toBe(6 * KBC_BYTE_TIME);
    // The break prefix vanishes in the translation, and its code follows it on the wire.
    now = 7 * KBC_BYTE_TIME;
    expect(kbc.read(R.KBC_DATA)).toBe(0x9e);
    expect(log).toEqual(["irq1 1", "irq1 0", "irq1 1", "irq1 0"]);
  });

  it("holds a disabled keyboard back until it is enabled or spoken to", () => {
    command(R.KBC_DISABLE_KEYBOARD);
    kbc.press("Enter");
    expect(drain()).toEqual([]);
    expect(keyboard(R.KBC_KEYBOARD_ECHO)).toEqual([0xee, 0x1c]);
  });
});

describe("the keyboard", () => {
  it("answers the commands of the manual", () => {
    setMode(0);
    expect(keyboard(R.KBC_DEVICE_RESET)).toEqual([0xfa, 0xaa]);
    expect(keyboard(R.KBC_DEVICE_READ_ID)).toEqual([0xfa, 0xab, 0x83]);
    expect(keyboard(R.KBC_KEYBOARD_ECHO)).toEqual([0xee]);
    expect(keyboard(R.KBC_DEVICE_RESEND)).toEqual([0xee]);
    expect([keyboard(R.KBC_KEYBOARD_SET_LEDS), keyboard(0x05)]).toEqual([[0xfa], [0xfa]]);
    expect(kbc.state.keyboard.leds).toBe(R.KBC_LED_SCROLL_LOCK | R.KBC_LED_CAPS_LOCK);
    expect([keyboard(R.KBC_DEVICE_SET_RATE), keyboard(0x20)]).toEqual([[0xfa], [0xfa]]);
    expect(keyboard(0x12)).toEqual([0xfe]);
    expect(keyboard(0xf8)).toEqual([0xfa]);
  });

  it("identifies as AB 41 through the translation", () => {
    expect(keyboard(R.KBC_DEVICE_READ_ID)).toEqual([0xfa, 0xab, 0x41]);
  });

  it("sends set 2, or set 1 by itself, or set 1 by translation", () => {
    const keys = (): number[] => {
      for (const key of ["KeyA", "ArrowUp"] as const) {
        kbc.press(key);
        kbc.release(key);
      }
      return drain();
    };
    const inSet1 = [0x1e, 0x9e, 0xe0, 0x48, 0xe0, 0xc8];
    expect(keys()).toEqual(inSet1);
    setMode(0);
    expect(keys()).toEqual([0x1c, 0xf0, 0x1c, 0xe0, 0x75, 0xe0, 0xf0, 0x75]);
    expect([keyboard(R.KBC_KEYBOARD_SCAN_CODE_SET), keyboard(1)]).toEqual([[0xfa], [0xfa]]);
    expect([keyboard(R.KBC_KEYBOARD_SCAN_CODE_SET), keyboard(0)]).toEqual([[0xfa], [0xfa, 1]]);
    expect([keyboard(R.KBC_KEYBOARD_SCAN_CODE_SET), keyboard(3)]).toEqual([[0xfa], [0xfe]]);
    expect(keys()).toEqual(inSet1);
  });

  it("does not scan when told so, and answers go before keys", () => {
    expect(keyboard(R.KBC_DEVICE_DISABLE)).toEqual([0xfa]);
    expect(kbc.press("KeyA")).toBe(false);
    expect(keyboard(R.KBC_DEVICE_ENABLE)).toEqual([0xfa]);
    expect(kbc.press("KeyB")).toBe(true);
    expect(keyboard(R.KBC_KEYBOARD_ECHO)).toEqual([0xee, 0x30]);
    expect(kbc.keyboardIdle).toBe(true);
  });

  it("tells of an overrun once", () => {
    setMode(0);
    for (let i = 0; i < 8; i++) expect(kbc.press("ArrowUp")).toBe(true);
    expect([kbc.press("KeyA"), kbc.press("KeyB")]).toEqual([false, false]);
    expect(drain()).toEqual([...new Array(8).fill([0xe0, 0x75]).flat(), 0x00]);
  });
});

describe("scan codes", () => {
  it("of keys with a story are those of the manual", () => {
    expect(set1("Pause", true)).toEqual([0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5]);
    expect(set2("Pause", false)).toEqual([]);
    expect([set1("F7", true), set1("PrintScreen", true), set1("F12", false)]).toEqual([[0x41], [0xe0, 0x37], [0xd8]]);
  });

  it("of the main block count up in set 1 in the order of the keys", () => {
    const row = ["Digit1", "Digit2", "Digit3", "Digit4", "Digit5", "Digit6", "Digit7", "Digit8", "Digit9", "Digit0"];
    const codes = [...row, "Minus", "Equal", "Backspace", "Tab", ..."QWERTYUIOP".split("").map((c) => `Key${c}`)];
    expect(codes.filter(isKeyCode).map((key) => set1(key, true)[0])).toEqual(codes.map((_, i) => i + 2));
    expect(isKeyCode("toString")).toBe(false);
  });
});

describe("the mouse", () => {
  it("answers the commands of the manual", () => {
    expect(mouse(R.KBC_DEVICE_RESET)).toEqual([0xfa, 0xaa, 0x00]);
    expect(mouse(R.KBC_DEVICE_READ_ID)).toEqual([0xfa, 0x00]);
    expect(mouse(R.KBC_MOUSE_RESOLUTION, 3, R.KBC_MOUSE_SCALING_2)).toEqual([0xfa, 0xfa, 0xfa]);
    expect(mouse(R.KBC_MOUSE_STATUS)).toEqual([0xfa, 0x10, 3, 100]);
    expect(mouse(R.KBC_MOUSE_WRAP, 0x12, R.KBC_MOUSE_RESET_WRAP)).toEqual([0xfa, 0x12, 0xfa]);
    expect(mouse(0x77)).toEqual([0xfe]);
  });

  it("sends packets of nine-bit movement when it reports, on interrupt 12", () => {
    setMode(R.KBC_MODE_AUX_INTERRUPT);
    kbc.moveMouse(1, 1, 0, 0);
    expect(drain()).toEqual([]);
    mouse(R.KBC_DEVICE_SET_DEFAULT, R.KBC_DEVICE_ENABLE);
    log = [];
    kbc.moveMouse(5, -3, 0, R.KBC_BUTTON_LEFT);
    now += KBC_BYTE_TIME;
    expect(status() & (R.KBC_STATUS_OBF | R.KBC_STATUS_AUX)).toBe(0x21);
    expect(log).toEqual(["irq12 1"]);
    expect(drain()).toEqual([0x29, 5, 0xfd]);
  });

  it("keeps movement that a packet cannot say for the next one", () => {
    mouse(R.KBC_DEVICE_ENABLE);
    kbc.moveMouse(-300, 0, 0, 0);
    expect(drain()).toEqual([0x18, 0x01, 0x00, 0x18, 0xd3, 0x00]);
  });

  it("has a wheel after the rates 200, 100, 80", () => {
    for (const rate of [200, 100, 80]) mouse(R.KBC_DEVICE_SET_RATE, rate);
    expect(mouse(R.KBC_DEVICE_READ_ID, R.KBC_DEVICE_ENABLE)).toEqual([0xfa, 0x03, 0xfa]);
    kbc.moveMouse(0, 0, -1, R.KBC_BUTTON_MIDDLE);
    expect(drain()).toEqual([0x0c, 0, 0, 0xff]);
  });

  it("gives a packet on demand in remote mode", () => {
    mouse(R.KBC_MOUSE_REMOTE);
    kbc.moveMouse(2, 2, 0, R.KBC_BUTTON_RIGHT);
    expect(drain()).toEqual([]);
    expect(mouse(R.KBC_MOUSE_READ_DATA)).toEqual([0xfa, 0x0a, 2, 2]);
    expect(mouse(R.KBC_MOUSE_STATUS)).toEqual([0xfa, 0x41, 2, 100]);
  });
});
