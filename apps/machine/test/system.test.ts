/**
 * The machine as it is started: booted from an Ext2 disk, with programs and files on it, while disk driver and file system crash.
 *
 * Here: what somebody at the shell sees. Not here: crashes at every instruction (→ tools/guest), the file system's own
 * promises (→ tools/guest/ext2*.test.ts). In the long tier and by `npm run ext2:judge` e2fsck has its say of every disk here.
 */
import { createHash } from "node:crypto";
import { PROCESS_FIRST_THREAD, ResidentCrash, SESSION_GET } from "@kintsugi/arc-framework";
import { threadNumber } from "@kintsugi/microkernel";
import type { CachedDisk } from "@kintsugi/pc";
import { guests } from "@kintsugi/programs";
import { describe, expect, it } from "vitest";
import { bootSource } from "../src/commands/boot-source.ts";
import { diskOver } from "../src/disk-medium.ts";
import { makeExt2 } from "../src/ext2/make.ts";
import { openExt2 } from "../src/ext2/read.ts";
import { machineMemory } from "../src/host/machine-thread.ts";
import { guestModule } from "../src/host/modules.ts";
import { Random } from "../src/random.ts";
import { bootModulesOf } from "../src/system/boot-list.ts";
import { systemImage, systemTree } from "../src/system/tree.ts";
import { anyKind, userThread } from "./campaign.ts";
import { problemsOf } from "./e2fsck.ts";
import { Rig, type SavedMachine, TEST_RAM } from "./rig.ts";
import { Stage } from "./stage.ts";
import { count, LONG, SEED } from "./tier.ts";

/** Pids in the order of /boot/serial. */
const [PATA, EXT2] = [userThread(4), userThread(5)];
const CHOICE = { console: "serial", parallel: "exact" } as const;

/** The machine of `npm start`, without a terminal. */
class System extends Stage {
  readonly disk: CachedDisk;
  readonly medium: Uint8Array;

  constructor() {
    const { modules, disk: medium } = bootSource(undefined, CHOICE);
    const disk = diskOver(medium, () => {});
    super(modules, { disk });
    this.medium = medium;
    this.disk = disk;
  }
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const fileOf = (path: string): Uint8Array =>
  path.split("/").reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], systemTree()) as Uint8Array;
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe("the boot disk", () => {
  const image = systemImage()._unsafeUnwrap();

  it("is a sound file system, the same every time, and holds what is booted", () => {
    expect(problemsOf(image)).toEqual([]);
    expect(Buffer.compare(image, systemImage()._unsafeUnwrap())).toBe(0);
    for (const console of ["serial", "screen"] as const) {
      const modules = bootModulesOf(openExt2(image)._unsafeUnwrap(), { console, parallel: "thesis" })._unsafeUnwrap();
      const names = modules.map(({ name }) => name);
      expect(names).toEqual(expect.arrayContaining(["parallel", "msh", "pata", "ext2"]));
      expect(names.includes("serial")).toBe(console === "serial");
      const parallel = modules.find(({ name }) => name === "parallel");
      expect(sha256(parallel!.bytes)).toBe(sha256(fileOf("system/parallel-thesis")));
    }
  });

  it("that lacks what it names is refused, with the name", () => {
    const boot = (lines: string) => {
      const made = makeExt2({ boot: { serial: new TextEncoder().encode(lines) } })._unsafeUnwrap();
      return bootModulesOf(openExt2(made)._unsafeUnwrap(), CHOICE)._unsafeUnwrapErr().message;
    };
    expect(boot("msh /system/msh start\n")).toMatch(/^\/boot\/serial names \/system\/msh: /);
    expect(boot("msh\n")).toBe("/boot/serial: 'msh' names no file; write NAME PATH WORDS");
  });
});

