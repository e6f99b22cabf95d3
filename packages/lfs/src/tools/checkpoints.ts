/**
 * Time travel: the checkpoints that are still whole in the log.
 *
 * Here: finding them. Not here: mounting one, which is a mount with its `idaddr` (`checkpoint/mount.ts`);
 * comparing and restoring (`tree.ts`). Every checkpoint ends with the ifile's inode. It is still whole
 * when each segment that its own segment table calls live begins with the same partial segments as then:
 * a segment is only ever written again from its start, with higher serials.
 * @module
 */
import { LFS_IFILE_INUM, SEGUSE_DIRTY } from "../format/constants.ts";
import { findDinode } from "../format/dinode.ts";
import { type Geometry, hasSuperblock, segmentReserve, segmentStart } from "../format/geometry.ts";
import type { Pin } from "../format/pins.ts";
import { readSummary, type Summary, walkSummary } from "../format/segsum.ts";
import { Image, openImage, type ReadDisk } from "../fsck/image.ts";

/** A checkpoint in the log. */
export interface Checkpoint extends Pin {
  /** Whether it stays whatever is written (`LfsFileSystem.pinCheckpoint`). */
  readonly pinned: boolean;
}

interface FoundPseg {
  readonly daddr: number;
  readonly summary: Summary;
}

/** The checkpoints that can be mounted, oldest first; the last is that of the newest superblock. */
export function listCheckpoints(read: ReadDisk): readonly Checkpoint[] {
  const image = openImage(read);
  if (Array.isArray(image)) return [];
  const { g } = image;
  const newest = image.sb.lfs_serial[0] + image.sb.lfs_serial[1] * 2 ** 32;
  const segments = Array.from({ length: g.nseg }, (_, segment) => psegsIn(g, read, segment));
  const pins = new Set(image.inodeAt(image.sb.lfs_idaddr, LFS_IFILE_INUM) && image.pins.map(({ serial }) => serial));
  const found: Checkpoint[] = [];
  for (const psegs of segments)
    for (const { summary } of psegs) {
      const idaddr = summary.inodeBlocks.findLast((daddr) => holdsIfile(image, daddr));
      if (idaddr === undefined || summary.serial > newest) continue;
      const then = new Image(read, { ...image.sb, lfs_idaddr: idaddr });
      if (isWhole(then, segments, summary.serial)) {
        const pinned = pins.has(summary.serial);
        found.push({ serial: summary.serial, time: summary.create, idaddr, pinned });
      }
    }
  return found.sort((a, b) => a.serial - b.serial);
}

function holdsIfile(image: Image, daddr: number): boolean {
  if (!image.isInside(daddr, image.g.ibsize)) return false;
  return findDinode(image.block(daddr, image.g.ibsize), 0, image.g.ibsize, LFS_IFILE_INUM) !== -1;
}

/** The partial segments of a segment from its start on, while serials rise. */
function psegsIn(g: Geometry, read: ReadDisk, segment: number): FoundPseg[] {
  const end = segmentStart(g, segment + 1);
  let daddr = segmentStart(g, segment) + segmentReserve(g, segment, hasSuperblock(g, segment));
  const bytes = read(daddr * g.unit, (end - daddr) * g.unit);
  const first = daddr;
  const found: FoundPseg[] = [];
  for (let serial = 0; ; ) {
    const summary = readSummary(g, bytes, (daddr - first) * g.unit);
    if (summary === undefined || summary.ident !== g.ident || summary.serial <= serial) return found;
    const walk = walkSummary(g, summary, daddr);
    if (walk === undefined) return found;
    found.push({ daddr, summary });
    serial = summary.serial;
    daddr = walk.end;
  }
}

function isWhole(then: Image, segments: readonly (readonly FoundPseg[])[], serial: number): boolean {
  if (!Number.isInteger(then.inodeLimit) || then.inodeLimit <= 0) return false;
  for (const [segment, psegs] of segments.entries()) {
    const use = then.segUse(segment);
    if ((use.su_flags & SEGUSE_DIRTY) === 0 || use.su_nbytes === 0) continue;
    const last = psegs[use.su_nsums - 1];
    if (last === undefined || last.summary.serial > serial) return false;
  }
  return true;
}
