/**
 * The serial driver against a 16550: crashed at every instruction, every byte goes and comes once.
 *
 * Here: the claims of packages/drivers/README.md. Not here: the whole machine (→ apps/machine/test).
 * @module
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { SERIAL_READ, SERIAL_WRITE } from "../../packages/arc-framework/src/protocol/driver.ts";
import { STATUS_FAILED, STATUS_OK } from "../../packages/arc-framework/src/protocol/status.ts";
import { guests } from "../../packages/drivers/src/index.ts";
import { PortBus, UART_IRQ, UART_PORT, UART_PORT_COUNT, Uart16550 } from "../../packages/pc/src/index.ts";
import { fourProcesses, GuestRig } from "./guest-rig.ts";
import { packText, unpackText } from "./packed-text.ts";
import { InterruptWire } from "./rig-interrupt.ts";
import type { RigClient, RigDevices, RigRequest } from "./rig-surroundings.ts";
import { isLeftOf, pairs, sample } from "./sample.ts";

const serial = new Uint8Array(readFileSync(guests.serial!));
const THOROUGH = process.env.KINTSUGI_LONG !== undefined;
/** Pairs of crashes, of hundreds of thousands. */
const PAIRS = THOROUGH ? 10_000 : 400;
const LONG = 3_600_000;

const write = (text: string): RigRequest => ({ label: SERIAL_WRITE, words: [text.length, ...packText(text)] });
const READ: RigRequest = { label: SERIAL_READ, words: [] };
/** Bytes of a reply to SERIAL_READ. */
const bytesOf = ([status, count, ...words]: readonly number[]): string =>
  status === STATUS_OK ? unpackText(words, count!) : "";
const readBy = (reader: RigClient): string => reader.replies.map(bytesOf).join("");

/** A COM1 with somebody at its other end, and the server that drives it. */
class Line {
  readonly rig: GuestRig;
  sent = "";
  /** What the other end types when nothing happens any more, a text at a time. */
  input: string[];
  /** Bytes that the chip had no room for. */
  overruns = 0;
  readonly #amid: boolean;
  readonly #texts: number;

  /** @param amid the first text comes amid the output, when three bytes are sent */
  constructor(typed: readonly string[], amid: boolean) {
    this.input = [...typed];
    this.#texts = typed.length;
    this.#amid = amid;
    const bus = new PortBus();
    const wire = new InterruptWire(UART_IRQ);
    const devices = (now: () => number): RigDevices => {
      const uart = new Uart16550({ now }, wire.line, (byte) => {
        this.sent += String.fromCharCode(byte);
      });
      bus.claim({ first: UART_PORT, count: UART_PORT_COUNT }, uart)._unsafeUnwrap();
      return {
        ports: bus,
        takeInterrupt: wire.takeInterrupt,
        acknowledge: wire.acknowledge,
        idle: (at) => {
          const next = uart.nextEvent();
          if (next < Number.POSITIVE_INFINITY) this.rig.sleepUntil(Math.max(next, at));
          else if (this.input.length === 0) return false;
          else this.#type(uart);
          return true;
        },
        advance: (at) => {
          uart.advance(at);
          if (this.#amid && this.sent.length >= 3 && this.input.length === this.#texts) this.#type(uart);
        },
      };
    };
    this.rig = new GuestRig(serial, devices, { answer: fourProcesses });
  }

  #type(uart: Uart16550): void {
    for (const byte of new TextEncoder().encode(this.input.shift())) if (!uart.receive(byte)) this.overruns++;
  }

  /** Somebody who reads so many times. */
  reader(times = 99): RigClient {
    return this.rig.addClient(Array.from({ length: times }, () => READ));
  }
}

interface Talk {
  readonly sent: string;
  readonly read: string;
  readonly writes: readonly number[][];
  readonly instructions: number;
  readonly recovered: number;
}

/** Writes texts while somebody reads what is typed: the first of `typed` amid the output, the others when nothing happens. */
function talk(texts: readonly string[], typed: readonly string[], crashes: readonly number[] = []): Talk {
  const line = new Line(typed, true);
  const reader = line.reader();
  const writer = line.rig.addClient(texts.map(write));
  line.rig.run(crashes);
  expect(line.overruns).toBe(0);
  const { retired: instructions, recovered } = line.rig;
  return { sent: line.sent, read: readBy(reader), writes: writer.replies, instructions, recovered };
}

describe("the serial server", () => {
  const texts = ["hello, ", "longer than the FIFO\r\n"];
  const typed = ["r", "un", " test\r"];
  const whole = talk(texts, typed);
  const right = { sent: texts.join(""), read: typed.join(""), writes: texts.map(({ length }) => [0, length]) };

  const brief = (crashes: readonly number[]) => talk(["ab"], ["x", "yz"], crashes);
  const rightBrief = { sent: "ab", read: "xyz", writes: [[0, 2]] };

  it("sends and receives", () => expect(whole).toMatchObject(right));

  it("sends and receives every byte once when it crashes at any instruction", () => {
    for (let crash = 1; crash < whole.instructions; crash++)
      expect({ crash, ...talk(texts, typed, [crash]) }).toMatchObject({ crash, ...right });
  });

  it(
    "sends and receives every byte once when recovery and replay crash as well",
    () => {
      const [first, second] = [brief([]).instructions, 300];
      for (const pair of sample(first * second, PAIRS)) {
        const crashes = [1 + Math.floor(pair / second), 1 + (pair % second)];
        expect({ crashes, ...brief(crashes) }).toMatchObject({ crashes, ...rightBrief });
      }
    },
    LONG,
  );

  it(
    "sends and receives every byte once when it crashes at every instruction of Recover and of the replay",
    () => {
      const length = (crashes: readonly number[]): number => brief(crashes).instructions;
      const calm = length([]);
      // Before READ, in WRITE, in the interrupts that follow.
      const firsts = [0.15, 0.3, 0.45, 0.6, 0.75, 0.9].map((part) => Math.floor(part * calm));
      for (const crashes of pairs(firsts, length, THOROUGH ? undefined : 25))
        expect({ crashes, ...brief(crashes) }).toMatchObject({ crashes, ...rightBrief });
    },
    LONG,
  );
});

