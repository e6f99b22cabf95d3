/**
 * The Ext2 server in the whole machine, above the disk's driver: read and written while one of the two crashes.
 *
 * Here: crashes at random times under load, what a group restart takes, power cuts. Not here: crashes at every instruction (→ tools/guest), the
 * system as it is started (→ system.test.ts).
 */
import { firstOf, P3_GROUP_GO, PROCESS_FIRST_THREAD, type RecoveryPolicy } from "@kintsugi/arc-framework";
import { guests as drivers } from "@kintsugi/drivers";
import { globalId, type KernelObserver } from "@kintsugi/microkernel";
import type { CachedDisk, Disk } from "@kintsugi/pc";
import { guests as programs } from "@kintsugi/programs";
import { describe, expect, it } from "vitest";
import type { BootModule } from "../src/boot.ts";
import { diskOver } from "../src/disk-medium.ts";
import { makeExt2 } from "../src/ext2/make.ts";
import { openExt2 } from "../src/ext2/read.ts";
import { guestModule } from "../src/host/modules.ts";
import { Random } from "../src/random.ts";
import { anyKind, userThread } from "./campaign.ts";
import { problemsOf } from "./e2fsck.ts";
import type { RigOptions } from "./rig.ts";
import { Stage } from "./stage.ts";
import { count, SEED } from "./tier.ts";

const [PATA_PID, EXT2_PID] = [2, 3];
const LETTER = Uint8Array.from({ length: 20_000 }, (_, i) => 33 + ((i * 7 + (i >> 6)) % 90));
const IMAGE = makeExt2({ folder: { old: LETTER.subarray(0, 3000) } }, { blocks: 512, inodes: 64 })._unsafeUnwrap();
const MODULES = [
  guestModule("serial", drivers.serial, "serial start server"),
  guestModule("pata", drivers.pata, "pata start server"),
  guestModule("ext2", drivers.ext2, "ext2 start server args=pata"),
  guestModule("msh", programs.msh, "msh start"),
  { name: "letter", commandLine: "letter", bytes: LETTER },
];
/** Reading and writing; what msh says is done is followed by a sync. */
const LOAD = [
  "mkdir ext2:/home",
  "cp letter ext2:/home/a",
  "cp ext2:/home/a ext2:/b",
  "sha256 ext2:/b",
  "mv ext2:/b ext2:/home/a",
  "mv ext2:/folder ext2:/home/folder",
  "rm ext2:/home/folder/old",
  "ls ext2:/home",
];

interface FileStageOptions extends Pick<RigOptions, "observer" | "policy"> {
  readonly modules?: readonly BootModule[];
  /** The drive over the write cache. */
  readonly drive?: (disk: Disk) => Disk;
}

/** A machine with a file system on its disk, and a schedule of crashes. */
class FileStage extends Stage {
  readonly medium: Uint8Array;
  readonly disk: CachedDisk;

  constructor({ modules = MODULES, drive = (disk) => disk, ...options }: FileStageOptions = {}) {
    const medium = IMAGE.slice();
    const disk = diskOver(medium, () => {});
    super(modules, { ...options, disk: drive(disk) });
    this.medium = medium;
    this.disk = disk;
  }

  /** Runs the load, with crashes of a thread in each line. Gives what msh said, and the thread's instructions of each line. */
  work(thread: number, crashes: (line: number) => readonly number[], random: Random, lines: readonly string[] = LOAD) {
    const counted: number[] = [];
    const said = lines.map((line, n) => {
      this.schedule.arm(
        thread,
        crashes(n).map((after) => ({ after, kind: anyKind(random) })),
      );
      const text = this.rig.command(line);
      counted.push(this.schedule.counted);
      this.schedule.disarm();
      return text;
    });
    return { said, counted };
  }

  /** When the last restart of a process was planned, in cycles. */
  plannedAt(pid: number): number {
    return this.rig.events.findLast((event) => event.event === "planned" && event.pid === pid)?.at ?? Number.NaN;
  }

  /** When the process's thread was let run again. */
  startedAt(pid: number): number {
    const found = this.rig.events.findLast((event) => event.event === "recovery" && event.pid === pid);
    const steps = found?.event === "recovery" ? found.steps : [];
    const before = steps.filter(({ step }) => ["unmap", "wait", "initialize", "load", "start"].includes(step));
    return before.reduce((at, { cycles }) => at + cycles, this.plannedAt(pid));
  }

  planned(): unknown[] {
    return this.rig.events.flatMap((event) => (event.event === "planned" ? [[event.pid, event.action]] : []));
  }
}

describe.each([
  ["the disk's driver", PATA_PID],
  ["the Ext2 server", EXT2_PID],
])("%s", (_, pid) => {
  it("crashes at random times while files are read and written: answers and disk are the same, byte for byte", () => {
    const calm = new FileStage();
    const random = new Random(SEED + 71);
    const right = calm.work(userThread(pid), () => [], random);
    calm.disk.cut(() => 0); // whatever was not flushed is lost
    expect(problemsOf(calm.medium)).toEqual([]);
    expect(openExt2(calm.medium)._unsafeUnwrap().geometry.clean).toBe(true);
    expect(Buffer.compare(openExt2(calm.medium)._unsafeUnwrap().read("/home/a")._unsafeUnwrap(), LETTER)).toBe(0);
    for (let round = 0; round < count(1, 20); round++) {
      const stage = new FileStage();
      const crashes = (line: number) => Array.from({ length: 2 }, () => random.below(right.counted[line]! / 2));
      const { said } = stage.work(userThread(pid), crashes, random);
      expect({ seed: SEED, round, said }).toEqual({ seed: SEED, round, said: right.said });
      stage.disk.cut(() => 0);
      expect(problemsOf(stage.medium)).toEqual([]);
      expect(Buffer.compare(stage.medium, calm.medium)).toBe(0);
      expect(stage.planned().length).toBeGreaterThan(LOAD.length);
    }
  });
});

