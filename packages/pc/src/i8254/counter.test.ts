import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { COUNTER_STATE_AT_RESET, Counter } from "./counter.ts";

function programmed(mode: number, count: number, bcd = false): Counter {
  const counter = new Counter(COUNTER_STATE_AT_RESET);
  counter.program(mode, bcd);
  counter.writeCount(count);
  return counter;
}

/** OUT after each of the next pulses, as the data sheet draws it: 1 high, 0 low. */
function wave(counter: Counter, pulses: number): string {
  let line = "";
  for (let i = 0; i < pulses; i++) {
    counter.advance(1);
    line += counter.out ? "1" : "0";
  }
  return line;
}

/** CE after each of the next pulses. */
function elements(counter: Counter, pulses: number): number[] {
  return Array.from({ length: pulses }, () => {
    counter.advance(1);
    return counter.element;
  });
}

function trigger(counter: Counter): void {
  counter.setGate(false);
  counter.setGate(true);
}

describe("mode 0, interrupt on terminal count", () => {
  it("goes high N + 1 pulses after the count was written, and stays", () => {
    const counter = programmed(0, 4);
    expect(counter.out).toBe(false);
    expect(wave(counter, 9)).toBe("000011111");
    expect(counter.pulsesToEdge()).toBe(Number.POSITIVE_INFINITY);
    expect(elements(programmed(0, 4), 7)).toEqual([4, 3, 2, 1, 0, 0xffff, 0xfffe]);
  });

  it("stops while GATE is low, but takes the count", () => {
    const counter = programmed(0, 3);
    counter.setGate(false);
    expect(elements(counter, 3)).toEqual([3, 3, 3]);
    expect(counter.pulsesToEdge()).toBe(Number.POSITIVE_INFINITY);
    counter.setGate(true);
    expect(wave(counter, 3)).toBe("001");
  });

  it("starts again with a new count, and stops at the first of two bytes", () => {
    const counter = programmed(0, 1);
    expect(wave(counter, 3)).toBe("011");
    counter.beginCount();
    expect(wave(counter, 3)).toBe("000");
    counter.writeCount(2);
    expect(wave(counter, 4)).toBe("0011");
  });

  it("takes 0 for 65,536, and for 10,000 in BCD", () => {
    expect(programmed(0, 0).pulsesToEdge()).toBe(1);
    const binary = programmed(0, 0);
    binary.advance(0x10000);
    expect(binary.out).toBe(false);
    binary.advance(1);
    expect(binary.out).toBe(true);
    const decimal = programmed(0, 0, true);
    decimal.advance(10_000);
    expect(decimal.out).toBe(false);
    decimal.advance(1);
    expect(decimal.out).toBe(true);
  });
});

describe("mode 1, hardware retriggerable one-shot", () => {
  it("is low for N pulses after a trigger, and longer when triggered again", () => {
    const counter = programmed(1, 3);
    expect(wave(counter, 3)).toBe("111");
    trigger(counter);
    expect(wave(counter, 5)).toBe("00011");
    trigger(counter);
    expect(wave(counter, 2)).toBe("00");
    trigger(counter);
    counter.setGate(false);
    expect(wave(counter, 5)).toBe("00011");
  });
});

describe("mode 2, rate generator", () => {
  it("is low for the last pulse of N", () => {
    const counter = programmed(2, 4);
    expect(wave(counter, 13)).toBe("1110111011101");
    expect(elements(programmed(2, 3), 7)).toEqual([3, 2, 1, 3, 2, 1, 3]);
  });

  it("takes a new count at the end of the cycle", () => {
    const counter = programmed(2, 4);
    counter.advance(2);
    counter.writeCount(5);
    expect(counter.nullCount).toBe(true);
    expect(wave(counter, 12)).toBe("101111011110");
    expect(counter.nullCount).toBe(false);
  });

  it("goes high at once and stops when GATE falls, and starts over when it rises", () => {
    const counter = programmed(2, 3);
    counter.advance(3);
    expect(counter.out).toBe(false);
    counter.setGate(false);
    expect([counter.out, wave(counter, 4)]).toEqual([true, "1111"]);
    counter.setGate(true);
    expect(wave(counter, 5)).toBe("11011");
  });

  it("survives the illegal count 1", () => {
    expect(wave(programmed(2, 1), 5)).toBe("11111");
  });
});

