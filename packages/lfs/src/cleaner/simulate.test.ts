import { expect, test } from "vitest";
import { chance } from "../testing/crash-disk.ts";
import { costBenefit, greedy } from "./choose.ts";
import { drawCurves, simulateWriteCost } from "./simulate.ts";

const cost = (policy: typeof greedy, utilisation: number, hotAndCold: boolean): number =>
  simulateWriteCost({ policy, utilisation, hotAndCold, random: chance(7) });

test("the cost rises with utilisation, and stays below that of cleaning average segments", () => {
  const shares = [0.2, 0.4, 0.6, 0.75];
  const costs = shares.map((u) => cost(greedy, u, false));
  expect(costs).toEqual([...costs].sort((a, b) => a - b));
  // 2 / (1 - u) is the cost when what is cleaned is as full as the disk.
  for (const [n, u] of shares.entries()) expect(costs[n]).toBeLessThan(2 / (1 - u));
});

test("hot and cold writes cost less with cost-benefit than with greedy, as in the paper", () => {
  for (const u of [0.6, 0.75, 0.85]) expect(cost(costBenefit, u, true)).toBeLessThan(cost(greedy, u, true));
});

test("the same seed gives the same cost", () => {
  expect(cost(costBenefit, 0.7, true)).toBe(cost(costBenefit, 0.7, true));
});

test("the drawing has a line for every curve", () => {
  const svg = drawCurves([
    {
      name: "greedy",
      points: [
        [0.2, 1.1],
        [0.8, 6],
      ],
    },
    {
      name: "cost-benefit",
      points: [
        [0.2, 1.1],
        [0.8, 99],
      ],
    },
  ]);
  expect(svg.match(/<polyline/g)?.length).toBe(2);
  expect(svg).toContain('points="160,316 460,211"');
  expect(svg).toContain('points="160,316 460,40"');
});
