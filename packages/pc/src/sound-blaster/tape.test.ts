import { describe, expect, it } from "vitest";
import { WAV_HEADER_SIZE, WavTape } from "./tape.ts";

const block = (samples: readonly number[], rate = 8000, idle = 0) => ({ at: 0, rate, idle, samples });

describe("a WAV tape", () => {
  it("has a header of 44 bytes that says what follows", () => {
    const tape = new WavTape();
    expect([...tape.record(block([1, -2]))]).toEqual([1, 0, 0xfe, 0xff]);
    const header = tape.header();
    expect(header.length).toBe(WAV_HEADER_SIZE);
    const text = String.fromCharCode(...header);
    expect([text.slice(0, 4), text.slice(8, 16), text.slice(36, 40)]).toEqual(["RIFF", "WAVEfmt ", "data"]);
    const view = new DataView(header.buffer);
    expect([4, 16, 24, 28, 40].map((at) => view.getUint32(at, true))).toEqual([40, 16, 8000, 32000, 4]);
    expect([20, 22, 32, 34].map((at) => view.getUint16(at, true))).toEqual([1, 2, 4, 16]);
  });

  it("keeps the silence between blocks", () => {
    const tape = new WavTape();
    tape.record(block([1, 1]));
    expect(tape.record(block([2, 2], 8000, 1_000_000)).length).toBe(4 * 9);
    expect(tape.frames).toBe(10);
  });

  it("brings other rates to its own, frame by frame without losing count", () => {
    const tape = new WavTape();
    tape.record(block([0, 0]));
    const half = tape.record(block([1, 1, 2, 2], 4000));
    expect([...half].filter((_, i) => i % 4 === 0)).toEqual([1, 1, 2, 2]);
    const third = [0, 1, 2].map(() => tape.record(block([3, 3], 24000)).length);
    expect(third.reduce((sum, bytes) => sum + bytes, 0)).toBe(4);
  });
});