describe("mode 3, square wave", () => {
  it("is high and low for N / 2 pulses each when N is even", () => {
    expect(wave(programmed(3, 4), 12)).toBe("110011001100");
    expect(elements(programmed(3, 4), 5)).toEqual([4, 2, 4, 2, 4]);
  });

  it("is high one pulse longer when N is odd", () => {
    expect(wave(programmed(3, 5), 15)).toBe("111001110011100");
    expect(elements(programmed(3, 5), 6)).toEqual([4, 2, 0, 4, 2, 4]);
    expect(wave(programmed(3, 3), 9)).toBe("110110110");
  });

  it("takes a new count at the end of the half cycle", () => {
    const counter = programmed(3, 4);
    counter.advance(1);
    counter.writeCount(6);
    expect(wave(counter, 9)).toBe("100011100");
  });
});

describe("modes 4 and 5, triggered strobes", () => {
  it("mode 4 strobes for one pulse, N + 1 pulses after the count, once", () => {
    const counter = programmed(4, 3);
    expect(wave(counter, 7)).toBe("1110111");
    counter.advance(0x10000 * 2);
    expect(counter.pulsesToEdge()).toBe(Number.POSITIVE_INFINITY);
    counter.writeCount(1);
    expect(wave(counter, 4)).toBe("1011");
  });

  it("mode 5 does so after a trigger", () => {
    const counter = programmed(5, 3);
    expect(wave(counter, 6)).toBe("111111");
    trigger(counter);
    expect(wave(counter, 6)).toBe("111011");
  });
});

describe("any counter", () => {
  const setting = fc.record({ mode: fc.nat(5), bcd: fc.boolean(), count: fc.oneof(fc.nat(12), fc.nat(0xffff)) });

  it("counts the same in one step and in many", () => {
    fc.assert(
      fc.property(setting, fc.nat(300), fc.nat(300), fc.nat(9), (with_, first, second, next) => {
        const build = (): Counter => programmed(with_.mode, with_.count, with_.bcd);
        const [one, many] = [build(), build()];
        const both = (act: (counter: Counter) => void): void => {
          act(one);
          act(many);
        };
        both(trigger);
        for (const pulses of [first, second]) {
          one.advance(pulses);
          for (let i = 0; i < pulses; i++) many.advance(1);
          expect(one.state).toEqual(many.state);
          both((counter) => counter.writeCount(next));
        }
      }),
    );
  });

  it("counts the same over a long time in one step and in steps shorter than a cycle", () => {
    fc.assert(
      fc.property(setting, fc.nat(200_000), fc.nat(9), (with_, pulses, next) => {
        const [one, many] = [0, 1].map(() => programmed(with_.mode, with_.count, with_.bcd));
        for (const counter of [one, many]) {
          trigger(counter);
          counter.advance(5);
          if (next > 5) counter.writeCount(next);
        }
        one.advance(pulses);
        const step = Math.max(1, Math.min(with_.count >> 1, 1000));
        for (let left = pulses; left > 0; left -= step) many.advance(Math.min(left, step));
        expect(one.state).toEqual(many.state);
      }),
      { numRuns: 50 },
    );
  });

  it("changes OUT at no pulse before the one announced", () => {
    fc.assert(
      fc.property(setting, fc.nat(40), (with_, pulses) => {
        const counter = programmed(with_.mode, with_.count, with_.bcd);
        trigger(counter);
        counter.advance(pulses);
        const edge = Math.min(counter.pulsesToEdge(), 200);
        const before = counter.out;
        expect(wave(counter, edge - 1)).toBe((before ? "1" : "0").repeat(edge - 1));
      }),
    );
  });
});
