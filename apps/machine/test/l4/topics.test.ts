/**
 * The topics of L4Ka's own test suite, asked by a root task of ours: each check is one line, `ok` or `FAILED`.
 */
import { expect, it } from "vitest";
import { bootForeign } from "./boot-foreign.ts";

/** Topic → how many checks it has. */
const TOPICS = {
  kip: 1,
  exceptions: 1,
  memory: 1,
  ipc: 10,
  strings: 12,
  "faulting strings": 10,
  sigma0: 4,
  exregs: 7,
  threads: 3,
  schedule: 2,
};

it("a foreign root task finds what the manual promises", () => {
  const { output, status } = bootForeign("l4-tests", " failed");
  expect(output.filter((line) => !line.startsWith("ok "))).toEqual(["51 passed, 0 failed"]);
  const counts: Record<string, number> = {};
  for (const line of output) {
    const [, topic] = /^ok ([a-z0-9 ]+):/.exec(line) ?? [];
    if (topic !== undefined) counts[topic] = (counts[topic] ?? 0) + 1;
  }
  expect(counts).toEqual(TOPICS);
  expect(status).toBe(0);
}, 120_000);
