// Draws what cleaning costs by policy, against utilisation: `node packages/lfs/bench/write-cost.ts FILE.svg`.
import { writeFileSync } from "node:fs";
import { type CostCurve, costBenefit, drawCurves, greedy, simulateWriteCost } from "../src/index.ts";
import { chance } from "../src/testing/crash-disk.ts";

const SHARES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9];
const SEED = 7;

const curve = (name: string, cost: (utilisation: number) => number): CostCurve => ({
  name,
  points: SHARES.map((u) => [u, cost(u)]),
});
const simulated = (name: string, policy: typeof greedy, hotAndCold: boolean): CostCurve =>
  curve(name, (utilisation) => simulateWriteCost({ policy, utilisation, hotAndCold, random: chance(SEED) }));

const [path] = process.argv.slice(2);
if (path === undefined) {
  console.error("write-cost: name the SVG file to write");
  process.exit(2);
}
const curves = [
  curve("segments as full as the disk", (u) => 2 / (1 - u)),
  simulated("greedy, all blocks alike", greedy, false),
  simulated("greedy, 90 % of the writes to 10 %", greedy, true),
  simulated("cost-benefit, 90 % of the writes to 10 %", costBenefit, true),
];
writeFileSync(path, drawCurves(curves));
for (const { name, points } of curves)
  console.log(`${name}: ${points.map(([u, cost]) => `${u} ${cost.toFixed(2)}`).join(", ")}`);
