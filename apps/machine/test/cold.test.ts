import { describe, expect, it } from "vitest";
import { Random } from "../src/random.ts";
import { Campaign, modulesWith, testFile } from "./campaign.ts";
import { observe } from "./moments.ts";
import { SEED } from "./tier.ts";

const random = new Random(SEED + 9);
const BYTES = testFile(16, random);
/** A request that fails so often close together is given up by a cold start (policy/poisoned-request.ts). */
const FAILURES = 8;

describe("the exact driver whose request keeps failing", () => {
  it("starts cold: no byte comes twice, no pulse is cut short, the client is told, and the next print is exact", () => {
    const campaign = new Campaign(modulesWith("exact", { letter: BYTES }));
    const { latched } = observe("exact", BYTES, campaign.rig.save());
    const calm = campaign.print("letter", []);
    for (const [byte, moment] of latched.entries()) {
      const first = { after: moment - 3 + random.below(12), kind: "divide" as const };
      const others = Array.from({ length: FAILURES - 1 }, () => ({ after: random.below(6), kind: "divide" as const }));
      const crashed = campaign.print("letter", [first, ...others]);
      const actions = campaign.rig.events.flatMap((event) => (event.event === "planned" ? [event.action] : []));
      expect(actions).toEqual([...Array(FAILURES - 1).fill("hot"), "cold"]);
      expect({ byte, output: crashed.output }).toEqual({ byte, output: "print: letter: it failed\n" });
      expect(campaign.books).toEqual({ requests: 1, replies: 1, failures: 0 });
      expect({ byte, paper: crashed.paper }).toEqual({ byte, paper: BYTES.slice(0, crashed.paper.length) });
      expect(crashed.paper.length).toBeGreaterThanOrEqual(byte);
      expect(crashed.violations).toBe(0);
      expect(campaign.print("letter", [])).toMatchObject({ paper: BYTES, output: calm.output, violations: 0 });
    }
  });
});
