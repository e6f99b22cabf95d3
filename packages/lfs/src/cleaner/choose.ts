/**
 * Which segments to clean: policies as pure functions.
 *
 * Here: greedy and cost-benefit (Rosenblum and Ousterhout 1992, 3.6, with the terms of 4.4BSD's cleanerd).
 * Not here: cleaning (`clean.ts`). The result is a plan, best first; nothing is changed.
 * @module
 */

/** What a policy knows of a segment. */
export interface SegmentAge {
  readonly segment: number;
  /** Bytes of live blocks and inodes. */
  readonly live: number;
  /** Seconds since it was last written. */
  readonly age: number;
  /** Bytes of summaries. */
  readonly summaries: number;
}

export type CleaningPolicy = (segments: readonly SegmentAge[], ssize: number) => readonly number[];

const bySmallest =
  (key: (s: SegmentAge) => number): CleaningPolicy =>
  (segments) =>
    [...segments].sort((a, b) => key(a) - key(b) || a.segment - b.segment).map((s) => s.segment);

/** Least live bytes first. */
export const greedy: CleaningPolicy = bySmallest((s) => s.live);

/** Most of (free space gained × age) / cost first: cold segments are worth cleaning while they are fuller. */
export const costBenefit: CleaningPolicy = (segments, ssize) =>
  bySmallest((s) => {
    const benefit = Math.max(0, ssize - s.live - s.summaries);
    return -(benefit * (s.age + 1)) / (ssize + s.live);
  })(segments, ssize);
