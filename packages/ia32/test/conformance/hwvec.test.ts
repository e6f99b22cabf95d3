import { readdirSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { HwvecMachine, readVectors } from "../hwvec.ts";

/** The sample, or the directory that HWVEC names. */
const directory = process.env.HWVEC ? pathToFileURL(`${process.env.HWVEC}/`) : new URL("../vectors/", import.meta.url);
const categories = readdirSync(directory)
  .filter((name) => name.endsWith(".jsonl.gz"))
  .map((name) => name.slice(0, -".jsonl.gz".length));

test("the categories are all there", () => {
  const expected =
    "ac alu atomic bcd bit branch cond fetch flags misc mov muldiv priv seg segmem seq shift stack string ud fxsr mmx sse sse2 sse2i sse3 sseapprox ssecvt x87 x87ctl x87trans".split(
      " ",
    );
  expect(categories).toEqual(expect.arrayContaining(expected));
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
