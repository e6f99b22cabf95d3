import { describe, expect, it } from "vitest";
import type { MachineEvent } from "../src/events.ts";
import { CRASH_KINDS, type CrashKind } from "../src/injector.ts";
import { Random } from "../src/random.ts";
import { anyKind, Campaign, modulesWith, testFile } from "./campaign.ts";
import { SEED } from "./tier.ts";

/** As PARALLEL_WRITE carries them. */
const PIECE = 232;

/** Who has to notice what. */
const DETECTORS: Readonly<Record<CrashKind, string>> = {
  "page-fault": "outside-areas",
  divide: "exception",
  undefined: "exception",
  panic: "panic",
  hang: "hang",
  "text-write": "access-rights",
};

function detectors(events: readonly MachineEvent[]): string[] {
  return events.flatMap((event) => (event.event === "detected" ? [event.detector] : []));
}

describe("printing with the exact driver", () => {
  it("puts 64 KiB on paper once, with 500 crashes of all kinds at random instructions", () => {
    const random = new Random(SEED);
    const bytes = testFile(64 << 10, random);
    const count = 500;
    const campaign = new Campaign(modulesWith("exact", { letter: bytes }));
    const calm = campaign.print("letter", []);
    expect(calm.paper).toEqual(bytes);
    // Spread over the whole print, which is over a little after the last of them.
    const gap = Math.floor((1.9 * calm.instructions) / count);
    const crashes = Array.from({ length: count }, () => ({ after: 1 + random.below(gap), kind: anyKind(random) }));
    const crashed = campaign.print("letter", crashes);
    expect({ seed: SEED, crashes: crashed.crashes.length }).toEqual({ seed: SEED, crashes: count });
    expect(crashed.paper).toEqual(bytes);
    expect(crashed.violations).toBe(0);
    expect(crashed.output).toBe(calm.output);
    const requests = Math.ceil(bytes.length / PIECE);
    expect(campaign.books).toEqual({ requests, replies: requests, failures: 0 });
    const seen = detectors(campaign.rig.events);
    expect(seen).toEqual(crashes.map(({ kind }) => DETECTORS[kind]));
  });

  it("survives one crash in each of 100 runs, and the detector of its kind has seen it", () => {
    const random = new Random(SEED + 1);
    const bytes = testFile(700, random);
    const modules = modulesWith("exact", { letter: bytes });
    const first = new Campaign(modules);
    const booted = first.rig.save();
    const calm = first.print("letter", []);
    for (let run = 0; run < 100; run++) {
      const kind = CRASH_KINDS[run % CRASH_KINDS.length];
      const crash = { seed: SEED, run, after: random.below(calm.instructions), kind };
      const campaign = new Campaign(modules, booted, { memory: first.rig.memory });
      const { output, paper, violations, crashes } = campaign.print("letter", [crash]);
      const found = { output, paper, violations, count: crashes.length, seen: detectors(campaign.rig.events) };
      const wanted = { output: calm.output, paper: bytes, violations: 0, count: 1, seen: [DETECTORS[kind]] };
      expect({ crash, ...found }).toEqual({ crash, ...wanted });
      expect({ crash, ...campaign.books }).toEqual({ crash, requests: 4, replies: 4, failures: 0 });
    }
  });
});
