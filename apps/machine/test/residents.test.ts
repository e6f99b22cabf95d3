import { artImageSize, type CutPoint, ResidentCrash, sigma0ImageSize } from "@kintsugi/arc-framework";
import { describe, expect, it } from "vitest";
import { machineMemory } from "../src/host/machine-thread.ts";
import { memoryMap } from "../src/memory-map.ts";
import { Random } from "../src/random.ts";
import { modulesWith, testFile } from "./campaign.ts";
import { Rig, type RigOptions, type SavedMachine, TEST_RAM } from "./rig.ts";
import { LONG, SEED } from "./tier.ts";

const random = new Random(SEED + 6);
const LETTER = testFile(6, random);
const OPTIONS: RigOptions = { modules: modulesWith("exact", { letter: LETTER }) };
/** Starting, ending, killing and recovering programs, files, names: every kind of request to every resident server. */
const LINES = [
  "ls",
  "run hello a b",
  "print letter",
  "crash parallel divide",
  "print letter",
  "kill 1",
  "print letter",
  "run nothing",
];

const MEMORY = machineMemory(TEST_RAM);

/** A rig whose n-th cut point from now crashes the server that comes to it. */
function cutRig(saved?: SavedMachine) {
  const points: CutPoint[] = [];
  const rig = { crashAt: -1, seen: 0, points, rig: undefined as unknown as Rig };
  const cutProbe = (point: CutPoint): void => {
    if (rig.seen++ !== rig.crashAt) return;
    points.push(point);
    throw new ResidentCrash("a test crashed the server here");
  };
  rig.rig = new Rig({ ...OPTIONS, memory: MEMORY, cutProbe }, saved);
  return rig;
}

function work(rig: Rig): string {
  return LINES.map((line) => rig.command(line)).join("");
}

describe("resident servers", () => {
  it("crash at any cut point and any store, and no client notices", () => {
    const golden = cutRig();
    golden.rig.settle();
    const booted = golden.rig.save();
    golden.seen = 0;
    const expected = { output: work(golden.rig), paper: [...golden.rig.paper] };
    const cutPoints = golden.seen;
    expect(cutPoints).toBeGreaterThan(1000);
    const step = LONG ? 1 : Math.ceil(cutPoints / 150);
    const servers = new Set<string>();
    for (let at = LONG ? 0 : random.below(step); at < cutPoints; at += LONG ? 1 : 1 + random.below(2 * step)) {
      const cut = cutRig(booted);
      cut.crashAt = at;
      const output = work(cut.rig);
      const point = cut.points[0];
      expect({ seed: SEED, at, point, output, paper: cut.rig.paper }).toEqual({ seed: SEED, at, point, ...expected });
      expect(cut.rig.events.filter(({ event }) => event === "handlerRestart").length).toBe(1);
      servers.add(point.server);
    }
    // sigma0 has given nearly all its memory away by now: its turn is the boot.
    expect([...servers]).toEqual(expect.arrayContaining(["art", "p3"]));
  });

  it("boot to the same prompt whichever cut point of the boot crashes", () => {
    const golden = cutRig();
    golden.rig.settle();
    const output = golden.rig.output;
    expect(output).toContain("msh% ");
    const cutPoints = golden.seen;
    const servers = new Set<string>();
    const step = LONG ? 1 : Math.ceil(cutPoints / 80);
    for (let at = LONG ? 0 : random.below(step); at < cutPoints; at += LONG ? 1 : 1 + random.below(2 * step)) {
      const cut = cutRig();
      cut.crashAt = at;
      cut.rig.settle();
      const point = cut.points[0];
      expect({ seed: SEED, at, point, output: cut.rig.output }).toEqual({ seed: SEED, at, point, output });
      servers.add(point.server);
    }
    expect([...servers].sort()).toEqual(["art", "p3", "sigma0"]);
  });

  it("of the root die for good when their journal is destroyed: the machine resets, boots again and says why", () => {
    const map = memoryMap({
      ram: TEST_RAM,
      modules: OPTIONS.modules.map(({ bytes }) => bytes.length),
      sigma0: sigma0ImageSize(TEST_RAM),
      root: artImageSize(TEST_RAM),
    })._unsafeUnwrap();
    for (const [name, image] of [
      ["root task", map.root],
      ["sigma0", map.sigma0],
    ] as const) {
      const rig = new Rig(OPTIONS);
      rig.settle();
      rig.clear();
      rig.machine.ram.fill(0xee, image.low, image.high + 1);
      // A new host object reads the journal again, as after a rebuild of the host.
      rig.rebuild();
      rig.type("run hello\r");
      rig.settle();
      const reset = rig.events.find(({ event }) => event === "reset");
      expect(reset).toMatchObject({ event: "reset", reason: expect.stringContaining(name) });
      expect(rig.output).toContain((reset as { reason: string }).reason);
      expect(rig.output.endsWith("msh% ")).toBe(true);
      expect(rig.command("run hello again")).toContain("again");
    }
  });
});
