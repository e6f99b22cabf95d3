/**
 * The Ext2 server when the power goes, at whichever request to its disk.
 *
 * Here: the claims of packages/drivers/README.md. Not here: crashes with the power on (→ ext2-crash.test.ts).
 * @module
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { SB } from "../../apps/machine/src/ext2/format.ts";
import { makeExt2 } from "../../apps/machine/src/ext2/make.ts";
import { openExt2 } from "../../apps/machine/src/ext2/read.ts";
import { JUDGED, mended, problemsOf } from "../../apps/machine/test/e2fsck.ts";
import * as E from "../../packages/arc-framework/src/protocol/ext2.ts";
import { SESSION_PUT } from "../../packages/arc-framework/src/protocol/session.ts";
import { guests } from "../../packages/drivers/src/index.ts";
import { ext2, pattern, play, type StageOptions, type Step } from "./ext2-stage.ts";
import { sample } from "./sample.ts";

const server = readFileSync(guests.ext2!);
const THOROUGH = process.env.KINTSUGI_LONG !== undefined && process.env.KINTSUGI_LONG !== "";
const IMAGE = makeExt2(
  { folder: { old: pattern(3000), other: pattern(100) }, target: pattern(2000) },
  { blocks: 256, inodes: 32 },
)._unsafeUnwrap();

describe("a power cut below the Ext2 server", () => {
  const STEPS: readonly Step[] = [
    ext2.makeDirectory("/one"),
    ext2.rename("/folder/old", "/one/old"),
    ext2.sync(),
    ext2.stat("/none"),
    ext2.unlink("/target"),
    ext2.makeDirectory("/two"),
    ext2.sync(),
  ];
  /** What is on the disk after each sync, before the first one too. */
  const SYNCED = [0, 3, STEPS.length].map((count) => treeOf(play(server, IMAGE, STEPS.slice(0, count)).image));
  const answeredSyncs = (answered: number): number => STEPS.slice(0, answered).filter(isSync).length;
  function isSync({ words }: Step): boolean {
    return words[0] === E.EXT2_SYNC;
  }
  function treeOf(image: Uint8Array): string {
    const names = (path: string): string[] =>
      openExt2(image)
        .andThen((reader) => reader.list(path))
        ._unsafeUnwrap()
        .flatMap(({ name, kind }) => [
          `${path}/${name}`,
          ...(kind === E.EXT2_KIND_DIRECTORY ? names(`${path}/${name}`) : []),
        ]);
    return names("").join(" ");
  }

  /**
   * What is wrong with the disk after a cut at a request: a file system that is marked as clean must be sound, and hold what a
   * sync has left, the last that was answered at least; when nothing was written since that, it must be clean.
   */
  function wrong(stops: number, seed: number, options: StageOptions = {}): string[] {
    const { disk, medium, log, answers } = play(server, IMAGE, STEPS, { ...options, stops });
    // The upper bits: the lower ones of such a sequence come again soon.
    const chances = sample(2 ** 32, 100_000, seed);
    disk.cut((choices) => (seed === 0 ? 0 : (chances.next().value! >>> 16) % choices));
    const synced = answeredSyncs(answers.length);
    const lastSync = STEPS.slice(0, answers.length).findLastIndex(isSync);
    const written = log.some(({ label, answered }) => label === SESSION_PUT && answered > lastSync);
    const reader = openExt2(medium)._unsafeUnwrap();
    if (!reader.geometry.clean) return written ? [] : ["not clean, though nothing was written since a sync"];
    const problems = problemsOf(medium);
    if (problems.length > 0) return problems;
    return SYNCED.slice(synced).includes(treeOf(medium)) ? [] : [`neither sync: ${treeOf(medium)}`];
  }
  const { requests, flushes } = play(server, IMAGE, STEPS);
  const cuts = Array.from({ length: requests - 2 }, (_, i) => i + 4);
  /** The first fault over all cuts, each with so many draws of what is left. */
  function fault(draws: number, options: StageOptions = {}): string | undefined {
    for (let seed = 0; seed < draws; seed++)
      for (const stops of cuts) {
        const [first] = wrong(stops, seed, options);
        if (first !== undefined) return `request ${stops}, draw ${seed}: ${first}`;
      }
    return undefined;
  }

  it("keeps what a sync has answered, and never leaves a damaged file system marked as clean", () => {
    expect(flushes).toBe(6);
    expect(fault(THOROUGH ? 100 : 2)).toBeUndefined();
  });

  it(`leaves a file that was unlinked while it was open to a check${JUDGED ? ", and e2fsck frees it" : ""}`, () => {
    const steps = [ext2.open("/target", E.EXT2_OPEN_READ), ext2.unlink("/target"), ext2.sync()];
    const { disk, medium } = play(server, IMAGE, steps);
    disk.cut(() => 0);
    expect(openExt2(medium)._unsafeUnwrap().geometry.clean).toBe(false);
    expect(problemsOf(medium).length).toBeGreaterThan(0); // an inode without a name
    if (!JUDGED) return;
    const after = mended(medium);
    expect(problemsOf(after)).toEqual([]);
    const { image } = play(server, IMAGE, [ext2.unlink("/target"), ext2.sync()]);
    const free = (of: Uint8Array): unknown => {
      const view = new DataView(of.buffer, of.byteOffset + 1024);
      return [view.getUint32(SB.freeBlocks, true), view.getUint32(SB.freeInodes, true), treeOf(of)];
    };
    expect(free(after)).toEqual(free(image));
  });

  it("keeps it when the server has crashed meanwhile", () => {
    const length = play(server, IMAGE, STEPS).rig.retired;
    for (const crash of sample(length, THOROUGH ? 2000 : 25)) {
      const played = play(server, IMAGE, STEPS, { crashes: [crash + 1] });
      played.disk.cut(() => 0);
      expect({ crash, medium: Buffer.compare(played.medium, played.image) }).toEqual({ crash, medium: 0 });
    }
  });

  it.each(Array.from({ length: flushes }, (_, i) => i + 1))("shows when flush %i is left out", (flush) => {
    expect(fault(100, { pretends: [flush] })).toBeDefined();
  });
});
