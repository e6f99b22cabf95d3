import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { HwvecMachine, readVectors } from "../hwvec.ts";

const directory = new URL("../vectors/", import.meta.url);
const categories = readdirSync(directory)
  .filter((name) => name.endsWith(".jsonl.gz"))
  .map((name) => name.slice(0, -".jsonl.gz".length));

test("the categories without float registers are all there", () => {
  const integer =
    "ac alu atomic bcd bit branch cond fetch flags misc mov muldiv priv seg segmem seq shift stack string ud".split(
      " ",
    );
  expect(categories).toEqual(expect.arrayContaining(integer));
});

test.each(categories)("%s: every vector does what the silicon did, tiers A and B", (category) => {
  const machine = new HwvecMachine();
  const failures: string[] = [];
  for (const vector of readVectors(new URL(`${category}.jsonl.gz`, directory))) {
    const differences = machine.check(vector);
    if (differences.length > 0) failures.push(`${vector.f} ${vector.b}: ${differences.map((d) => d.what).join("; ")}`);
  }
  expect(failures).toEqual([]);
});