describe("the machine booted from its disk", () => {
  it("lists directories as the thesis's screenshot does, shows, counts and sums files", () => {
    const { rig } = new System();
    expect(rig.command("ls ext2:/")).toMatch(
      /^reclen 12 nmlen 1 ino 2 type 2 str \.\nreclen 12 nmlen 2 ino 2 type 2 str \.\.\n/,
    );
    const names = [...rig.command("ls ext2:/system").matchAll(/ type 1 str (\S+)$/gm)].map(([, name]) => name);
    expect(names).toEqual(expect.arrayContaining(["serial", "pata", "ext2", "msh"]));
    const readme = text(fileOf("readme"));
    expect(rig.command("cat ext2:/readme")).toBe(readme);
    const words = readme.split(/\s+/).filter((word) => word !== "").length;
    expect(rig.command("wc ext2:/readme")).toBe(
      `${readme.split("\n").length - 1} ${words} ${readme.length} ext2:/readme\n`,
    );
    expect(rig.command("sha256 ext2:/system/msh")).toBe(`${sha256(fileOf("system/msh"))}  ext2:/system/msh\n`);
    expect(rig.command("sha256 msh")).toBe(`${sha256(fileOf("system/msh"))}  msh\n`); // the module is the same file
  });

  it("copies, renames and removes files; the disk is sound and says the same to another reader", () => {
    const { rig, disk, medium } = new System();
    for (const line of [
      "mkdir ext2:/home",
      "cp ext2:/readme ext2:/home/letter",
      "cp msh ext2:/shell",
      "mv ext2:/shell ext2:/home/shell",
      "mkdir ext2:/home/empty",
      "rmdir ext2:/home/empty",
      "rm ext2:/bin/paint",
    ])
      expect([line, rig.command(line)]).toEqual([line, ""]);
    disk.cut(() => 0); // every command has ended with a sync
    expect(problemsOf(medium)).toEqual([]);
    const reader = openExt2(medium)._unsafeUnwrap();
    const { home, bin } = reader.tree()._unsafeUnwrap() as Record<string, Record<string, Uint8Array>>;
    expect(Object.keys(home!).sort()).toEqual(["letter", "shell"]);
    expect(text(home!.letter!)).toBe(text(fileOf("readme")));
    expect(sha256(home!.shell!)).toBe(sha256(fileOf("system/msh")));
    expect(Object.keys(bin!)).not.toContain("paint");
  });

  it("says what cannot be done, and to what", () => {
    const { rig } = new System();
    const answers: readonly [string, string][] = [
      ["cat ext2:/none", "cat: ext2:/none: there is no such file\n"],
      ["rm ext2:/system", "rm: ext2:/system: it is a directory\n"],
      ["rmdir ext2:/system", "rmdir: ext2:/system: the directory is not empty\n"],
      ["mkdir ext2:/bin", "mkdir: ext2:/bin: there is one of that name already\n"],
      ["cp ext2:/readme here", "cp: here: files in RAM come with the machine; copy to ext2:/NAME\n"],
      ["ls nowhere:/", "ls: there is no server 'nowhere' for disks; with a disk aboard, ram:nowhere pata starts it\n"],
      ["run none", "run: none: there is none of that name or number\n"],
      [
        "ext2:/readme",
        "run: ext2:/readme: no ELF file: it does not begin with 7F 'ELF'; run a program built for i386\n",
      ],
      ["ram:none", "run: ram:none: there is none of that name or number\n"],
    ];
    for (const [line, answer] of answers) expect([line, rig.command(line)]).toEqual([line, answer]);
  });

  it("runs programs from the disk, each loaded by its P3 through a session, and leaves no session behind", () => {
    const { rig } = new System();
    expect(rig.command("run hello from disk")).toBe("Hello, world! I was given: from disk\n");
    expect(rig.command("ext2:/bin/hello")).toBe("Hello, world!\n");
    const memory = (): string => / ext2 .* (\d+ KiB)/.exec(rig.command("ps"))![1]!;
    const before = memory();
    for (let n = 0; n < 40; n++) expect(rig.command(`run hello ${n}`)).toContain(`given: ${n}\n`); // more than a server's sessions
    expect(memory()).toBe(before);
  });

  it("takes servers from the disk's /system, which recover as others do", () => {
    const { rig } = new System();
    expect(rig.command("ext2:/system/ramdisk")).toBe("");
    expect(rig.command("ps")).toMatch(/ ramdisk .* server\n/);
    expect(rig.command("ext2:/system/ramdisk")).toContain("busy");
    expect(rig.command("run diskcopy pata ramdisk 40")).toBe("40 sectors\n");
    expect(rig.command("crash ramdisk divide")).toBe("");
    rig.clear();
    expect(rig.command("run diskcopy ramdisk pata 40")).toBe("40 sectors\n"); // what came back is what was there
    expect(rig.command("timeline 1")).toMatch(
      /^ext2:\/system\/ramdisk \(pid \d+\): divide error \(exception 0\): hot restart\n/,
    );
    expect(rig.command("cat ext2:/readme")).toBe(text(fileOf("readme")));
    // Device memory is for what the boot loader has loaded.
    rig.command("ext2:/system/text");
    expect(rig.command("ps")).not.toMatch(/ text /);
  });

  it.each([
    ["the disk driver", PATA],
    ["the file system", EXT2],
  ])("does not notice that %s crashes while files are read and a program is loaded", (_, thread) => {
    const lines = ["cat ext2:/readme", "sha256 ext2:/system/ext2", "run hello unnoticed"];
    const calm = new System();
    const undisturbed = lines.map((line) => {
      calm.schedule.arm(thread, []);
      return { text: calm.rig.command(line), counted: calm.schedule.counted };
    });
    const random = new Random(SEED + 81);
    for (let round = 0; round < count(1, 20); round++) {
      const system = new System();
      for (const [n, line] of lines.entries()) {
        const { text: right, counted } = undisturbed[n]!;
        const crash = () => ({ after: random.below(Math.max(1, Math.floor(counted / 3))), kind: anyKind(random) });
        system.schedule.arm(thread, Array.from({ length: 3 }, crash));
        expect({ round, text: system.rig.command(line) }).toEqual({ round, text: right });
      }
      expect(system.failures).toBeGreaterThan(4);
    }
  });
});

