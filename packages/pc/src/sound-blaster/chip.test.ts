import { beforeEach, describe, expect, it } from "vitest";
import { I8237a } from "../i8237a/chip.ts";
import * as DMA from "../i8237a/registers.ts";
import { SoundBlaster16 } from "./chip.ts";
import * as R from "./registers.ts";
import type { SoundBlock } from "./tape.ts";
import { SB_FIFO_FRAMES } from "./transfer.ts";

const MS = 1_000_000;
const BUFFER = 0x10000;

let now: number;
let memory: Uint8Array;
let dma: I8237a;
let level: Record<number, boolean>;
let blocks: SoundBlock[];
let sb: SoundBlaster16;

beforeEach(() => {
  now = 0;
  memory = new Uint8Array(0x20000);
  level = {};
  blocks = [];
  dma = new I8237a({
    read: (address, count) => memory.slice(address, address + count),
    write: (address, bytes) => memory.set(bytes, address),
  });
  const line = (number: number) => ({ set: (high: boolean) => (level[number] = high) });
  const lines = { 5: line(5), 7: line(7), 9: line(9), 10: line(10) };
  sb = new SoundBlaster16({ now: () => now }, lines, dma, (block) => blocks.push(block));
});

const dsp = (...bytes: number[]): void => {
  for (const byte of bytes) sb.write(R.SB_WRITE, byte);
};
const ready = (): boolean => (sb.read(R.SB_READ_STATUS) & R.SB_STATUS_BIT) !== 0;
const get = (): number => sb.read(R.SB_READ_DATA);
const mixer = (index: number, value?: number): number => {
  sb.write(R.SB_MIXER_INDEX, index);
  if (value !== undefined) sb.write(R.SB_MIXER_DATA, value);
  return sb.read(R.SB_MIXER_DATA);
};
const reset = (): void => {
  sb.write(R.SB_RESET, 1);
  now += 3_000;
  sb.write(R.SB_RESET, 0);
  now += 100_000;
};

/** Programs a channel to read `bytes` bytes from BUFFER on. */
function program(channel: number, bytes: number, auto: boolean): void {
  const second = channel > 3;
  const base = second ? DMA.DMA_SECOND : DMA.DMA_FIRST;
  const write = (register: number, value: number): void => dma.write(base + register * (second ? 2 : 1), value);
  const local = channel & 3;
  const address = second ? BUFFER >> 1 : BUFFER;
  const count = (second ? bytes / 2 : bytes) - 1;
  write(DMA.DMA_SINGLE_MASK, DMA.DMA_BIT_SET | local);
  write(DMA.DMA_CLEAR_FLIP_FLOP, 0);
  write(DMA.DMA_MODE, 0x40 | DMA.DMA_MODE_READ | (auto ? DMA.DMA_MODE_AUTO : 0) | local);
  for (const value of [address & 0xff, (address >> 8) & 0xff]) write(2 * local, value);
  for (const value of [count & 0xff, count >> 8]) write(2 * local + 1, value);
  dma.write(DMA.DMA_PAGE + (second ? DMA.DMA_PAGE_CHANNEL5 : DMA.DMA_PAGE_CHANNEL1), BUFFER >> 16);
  write(DMA.DMA_SINGLE_MASK, local);
}

/** Time passes, from event to event. */
function pass(ns: number): void {
  const until = now + ns;
  while (sb.nextEvent() <= until) {
    now = sb.nextEvent();
    sb.advance(now);
  }
  now = until;
}
const left = (): number[] => blocks.flatMap(({ samples }) => samples.filter((_, i) => i % 2 === 0));

describe("the DSP", () => {
  it("says AA 100 us after a reset, and its version and tests after that", () => {
    sb.write(R.SB_RESET, 1);
    now += 3_000;
    sb.write(R.SB_RESET, 0);
    now += 99_999;
    expect(ready()).toBe(false);
    now += 1;
    expect([ready(), get(), ready()]).toEqual([true, 0xaa, false]);
    dsp(R.SB_VERSION, R.SB_IDENTIFY, 0x35, R.SB_WRITE_TEST, 0x77, R.SB_READ_TEST, R.SB_SPEAKER_STATUS);
    expect([get(), get(), get(), get(), get(), ready()]).toEqual([4, 13, 0xca, 0x77, 0, false]);
    dsp(R.SB_SPEAKER_ON, R.SB_SPEAKER_STATUS);
    expect(get()).toBe(0xff);
    expect(sb.read(R.SB_WRITE) & R.SB_STATUS_BIT).toBe(0);
  });

  it("does nothing at the beginning of a reset pulse, nor while it lasts", () => {
    reset();
    sb.write(R.SB_RESET, 1);
    dsp(R.SB_REQUEST_IRQ_8);
    expect(level[5]).toBeUndefined();
  });

  it("raises its interrupts on request, each acknowledged at its port", () => {
    reset();
    dsp(R.SB_REQUEST_IRQ_8, R.SB_REQUEST_IRQ_16);
    expect([level[5], mixer(R.SB_MIXER_IRQ_STATUS)]).toEqual([true, 3]);
    sb.read(R.SB_READ_STATUS);
    expect([level[5], mixer(R.SB_MIXER_IRQ_STATUS)]).toEqual([true, 2]);
    sb.read(R.SB_ACKNOWLEDGE_16);
    expect([level[5], mixer(R.SB_MIXER_IRQ_STATUS)]).toEqual([false, 0]);
  });
});