describe("the Ext2 server, restarted", () => {
  it.each(["handler", "warm"] as const)("%s instead of hot, leaves the same", (kind) => {
    const lines = [...LOAD.slice(0, 2), "sha256 ext2:/home/a"];
    const calm = new FileStage();
    const random = new Random(SEED + 73);
    const right = calm.work(userThread(EXT2_PID), () => [], random, lines);
    const stage = new FileStage({ policy: firstOf([() => ({ kind, because: "a test wants it" })]) });
    const crashes = (line: number) => Array.from({ length: 3 }, () => random.below(right.counted[line]! / 3));
    expect(stage.work(userThread(EXT2_PID), crashes, random, lines).said).toEqual(right.said);
    stage.disk.cut(() => 0);
    expect(Buffer.compare(stage.medium, calm.disk.read(0, calm.disk.sectors))).toBe(0);
    expect(new Set(stage.planned().map(String))).toEqual(new Set([`${EXT2_PID},${kind}`]));
  });
});

/** The disk's driver loses its memory whenever it fails. */
const together: RecoveryPolicy = firstOf([() => ({ kind: "group", because: "it loses its memory" })]);

describe("a cold start of the disk's driver", () => {
  it("re-establishes the Ext2 server, first the one, then the other, and nobody else; no client notices", () => {
    const calm = new FileStage();
    const random = new Random(SEED + 72);
    const right = calm.work(userThread(PATA_PID), () => [], random);
    for (let round = 0; round < count(1, 20); round++) {
      const stage = new FileStage({ policy: together });
      const { said } = stage.work(userThread(PATA_PID), (line) => [random.below(right.counted[line]!)], random);
      expect({ seed: SEED, round, said }).toEqual({ seed: SEED, round, said: right.said });
      const groups = stage.planned();
      expect(groups.length).toBeGreaterThan(2 * (LOAD.length / 2));
      expect(groups).toEqual(groups.map((_, i) => (i % 2 === 0 ? [PATA_PID, "group"] : [EXT2_PID, "hot"])));
      stage.disk.cut(() => 0);
      expect(Buffer.compare(stage.medium, calm.disk.read(0, calm.disk.sectors))).toBe(0);
    }
  });
});

describe("the members of a group", () => {
  it("are let go by age: first the one that others have connected to, though it was started last", () => {
    const [serial, pata, ext2, ...rest] = MODULES;
    const spare = guestModule("spare", drivers.ext2, "spare start server args=pata");
    const modules = [serial!, pata!, spare, ext2!, ...rest];
    const told: number[] = [];
    const observer: KernelObserver = {
      transferred: (_, to, tag) => {
        if (tag >>> 16 === P3_GROUP_GO) told.push(to);
      },
    };
    const stage = new FileStage({ modules, policy: together, observer });
    const listing = stage.rig.command("ls ext2:/folder"); // the shell connects
    stage.schedule.arm(userThread(PATA_PID), [{ after: 100, kind: "divide" }]);
    expect(stage.rig.command("ls ext2:/folder")).toBe(listing);
    const [spareP3, ext2P3] = [EXT2_PID, EXT2_PID + 1].map((pid) => globalId(PROCESS_FIRST_THREAD + 2 * pid, 1));
    expect(told).toEqual([ext2P3, spareP3]);
    // So they are restarted, too: the second one's restart begins when the first one's thread runs again.
    expect(stage.planned()).toEqual([
      [PATA_PID, "group"],
      [EXT2_PID + 1, "hot"],
      [EXT2_PID, "hot"],
    ]);
    expect(stage.startedAt(EXT2_PID + 1)).toBeLessThanOrEqual(stage.plannedAt(EXT2_PID));
  });
});

describe("a power cut", () => {
  it("leaves what msh said was done, from a drive that keeps its promise; one that only pretends to flush shows", () => {
    for (const pretends of [false, true]) {
      const drive = (disk: Disk): Disk => ({
        sectors: disk.sectors,
        read: (lba, number) => disk.read(lba, number),
        write: (lba, bytes) => disk.write(lba, bytes),
        flush: () => (pretends ? undefined : disk.flush()),
      });
      const stage = new FileStage({ drive });
      stage.rig.command("cp letter ext2:/letter");
      stage.disk.cut(() => 0);
      const kept = openExt2(stage.medium)
        .andThen((reader) => reader.read("/letter"))
        .map((bytes) => Buffer.compare(bytes, LETTER) === 0)
        .unwrapOr(false);
      expect({ pretends, kept, problems: problemsOf(stage.medium) }).toEqual({
        pretends,
        kept: !pretends,
        problems: [],
      });
    }
  });
});
