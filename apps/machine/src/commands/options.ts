/**
 * What the command line may say: each option's check, with the way out in its error.
 *
 * Here: pure functions from words to values. Not here: commander's part (→ program.ts), reading the files (→ host/).
 * @module
 */

import { DETECTORS, isSwitch, type Switch } from "@kintsugi/arc-framework";
import type { ConsoleKind } from "../chips.ts";

/** An impossible option; the message names the option and the way out. Exit code 2. */
export class UsageError extends Error {
  override readonly name: string = "UsageError";
}

export const CONSOLES: readonly ConsoleKind[] = ["serial", "screen"];
export const PARALLEL_DRIVERS: readonly string[] = ["exact", "thesis", "naive"];
export type ParallelDriver = string;

/** A host file that appears at the prompt. */
export interface NamedFile {
  readonly name: string;
  readonly path: string;
}

/** A whole number of MiB. */
export function parseMemory(text: string): number {
  const value = whole(text);
  if (value === undefined || value < 16 || value > 1024) {
    throw new UsageError(`--memory wants whole megabytes from 16 to 1024, not '${text}'; leave it out for the default`);
  }
  return value;
}

export function parseSeed(text: string): number {
  const value = whole(text);
  if (value === undefined || value > 0xffff_ffff) {
    throw new UsageError(`--seed wants a whole number from 0 to 4294967295, not '${text}'`);
  }
  return value;
}

/** Virtual seconds, more than none. */
export function parseLimit(text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(value > 0) || value > 1e9) {
    throw new UsageError(
      `--limit wants virtual seconds, such as 2.5, more than 0 and at most 1000000000, not '${text}'; leave it out for no limit`,
    );
  }
  return value;
}

export function parseParallel(text: string): ParallelDriver {
  if (PARALLEL_DRIVERS.includes(text)) return text;
  throw new UsageError(`--parallel wants one of ${PARALLEL_DRIVERS.join(", ")}, not '${text}'`);
}

export function parseConsole(text: string): ConsoleKind {
  const known = CONSOLES.find((name) => name === text);
  if (known !== undefined) return known;
  throw new UsageError(`--console wants one of ${CONSOLES.join(", ")}, not '${text}'`);
}

/** Name of a detector, added to those given before. */
export function parseDetector(text: string, before: readonly Switch[]): readonly Switch[] {
  if (isSwitch(text)) return before.includes(text) ? before : [...before, text];
  throw new UsageError(`--without-detector wants one of ${[...DETECTORS.keys()].join(", ")}, not '${text}'`);
}

/** Virtual milliseconds from one look to the next, more than none. */
export function parseWatch(text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value >= SHORTEST_WATCH && value <= LONGEST_WATCH) return value;
  throw new UsageError(
    `--watch wants virtual milliseconds from ${SHORTEST_WATCH} to ${LONGEST_WATCH}, not '${text}'; leave it out and nobody looks`,
  );
}

const SHORTEST_WATCH = 0.1;
const LONGEST_WATCH = 60_000;

/** Longest name of a file at the prompt, in bytes. */
export const LONGEST_NAME = 31;

/** `NAME=HOSTPATH`, added to those given before. */
export function parseFile(text: string, before: readonly NamedFile[]): readonly NamedFile[] {
  const equals = text.indexOf("=");
  const name = text.slice(0, equals);
  const path = text.slice(equals + 1);
  if (equals < 1 || path === "")
    throw new UsageError(`--file wants NAME=HOSTPATH, not '${text}'; for example --file letter=./letter.txt`);
  if (!/^[!-~]+$/.test(name) || name.length > LONGEST_NAME) {
    throw new UsageError(
      `--file ${text}: the name '${name}' is not possible; use at most ${LONGEST_NAME} letters, digits and signs without blanks`,
    );
  }
  if (before.some((file) => file.name === name)) {
    throw new UsageError(`--file ${text}: the name '${name}' is given twice; choose another`);
  }
  return [...before, { name, path }];
}

function whole(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
