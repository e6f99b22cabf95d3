import { describe, expect, it } from "vitest";
import { Lpt } from "./chip.ts";
import { PRINTER_ACK_TIME, PRINTER_BUSY_TIME, Printer } from "./printer.ts";
import {
  LPT_CONTROL,
  LPT_CONTROL_IRQ_ENABLE,
  LPT_CONTROL_NINIT,
  LPT_CONTROL_SLCT_IN,
  LPT_CONTROL_STROBE,
  LPT_DATA,
  LPT_STATUS,
  LPT_STATUS_NACK,
  LPT_STATUS_NBUSY,
  LPT_STATUS_NERROR,
  LPT_STATUS_SLCT,
} from "./registers.ts";

const PULSE = 5_000_000;
const IDLE = LPT_CONTROL_NINIT | LPT_CONTROL_SLCT_IN;
const READY = LPT_STATUS_NBUSY | LPT_STATUS_NACK | LPT_STATUS_SLCT | LPT_STATUS_NERROR;

class Bench {
  now = 1_000_000;
  readonly paper: number[] = [];
  readonly irq: boolean[] = [];
  readonly printer: Printer = new Printer((byte) => this.paper.push(byte));
  readonly port: Lpt = new Lpt({ now: () => this.now }, { set: (level) => this.irq.push(level) }, this.printer);

  control(value: number): void {
    this.port.write(LPT_CONTROL, value);
  }
  /** One byte as a careful driver sends it. */
  send(byte: number, asserted: number = PULSE, pause: number = PULSE): void {
    this.port.write(LPT_DATA, byte);
    this.control(IDLE | LPT_CONTROL_STROBE);
    this.now += asserted;
    this.control(IDLE);
    this.now += pause;
  }
  get counts(): { bytes: number; violations: number } {
    const { bytes, violations } = this.printer.state;
    return { bytes, violations };
  }
}

describe("a printer at a parallel port", () => {
  it("prints what a careful driver sends", () => {
    const bench = new Bench();
    for (const byte of [0x4b, 0, 0xff, 0x0a]) bench.send(byte);
    expect(bench.paper).toEqual([0x4b, 0, 0xff, 0x0a]);
    expect(bench.counts).toEqual({ bytes: 4, violations: 0 });
  });

  it("takes the byte on the edge that asserts STROBE, and at no other moment", () => {
    const bench = new Bench();
    bench.port.write(LPT_DATA, 0x41);
    expect(bench.paper).toEqual([]);
    bench.control(IDLE | LPT_CONTROL_STROBE);
    expect(bench.paper).toEqual([0x41]);
    bench.now += PULSE;
    bench.control(IDLE);
    expect(bench.paper).toEqual([0x41]);
  });

  it("ignores the same level again, however often it is written", () => {
    const bench = new Bench();
    for (let i = 0; i < 5; i++) bench.control(IDLE | LPT_CONTROL_STROBE);
    bench.now += PULSE;
    for (let i = 0; i < 5; i++) bench.control(IDLE);
    expect(bench.counts).toEqual({ bytes: 1, violations: 0 });
  });

  it("counts a pulse that is too short by one nanosecond, and prints all the same", () => {
    const bench = new Bench();
    bench.send(1, PULSE - 1);
    expect(bench.counts).toEqual({ bytes: 1, violations: 1 });
    bench.send(2, PULSE);
    expect(bench.counts).toEqual({ bytes: 2, violations: 1 });
  });

  it("counts an assertion that comes too soon after the last pulse", () => {
    const bench = new Bench();
    bench.send(1, PULSE, PULSE - 1);
    bench.send(2);
    expect(bench.counts).toEqual({ bytes: 2, violations: 1 });
    expect(bench.paper).toEqual([1, 2]);
  });

  it("counts data that change while STROBE is asserted, and does not print them", () => {
    const bench = new Bench();
    bench.port.write(LPT_DATA, 1);
    bench.control(IDLE | LPT_CONTROL_STROBE);
    bench.port.write(LPT_DATA, 1);
    expect(bench.counts.violations).toBe(0);
    bench.port.write(LPT_DATA, 2);
    expect(bench.counts.violations).toBe(1);
    expect(bench.paper).toEqual([1]);
  });

  it("sees a port that lost its power release STROBE at the port's first write", () => {
    const bench = new Bench();
    bench.port.write(LPT_DATA, 7);
    bench.control(IDLE | LPT_CONTROL_STROBE);
    bench.now += PULSE;
    const again = new Lpt({ now: () => bench.now }, { set: () => undefined }, bench.printer);
    again.write(LPT_DATA, 8);
    expect(bench.printer.state).toMatchObject({ strobe: false, bytes: 1, violations: 0 });
  });
});

