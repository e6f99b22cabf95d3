import { ART_THREAD, PROCESS_FIRST_THREAD } from "@kintsugi/arc-framework";
import { guests as drivers } from "@kintsugi/drivers";
import { NIL_THREAD, threadNumber } from "@kintsugi/microkernel";
import { guests } from "@kintsugi/programs";
import { describe, expect, it } from "vitest";
import { bootSource } from "../src/commands/boot-source.ts";
import { diskOver } from "../src/disk-medium.ts";
import { bootModules, guestModule } from "../src/host/modules.ts";
import { Rig, type RigOptions, TEST_RAM } from "./rig.ts";

const modules = [
  ...bootModules("exact"),
  guestModule("keeper", guests.keeper, "keeper start server"),
  guestModule("keeper-client", guests["keeper-client"]),
  guestModule("family", guests.family),
  guestModule("video", drivers.video, "video start server device"),
  guestModule("paint", guests.paint),
];
/** Disk sessions: of the shell with the file system, of that with the disk's driver, of the P3 that loads a program. */
const ofDisk = bootSource(undefined, { console: "serial", parallel: "exact" });
const PROMPT = "msh% ";
/** Between two looks at the mappings. */
const MOMENT = 0.000_5;

/** ART, P3 of 3, program of 3, … */
function nameOf(space: number): string {
  if (space === NIL_THREAD) return "sigma0";
  const number = threadNumber(space);
  if (number === ART_THREAD) return "ART";
  const pid = Math.floor((number - PROCESS_FIRST_THREAD) / 2);
  return `${number % 2 === 0 ? "P3" : "program"} of ${pid}`;
}

/** Who may have pages from whom. */
function isLegal(space: string, parent: string): boolean {
  if (parent === "sigma0") return space === "ART";
  if (parent === "ART") return space.startsWith("P3 of ");
  return parent === space.replace("program", "P3") && parent !== space;
}

/** A command, its machine, and what some program has besides memory of its own meanwhile: a device's, or another's. */
const COMMANDS: readonly (readonly [string, RigOptions, "device" | "shared" | "own"])[] = [
  ["run keeper-client talk 2", { modules }, "shared"],
  ["run keeper-client remember 5", { modules }, "shared"],
  ["run family clone", { modules }, "own"],
  ["run family deep", { modules }, "own"],
  ["run paint 1", { modules }, "device"],
  ...["cat ext2:/readme", "cp ext2:/readme ext2:/copy", "run hello"].map(
    (command) =>
      [command, { modules: ofDisk.modules, disk: diskOver(ofDisk.disk.slice(), () => {}) }, "shared"] as const,
  ),
];

describe("the mapping tree", () => {
  it.each(COMMANDS)(
    "is sigma0, ART, P3, its program, and nothing else, at every look into '%s'",
    (command, options, special) => {
      const rig = new Rig(options);
      rig.settle();
      rig.clear();
      rig.type(`${command}\r`);
      let looks = 0;
      const seen = new Set<string>();
      const programs = new Map<number, Set<string>>();
      for (let over = false; !over; looks++) {
        over = rig.settle(MOMENT).kind === "idle" && rig.output.endsWith(PROMPT);
        for (const { space, parentSpace, frame } of rig.machine.kernel.exportState().mappings) {
          const name = nameOf(space);
          seen.add(`${name} < ${nameOf(parentSpace)}`);
          if (name.startsWith("program")) programs.set(frame, (programs.get(frame) ?? new Set()).add(name));
        }
      }
      expect(looks).toBeGreaterThan(5);
      const illegal = [...seen].filter((edge) => {
        const [space = "", parent = ""] = edge.split(" < ");
        return !isLegal(space, parent);
      });
      expect(illegal).toEqual([]);
      const device = [...programs.keys()].some((frame) => frame >= TEST_RAM >>> 12);
      const shared = [...programs.values()].some(({ size }) => size === 2);
      expect({ device: device || special !== "device", shared: shared || special !== "shared" }).toEqual({
        device: true,
        shared: true,
      });
      // It is the whole tree, down to programs.
      expect(seen).toContain("ART < sigma0");
      expect([...seen].filter((edge) => edge.startsWith("program of ")).length).toBeGreaterThan(4);
    },
  );
});
