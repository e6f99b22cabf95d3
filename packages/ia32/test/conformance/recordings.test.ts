// Recordings of real processors do what they recorded.
import { readdirSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { parseMoo, parseVectors, runHwvec, runMoo, Score } from "../../src/conformance/index.ts";
import { CATEGORIES, recordings } from "../vectors/recordings.ts";

if (!process.env.HWVEC)
  test("the categories are all there", () => {
    const expected =
      "ac alu atomic bcd bit branch cond fetch flags found fxsr misc mmx mov muldiv priv seg segmem seq shift sse sse2 sse2i sse3 sseapprox ssecvt stack string ud x87 x87ctl x87trans";
    expect(CATEGORIES.toSorted()).toEqual(expected.split(" "));
  });

test.each(CATEGORIES)("%s: every vector does what the silicon did, tiers A and B", (category) => {
  const score = new Score();
  runHwvec(parseVectors(recordings(category))._unsafeUnwrap(), score);
  expect(score.failures).toEqual([]);
  expect(score.summary.tierB).toEqual(score.summary.tierA);
  expect(score.complete).toBe(true);
});

/** A directory of MOO files, which are not ours to keep here, for example SingleStepTests' 80286 set. */
const realMode = process.env.KINTSUGI_MOO;

if (realMode !== undefined)
  test("every recorded real-mode test holds after the documented differences", () => {
    const score = new Score();
    for (const name of readdirSync(realMode).filter((file) => file.endsWith(".MOO.gz"))) {
      const bytes = new Uint8Array(gunzipSync(readFileSync(`${realMode}/${name}`)));
      runMoo(parseMoo(bytes)._unsafeUnwrap(), name.slice(0, -".MOO.gz".length), score);
    }
    expect(score.failures).toEqual([]);
    expect(score.complete).toBe(true);
  }, 300_000);
