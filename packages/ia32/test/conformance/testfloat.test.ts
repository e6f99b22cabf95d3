// Every line of the TestFloat files: results and flags of x87 and SSE arithmetic, by the instructions that do it.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { FUNCTIONS, parseTestFloat, runTestFloat, Score } from "../../src/conformance/index.ts";

const folder = join(import.meta.dirname, "../testfloat/vectors");
const files = readdirSync(folder).filter((name) => name.endsWith(".gz"));

test("every function has a file and every file a function", () => {
  expect(files.map((name) => name.slice(0, -3)).sort()).toEqual([...FUNCTIONS.keys()].sort());
});

test.each(files)("%s agrees in every result and flag", (name) => {
  const score = new Score();
  runTestFloat(parseTestFloat(gunzipSync(readFileSync(join(folder, name))).toString())._unsafeUnwrap(), score);
  expect(score.failures).toEqual([]);
  expect(score.complete).toBe(true);
});
