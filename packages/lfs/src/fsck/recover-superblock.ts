/**
 * A disk whose two superblocks are lost, or lead nowhere: the newest checkpoint is looked for in the log.
 *
 * Here: `recoverImage`. Not here: what is made of it (`repair.ts`). newfs leaves copies of the superblock that nobody
 * writes again, at starts of segments: they tell the sizes. The newest partial segment that is whole and holds the
 * ifile's inode tells the rest; counts are made anew by the repair.
 * @module
 */
import { LFS_IFILE_INUM, LFS_PF_CLEAN, SS_RFW } from "../format/constants.ts";
import { segmentOf, segmentStart } from "../format/geometry.ts";
import { readSuperblock, type Superblock, superblockChecksumIsRight } from "../format/superblock.ts";
import { Image, type ReadDisk } from "./image.ts";
import { type FoundPseg, inodesOf, survey } from "./survey.ts";

/** Segments begin at multiples of this, and within this many bytes there is a copy: a tenth of the largest disk it looks at. */
const STEP = 32768;
const FURTHEST = 2 ** 33;

/** A superblock of version 2 with a right checksum that a reader finds by itself. */
function findCopy(read: ReadDisk, first: Superblock | undefined): Superblock | undefined {
  const known = first?.lfs_sboffs.map((address) => address * first.lfs_fsize).filter((offset) => offset !== 0) ?? [];
  const at = (offset: number): Superblock | undefined => {
    const bytes = read(offset, 1024);
    const sb = readSuperblock(bytes);
    const isGood = typeof sb !== "string" && sb.lfs_version === 2 && superblockChecksumIsRight(bytes);
    return isGood && sb.lfs_sboffs.some((address) => address * sb.lfs_fsize === offset) ? sb : undefined;
  };
  for (const offset of [8192, ...known]) {
    const found = at(offset);
    if (found !== undefined) return found;
  }
  for (let offset = STEP; offset < FURTHEST; offset += STEP) {
    const found = at(offset);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The newest checkpoint that the log itself tells of, or undefined when no copy of a superblock or no ifile is left. */
export function recoverImage(read: ReadDisk): Image | undefined {
  const first = readSuperblock(read(8192, 8192));
  const copy = findCopy(read, typeof first === "string" ? undefined : first);
  if (copy === undefined) return undefined;
  const sizes = new Image(read, copy);
  const { psegs } = survey(sizes);
  // What a repair writes counts only behind its superblocks: before them a part of it may be missing.
  const ours = psegs.map((list) => list.filter(({ summary }) => (summary.flags & SS_RFW) === 0));
  return newestIn(sizes, ours) ?? newestIn(sizes, psegs);
}

function newestIn(sizes: Image, psegs: readonly (readonly FoundPseg[])[]): Image | undefined {
  const { g, sb, read } = sizes;
  let newest: { serial: number; sb: Superblock } | undefined;
  for (const list of psegs)
    for (const pseg of list) {
      const { serial, next } = pseg.summary;
      if (pseg.damaged || serial <= (newest?.serial ?? 0)) continue;
      const ifile = inodesOf(sizes, pseg).get(LFS_IFILE_INUM);
      if (ifile === undefined || !sizes.isInside(next, g.bsize)) continue;
      const places = {
        lfs_idaddr: ifile.daddr,
        lfs_serial: [serial % 2 ** 32, Math.floor(serial / 2 ** 32)],
        lfs_curseg: segmentStart(g, segmentOf(g, pseg.daddr)),
        lfs_nextseg: next,
        lfs_offset: pseg.end,
        lfs_lastpseg: pseg.daddr,
        lfs_pflags: sb.lfs_pflags & ~LFS_PF_CLEAN,
      };
      newest = { serial, sb: { ...sb, ...places } };
    }
  return newest === undefined ? undefined : new Image(read, newest.sb);
}
