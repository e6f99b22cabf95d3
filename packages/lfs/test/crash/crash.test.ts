// The power fails behind every write of many workloads: what must be there is there, and all is consistent.
import { expect, test } from "vitest";
import * as product from "../../src/index.ts";
import { chance } from "../../src/testing/crash-disk.ts";
import * as testing from "../../src/testing/index.ts";
import { type Case, Explorer } from "./explore.ts";
import { oneOperation, randomCalls, twoOperations } from "./workloads.ts";

const LONG = process.env.KINTSUGI_LONG !== undefined;
/** A line that a failure has printed: only that disk is judged. */
const LINE = process.env.KINTSUGI_CRASH;
const SUBJECT = { product, testing };

if (LINE !== undefined)
  test("the disk of KINTSUGI_CRASH is good", () => {
    const explorer = new Explorer(SUBJECT);
    explorer.explore(JSON.parse(LINE) as Case);
    expect(explorer.states).toBe(1);
  });
else {
  test("one operation and a persistence call, cut behind every write", () => {
    const explorer = new Explorer(SUBJECT);
    for (const [n, calls] of [...oneOperation()].entries()) explorer.explore({ calls, masks: LONG ? 4 : 1, seed: n });
    expect(explorer.states).toBeGreaterThan(4000);
  });

  test("two operations with persistence calls between and behind, cut behind every write", () => {
    const explorer = new Explorer(SUBJECT);
    const random = chance(1);
    for (const calls of twoOperations())
      if (LONG || random() < 0.006) explorer.explore({ calls, masks: LONG ? 2 : 1, seed: 1000 });
    expect(explorer.states).toBeGreaterThan(2000);
  });

  test("random workloads, with cleaning, cut behind every write", () => {
    const explorer = new Explorer(SUBJECT);
    for (let seed = 1; seed <= (LONG ? 1000 : 16); seed++)
      explorer.explore({ calls: randomCalls(seed, 40, seed % 2 === 0), masks: LONG ? 4 : 1, seed });
    expect(explorer.states).toBeGreaterThan(1000);
  });

  test("a crash, a mount, more calls, and a second crash behind every write", () => {
    const explorer = new Explorer(SUBJECT);
    for (let seed = 1; seed <= (LONG ? 500 : 8); seed++) {
      const run = explorer.record(randomCalls(seed, 25, true));
      const random = chance(seed);
      const states = [...explorer.disks(run, 1, seed)].length;
      const chosen = new Set(Array.from({ length: LONG ? 6 : 2 }, () => Math.floor(random() * states)));
      let index = 0;
      for (const state of explorer.disks(run, 1, seed))
        if (chosen.has(index++))
          explorer.explore({ calls: randomCalls(seed * 100 + index, 8, true), masks: 1, seed }, state.bytes.slice());
    }
    expect(explorer.states).toBeGreaterThan(400);
  });
}
