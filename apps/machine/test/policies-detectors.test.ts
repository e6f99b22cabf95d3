import { DETECTORS, type Switch } from "@kintsugi/arc-framework";
import { describe, expect, it } from "vitest";
import { CRASH_KINDS, type CrashKind } from "../src/injector.ts";
import { Random } from "../src/random.ts";
import { Campaign, modulesWith, PARALLEL_PID, testFile } from "./campaign.ts";
import { SEED } from "./tier.ts";

const BYTES = testFile(300, new Random(SEED + 14));
const MODULES = modulesWith("exact", { letter: BYTES });

/** Who notices what. */
const NOTICED_BY: Readonly<Record<CrashKind, Switch>> = {
  "page-fault": "outside-areas",
  divide: "exception",
  undefined: "exception",
  panic: "panic",
  hang: "hang",
  "text-write": "access-rights",
};

const BOOTED = new Campaign(MODULES).rig.save();

function detected(campaign: Campaign): string[] {
  return campaign.rig.events.flatMap((event) => (event.event === "detected" ? [event.detector] : []));
}

describe("a detector that is switched off", () => {
  for (const kind of CRASH_KINDS)
    it(`lets a ${kind} stay unnoticed: the print is never done`, () => {
      const off = NOTICED_BY[kind];
      const campaign = new Campaign(MODULES, BOOTED, { without: [off] });
      const output = campaign.printUnnoticed("letter", { after: 2000, kind }, 0.1);
      expect(detected(campaign)).toEqual([]);
      expect(campaign.crashes.map((crash) => crash.kind)).toEqual([kind]);
      expect(campaign.rig.paper.length).toBeLessThan(BYTES.length);
      expect(output).not.toContain("msh%");
      expect(campaign.books.failures).toBe(0);
    });

  for (const kind of CRASH_KINDS)
    it(`costs nothing that the others see: a ${kind} is recovered while all but its own are off`, () => {
      const without = [...DETECTORS.keys()].filter((name) => name !== NOTICED_BY[kind]);
      const campaign = new Campaign(MODULES, BOOTED, { without });
      expect(campaign.print("letter", [{ after: 2000, kind }])).toMatchObject({ paper: BYTES, violations: 0 });
      expect(detected(campaign)).toEqual([NOTICED_BY[kind]]);
      expect(campaign.books.failures).toBe(0);
    });

  it("has a kill refused, which its own switch alone does", () => {
    const refused = new Campaign(MODULES, BOOTED, { without: ["kill"] });
    const before = refused.rig.command(`kill ${PARALLEL_PID}`);
    expect(detected(refused)).toEqual([]);
    const others = [...DETECTORS.keys()].filter((name) => name !== "kill");
    const killed = new Campaign(MODULES, BOOTED, { without: others });
    expect(killed.rig.command(`kill ${PARALLEL_PID}`)).not.toBe(before);
    expect(detected(killed)).toEqual(["kill"]);
    expect(killed.print("letter", [])).toMatchObject({ paper: BYTES, violations: 0 });
  });

  it("leaves nothing to do: the thread waits for an answer, and whoever waits for it with it", () => {
    const campaign = new Campaign(MODULES, BOOTED, { without: ["exception"] });
    campaign.printUnnoticed("letter", { after: 2000, kind: "divide" }, 0.1);
    expect(campaign.rig.settle(1)).toEqual({ kind: "idle" });
  });
});
