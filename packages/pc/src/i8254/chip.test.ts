import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { I8254 } from "./chip.ts";
import * as R from "./registers.ts";
import { ticksAt, timeOfTick } from "./ticks.ts";

let now: number;
let irq: [boolean, number][];
let pit: I8254;

beforeEach(() => {
  now = 0;
  irq = [];
  pit = new I8254({ now: () => now }, { set: (level) => irq.push([level, ticksAt(now)]) });
});

/** Lets so many pulses of the clock come, visiting the chip at its events. */
function pulses(count: number): void {
  const until = timeOfTick(ticksAt(now) + count);
  while (pit.nextEvent() <= until) {
    now = pit.nextEvent();
    pit.advance(now);
  }
  now = until;
}

const program = (counter: number, mode: number, access: number, bcd = 0): void =>
  pit.write(R.PIT_CONTROL, (counter << 6) | (access << R.PIT_CONTROL_ACCESS_SHIFT) | (mode << 1) | bcd);
const write = (counter: number, ...bytes: number[]): void => {
  for (const byte of bytes) pit.write(counter, byte);
};
const read = (counter: number, count: number): number[] => Array.from({ length: count }, () => pit.read(counter));

describe("the clock of an 8254", () => {
  it("has 1,193,182 pulses in a second, and each at the first nanosecond at which it has come", () => {
    expect([ticksAt(0), ticksAt(1e9), ticksAt(3600e9)]).toEqual([0, 1_193_182, 1_193_182 * 3600]);
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 42 }), (tick) => {
        const at = timeOfTick(tick);
        expect(ticksAt(at)).toBe(tick);
        if (tick > 0) expect(ticksAt(at - 1)).toBe(tick - 1);
      }),
    );
  });
});

describe("counter 0", () => {
  it("drives IRQ 0 at a hundred hertz in mode 2", () => {
    program(0, 2, R.PIT_ACCESS_LOW_HIGH);
    write(0, 11932 & 0xff, 11932 >> 8);
    pulses(11932 * 3 + 1);
    expect(irq).toEqual([
      [true, 0],
      [false, 11932],
      [true, 11933],
      [false, 11932 * 2],
      [true, 11932 * 2 + 1],
      [false, 11932 * 3],
      [true, 11932 * 3 + 1],
    ]);
  });

  it("raises IRQ 0 once in mode 0, and has no event after that", () => {
    program(0, 0, R.PIT_ACCESS_LOW);
    write(0, 9);
    pulses(200);
    expect(irq).toEqual([[true, 10]]);
    expect(pit.nextEvent()).toBe(Number.POSITIVE_INFINITY);
    write(0, 9);
    expect(irq.at(-1)?.[0]).toBe(false);
  });

  it("shows the same edges when nobody came for a long time", () => {
    program(0, 3, R.PIT_ACCESS_LOW);
    write(0, 100);
    now = timeOfTick(1000);
    pit.advance(now);
    expect(irq.map(([level]) => level)).toEqual(Array.from({ length: 20 }, (_, i) => i % 2 === 0));
  });

  it("has no event before it is programmed", () => {
    expect(pit.nextEvent()).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("reading", () => {
  it("gives low and high bytes of the running count as the access says", () => {
    program(1, 2, R.PIT_ACCESS_LOW_HIGH);
    write(1, 0x34, 0x12);
    pulses(1);
    expect(read(1, 3)).toEqual([0x34, 0x12, 0x34]);
    program(1, 2, R.PIT_ACCESS_HIGH);
    write(1, 0x12);
    pulses(1);
    expect(read(1, 2)).toEqual([0x12, 0x12]);
  });

  it("gives the latched count whole, however long that takes, and the first of two latches", () => {
    program(1, 2, R.PIT_ACCESS_LOW_HIGH);
    write(1, 0x01, 0x01);
    pulses(1);
    pit.write(R.PIT_CONTROL, 1 << R.PIT_CONTROL_COUNTER_SHIFT);
    pulses(2);
    pit.write(R.PIT_CONTROL, 1 << R.PIT_CONTROL_COUNTER_SHIFT);
    expect(read(1, 4)).toEqual([0x01, 0x01, 0xff, 0x00]);
  });

  it("gives a status first and then the count after a read-back of both", () => {
    program(2, 3, R.PIT_ACCESS_LOW_HIGH, R.PIT_CONTROL_BCD);
    const readBack = 0xc0 | (R.PIT_READ_BACK_COUNTER0 << 2);
    pit.write(R.PIT_CONTROL, readBack | R.PIT_READ_BACK_NCOUNT);
    expect(read(2, 1)).toEqual([R.PIT_STATUS_OUT | R.PIT_STATUS_NULL_COUNT | 0x37]);
    write(2, 0x98, 0x19);
    pulses(1);
    pit.write(R.PIT_CONTROL, readBack);
    expect(read(2, 3)).toEqual([R.PIT_STATUS_OUT | 0x37, 0x98, 0x19]);
  });

  it("counts decimal digits", () => {
    program(1, 0, R.PIT_ACCESS_LOW_HIGH, R.PIT_CONTROL_BCD);
    write(1, 0x00, 0x10);
    pulses(2);
    expect(read(1, 2)).toEqual([0x99, 0x09]);
  });

  it("of the control port gives all ones", () => {
    expect(pit.read(R.PIT_CONTROL)).toBe(0xff);
  });
});

describe("port 61", () => {
  it("gates counter 2 and shows its OUT", () => {
    program(2, 0, R.PIT_ACCESS_LOW);
    write(2, 4);
    pulses(50);
    const out2 = (): number => pit.read(R.PIT_SYSTEM_CONTROL) & R.PIT_SYSTEM_OUT2;
    expect(out2()).toBe(0);
    pit.write(R.PIT_SYSTEM_CONTROL, R.PIT_SYSTEM_GATE2);
    pulses(3);
    expect(out2()).toBe(0);
    pulses(1);
    expect(out2()).toBe(R.PIT_SYSTEM_OUT2);
  });

  it("keeps four bits, and shows the refresh changing", () => {
    pit.write(R.PIT_SYSTEM_CONTROL, 0xff);
    expect(pit.read(R.PIT_SYSTEM_CONTROL)).toBe(0x0f);
    pulses(18);
    expect(pit.read(R.PIT_SYSTEM_CONTROL)).toBe(0x0f | R.PIT_SYSTEM_REFRESH);
  });
});
