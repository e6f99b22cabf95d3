/**
 * The Ext2 server with damage in its own memory: what contradicts itself is found by the server's invariant, and does not get to the disk.
 *
 * Here: what is planted where, and who finds it. Not here: crashes that leave memory whole (→ ext2-crash.test.ts), disks that are
 * damaged (→ ext2.test.ts).
 * @module
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { SB } from "../../apps/machine/src/ext2/format.ts";
import { makeExt2 } from "../../apps/machine/src/ext2/make.ts";
import { symbols } from "../../packages/arc-framework/src/elf/symbols.ts";
import * as E from "../../packages/arc-framework/src/protocol/ext2.ts";
import { DAMAGE_INVARIANT } from "../../packages/arc-framework/src/protocol/p3.ts";
import { STATUS_FAILED, STATUS_NOT_FOUND } from "../../packages/arc-framework/src/protocol/status.ts";
import { guests } from "../../packages/drivers/src/index.ts";
import { ext2, type Played, pattern, play, type Step } from "./ext2-stage.ts";
import type { GuestRig } from "./guest-rig.ts";

const server = readFileSync(guests.ext2!);
const IMAGE = makeExt2({ target: pattern(2000) }, { blocks: 256, inodes: 32 })._unsafeUnwrap();
const [BLOCK, SUPERBLOCK] = [1024, 1];
/** Blocks of a list. */
const LIMIT = 64;
/** Words of a row of the table of open files: client, key, flags, inode; then rows of inodes: number, users, nameless. */
const [FILE, INODE] = [4, 3];

function addressOf(name: string): number {
  const found = symbols(server)
    ._unsafeUnwrap()
    .filter((symbol) => symbol.kind === "object" && symbol.name.includes(name));
  expect(found).toHaveLength(1);
  return found[0]!.address;
}
const KEPT = addressOf("14keptE");
const COUNT = KEPT + LIMIT * BLOCK + 4 * LIMIT;
const TABLES = COUNT + 4;
const INODES = TABLES + 4 * FILE * E.EXT2_FILE_LIMIT;

/** Changes a word of the program's memory. */
const change =
  (address: number, to: (old: number) => number) =>
  (rig: GuestRig): void => {
    const [old] = rig.readShared(address, 1);
    rig.writeShared(address, new Uint8Array(Uint32Array.of(to(old!)).buffer));
  };

const BEFORE: readonly Step[] = [ext2.makeDirectory("/a"), ext2.open("/target", E.EXT2_OPEN_READ)];
const AFTER: readonly Step[] = [ext2.makeDirectory("/b"), ext2.stat("/target")];
const STEPS = [...BEFORE, ...AFTER];
/** The server has done `BEFORE`, and waits. */
const CALM: Played = play(server, IMAGE, BEFORE);
const AT = CALM.rig.retired;

const blocksOf = (image: Uint8Array): string[] =>
  Array.from({ length: image.length / BLOCK }, (_, i) =>
    Buffer.from(image.subarray(i * BLOCK, (i + 1) * BLOCK)).toString("hex"),
  );

describe("the Ext2 server's invariant", () => {
  it("holds in an undisturbed run", () => {
    expect(play(server, IMAGE, STEPS).damaged).toEqual([]);
    expect(CALM.rig.readShared(COUNT, 1)).toEqual([0]);
    expect(CALM.rig.readShared(TABLES, FILE)).toEqual([expect.any(Number), 1, E.EXT2_OPEN_READ, 1]);
    expect(CALM.rig.readShared(INODES, INODE)).toEqual([12, 1, 0]);
  });

  it.each<[string, number, (old: number) => number]>([
    ["an open file's inode", TABLES + 12, () => 2],
    ["an open file's inode, beyond the table", TABLES + 12, () => 1000],
    ["the number of an open inode", INODES, () => 0x7000],
    ["an inode's count of users", INODES + 4, (old) => old + 1],
    ["a file that nobody has opened", TABLES + 4 * FILE + 12, () => 1],
    ["how many blocks the file system has", addressOf("8geometryE"), (old) => old + 0x10000],
    ["how many groups it has", addressOf("8geometryE") + 20, () => 3],
    ["what its superblock counts as free", addressOf("8geometryE") + 36, (old) => old + 1],
    ["the mark", addressOf("4markE"), () => 77],
    ["the length of the list", COUNT, () => LIMIT + 1],
  ])(
    "finds damage to %s before the next answer; the disk stays what it was, and the server starts cold",
    (_, address, to) => {
      const { damaged, answers, image, rig } = play(server, IMAGE, STEPS, {
        damage: { at: AT, plant: change(address, to) },
      });
      expect(damaged).toEqual([[DAMAGE_INVARIANT, 0]]);
      expect(answers.slice(BEFORE.length).map(({ words }) => words)).toEqual([[STATUS_FAILED], [STATUS_NOT_FOUND]]);
      expect(Buffer.compare(image, CALM.image)).toBe(0);
      expect(rig.coldRestarts).toBe(1);
    },
  );

  it("finds damage to a list before Recover would write it", () => {
    const whole = play(server, IMAGE, STEPS.slice(0, BEFORE.length + 1));
    const [before, become] = [blocksOf(CALM.image), blocksOf(whole.image)];
    // The answer has gone, and the list is being written.
    const at = whole.rig.retired - 1000;
    const places: readonly ((rig: GuestRig, row: number) => void)[] = [
      (rig, row) => change(KEPT + row * BLOCK + SB.freeBlocks, (free) => free + 1)(rig),
      (rig, row) => change(KEPT + row * BLOCK + SB.freeInodes, (free) => free - 1)(rig),
      (rig, row) => change(KEPT + LIMIT * BLOCK + 4 * row, () => 256)(rig),
      (rig, row) => change(KEPT + LIMIT * BLOCK + 4 * row, () => 0)(rig),
      // The same block twice.
      (rig, row) => change(KEPT + LIMIT * BLOCK + 4 * (row ? 0 : 1), () => SUPERBLOCK)(rig),
    ];
    for (const [n, place] of places.entries()) {
      const plant = (rig: GuestRig): void => {
        const [count] = rig.readShared(COUNT, 1);
        const row = rig.readShared(KEPT + LIMIT * BLOCK, count!).indexOf(SUPERBLOCK);
        expect(row).toBeGreaterThanOrEqual(0);
        place(rig, row);
      };
      const { damaged, rig, image } = play(server, IMAGE, STEPS, { damage: { at, plant, crash: true } });
      expect({ n, damaged, cold: rig.coldRestarts }).toEqual({ n, damaged: [[DAMAGE_INVARIANT, 1]], cold: 1 });
      // Each block is as it was before the request, or as it should become.
      const strange = blocksOf(image).filter((block, i) => block !== before[i] && block !== become[i]);
      expect({ n, strange }).toEqual({ n, strange: [] });
    }
    const untouched = play(server, IMAGE, STEPS, { damage: { at, plant: () => {}, crash: true } });
    expect(untouched).toMatchObject({ damaged: [], rig: { recovered: 1, coldRestarts: 0 } });
  });
});
