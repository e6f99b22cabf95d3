/**
 * Virtual time in the units of people.
 *
 * Reference: docs/protocols.md, section 1: 100 cycles are a microsecond.
 * @module
 */
export const CYCLES_PER_SECOND = 100_000_000;

/** For example `1.250000 virtual seconds`. */
export function virtualTime(cycles: number): string {
  return `${(cycles / CYCLES_PER_SECOND).toFixed(6)} virtual seconds`;
}