describe("the registers of a parallel port", () => {
  it("read back what was written", () => {
    const { port } = new Bench();
    expect(port.read(LPT_CONTROL)).toBe(0);
    for (const value of [0x0d, 0x1f, 0x00, 0x3f]) {
      port.write(LPT_CONTROL, value);
      expect(port.read(LPT_CONTROL)).toBe(value);
    }
    port.write(LPT_CONTROL, 0xff);
    expect(port.read(LPT_CONTROL)).toBe(0x3f);
    port.write(LPT_DATA, 0xa5);
    expect(port.read(LPT_DATA)).toBe(0xa5);
  });

  it("ignore a write to the status register and to no register", () => {
    const { port } = new Bench();
    port.write(LPT_STATUS, 0);
    port.write(3, 0);
    expect([port.read(LPT_STATUS), port.read(3)]).toEqual([READY, 0xff]);
  });

  it("drive STROBE, AUTOFD and SLCT_IN inverted and INIT as it is", () => {
    const driven: number[] = [];
    const silent = { nextEvent: () => Number.POSITIVE_INFINITY, advance: () => undefined, status: 0 };
    const plug = { ...silent, drive: (_: number, __: number, control: number) => void driven.push(control) };
    const port = new Lpt({ now: () => 0 }, { set: () => undefined }, plug);
    for (const value of [0x00, 0x01, 0x02, 0x04, 0x08, 0x30]) port.write(LPT_CONTROL, value);
    expect(driven).toEqual([0x0b, 0x0a, 0x09, 0x0f, 0x03, 0x0b]);
    expect(port.read(LPT_STATUS)).toBe(LPT_STATUS_NBUSY);
  });

  it("show BUSY from the strobe to the end of the acknowledge pulse", () => {
    const bench = new Bench();
    bench.control(IDLE | LPT_CONTROL_STROBE);
    const status = (after: number): number => {
      bench.now = 1_000_000 + after;
      return bench.port.read(LPT_STATUS);
    };
    expect(status(0)).toBe(READY & ~LPT_STATUS_NBUSY);
    expect(status(PRINTER_BUSY_TIME - 1)).toBe(READY & ~LPT_STATUS_NBUSY);
    expect(status(PRINTER_BUSY_TIME)).toBe(READY & ~LPT_STATUS_NBUSY & ~LPT_STATUS_NACK);
    expect(status(PRINTER_BUSY_TIME + PRINTER_ACK_TIME)).toBe(READY);
  });

  it("ask for an interrupt at the trailing edge of nACK, when that is enabled", () => {
    const bench = new Bench();
    bench.send(1);
    expect(bench.irq).toEqual([]);
    bench.control(IDLE | LPT_CONTROL_IRQ_ENABLE);
    expect(bench.irq).toEqual([]);
    bench.control(IDLE | LPT_CONTROL_IRQ_ENABLE | LPT_CONTROL_STROBE);
    expect(bench.port.nextEvent()).toBe(bench.now + PRINTER_BUSY_TIME);
    bench.port.advance(bench.now + PRINTER_BUSY_TIME + PRINTER_ACK_TIME - 1);
    expect(bench.irq).toEqual([]);
    bench.port.advance(bench.port.nextEvent());
    expect(bench.irq).toEqual([true]);
    expect(bench.port.nextEvent()).toBe(Number.POSITIVE_INFINITY);
    bench.control(IDLE);
    expect(bench.irq).toEqual([true, false]);
  });

  it("make an edge for every byte while interrupts stay enabled", () => {
    const bench = new Bench();
    for (let i = 0; i < 2; i++) {
      bench.control(IDLE | LPT_CONTROL_IRQ_ENABLE | LPT_CONTROL_STROBE);
      bench.now += PULSE;
      bench.control(IDLE | LPT_CONTROL_IRQ_ENABLE);
      bench.now += PULSE;
    }
    expect(bench.irq).toEqual([true, false, true]);
  });

  it("end BUSY and the acknowledge pulse when INIT is asserted", () => {
    const bench = new Bench();
    bench.control(IDLE | LPT_CONTROL_STROBE);
    bench.control(LPT_CONTROL_STROBE);
    expect(bench.port.read(LPT_STATUS)).toBe(READY);
    expect(bench.port.nextEvent()).toBe(Number.POSITIVE_INFINITY);
  });
});
