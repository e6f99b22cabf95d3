/**
 * The Ext2 server while it crashes, and while its disk's server forgets it or fails.
 *
 * Here: the claims of packages/drivers/README.md. Not here: what requests mean (→ ext2.test.ts), power cuts (→ ext2-power.test.ts), the whole machine (→ apps/machine/test/ext2.test.ts).
 * @module
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { makeExt2 } from "../../apps/machine/src/ext2/make.ts";
import { openExt2 } from "../../apps/machine/src/ext2/read.ts";
import { problemsOf } from "../../apps/machine/test/e2fsck.ts";
import { SEED } from "../../apps/machine/test/tier.ts";
import * as E from "../../packages/arc-framework/src/protocol/ext2.ts";
import { SESSION_GET, SESSION_PUT } from "../../packages/arc-framework/src/protocol/session.ts";
import { STATUS_FAILED, STATUS_NOT_FOUND } from "../../packages/arc-framework/src/protocol/status.ts";
import { guests } from "../../packages/drivers/src/index.ts";
import { ext2, outcomes, type Played, pattern, play, type StageOptions, type Step } from "./ext2-stage.ts";
import { sample } from "./sample.ts";

const server = readFileSync(guests.ext2!);
const THOROUGH = process.env.KINTSUGI_LONG !== undefined && process.env.KINTSUGI_LONG !== "";
const LONG = 7_200_000;
const READ = E.EXT2_OPEN_READ;
const NEW = READ | E.EXT2_OPEN_WRITE | E.EXT2_OPEN_CREATE;
const IMAGE = makeExt2(
  { folder: { old: pattern(3000), other: pattern(100) }, target: pattern(2000) },
  { blocks: 256, inodes: 32 },
)._unsafeUnwrap();

/** Each kind of change once, small, and what is there in between. */
const CHANGES: readonly Step[] = [
  ext2.open("/new", NEW),
  ext2.write(0, pattern(2500, 3)),
  ext2.write(E.EXT2_APPEND, pattern(100, 4)),
  ext2.close(),
  ext2.makeDirectory("/folder/dir"),
  ext2.rename("/folder/dir", "/moved"),
  ext2.rename("/folder/old", "/target"),
  ext2.link("/target", "/folder/again"),
  ext2.open("/folder/other", NEW | E.EXT2_OPEN_TRUNCATE),
  ext2.unlink("/folder/other"),
  ext2.write(0, pattern(50)),
  ext2.read(0, 100),
  ext2.close(),
  ext2.removeDirectory("/moved"),
  ext2.unlink("/none"),
  ext2.stat("/target"),
  ext2.statFs(),
];

/** Everything that a client or a later mount can see. */
const seen = ({ answers, image }: Played): unknown => ({
  answers: answers.map(({ words, bytes }) => [words, bytes && Buffer.from(bytes).toString("hex")]),
  image: Buffer.from(image).toString("base64"),
});

/** Plays the steps with each of the crashes, and finds nothing different. */
function unnoticed(steps: readonly Step[], crashes: Iterable<readonly number[]>, options: StageOptions = {}): number {
  const calm = play(server, IMAGE, steps);
  const right = seen(calm);
  expect(problemsOf(calm.image)).toEqual([]);
  let recovered = 0;
  for (const list of crashes) {
    const played = play(server, IMAGE, steps, { ...options, crashes: list });
    recovered += played.rig.recovered;
    const { damaged } = played;
    expect({ crashes: list, cold: played.rig.coldRestarts, damaged, seen: seen(played) }).toEqual({
      crashes: list,
      cold: 0,
      damaged: [],
      seen: right,
    });
  }
  return recovered;
}

function* every(limit: number, stride: number, first: number = 1): Generator<number[]> {
  for (let crash = first; crash < limit; crash += stride) yield [crash];
}
const lengthOf = (steps: readonly Step[]): number => play(server, IMAGE, steps).rig.retired;

/** All 200,000 instructions would take two hours: the long tier tries every seventh, from one on that the seed chooses. */
const STRIDE = THOROUGH ? 7 : 3989;

