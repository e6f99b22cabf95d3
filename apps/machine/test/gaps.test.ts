import { describe, expect, it } from "vitest";
import { Random } from "../src/random.ts";
import { anyKind, Campaign, modulesWith, testFile } from "./campaign.ts";
import { observe } from "./moments.ts";
import type { SavedMachine } from "./rig.ts";
import { LONG, SEED } from "./tier.ts";

const random = new Random(SEED + 7);
const BYTES = testFile(16, random);

function bootedWith(driver: string): { readonly prints: (after: number) => number[]; readonly saved: SavedMachine } {
  const modules = modulesWith(driver, { letter: BYTES });
  const { rig } = new Campaign(modules);
  const saved = rig.save();
  return {
    saved,
    prints: (after) => {
      const kind = anyKind(random);
      return [
        ...new Campaign(modules, saved, { memory: rig.memory }).print("letter", [
          { after, kind: kind === "hang" ? "divide" : kind },
        ]).paper,
      ];
    },
  };
}

describe("the gaps of the drivers that are not exact", () => {
  it("thesis: a byte comes twice exactly when the crash falls between the asserting OUT and the store of i", () => {
    const { saved, prints } = bootedWith("thesis");
    const { instructions, latched, stored } = observe("thesis", BYTES, saved, /\d+iE$/);
    expect(latched.length).toBe(BYTES.length);
    expect(stored.length).toBe(BYTES.length);
    const expected = (after: number): number[] => {
      const byte = latched.findIndex((out, index) => after > out && after <= stored[index]);
      return byte < 0 ? [...BYTES] : [...BYTES.slice(0, byte + 1), ...BYTES.slice(byte)];
    };
    const near = latched.flatMap((out, index) =>
      Array.from({ length: stored[index] - out + 4 }, (_, i) => out - 1 + i),
    );
    const everywhere = Array.from({ length: instructions }, (_, k) => k);
    const far = Array.from({ length: 60 }, () => random.below(instructions));
    let windows = 0;
    for (const after of LONG ? everywhere : [...near, ...far]) {
      const paper = expected(after);
      expect({ seed: SEED, after, paper: prints(after) }).toEqual({ seed: SEED, after, paper });
      if (paper.length > BYTES.length) windows++;
    }
    expect(windows).toBeGreaterThanOrEqual(BYTES.length);
  });

  it("naive: everything that was printed before the crash is printed again", () => {
    const { saved, prints } = bootedWith("naive");
    const { instructions, latched } = observe("naive", BYTES, saved);
    const everywhere = Array.from({ length: instructions }, (_, k) => k);
    const sample = Array.from({ length: 60 }, () => random.below(instructions));
    let repeats = 0;
    for (const after of LONG ? everywhere : sample) {
      const before = latched.filter((out) => after > out).length;
      const paper = prints(after);
      // After its last instruction the request is answered, and a crash repeats nothing.
      const again = [...BYTES.slice(0, before), ...BYTES];
      expect([
        { after, paper: again },
        { after, paper: [...BYTES] },
      ]).toContainEqual({ after, paper });
      if (paper.length > BYTES.length) repeats++;
      else expect(before === 0 || after > latched[BYTES.length - 1]).toBe(true);
    }
    expect(repeats).toBeGreaterThan(LONG ? 100 : 20);
  });
});