describe("the mixer", () => {
  it("has five bits of volume, and the older cards' four bits of the same", () => {
    expect(mixer(R.SB_MIXER_VOICE_LEFT, 0xff)).toBe(0xf8);
    expect(mixer(R.SB_MIXER_VOICE_RIGHT, 0x57)).toBe(0x50);
    expect(mixer(R.SB_MIXER_PRO_VOICE)).toBe(0xf5);
    expect(mixer(R.SB_MIXER_PRO_MASTER, 0x3c)).toBe(0x3c);
    expect([mixer(R.SB_MIXER_MASTER_LEFT), mixer(R.SB_MIXER_MASTER_RIGHT)]).toEqual([0x30, 0xc0]);
    sb.write(R.SB_MIXER_INDEX, R.SB_MIXER_RESET);
    sb.write(R.SB_MIXER_DATA, 0);
    expect([mixer(R.SB_MIXER_VOICE_LEFT), mixer(R.SB_MIXER_TREBLE_LEFT)]).toEqual([0xc0, 0x80]);
  });

  it("chooses line and channels, which a mixer reset leaves alone", () => {
    reset();
    expect([mixer(R.SB_MIXER_IRQ_SELECT), mixer(R.SB_MIXER_DMA_SELECT)]).toEqual([0x02, 0x22]);
    dsp(R.SB_REQUEST_IRQ_8);
    mixer(R.SB_MIXER_IRQ_SELECT, 0x08);
    expect(level).toEqual({ 5: false, 10: true });
    mixer(R.SB_MIXER_RESET, 0);
    expect(mixer(R.SB_MIXER_IRQ_SELECT)).toBe(0x08);
  });

  it("sends words over a channel of bytes where none of words is chosen", () => {
    reset();
    mixer(R.SB_MIXER_DMA_SELECT, 0x02);
    memory.set([0x34, 0x12, 0x00, 0x80], BUFFER);
    program(1, 4, false);
    dsp(R.SB_OUTPUT_RATE, 0x2b, 0x11, R.SB_TRANSFER_16, R.SB_MODE_SIGNED, 1, 0);
    pass(MS);
    expect(left()).toEqual([0x1234, -0x8000]);
  });
});

describe("a transfer of one block", () => {
  it("sounds at its rate, asks for an interrupt after the last sample, and is over", () => {
    reset();
    for (let i = 0; i < 100; i++) memory[BUFFER + i] = i;
    program(1, 100, false);
    const start = now;
    dsp(R.SB_OUTPUT_RATE, 10_000 >> 8, 10_000 & 0xff, R.SB_TRANSFER_8, 0, 99, 0);
    pass(10 * MS - 1);
    expect(level[5]).toBeUndefined();
    pass(1);
    expect([level[5], mixer(R.SB_MIXER_IRQ_STATUS), sb.nextEvent()]).toEqual([true, 1, Number.POSITIVE_INFINITY]);
    expect(left()).toEqual(Array.from({ length: 100 }, (_, i) => (i - 128) << 8));
    expect(blocks[0]).toMatchObject({ at: start, rate: 10_000, idle: 100_000 });
    expect(blocks.slice(1).every(({ idle }) => idle === 0)).toBe(true);
    expect(blocks.map(({ samples }) => samples.length / 2)).toEqual([
      SB_FIFO_FRAMES,
      SB_FIFO_FRAMES,
      SB_FIFO_FRAMES,
      4,
    ]);
  });

  it("takes what the time constant says as samples, of which a stereo frame has two", () => {
    reset();
    memory.set([1, 2, 3, 4], BUFFER);
    program(1, 4, false);
    dsp(R.SB_TIME_CONSTANT, 256 - 50, R.SB_TRANSFER_8, R.SB_MODE_STEREO | R.SB_MODE_SIGNED, 3, 0);
    pass(MS);
    expect(blocks).toMatchObject([{ rate: 10_000, samples: [0x100, 0x200, 0x300, 0x400] }]);
  });

  it("waits while its channel is masked, and the silence is told", () => {
    reset();
    dsp(R.SB_OUTPUT_RATE, 0x1f, 0x40, R.SB_TRANSFER_8, 0, 0, 0); // 8000 Hz: the FIFO's time is 4 ms
    pass(6 * MS);
    program(1, 1, false);
    pass(3 * MS);
    expect(blocks).toMatchObject([{ idle: 100_000 + 8 * MS }]);
  });

  it("older cards' commands play bytes, silence, single levels", () => {
    reset();
    memory.fill(0x81, BUFFER, BUFFER + 8);
    program(1, 8, true);
    dsp(R.SB_TIME_CONSTANT, 256 - 100, R.SB_OUTPUT_8, 3, 0);
    pass(MS);
    dsp(R.SB_SILENCE, 1, 0);
    pass(MS);
    dsp(R.SB_BLOCK_SIZE, 1, 0, R.SB_OUTPUT_HIGH_SPEED);
    pass(MS);
    expect(left()).toEqual([256, 256, 256, 256, 0, 0, 256, 256]);
    blocks = [];
    dsp(R.SB_DIRECT_OUTPUT, 0x90);
    now += MS;
    dsp(R.SB_DIRECT_OUTPUT, 0x80);
    expect(new Set(left())).toEqual(new Set([0x1000]));
    expect(left().length).toBeGreaterThanOrEqual(44);
  });
});

