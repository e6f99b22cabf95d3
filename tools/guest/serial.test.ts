/**
 * The serial driver against a 16550: crashed at every instruction, every byte goes and comes once.
 *
 * Here: the claims of packages/drivers/README.md. Not here: the whole machine (→ apps/machine/test).
 * @module
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ART_PROCESS_INFO } from "../../packages/arc-framework/src/protocol/art.ts";
import { SERIAL_READ, SERIAL_WRITE } from "../../packages/arc-framework/src/protocol/driver.ts";
import { STATUS_FAILED, STATUS_NOT_FOUND, STATUS_OK } from "../../packages/arc-framework/src/protocol/status.ts";
import { guests } from "../../packages/drivers/src/index.ts";
import { PortBus, UART_IRQ, UART_PORT, UART_PORT_COUNT, Uart16550 } from "../../packages/pc/src/index.ts";
import { clientThread, GuestRig } from "./guest-rig.ts";
import { packText, unpackText } from "./packed-text.ts";
import { InterruptWire } from "./rig-interrupt.ts";
import type { RigClient, RigDevices, RigRequest } from "./rig-surroundings.ts";
import { pairs, sample } from "./sample.ts";

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
  readonly input: string[];
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
    // Processes that there are: a client each.
    const answer = (_: number, label: number, [index]: readonly number[]): readonly number[] => {
      if (label !== ART_PROCESS_INFO) return [STATUS_OK];
      const thread = index! < 4 ? clientThread(index!) : 0;
      return thread ? [STATUS_OK, index! + 1, thread, 0, 0, 0, 0, 0, 0] : [STATUS_NOT_FOUND];
    };
    this.rig = new GuestRig(serial, devices, { answer });
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

  it("sends and receives", () => expect(whole).toMatchObject(right));

  it("sends and receives every byte once when it crashes at any instruction", () => {
    for (let crash = 1; crash < whole.instructions; crash++)
      expect({ crash, ...talk(texts, typed, [crash]) }).toMatchObject({ crash, ...right });
  });

  it(
    "sends and receives every byte once when recovery and replay crash as well",
    () => {
      const [first, second] = [talk(["ab"], ["x", "yz"]).instructions, 300];
      for (const pair of sample(first * second, PAIRS)) {
        const crashes = [1 + Math.floor(pair / second), 1 + (pair % second)];
        expect({ crashes, ...talk(["ab"], ["x", "yz"], crashes) }).toMatchObject({
          crashes,
          sent: "ab",
          read: "xyz",
          writes: [[0, 2]],
        });
      }
    },
    LONG,
  );

  it(
    "sends and receives every byte once when it crashes at every instruction of Recover and of the replay",
    () => {
      const length = (crashes: readonly number[]): number => talk(["ab"], ["x", "yz"], crashes).instructions;
      const calm = length([]);
      // Before READ, in WRITE, in the interrupts that follow.
      const firsts = [0.15, 0.3, 0.45, 0.6, 0.75, 0.9].map((part) => Math.floor(part * calm));
      for (const crashes of pairs(firsts, length, THOROUGH ? undefined : 25))
        expect({ crashes, ...talk(["ab"], ["x", "yz"], crashes) }).toMatchObject({
          crashes,
          sent: "ab",
          read: "xyz",
          writes: [[0, 2]],
        });
    },
    LONG,
  );
});
