import { expect, test } from "vitest";
import { CONTROL_AREA_SIZE } from "../state/control-area.ts";
import { allocateMemory, GuestMemory } from "./guest-memory.ts";

const SIZE = 0x3000;

function createMemory(): GuestMemory {
  return new GuestMemory(allocateMemory(SIZE, false), SIZE);
}

test("memory is shared unless told otherwise, and RAM lies behind the control area", () => {
  const shared = allocateMemory(SIZE);
  expect(shared.buffer).toBeInstanceOf(SharedArrayBuffer);
  const memory = new GuestMemory(shared, SIZE);
  memory.write8(0, 7);
  expect(new Uint8Array(shared.buffer)[CONTROL_AREA_SIZE]).toBe(7);
  expect(CONTROL_AREA_SIZE % 65536).toBe(0);
});

test("RAM that does not fit its memory is refused", () => {
  expect(() => new GuestMemory({ buffer: new ArrayBuffer(CONTROL_AREA_SIZE + 100) }, 101)).toThrow(RangeError);
});

test("values are little-endian, read32 is signed, and any alignment works, across pages too", () => {
  const memory = createMemory();
  memory.write32(0xffe, 0x89abcdef);
  expect([...memory.readBytes(0xffe, 4)]).toEqual([0xef, 0xcd, 0xab, 0x89]);
  expect(memory.read32(0xffe)).toBe(0x89abcdef | 0);
  expect(memory.read16(0xfff)).toBe(0xabcd);
  memory.write16(0xfff, 0x1234);
  expect(memory.read8(0x1000)).toBe(0x12);
});

test("outside RAM reads are ones and writes vanish, partly outside they are cut", () => {
  const memory = createMemory();
  expect([memory.read8(SIZE), memory.read16(-2), memory.read32(SIZE)]).toEqual([0xff, 0xffff, -1]);
  memory.write32(SIZE - 2, 0x11223344);
  expect(memory.read32(SIZE - 2)).toBe(0xffff3344 | 0);
  memory.writeBytes(SIZE - 1, Uint8Array.from([1, 2, 3]));
  memory.fill(SIZE - 2, 100, 5);
  memory.copy(SIZE - 4, SIZE - 2, 50);
  expect([...memory.readBytes(SIZE - 4, 6)]).toEqual([5, 5, 5, 5, 0xff, 0xff]);
});

test("an entry of a table is never asked of a device", () => {
  const memory = createMemory();
  const asked: number[] = [];
  memory.attachDevices({ read: (physical) => asked.push(physical), write: () => {} });
  memory.setPages(1, 1, "device");
  memory.write32(0xffc, 0x89abcdef);
  expect([0xffc, 0x1000, 0x1ffc, SIZE].map((address) => memory.readEntry(address))).toEqual([
    0x89abcdef | 0,
    -1,
    -1,
    -1,
  ]);
  expect(asked).toEqual([]);
});

test("an observer hears of every write to a watched page before the bytes change", () => {
  const memory = createMemory();
  const seen: [number, number][] = [];
  memory.observe({ pageWritten: (page) => seen.push([page, memory.read8(page * 4096)]) });
  memory.watch(1);
  memory.write8(0x0fff, 1);
  memory.write8(0x1000, 2);
  memory.write32(0x0ffe, 0x03030303); // crosses into the page
  memory.writeBytes(0x800, new Uint8Array(0x1000).fill(4));
  memory.fill(0, SIZE, 5);
  memory.copy(0x1000, 0x2000, 1);
  expect(seen).toEqual([
    [1, 0],
    [1, 2],
    [1, 3],
    [1, 4],
    [1, 5],
  ]);
  memory.unwatch(1);
  memory.write8(0x1000, 6);
  expect(seen).toHaveLength(5);
});
