/**
 * Which segments to clean: policies as pure functions.
 *
 * Here: greedy and cost-benefit (Rosenblum and Ousterhout 1992, 3.6, with the terms of 4.4BSD's cleanerd),
 * and batches of segments of one age, so that what is cold comes to lie beside what is cold. Not here:
 * cleaning (`clean.ts`). The result is a plan, best first; nothing is changed.
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

/** Orders segments of `ssize` bytes, best to clean first. */
export type CleaningPolicy = (segments: readonly SegmentAge[], ssize: number) => readonly number[];

const bySmallest =
  (key: (s: SegmentAge) => number): CleaningPolicy =>
  (segments) =>
    [...segments].sort((a, b) => key(a) - key(b) || a.segment - b.segment).map((s) => s.segment);

/** Least live bytes first. */
export const greedy: CleaningPolicy = bySmallest((s) => s.live);

/**
 * Most of (free space gained × age) / cost first: cold segments are worth cleaning while they are fuller. The
 * root of the age instead of the age costs less at every load of the bench, as ages differ by powers of ten.
 */
export const costBenefit: CleaningPolicy = (segments, ssize) =>
  bySmallest((s) => {
    const benefit = Math.max(0, ssize - s.live - s.summaries);
    return -(benefit * Math.sqrt(s.age + 1)) / (ssize + s.live);
  })(segments, ssize);

/**
 * The segments to clean together: the policy's first choice, and those of its better half that are nearest
 * to it in age, at most `count` of them and while their live bytes stay within `room`.
 */
export function chooseBatch(
  policy: CleaningPolicy,
  segments: readonly SegmentAge[],
  ssize: number,
  count: number,
  room: number,
): readonly number[] {
  const bySegment = new Map(segments.map((s) => [s.segment, s]));
  const order = policy(segments, ssize).flatMap((segment) => bySegment.get(segment) ?? []);
  const first = order[0];
  if (first === undefined) return [];
  const distance = (s: SegmentAge): number => Math.abs(Math.log2(1 + s.age) - Math.log2(1 + first.age));
  const better = order.slice(1, Math.max(count, Math.ceil(order.length / 2)));
  const batch = [first.segment];
  let live = first.live;
  for (const s of better.sort((a, b) => distance(a) - distance(b) || a.live - b.live)) {
    if (batch.length === count || live + s.live > room) break;
    batch.push(s.segment);
    live += s.live;
  }
  return batch;
}
