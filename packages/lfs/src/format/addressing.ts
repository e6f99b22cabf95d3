/**
 * Logical block numbers, and the way from an inode's pointers to a block.
 *
 * Here: numbers of indirect blocks, which are negative, and the path to any block. Not here: following it
 * (`inode/bmap.ts`). An indirect block is named after the first data block under it, b: single -b,
 * double -b - 1, triple -b - 2.
 * @module
 */
import { NDADDR } from "./constants.ts";

/** 0 for data, 1 to 3 for a single, double or triple indirect block. */
export function levelOf(nindir: number, lbn: number): number {
  return lbn >= 0 ? 0 : ((-lbn - NDADDR) % nindir) + 1;
}

/** First data block under an indirect block. */
export function firstDataUnder(nindir: number, lbn: number): number {
  return lbn >= 0 ? lbn : -lbn - (levelOf(nindir, lbn) - 1);
}

/** Data blocks that a block of this level covers: 1, N, N², N³. */
export function span(nindir: number, level: number): number {
  return nindir ** level;
}

/** First data block under the single, double and triple pointer of the inode, and the end of the triple. */
export function indirectBase(nindir: number, level: number): number {
  let base = NDADDR;
  for (let l = 1; l < level; l++) base += span(nindir, l);
  return base;
}

/** Whether a number can name a block of a file: no hole in the numbering, not beyond the triple. */
export function isLbn(nindir: number, lbn: number): boolean {
  if (lbn >= 0) return lbn < indirectBase(nindir, 4);
  const level = levelOf(nindir, lbn);
  if (level > 3 || -lbn < NDADDR) return false;
  const first = firstDataUnder(nindir, lbn);
  const root = rootLevel(nindir, first);
  return root >= level && (first - indirectBase(nindir, root)) % span(nindir, level) === 0;
}

/** Which pointer of the inode leads to data block `lbn`: 0 direct, 1 to 3 indirect. */
export function rootLevel(nindir: number, lbn: number): number {
  if (lbn < NDADDR) return 0;
  for (let level = 1; level <= 3; level++) if (lbn < indirectBase(nindir, level + 1)) return level;
  return 4;
}

/** The indirect block above `lbn` and the entry in it; `parent` 0 means the inode's own pointers. */
export interface ParentPlace {
  readonly parent: number;
  /** Entry of the parent, or of the inode: 0 to 11 direct, 12 to 14 indirect. */
  readonly index: number;
}

/** Where the pointer to a block is kept. The number has passed `isLbn`. */
export function parentOf(nindir: number, lbn: number): ParentPlace {
  const level = levelOf(nindir, lbn);
  const first = firstDataUnder(nindir, lbn);
  const root = rootLevel(nindir, first);
  if (root === 0) return { parent: 0, index: lbn };
  if (root === level) return { parent: 0, index: NDADDR + root - 1 };
  const base = indirectBase(nindir, root);
  const above = span(nindir, level + 1);
  const start = base + Math.floor((first - base) / above) * above;
  return { parent: -start - level, index: (first - start) / span(nindir, level) };
}
