// Every line of the TestFloat files: results and flags of x87 and SSE arithmetic.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { OPERATIONS, runTestFloat } from "./testfloat.ts";

const folder = join(import.meta.dirname, "vectors");
const files = readdirSync(folder).filter((name) => name.endsWith(".gz"));

test("every operation has a file and every file an operation", () => {
  expect(files.map((name) => name.slice(0, -3)).sort()).toEqual([...OPERATIONS.keys()].sort());
});

test.each(files)("%s agrees in every result and flag", (name) => {
  const report = runTestFloat(gunzipSync(readFileSync(join(folder, name))).toString());
  expect(report.failures).toEqual([]);
  expect(report.passed).toBe(report.total);
  expect(report.total).toBeGreaterThan(0);
});
