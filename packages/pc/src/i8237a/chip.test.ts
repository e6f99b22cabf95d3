import { beforeEach, describe, expect, it } from "vitest";
import { I8237a } from "./chip.ts";
import * as R from "./registers.ts";

let memory: Map<number, number>;
let dma: I8237a;

beforeEach(() => {
  memory = new Map();
  dma = new I8237a({
    read: (address, count) => Uint8Array.from({ length: count }, (_, i) => memory.get(address + i) ?? 0xff),
    write: (address, bytes) => bytes.forEach((byte, i) => void memory.set(address + i, byte)),
  });
});

/** The data sheet's programming: mask, mode, address, count, page, unmask. */
function program(channel: number, mode: number, address: number, count: number): void {
  const base = channel < 4 ? R.DMA_FIRST : R.DMA_SECOND;
  const step = channel < 4 ? 1 : 2;
  const write = (register: number, value: number): void => dma.write(base + register * step, value);
  const local = channel & 3;
  const start = channel < 4 ? address & 0xffff : (address >> 1) & 0xffff;
  write(R.DMA_SINGLE_MASK, R.DMA_BIT_SET | local);
  write(R.DMA_CLEAR_FLIP_FLOP, 0);
  write(R.DMA_MODE, mode | local);
  for (const value of [start & 0xff, start >> 8]) write(local * 2, value);
  for (const value of [count & 0xff, count >> 8]) write(local * 2 + 1, value);
  const pages = { 1: R.DMA_PAGE_CHANNEL1, 2: R.DMA_PAGE_CHANNEL2, 5: R.DMA_PAGE_CHANNEL5 } as Record<number, number>;
  dma.write(R.DMA_PAGE + pages[channel], address >> 16);
  write(R.DMA_SINGLE_MASK, local);
}

const SINGLE = 0x40;
const status = (): number => dma.read(R.DMA_STATUS);

describe("a channel", () => {
  it("moves bytes to memory and masks itself at the terminal count", () => {
    program(2, SINGLE | R.DMA_MODE_WRITE, 0x12345, 3);
    expect(dma.writeMemory(2, Uint8Array.of(1, 2))).toEqual({ count: 2, terminal: false });
    expect(dma.writeMemory(2, Uint8Array.of(3, 4, 5))).toEqual({ count: 2, terminal: true });
    expect([...memory]).toEqual([
      [0x12345, 1],
      [0x12346, 2],
      [0x12347, 3],
      [0x12348, 4],
    ]);
    expect([status(), status(), dma.read(R.DMA_ALL_MASK) & 15]).toEqual([0x04, 0x00, 0x0f]);
    expect(dma.writeMemory(2, Uint8Array.of(6))).toEqual({ count: 0, terminal: false });
  });

  it("begins again by itself", () => {
    memory.set(0x1000, 0xaa).set(0x1001, 0xbb);
    program(1, SINGLE | R.DMA_MODE_READ | R.DMA_MODE_AUTO, 0x1000, 1);
    expect(dma.readMemory(1, 5)).toEqual({ bytes: Uint8Array.of(0xaa, 0xbb), terminal: true });
    expect(dma.readMemory(1, 1)).toEqual({ bytes: Uint8Array.of(0xaa), terminal: false });
  });

  it("moves words, with an address that counts words", () => {
    program(5, SINGLE | R.DMA_MODE_WRITE, 0x3fffe, 1);
    expect(dma.writeMemory(5, Uint8Array.of(1, 2, 3, 4, 5))).toEqual({ count: 4, terminal: true });
    // After the end of the 128 KiB comes their begin: nothing carries into the page.
    expect([...memory.keys()]).toEqual([0x3fffe, 0x3ffff, 0x20000, 0x20001]);
  });

  it("counts down, and wraps within its page", () => {
    program(1, SINGLE | R.DMA_MODE_WRITE | R.DMA_MODE_DOWN, 0x50000, 7);
    dma.writeMemory(1, Uint8Array.of(1, 2));
    expect([...memory.keys()]).toEqual([0x50000, 0x5ffff]);
  });

  it("moves nothing in the other direction, in cascade, or while the controller is off", () => {
    const closed = { count: 0, terminal: false };
    program(1, SINGLE | R.DMA_MODE_READ, 0, 7);
    expect(dma.writeMemory(1, Uint8Array.of(1))).toEqual(closed);
    program(1, R.DMA_MODE_CASCADE | R.DMA_MODE_WRITE, 0, 7);
    expect(dma.writeMemory(1, Uint8Array.of(1))).toEqual(closed);
    program(1, SINGLE | R.DMA_MODE_WRITE, 0, 7);
    dma.write(R.DMA_COMMAND, R.DMA_COMMAND_DISABLE);
    expect(dma.writeMemory(1, Uint8Array.of(1))).toEqual(closed);
    expect(() => dma.writeMemory(4, Uint8Array.of(1))).toThrow(RangeError);
  });
});

describe("the registers", () => {
  it("show address and count as they go, low byte first", () => {
    program(1, SINGLE | R.DMA_MODE_WRITE, 0x1234, 0x0fff);
    dma.writeMemory(1, Uint8Array.of(1, 2, 3));
    dma.write(R.DMA_CLEAR_FLIP_FLOP, 0);
    expect([2, 2, 3, 3].map((register) => dma.read(register))).toEqual([0x37, 0x12, 0xfc, 0x0f]);
  });

  it("a master clear masks all channels and takes the flip-flop back", () => {
    dma.write(R.DMA_CLEAR_MASK, 0);
    dma.write(0, 0x12);
    dma.write(R.DMA_MASTER_CLEAR, 0);
    dma.write(0, 0x34);
    dma.write(R.DMA_CLEAR_FLIP_FLOP, 0);
    expect([dma.read(0), dma.read(R.DMA_ALL_MASK)]).toEqual([0x34, 0xff]);
  });

  it("page registers without a channel keep what they are given", () => {
    dma.write(R.DMA_PAGE, 0x77);
    expect([dma.read(R.DMA_PAGE), dma.read(0x40)]).toEqual([0x77, 0xff]);
  });
});
