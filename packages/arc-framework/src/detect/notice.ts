/**
 * What detectors look at: a message that a supervisor got about its program.
 *
 * Here: the shapes of a message and of a detector. Not here: receiving (`../p3/p3.ts`).
 * @module
 */
import type { Failure } from "../failure.ts";

/** A message as received: label, and MR1… as unsigned words. */
export interface Notice {
  readonly label: number;
  readonly words: readonly number[];
  /** Of an exception: the bytes at its place, where they are known. */
  readonly code?: readonly number[];
}

/** What a detector may know of the place that a program touched. */
export interface Place {
  /** Rights of the area, as X.2 fpage rights. */
  readonly rights: number;
}

/** Finds the area of an address. */
export type FindArea = (address: number) => Place | undefined;

/** One rule: the failure that this message is, or nothing. */
export type Detect = (notice: Notice, findArea: FindArea) => Failure | undefined;

/** MRi, or 0 beyond the end of the notice. */
export function wordOf(notice: Notice, i: number): number {
  return notice.words[i - 1] ?? 0;
}
