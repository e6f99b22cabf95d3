import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { CachedDisk, type Medium } from "./cached-disk.ts";

const SECTORS = 16;
let bytes: Uint8Array;
let medium: Medium;
let disk: CachedDisk;
const full = (value: number, sectors = 1): Uint8Array => new Uint8Array(512 * sectors).fill(value);
/** First byte of each sector; -1 where a sector is not all of one byte. */
const onMedium = (): number[] =>
  Array.from({ length: SECTORS }, (_, i) => {
    const sector = bytes.subarray(512 * i, 512 * i + 512);
    return sector.every((byte) => byte === sector[0]) ? (sector[0] as number) : -1;
  });

beforeEach(() => {
  bytes = new Uint8Array(512 * SECTORS);
  medium = {
    sectors: SECTORS,
    read: (lba, count) => bytes.subarray(512 * lba, 512 * (lba + count)),
    write: (lba, data) => bytes.set(data, 512 * lba),
  };
  disk = new CachedDisk(medium);
});

describe("a disk with a volatile write cache", () => {
  it("reads what was written last, and has it on the medium after a flush", () => {
    disk.write(3, full(7, 2));
    disk.write(4, full(8));
    expect([disk.read(3, 2)[0], disk.read(3, 2)[512], onMedium()[3], disk.unflushed]).toEqual([7, 8, 0, [3, 4]]);
    disk.flush();
    expect([onMedium()[3], onMedium()[4], disk.unflushed]).toEqual([7, 8, []]);
  });

  it("loses all, some or none of what was not flushed when the power goes", () => {
    disk.write(1, full(1));
    disk.flush();
    disk.write(1, full(2, 3));
    disk.cut(() => 0);
    expect(onMedium().slice(1, 4)).toEqual([1, 0, 0]);
    disk.write(1, full(3, 3));
    disk.cut((choices) => choices - 1);
    expect(onMedium().slice(1, 4)).toEqual([3, 3, 3]);
    disk.write(1, full(4, 3));
    let sector = 0;
    disk.cut(() => (sector++ === 1 ? 1 : 0)); // a write of three sectors is torn, the middle one is first
    expect(onMedium().slice(1, 4)).toEqual([3, 4, 3]);
    expect(disk.unflushed).toEqual([]);
  });

  it("may leave a sector with what it held in between", () => {
    for (const value of [1, 2, 3]) disk.write(0, full(value));
    disk.cut(() => 2);
    expect(onMedium()[0]).toBe(2);
  });

  it("writes a sector out when there is no more room", () => {
    disk = new CachedDisk(medium, 2);
    for (const sector of [5, 6, 7]) disk.write(sector, full(sector));
    expect([disk.unflushed, onMedium()[5], onMedium()[6]]).toEqual([[6, 7], 5, 0]);
  });

  it("after any writes, flushes and a cut, each sector holds something that was written to it since the last flush", () => {
    const step = fc.oneof(
      fc.record({ lba: fc.nat(12), count: fc.integer({ min: 1, max: 3 }) }),
      fc.constant("flush" as const),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.infiniteStream(fc.nat()), (steps, chance) => {
        bytes.fill(0);
        disk = new CachedDisk(medium);
        let possible = Array.from({ length: SECTORS }, () => [0]);
        for (const [i, it] of steps.entries()) {
          if (it === "flush") {
            disk.flush();
            possible = possible.map((values) => values.slice(-1));
            continue;
          }
          disk.write(it.lba, full(i + 1, it.count));
          for (let n = 0; n < it.count; n++) (possible[it.lba + n] as number[]).push(i + 1);
        }
        disk.cut((choices) => (chance.next().value as number) % choices);
        for (const [sector, value] of onMedium().entries()) expect(possible[sector]).toContain(value);
      }),
    );
  });
});
