import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CHARACTER_TIME, LONGEST_HESITATION, SerialLine } from "./serial-line.ts";

/** A receiver of one byte that keeps what it was given. */
class OneByte {
  readonly taken: number[] = [];
  #held: number | undefined;
  get receiverEmpty(): boolean {
    return this.#held === undefined;
  }
  get canReceive(): boolean {
    return this.#held === undefined;
  }
  receive(byte: number): boolean {
    this.#held = byte;
    return true;
  }
  read(): void {
    if (this.#held !== undefined) this.taken.push(this.#held);
    this.#held = undefined;
  }
}

describe("the serial line", () => {
  it("delivers every byte once, in order, never two within a character time", () => {
    fc.assert(
      fc.property(fc.integer(), fc.uint8Array({ maxLength: 40 }), (seed, bytes) => {
        const receiver = new OneByte();
        const line = new SerialLine(receiver, seed);
        line.type(bytes, 0);
        const times: number[] = [];
        for (let at = line.nextEvent(); at !== Number.POSITIVE_INFINITY; at = line.nextEvent()) {
          line.advance(at);
          times.push(at);
          receiver.read();
        }
        expect(receiver.taken).toEqual([...bytes]);
        for (const [index, at] of times.entries()) {
          const gap = at - (times[index - 1] ?? -CHARACTER_TIME);
          expect(gap).toBeGreaterThanOrEqual(CHARACTER_TIME);
          expect(gap).toBeLessThan(CHARACTER_TIME + LONGEST_HESITATION);
        }
        expect(line.empty).toBe(true);
      }),
    );
  });

  it("waits while the receiver is not read", () => {
    const receiver = new OneByte();
    const line = new SerialLine(receiver, 1);
    line.type([1, 2], 0);
    line.advance(line.nextEvent());
    expect(line.nextEvent()).toBe(Number.POSITIVE_INFINITY);
    line.advance(1e12);
    receiver.read();
    expect(line.empty).toBe(false);
    line.advance(1e12);
    receiver.read();
    expect(receiver.taken).toEqual([1, 2]);
  });

  it("goes on from its state as if nothing had happened", () => {
    const receiver = new OneByte();
    const line = new SerialLine(receiver, 7);
    line.type([1, 2, 3], 500);
    line.advance(line.nextEvent());
    receiver.read();
    const other = new OneByte();
    const rebuilt = new SerialLine(other, 0, JSON.parse(JSON.stringify(line.state)));
    expect(rebuilt.nextEvent()).toBe(line.nextEvent());
    line.advance(line.nextEvent());
    rebuilt.advance(rebuilt.nextEvent());
    expect(rebuilt.state).toEqual(line.state);
  });

  it("lets the seed choose when bytes arrive, and nothing else", () => {
    const arrival = (seed: number) => {
      const line = new SerialLine(new OneByte(), seed);
      line.type([1], 0);
      return line.nextEvent();
    };
    expect(arrival(1)).toBe(arrival(1));
    expect(arrival(1)).not.toBe(arrival(2));
  });
});
