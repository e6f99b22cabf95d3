import { ART_THREAD, PROCESS_FIRST_THREAD } from "@kintsugi/arc-framework";
import { NIL_THREAD, threadNumber } from "@kintsugi/microkernel";
import { guests } from "@kintsugi/programs";
import { describe, expect, it } from "vitest";
import { bootModules, guestModule } from "../src/host/modules.ts";
import { Rig } from "./rig.ts";

const modules = [
  ...bootModules("exact"),
  guestModule("keeper", guests.keeper, "keeper start server"),
  guestModule("keeper-client", guests["keeper-client"]),
  guestModule("family", guests.family),
];
const PROMPT = "msh% ";
/** Between two looks at the mappings. */
const MOMENT = 0.002;

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

describe("the mapping tree", () => {
  it.each([["run keeper-client talk 2"], ["run keeper-client remember 5"], ["run family clone"], ["run family deep"]])(
    "is sigma0, ART, P3, its program, and nothing else, at every look into '%s'",
    (command) => {
      const rig = new Rig({ modules });
      rig.settle();
      rig.clear();
      rig.type(`${command}\r`);
      let looks = 0;
      const seen = new Set<string>();
      for (let over = false; !over; looks++) {
        over = rig.settle(MOMENT).kind === "idle" && rig.output.endsWith(PROMPT);
        for (const { space, parentSpace } of rig.machine.kernel.exportState().mappings)
          seen.add(`${nameOf(space)} < ${nameOf(parentSpace)}`);
      }
      expect(looks).toBeGreaterThan(5);
      const illegal = [...seen].filter((edge) => {
        const [space = "", parent = ""] = edge.split(" < ");
        return !isLegal(space, parent);
      });
      expect(illegal).toEqual([]);
      // It is the whole tree, down to programs.
      expect(seen).toContain("ART < sigma0");
      expect([...seen].filter((edge) => edge.startsWith("program of ")).length).toBeGreaterThan(4);
    },
  );
});
