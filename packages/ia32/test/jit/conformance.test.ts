// Recordings of real processors and TestFloat once more, with every instruction compiled as soon as it is met.
import { readdirSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import {
  parseTestFloat,
  parseVectors,
  runHwvec,
  runTestFloat,
  Score,
  type Settings,
} from "../../src/conformance/index.ts";
import { CATEGORIES, recordings } from "../vectors/recordings.ts";

const HOT: Settings = { engine: "jit", jit: { threshold: 0 } };
const FLOATS = new URL("../testfloat/vectors/", import.meta.url);

test.each(CATEGORIES)("%s: compiled code does what the silicon did, tiers A and B", (category) => {
  const score = new Score();
  runHwvec(parseVectors(recordings(category))._unsafeUnwrap(), score, HOT);
  expect(score.failures).toEqual([]);
  expect(score.summary.tierB).toEqual(score.summary.tierA);
  expect(score.complete).toBe(true);
});

/** Every so many lines of a file: what is left out is run by the interpreter in test/conformance. */
const STRIDE = process.env.KINTSUGI_LONG === undefined ? 20 : 1;

test.each(readdirSync(FLOATS).filter((name) => name.endsWith(".gz")))(
  "%s: compiled code agrees in every result and flag",
  (name) => {
    const score = new Score();
    const text = gunzipSync(readFileSync(new URL(name, FLOATS))).toString();
    const sections = parseTestFloat(text)._unsafeUnwrap();
    const some = sections.map((section) => ({ ...section, cases: section.cases.filter((_, i) => i % STRIDE === 0) }));
    runTestFloat(some, score, HOT);
    expect(score.failures).toEqual([]);
    expect(score.complete).toBe(true);
  },
);
