import { describe, expect, it } from "vitest";
import { Random } from "../src/random.ts";
import { anyKind, Campaign, modulesWith, testFile } from "./campaign.ts";
import { count, SEED } from "./tier.ts";

/** As PARALLEL_WRITE carries them. */
const PIECE = 232;

describe("printing with the exact driver", () => {
  it("puts every byte on paper once, whatever crashes how often at whichever instruction", () => {
    const random = new Random(SEED);
    const bytes = testFile(count(4 << 10, 64 << 10), random);
    const crashCount = count(80, 500);
    const campaign = new Campaign(modulesWith("exact", { letter: bytes }));
    const calm = campaign.print("letter", []);
    expect(calm.paper).toEqual(bytes);
    // Spread over the whole print; a crash adds instructions of its own, so that the schedule ends before the print.
    const gap = Math.floor((2 * calm.instructions) / crashCount);
    const crashes = Array.from({ length: crashCount }, () => ({ after: 1 + random.below(gap), kind: anyKind(random) }));
    const crashed = campaign.print("letter", crashes);
    expect({ seed: SEED, crashes: crashed.crashes.length }).toEqual({ seed: SEED, crashes: crashCount });
    expect(crashed.paper).toEqual(bytes);
    expect(crashed.violations).toBe(0);
    expect(crashed.output).toBe(calm.output);
    const requests = Math.ceil(bytes.length / PIECE);
    expect(campaign.books).toEqual({ requests, replies: requests, failures: 0 });
  });

  it("survives one crash of any kind in each of many runs", () => {
    const random = new Random(SEED + 1);
    const bytes = testFile(700, random);
    const modules = modulesWith("exact", { letter: bytes });
    const first = new Campaign(modules);
    const booted = first.rig.save();
    const calm = first.print("letter", []);
    for (let run = 0; run < count(20, 100); run++) {
      const crash = { after: random.below(calm.instructions), kind: anyKind(random) };
      const campaign = new Campaign(modules, booted);
      const crashed = campaign.print("letter", [crash]);
      expect({ seed: SEED, run, crash, crashes: crashed.crashes.length }).toMatchObject({ crashes: 1 });
      expect({ crash, paper: crashed.paper, violations: crashed.violations }).toEqual({
        crash,
        paper: bytes,
        violations: 0,
      });
      expect({ crash, output: crashed.output }).toEqual({ crash, output: calm.output });
      expect(campaign.books).toEqual({ requests: 4, replies: 4, failures: 0 });
    }
  });
});
