// The crash suite finds what it must: mistakes are planted in a copy of the package, and a line replays what was found.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { type Case, CrashFailure, Explorer, type Subject } from "./explore.ts";
import { oneOperation } from "./workloads.ts";

const ROOT = join(import.meta.dirname, "../..");

/** A copy of the package in which parts of one file read differently; each part is there exactly once. */
async function mutant<T>(
  file: string,
  changes: readonly [from: string, to: string][],
  use: (subject: Subject) => T,
): Promise<T> {
  const folder = mkdtempSync(join(ROOT, "test/mutant-"));
  try {
    cpSync(join(ROOT, "src"), folder, { recursive: true, filter: (path) => !path.endsWith(".test.ts") });
    let text = readFileSync(join(folder, file), "utf8");
    for (const [from, to] of changes) {
      expect(text.split(from).length, from).toBe(2);
      text = text.replace(from, to);
    }
    writeFileSync(join(folder, file), text);
    const load = (name: string) => import(pathToFileURL(join(folder, name)).href);
    return use({ product: await load("index.ts"), testing: await load("testing/index.ts") });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The first failure of the sequences of one operation. */
function firstFailure(subject: Subject): CrashFailure | undefined {
  const explorer = new Explorer(subject);
  for (const [seed, calls] of [...oneOperation()].entries())
    try {
      explorer.explore({ calls, masks: 1, seed });
    } catch (reason) {
      if (reason instanceof CrashFailure) return reason;
      throw reason;
    }
  return undefined;
}

test("a superblock that is written before the ifile is found, and its line replays it", () =>
  mutant(
    "checkpoint/checkpoint.ts",
    [
      ["    w[H.flushPhase] = PHASE_IFILE;", "    w[H.flushPhase] = PHASE_SUPERBLOCK;"],
      ["=== FLUSH_CHECKPOINT ? PHASE_SUPERBLOCK : PHASE_DONE;", "=== 0 ? PHASE_SUPERBLOCK : PHASE_DONE;"],
      [
        "copiesInUse(v) === 2 ? PHASE_OTHER_SUPERBLOCK : PHASE_DONE;",
        "copiesInUse(v) === 2 ? PHASE_OTHER_SUPERBLOCK : PHASE_IFILE;",
      ],
      [
        "      requestDevice(v, DEVICE_FLUSH, 0, 0, 0);\n      w[H.flushPhase] = PHASE_DONE;",
        "      requestDevice(v, DEVICE_FLUSH, 0, 0, 0);\n      w[H.flushPhase] = PHASE_IFILE;",
      ],
    ],
    (subject) => {
      // The mistake shows only when the power fails.
      const explorer = new Explorer(subject);
      const run = explorer.record([["create", "a"], ["sync"]]);
      const again = new subject.testing.Session(run.disk, new Uint8Array(1 << 19)).mount();
      expect(again.readdir("")).toEqual(["a"]);
      const failure = firstFailure(subject);
      expect(failure).toBeInstanceOf(CrashFailure);
      const replay = () => new Explorer(subject).explore(JSON.parse((failure as CrashFailure).line) as Case);
      expect(replay).toThrow((failure as CrashFailure).message.split("\n")[0]);
    },
  ));

test("a log that is not flushed before the superblock is found", () =>
  mutant(
    "checkpoint/checkpoint.ts",
    [
      [
        "      requestDevice(v, DEVICE_FLUSH, 0, 0, 0);\n      w[H.flushPhase] = w[H.flushKind]",
        "      w[H.flushPhase] = w[H.flushKind]",
      ],
    ],
    (subject) => expect(firstFailure(subject)).toBeInstanceOf(CrashFailure),
  ));

test("a group that is believed before it is closed is found", () =>
  mutant("checkpoint/roll-forward.ts", [["if ((pseg.summary.flags & SS_CONT) === 0) {", "{"]], (subject) =>
    expect(firstFailure(subject)).toBeInstanceOf(CrashFailure),
  ));

test("a partial segment that is believed without its CRC is found", () =>
  mutant("checkpoint/roll-forward.ts", [["summary.crc !== undefined && psegCrc", "false && psegCrc"]], (subject) =>
    expect(firstFailure(subject)).toBeInstanceOf(CrashFailure),
  ));
