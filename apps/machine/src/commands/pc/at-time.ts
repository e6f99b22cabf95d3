/**
 * `T=FILE`: something that is done at a moment of virtual time.
 *
 * @module
 */
import { UsageError } from "../options.ts";
import { CYCLES_PER_SECOND } from "../virtual-time.ts";

/** A file to write at a time in cycles. */
export interface AtTime {
  readonly at: number;
  readonly path: string;
}

/** For commander: `T=FILE`, T in virtual seconds, added to those given before in order of time. */
export function parseAtTime(option: string, example: string) {
  return (text: string, before: readonly AtTime[]): readonly AtTime[] => {
    const [, seconds, path] = /^(\d+(?:\.\d+)?)=(.+)$/.exec(text) ?? [];
    if (path === undefined) throw new UsageError(`${option} wants SECONDS=FILE, such as ${example}, not '${text}'`);
    return [...before, { at: cyclesOf(seconds), path }].sort((a, b) => a.at - b.at);
  };
}

/** Cycles of a number of seconds. */
export const cyclesOf = (seconds: string | number): number => Math.ceil(Number(seconds) * CYCLES_PER_SECOND);