describe("an auto-init transfer", () => {
  /** A buffer of 64 words at 8000 Hz, an interrupt every 32 (4 ms). */
  const begin = (): void => {
    reset();
    for (let i = 0; i < 64; i++) memory[BUFFER + 2 * i] = i;
    program(5, 128, true);
    dsp(R.SB_OUTPUT_RATE, 0x1f, 0x40, R.SB_TRANSFER_16 | R.SB_TRANSFER_AUTO, R.SB_MODE_SIGNED, 31, 0);
  };

  it("goes round the buffer, an interrupt at each block's end, whether anybody cares or not", () => {
    begin();
    pass(20 * MS);
    expect(left()).toEqual(Array.from({ length: 160 }, (_, i) => i % 64));
    expect([level[5], mixer(R.SB_MIXER_IRQ_STATUS)]).toEqual([true, 2]);
  });

  it("reads what is in memory when the FIFO is empty, not before", () => {
    begin();
    pass(4 * MS - 1);
    memory.fill(7, BUFFER + 64, BUFFER + 66); // frame 32, the first of the second block
    pass(4 * MS);
    expect(left()[31]).toBe(31);
    pass(4 * MS);
    expect(left()[32]).toBe(0x0707);
  });

  it("pauses within a block and goes on with the next frame, and the pause is no silence", () => {
    begin();
    pass(5 * MS);
    dsp(R.SB_PAUSE_16);
    const heard = left().length;
    expect([heard, sb.nextEvent()]).toEqual([40, Number.POSITIVE_INFINITY]);
    pass(100 * MS);
    dsp(R.SB_CONTINUE_16);
    pass(3 * MS);
    expect(left()).toEqual(Array.from({ length: 64 }, (_, i) => i));
    expect(blocks.slice(1).every(({ idle }) => idle === 0)).toBe(true);
  });

  it("ends with its block when told to, or goes over to the command that came meanwhile", () => {
    begin();
    pass(MS);
    dsp(R.SB_EXIT_16);
    pass(20 * MS);
    expect(left().length).toBe(32);
    begin();
    pass(MS);
    dsp(R.SB_TRANSFER_16, R.SB_MODE_SIGNED, 9, 0);
    blocks = [];
    pass(20 * MS);
    expect(left().length).toBe(32 + 10);
  });

  it("changes its rate in the middle", () => {
    begin();
    pass(2 * MS);
    dsp(R.SB_OUTPUT_RATE, 0x3e, 0x80);
    pass(MS);
    expect([blocks[0]?.rate, left().length]).toEqual([8000, 32]);
  });

  it("is ended by a reset, and the interrupt with it", () => {
    begin();
    pass(4 * MS);
    expect(level[5]).toBe(true);
    reset();
    expect([level[5], sb.nextEvent()]).toEqual([false, Number.POSITIVE_INFINITY]);
  });
});

it("an input records silence", () => {
  reset();
  memory.fill(1, BUFFER, BUFFER + 4);
  program(1, 4, false);
  dma.write(DMA.DMA_MODE, 0x40 | DMA.DMA_MODE_WRITE | 1);
  dsp(R.SB_INPUT_8, 3, 0);
  pass(MS);
  expect([[...memory.subarray(BUFFER, BUFFER + 4)], level[5], blocks]).toEqual([[0x80, 0x80, 0x80, 0x80], true, []]);
});
