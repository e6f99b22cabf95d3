import { describe, expect, it } from "vitest";
import { Random } from "../src/random.ts";
import { anyKind, Campaign, modulesWith, testFile } from "./campaign.ts";
import { observe } from "./moments.ts";
import { LONG, SEED } from "./tier.ts";

const random = new Random(SEED + 5);
const BYTES = testFile(16, random);

/** How far to go on from one crash to the next: every instruction in the long tier, else about `most` of `end`. */
function stride(end: number, most: number): number {
  return LONG ? 1 : 1 + random.below(Math.max(1, Math.floor((2 * end) / most)));
}

/** Sweeps are long: hangs cost a million instructions each, so they are drawn seldom. */
function quickKind(): ReturnType<typeof anyKind> {
  const kind = anyKind(random);
  return kind === "hang" && random.below(8) > 0 ? "page-fault" : kind;
}

describe("a crash at every instruction of a 16-byte print", () => {
  it("leaves nothing on the exact driver's paper: print k crashes at its k-th instruction", () => {
    const campaign = new Campaign(modulesWith("exact", { letter: BYTES }));
    const calm = campaign.print("letter", []);
    expect(calm.paper).toEqual(BYTES);
    let k = 0;
    for (; ; k += stride(calm.instructions, 300)) {
      const crash = { after: k, kind: quickKind() };
      const printed = campaign.print("letter", [crash]);
      expect({ crash, ...printed }).toMatchObject({ crash, paper: BYTES, violations: 0, output: calm.output });
      expect({ seed: SEED, crash, ...campaign.books }).toMatchObject({ requests: 1, replies: 1, failures: 0 });
      if (printed.crashes.length === 0) break; // the print was over before its k-th instruction
    }
    expect(k).toBeGreaterThan(0.9 * calm.instructions);
  });

  it("leaves nothing either when Recover or the replay crash again, at every instruction", () => {
    const campaign = new Campaign(modulesWith("exact", { letter: BYTES }));
    const { latched, instructions } = observe("exact", BYTES, campaign.rig.save());
    const calm = campaign.print("letter", []);
    const out = latched[5];
    // Early; before, at and right after the OUT that latches a byte; in the pulse; between two pulses; late.
    const firsts = [8, out - 4, out, out + 1, out + 3, out + 25, instructions - 8];
    for (const first of firsts.map((after) => ({ after, kind: quickKind() }))) {
      const once = campaign.print("letter", [first]);
      const rest = once.instructions - first.after;
      let k = 0;
      for (; ; k += stride(rest, 80)) {
        const schedule = [first, { after: k, kind: quickKind() }];
        const printed = campaign.print("letter", schedule);
        expect({ schedule, ...printed }).toMatchObject({ schedule, paper: BYTES, violations: 0, output: calm.output });
        expect({ seed: SEED, schedule, ...campaign.books }).toMatchObject({ requests: 1, replies: 1, failures: 0 });
        if (printed.crashes.length < 2) break;
      }
      expect(k).toBeGreaterThan(0.9 * rest); // Recover and the replay have been crashed to their end
    }
  });
});
