import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ANY_STATE, allows } from "./protocol-monitor.ts";
import { type Look, mostUrgent, starving } from "./starvation.ts";
import { circles, leafOf } from "./wait-for.ts";

const waits = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 })))
  .map((edges) => new Map(edges));

describe("the wait-for graph", () => {
  it("has a circle for exactly those who come back to themselves", () => {
    fc.assert(
      fc.property(waits, (graph) => {
        const found = circles(graph);
        const stuck = [...graph.keys()].filter((start) => {
          let at = graph.get(start);
          for (let step = 0; step < 12 && at !== undefined && at !== start; step++) at = graph.get(at);
          return at === start;
        });
        expect(found.flat().toSorted((a, b) => a - b)).toEqual(stuck.toSorted((a, b) => a - b));
        for (const circle of found)
          for (const [i, pid] of circle.entries()) expect(graph.get(pid)).toBe(circle[(i + 1) % circle.length]);
      }),
    );
  });

  it("takes the one on whom the fewest rely for the leaf of a circle, and of these the youngest", () => {
    const standing = (pid: number) => ({ age: [0, 3, 1, 1][pid]!, order: pid });
    expect(leafOf([1, 2, 3], standing)).toBe(3);
    expect(leafOf([1, 2], standing)).toBe(2);
  });
});

describe("starvation", () => {
  const look = (pid: number, fingerprint: number, priority: number, ready = true): Look => ({
    pid,
    ready,
    fingerprint,
    priority,
  });

  it("is to be ready, as one was, while somebody more urgent is", () => {
    const before = new Map([
      [1, 10],
      [2, 20],
      [3, 30],
      [4, 40],
    ]);
    const looks = [look(1, 10, 100), look(2, 21, 100), look(3, 30, 100, false), look(4, 40, 120)];
    expect(starving(looks, before)).toEqual([1]);
    expect(mostUrgent(looks)).toBe(4);
    expect(starving(looks.slice(0, 3), before)).toEqual([]);
    expect(mostUrgent([])).toBe(0);
  });
});

describe("a protocol", () => {
  const rules = [
    { label: 1, least: 0, most: 2, from: 0 },
    { label: 1, least: 3, most: 3, from: ANY_STATE },
    { label: 2, least: 1, most: 1, from: 1 },
  ];

  it("allows what one of its rules allows", () => {
    const table: [number, number, number, boolean][] = [
      [1, 0, 0, true],
      [1, 2, 0, true],
      [1, 2, 1, false],
      [1, 3, 7, true],
      [1, 4, 0, false],
      [2, 1, 1, true],
      [2, 0, 1, false],
      [3, 0, 0, false],
    ];
    for (const [label, words, state, expected] of table)
      expect([label, words, state, allows(rules, { label, words, state })]).toEqual([label, words, state, expected]);
    expect(allows([], { label: 1, words: 0, state: 0 })).toBe(false);
  });
});