describe("the Ext2 server", () => {
  it(
    `answers, and leaves the disk, as if nothing had been, when it crashes at one instruction of ${STRIDE}`,
    () => {
      const crashes = every(lengthOf(CHANGES), STRIDE, 1 + (SEED % STRIDE));
      expect(unnoticed(CHANGES, crashes)).toBeGreaterThan(35);
    },
    LONG,
  );

  it(
    "crashes at every instruction of a short request, and of what it writes when it has answered",
    () => {
      const before = lengthOf([]);
      for (const step of [ext2.stat("/target"), ext2.makeDirectory("/d")]) {
        const after = lengthOf([step]);
        const crashes = every(after - before, THOROUGH ? 1 : Math.floor((after - before) / 25));
        unnoticed(
          [step],
          [...crashes].map(([crash]) => [before + crash!]),
        );
      }
    },
    LONG,
  );

  it(
    "crashes in Recover, and in what it does then, as well",
    () => {
      const length = lengthOf(CHANGES);
      // Recover writes a whole list: some thousands of instructions.
      const pairs = [...sample(length * 4000, THOROUGH ? 20_000 : 24)].map((pair) => [
        1 + Math.floor(pair / 4000),
        1 + (pair % 4000),
      ]);
      const triples = [...sample(length * 4000, THOROUGH ? 5000 : 8, 7)].map((pair) => [
        1 + Math.floor(pair / 4000),
        1 + (pair % 4000),
        1 + (pair % 3001),
      ]);
      expect(unnoticed(CHANGES, [...pairs, ...triples])).toBeGreaterThan(30);
    },
    LONG,
  );

  it(
    "crashes at every instruction of Recover and of the replay, whether the request was answered or not",
    () => {
      const [before, after] = [lengthOf([]), lengthOf([ext2.makeDirectory("/d")])];
      const length = after - before;
      // The first crash: within the request, then within the writing of the list, when Recover has a list to write.
      for (const part of [0.3, 0.95]) {
        const first = before + Math.floor(part * length);
        const again = play(server, IMAGE, [ext2.makeDirectory("/d")], { crashes: [first] }).rig.retired - first;
        const crashes = [...every(again, THOROUGH ? 1 : Math.floor(again / 25))].map(([second]) => [first, second!]);
        expect(unnoticed([ext2.makeDirectory("/d")], crashes)).toBeGreaterThan(crashes.length);
      }
    },
    LONG,
  );

  it("is not noticed when the disk's server has lost its memory, at whichever request", () => {
    const { requests } = play(server, IMAGE, CHANGES);
    const right = seen(play(server, IMAGE, CHANGES));
    for (let request = 4; request <= requests; request += THOROUGH ? 1 : 5)
      expect({ request, seen: seen(play(server, IMAGE, CHANGES, { forgets: [request] })) }).toEqual({
        request,
        seen: right,
      });
  });

  it("answers EIO while the disk fails, and goes on when it works again: nothing that was answered is lost", () => {
    const steps = [
      ext2.makeDirectory("/a"), // answered, and cannot be written
      ext2.stat("/a"),
      ext2.makeDirectory("/b"),
      ext2.sync(),
      ext2.stat("/a"),
      ext2.makeDirectory("/b"),
      ext2.sync(),
    ];
    const { log } = play(server, IMAGE, steps);
    const writes = log.filter(({ label, answered }) => label === SESSION_PUT && answered === 0).length;
    expect(writes).toBeGreaterThan(0);
    let failures = 0;
    const fails = (_: number, write: boolean): boolean => write && failures++ < 4;
    const played = play(server, IMAGE, steps, { fails });
    expect(outcomes(played)).toEqual([0, 0, E.EXT2_EIO, E.EXT2_EIO, 0, 0, 0]);
    expect(problemsOf(played.image)).toEqual([]);
    expect(
      openExt2(played.image)
        ._unsafeUnwrap()
        .list("/")
        ._unsafeUnwrap()
        .map(({ name }) => name)
        .sort(),
    ).toEqual(["a", "b", "folder", "lost+found", "target"]);
  });

  it("answers EIO to who reads what the disk cannot, and reads it when it can", () => {
    const steps = [ext2.open("/target", READ), ext2.read(0, 2000), ext2.read(0, 2000)];
    const { log } = play(server, IMAGE, steps);
    const first = log.filter(({ label }) => label === SESSION_GET).length - 1;
    let reads = 0;
    const { answers } = play(server, IMAGE, steps, { fails: (_, write) => !write && ++reads === first });
    expect(answers.map(({ words }) => words.slice(0, 2))).toEqual([
      [0, expect.any(Number)],
      [STATUS_FAILED, E.EXT2_EIO],
      [0, 2000],
    ]);
    expect(answers.at(-1)?.bytes).toEqual(pattern(2000));
  });

  it("knows of no session and no open file after a cold start; what is on the disk by half is not marked as clean", () => {
    const length = lengthOf(CHANGES);
    let halves = 0;
    for (let cold = lengthOf([]); cold < length; cold += THOROUGH ? 499 : Math.floor(length / 60)) {
      const { answers, image } = play(server, IMAGE, CHANGES, { cold });
      const statuses = answers.map(({ words: [status, error] }) => (error === undefined ? status! : 0));
      const gone = statuses.indexOf(STATUS_NOT_FOUND);
      // The request that was open, if one was, has failed; sessions are gone from then on.
      expect(statuses.slice(0, gone).filter((status) => status === STATUS_FAILED).length).toBeLessThanOrEqual(1);
      expect(new Set(statuses.slice(gone))).toEqual(new Set(gone < 0 ? statuses.slice(-1) : [STATUS_NOT_FOUND]));
      if (problemsOf(image).length === 0) continue;
      halves++;
      expect({ cold, clean: openExt2(image)._unsafeUnwrap().geometry.clean }).toEqual({ cold, clean: false });
    }
    expect(halves).toBeGreaterThan(0);
  });

  it("without recovery leaves half a request on the disk, and knows of no session", () => {
    const naive = readFileSync(guests["ext2-naive"]!);
    const length = play(naive, IMAGE, CHANGES).rig.retired;
    const outcomesOf = [...every(length, Math.floor(length / 24))].map((crashes) =>
      play(naive, IMAGE, CHANGES, { crashes }),
    );
    const torn = outcomesOf.filter(({ image }) => problemsOf(image).length > 0);
    const noticed = outcomesOf.filter(({ answers }) =>
      answers.some(({ words }) => words[0] === STATUS_NOT_FOUND || (words[0] === STATUS_FAILED && words.length === 1)),
    );
    expect(torn.length).toBeGreaterThan(3);
    expect(noticed.length).toBeGreaterThan(18);
  });
});