describe("a program that comes from the disk", () => {
  const { modules, disk: medium } = bootSource(undefined, CHOICE);
  const disk = (): CachedDisk =>
    diskOver(medium, () => {
      throw new Error("nothing here writes");
    });
  const memory = machineMemory(TEST_RAM);

  function cutRig(saved?: SavedMachine) {
    const cut = { at: -1, seen: 0, rig: undefined as unknown as Rig };
    const cutProbe = (): void => {
      if (cut.seen++ === cut.at) throw new ResidentCrash("a test crashed the server here");
    };
    cut.rig = new Rig({ modules, memory, disk: disk(), cutProbe }, saved);
    return cut;
  }

  it("is loaded all the same when P3 and ART crash at any cut point of it", () => {
    const golden = cutRig();
    golden.rig.settle();
    const booted = golden.rig.save();
    golden.seen = 0;
    const work = (rig: Rig): string => rig.command("run hello through it all") + rig.command("run none");
    const expected = work(golden.rig);
    expect(expected).toBe(
      "Hello, world! I was given: through it all\nrun: none: there is none of that name or number\n",
    );
    const cutPoints = golden.seen;
    expect(cutPoints).toBeGreaterThan(300);
    const step = LONG ? 1 : Math.ceil(cutPoints / 16);
    for (let at = LONG ? 0 : SEED % step; at < cutPoints; at += step) {
      const cut = cutRig(booted);
      cut.at = at;
      expect({ at, output: work(cut.rig) }).toEqual({ at, output: expected });
    }
  }, 7_200_000);
});

describe("a P3 that ends while it loads a program from the disk", () => {
  it("leaves no session with the file system behind, and the next program is loaded", () => {
    const { modules, disk: medium } = bootSource(undefined, CHOICE);
    let loading: number | undefined;
    let ends = true;
    const rig = new Rig({
      modules,
      disk: diskOver(medium, () => {}),
      observer: {
        transferred: (from, _to, tag) => {
          const ofP3 = threadNumber(from) >= PROCESS_FIRST_THREAD && threadNumber(from) % 2 === 0;
          if (ends && ofP3 && tag >>> 16 === SESSION_GET) loading = from;
        },
      },
      cutProbe: ({ thread }) => {
        if (thread === loading) throw new ResidentCrash("it crashes at one place for ever");
      },
    });
    rig.settle();
    const memory = (): string => / ext2 .* (\d+ KiB)/.exec(rig.command("ps"))![1]!;
    const failed = (): void => expect(rig.command("run hello")).toMatch(/^run: hello: /);
    failed();
    const before = memory();
    for (let n = 0; n < 25; n++) failed(); // more than a server's sessions
    expect(memory()).toBe(before);
    ends = false;
    loading = undefined;
    expect(rig.command("run hello again")).toBe("Hello, world! I was given: again\n");
  });
});

describe("a machine whose servers are started by hand", () => {
  it("takes the disk's driver and its file system from RAM, as in the thesis's screenshot", () => {
    const { modules, disk } = bootSource(undefined, CHOICE);
    const byHand = modules.map((module) =>
      /^(pata|ext2) /.test(module.commandLine)
        ? { ...module, commandLine: module.commandLine.replace(/ start| args=.*/g, "") }
        : module,
    );
    const rig = new Rig({
      modules: [...byHand, guestModule("hello", guests.hello)],
      disk: diskOver(disk, () => {}),
    });
    rig.settle();
    expect(rig.command("ls ext2:/system")).toContain("there is no server 'ext2'");
    expect(rig.command("ram:pata 0") + rig.command("ram:ext2 pata")).toBe("");
    expect(rig.command("ls ext2:/system")).toMatch(/ type 1 str msh\n$/);
    expect(rig.command("ram:pata 0")).toContain("busy");
    expect(rig.command("ram:hello there")).toBe("Hello, world! I was given: there\n");
  });
});
