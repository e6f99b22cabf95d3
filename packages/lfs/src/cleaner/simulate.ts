/**
 * The cleaner without a disk: what a policy costs at a given utilisation.
 *
 * Here: `simulateWriteCost`, and a drawing of the curves. Not here: the policies (`choose.ts`). After the
 * simulator of Rosenblum and Ousterhout (1992), 3.5: files of one block, overwritten for ever, cleaned in
 * batches when clean segments run out, until the cost settles. Write cost is all that is read and written
 * by the bytes that are new; a segment with nothing live is not read.
 * @module
 */
import { type CleaningPolicy, chooseBatch, type SegmentAge } from "./choose.ts";

/** What is simulated. */
export interface Simulation {
  readonly policy: CleaningPolicy;
  /** Share of the disk that is live, above 0 and below 0.95. */
  readonly utilisation: number;
  /** 90 % of the writes go to 10 % of the blocks, else all are equal. */
  readonly hotAndCold: boolean;
  /** Chance, 0 to 1. */
  readonly random: () => number;
  readonly segments?: number;
  readonly blocksPerSegment?: number;
}

/** Segments cleaned together, and clean ones at which cleaning begins. */
const BATCH = 4;

/** Write cost when the disk has been overwritten several times. */
export function simulateWriteCost(simulation: Simulation): number {
  const { policy, random, hotAndCold, segments = 100, blocksPerSegment = 64 } = simulation;
  const blocks = Math.floor(segments * blocksPerSegment * simulation.utilisation);
  const placeOf = new Int32Array(blocks).fill(-1);
  const members = Array.from({ length: segments }, (): number[] => []);
  const live = new Int32Array(segments);
  const written = new Float64Array(segments);
  const clean = Array.from({ length: segments }, (_, n) => n);
  const cost = { read: 0, moved: 0, fresh: 0 };
  let now = 0;
  let current = clean.shift() as number;

  const append = (block: number, age: number): void => {
    if (members[current].length === blocksPerSegment) {
      current = clean.shift() as number;
      members[current] = [];
      written[current] = 0;
    }
    if (placeOf[block] !== -1) live[placeOf[block]]--;
    placeOf[block] = current;
    live[current]++;
    members[current].push(block);
    written[current] = Math.max(written[current], age);
  };
  const cleanBatch = (): void => {
    const list: SegmentAge[] = [];
    for (let segment = 0; segment < segments; segment++)
      if (segment !== current && members[segment].length === blocksPerSegment)
        list.push({ segment, live: live[segment], age: now - written[segment], summaries: 0 });
    const batch = chooseBatch(policy, list, blocksPerSegment, BATCH, (clean.length - 1) * blocksPerSegment);
    for (const segment of batch) {
      if (live[segment] > 0) cost.read += blocksPerSegment;
      const age = written[segment];
      for (const block of members[segment])
        if (placeOf[block] === segment) {
          append(block, age);
          cost.moved++;
        }
      members[segment] = [];
      clean.push(segment);
    }
  };

  for (let block = 0; block < blocks; block++) append(block, now++);
  const rounds = 12 * blocks;
  for (let n = 0; n < rounds; n++) {
    if (n === rounds / 2) Object.assign(cost, { read: 0, moved: 0, fresh: 0 });
    while (clean.length <= BATCH) cleanBatch();
    const among = hotAndCold && random() < 0.9 ? blocks / 10 : blocks;
    append(Math.floor(random() * among), now++);
    cost.fresh++;
  }
  return (cost.fresh + cost.moved + cost.read) / cost.fresh;
}

/** One line of the drawing. */
export interface CostCurve {
  readonly name: string;
  /** Utilisation and write cost, in rising order. */
  readonly points: readonly (readonly [utilisation: number, cost: number])[];
}

const COLOURS = ["#2a6f97", "#c00", "#3a7d44", "#7b4b94"];

/** Write cost against utilisation as an SVG image, 0 to 1 by 0 to 14, as the paper draws it. */
export function drawCurves(curves: readonly CostCurve[]): string {
  const x = (u: number): number => Math.round(60 + u * 500);
  const y = (cost: number): number => Math.round(340 - (Math.min(cost, 14) / 14) * 300);
  const lines = curves.map(({ name, points }, n) => {
    const path = points.map(([u, cost]) => `${x(u)},${y(cost)}`).join(" ");
    const label = `<text x="80" y="${60 + 18 * n}" fill="${COLOURS[n % 4]}">${name}</text>`;
    return `<polyline points="${path}" fill="none" stroke="${COLOURS[n % 4]}" stroke-width="2"/>${label}`;
  });
  const marks = [0, 2, 4, 6, 8, 10, 12, 14].map((c) => `<text x="30" y="${y(c) + 4}">${c}</text>`);
  const shares = [0, 0.2, 0.4, 0.6, 0.8, 1].map((u) => `<text x="${x(u) - 8}" y="360">${u}</text>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 400" font-family="sans-serif" font-size="12">
<title>Write cost by utilisation of the disk</title>
<path d="M60 40V340H560" fill="none" stroke="#000"/>${marks.join("")}${shares.join("")}
<text x="220" y="385">utilisation of the disk</text><text x="20" y="25">write cost</text>${lines.join("\n")}</svg>
`;
}
