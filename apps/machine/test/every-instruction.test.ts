import { describe, expect, it } from "vitest";
import { Random } from "../src/random.ts";
import { anyKind, Campaign, modulesWith, testFile } from "./campaign.ts";
import { LONG, SEED } from "./tier.ts";

const random = new Random(SEED + 5);
const BYTES = testFile(16, random);

/** Every number below `end` in the long tier; else a seeded sample of about `most`. */
function* sampled(end: number, most: number): Generator<number> {
  const step = LONG ? 1 : Math.max(1, Math.floor((2 * end) / most));
  for (let k = 0; k < end; k += LONG ? 1 : 1 + random.below(step)) yield k;
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
    for (const k of sampled(calm.instructions, 250)) {
      const crash = { after: k, kind: quickKind() };
      const printed = campaign.print("letter", [crash]);
      expect({ crash, ...printed }).toMatchObject({ crash, paper: BYTES, violations: 0, output: calm.output });
      expect(campaign.books).toEqual({ requests: 1, replies: 1, failures: 0 });
      expect(printed.crashes.length).toBe(1);
    }
  });

  it("leaves nothing either when Recover or the replay crash again, at every instruction", () => {
    const campaign = new Campaign(modulesWith("exact", { letter: BYTES }));
    const calm = campaign.print("letter", []);
    // Early, about the middle of a pulse, and late: before, within and after what Recover has to sort out.
    for (const first of [0.02, 0.31, 0.5, 0.93].map((part) => Math.floor(part * calm.instructions))) {
      const once = campaign.print("letter", [{ after: first, kind: "undefined" }]);
      const rest = once.instructions - first;
      for (const k of sampled(rest, 60)) {
        const crashes = [
          { after: first, kind: quickKind() },
          { after: k, kind: quickKind() },
        ];
        const printed = campaign.print("letter", crashes);
        expect({ ...printed, schedule: crashes }).toMatchObject({
          schedule: crashes,
          paper: BYTES,
          violations: 0,
          output: calm.output,
        });
        expect(campaign.books).toEqual({ requests: 1, replies: 1, failures: 0 });
      }
    }
  });
});
