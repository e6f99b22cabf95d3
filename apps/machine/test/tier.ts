/**
 * Which tier of tests runs: seeded samples, or full counts.
 *
 * Here: the one place that reads KINTSUGI_LONG and KINTSUGI_SEED. `npm test` runs samples, `npm run test:long` all.
 */
export const LONG: boolean = process.env.KINTSUGI_LONG !== undefined && process.env.KINTSUGI_LONG !== "";
export const SEED: number = Number(process.env.KINTSUGI_SEED ?? 20261120);

/** How many of something this tier does. */
export function count(sample: number, full: number): number {
  return LONG ? full : sample;
}