describe("a cold start of the serial server", () => {
  const text = "longer than the FIFO";

  it("prints a part of the open request at most, whenever it comes; the client knows, and the next text is whole", () => {
    const calm = new Line([], false);
    calm.rig.addClient([write(text)]);
    calm.rig.run();
    const parts = new Set<number>();
    for (let at = 1; at < calm.rig.retired; at += THOROUGH ? 1 : 29) {
      const line = new Line([], false);
      const writer = line.rig.addClient([write(text), write("next")]);
      line.rig.run([], at);
      line.rig.coldRestart();
      line.rig.run();
      const part = line.sent.slice(0, -4);
      const known = writer.replies[0]![0] === STATUS_FAILED ? text.startsWith(part) : part === text;
      expect({ at, sent: line.sent, known }).toEqual({ at, sent: `${part}next`, known: true });
      expect(writer.replies.at(-1)).toEqual([STATUS_OK, 4]);
      parts.add(part.length);
    }
    expect(parts.size).toBeGreaterThan(5);
  });

  it("still sends what is in the chip's FIFO", () => {
    const line = new Line([], false);
    line.rig.addClient([write(text)]);
    while (line.sent.length < 3) line.rig.run([], 1);
    line.rig.coldRestart();
    line.rig.run();
    expect(line.sent).toBe(text.slice(0, 16));
  });

  it("loses what nobody has read but what is in the chip; a reader is told FAILED, and reads what comes next", () => {
    for (const last of [false, true]) {
      const line = new Line(["lost"], false);
      const writer = line.rig.addClient([write("x")]);
      line.rig.run();
      const reader = line.rig.addClient([READ, READ, READ]);
      line.rig.run();
      expect(readBy(reader)).toBe("lost");
      // It waits again. Its request is the last one, or an interrupt has come since, and somebody else's text.
      if (!last) {
        line.rig.addClient([write("y")]);
        line.rig.run();
      }
      line.rig.coldRestart();
      line.rig.run();
      expect(reader.replies.slice(1)).toEqual([[STATUS_FAILED]]);
      line.input = ["new"];
      line.rig.run();
      expect(readBy(reader)).toBe("lostnew");
      expect(writer.replies).toEqual([[STATUS_OK, 1]]);
    }
  });

  it("keeps the sixteen bytes of the chip, and loses the ring", () => {
    const line = new Line(["in the ring"], false);
    line.rig.run();
    line.input = ["in the chip"];
    while (line.input.length > 0) line.rig.run([], 1);
    line.rig.coldRestart();
    const reader = line.reader();
    line.rig.run();
    expect(readBy(reader)).toBe("in the chip");
  });
});

describe("input that a reader of the serial server does not get", () => {
  it("is kept for the next reader when the one that waits is killed, or comes again itself", () => {
    for (const again of [false, true]) {
      const line = new Line([], false);
      const first = line.reader(again ? 2 : 1);
      line.rig.run();
      line.rig.abandon(first, !again);
      line.input = ["abc"];
      if (!again) line.rig.run();
      const next = again ? first : line.reader(1);
      line.rig.run();
      expect(readBy(next)).toBe("abc");
    }
  });

  it("comes once at most when the driver crashes as well", () => {
    const after = (crash: number): { readonly read: string; readonly instructions: number } => {
      const line = new Line([], false);
      const killed = line.reader(1);
      line.rig.run();
      line.rig.abandon(killed, true);
      const from = line.rig.retired;
      line.input = ["abc"];
      line.rig.run(crash > 0 ? [from + crash] : []);
      const next = line.reader(2);
      line.input = ["d"];
      line.rig.run();
      return { read: readBy(next), instructions: line.rig.retired - from };
    };
    const calm = after(0);
    expect(calm.read).toBe("abcd");
    const read = new Set<string>();
    for (let crash = 1; crash < calm.instructions; crash += THOROUGH ? 1 : 3) read.add(after(crash).read);
    for (const one of read) expect({ one, left: isLeftOf(one, "abcd") }).toEqual({ one, left: true });
    expect([...read].every((one) => one.endsWith("d"))).toBe(true);
  });

  it("is the first 1024 bytes and sixteen, of more that nobody reads; the chip counts the others as overrun", () => {
    const bytes = Array.from({ length: 1100 }, (_, n) => String.fromCharCode(97 + (n % 26))).join("");
    // Eight at a time: faster than the chip's interrupt nobody types.
    const line = new Line(bytes.match(/.{1,8}/g)!, false);
    line.rig.run();
    expect(line.overruns).toBe(1100 - 1040);
    const reader = line.reader();
    line.rig.run();
    expect(readBy(reader)).toBe(bytes.slice(0, 1040));
    line.input = ["more"];
    line.rig.run();
    expect(readBy(reader)).toBe(`${bytes.slice(0, 1040)}more`);
  });
});
