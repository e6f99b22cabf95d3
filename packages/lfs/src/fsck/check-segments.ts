/**
 * Phase 5: segments, their partial segments, and the totals of the superblock.
 *
 * Here: recounting all that the ifile counts, and finding every live block in the summary that names it.
 * Not here: what is live (`check-blocks.ts`). Format digest, sections 4 and 8.
 * @module
 */
import { SEGUSE_ACTIVE, SEGUSE_DIRTY, SEGUSE_SUPERBLOCK } from "../format/constants.ts";
import { hasSuperblock, segmentOf, segmentReserve, segmentStart } from "../format/geometry.ts";
import { dataSumIsRight, psegCrc, readSummary, walkSummary } from "../format/segsum.ts";
import type { Image } from "./image.ts";

/** All segments, then the totals. */
export function checkSegments(image: Image): void {
  const { g, sb } = image;
  let clean = 0;
  let dmeta = 0;
  let inodesToo = 0;
  let summariesOnly = 0;
  let avail = segmentStart(g, segmentOf(g, sb.lfs_curseg) + 1) - sb.lfs_offset;
  avail -= (g.minfreeseg - Math.floor(g.minfreeseg / 2)) * g.unitsPerSegment;
  for (let segment = 0; segment < g.nseg; segment++) {
    const use = image.segUse(segment);
    const superblock = (use.su_flags & SEGUSE_SUPERBLOCK) !== 0;
    if (superblock !== hasSuperblock(g, segment)) image.report("segment", `${segment}: superblock flag is wrong`);
    if ((use.su_flags & SEGUSE_DIRTY) === 0) {
      clean++;
      avail += g.unitsPerSegment - segmentReserve(g, segment, superblock);
      if (image.live[segment] !== 0)
        image.report("segment", `${segment} is clean and has ${image.live[segment]} live bytes`);
      if ((use.su_flags & SEGUSE_ACTIVE) !== 0) image.report("segment", `${segment} is clean and active`);
      continue;
    }
    if (use.su_nbytes !== image.live[segment])
      image.report("segment", `${segment} counts ${use.su_nbytes} live bytes and has ${image.live[segment]}`);
    const sums = use.su_nsums * g.sumsize;
    dmeta += sums / g.unit + (use.su_ninos * g.ibsize) / g.unit;
    summariesOnly += Math.floor((use.su_nbytes + sums) / g.unit);
    inodesToo += Math.floor((use.su_nbytes + sums + use.su_ninos * g.ibsize) / g.unit);
    checkPsegs(image, segment, use.su_nsums, use.su_ninos);
  }
  for (const [unit, use] of image.uses)
    if (use.bytes > 0) image.report("summary", `inode ${use.ino} block ${use.lbn} at ${unit} is in no summary`);
  const equal = (what: string, stored: number, counted: number): void => {
    if (stored !== counted) image.report("totals", `${what} is ${stored}, counted ${counted}`);
  };
  equal("clean segments in the ifile", image.cleanerInfo.clean, clean);
  equal("dirty segments in the ifile", image.cleanerInfo.dirty, g.nseg - clean);
  const next = segmentOf(g, sb.lfs_nextseg);
  if (next < 0 || next >= g.nseg || next === segmentOf(g, sb.lfs_curseg))
    image.report("superblock", "nextseg is no next segment");
  // 4.4BSD's superblock has none of the rest; its kernel lets bfree and avail drift.
  if (g.is44Bsd) return;
  equal("nclean", sb.lfs_nclean, clean);
  equal("dmeta", sb.lfs_dmeta, dmeta);
  equal("avail", sb.lfs_avail, avail);
  const skew = g.version !== 1 && g.start * g.unit < 8192 ? 8192 / g.unit : 0;
  const [least, most] = [inodesToo, summariesOnly].map((used) => sb.lfs_dsize - used - skew);
  if (sb.lfs_bfree < least || sb.lfs_bfree > most)
    image.report("totals", `bfree is ${sb.lfs_bfree}, not in ${least}..${most}`);
}

/** The partial segments of one segment; the live blocks in them are taken off the image's list. */
function checkPsegs(image: Image, segment: number, nsums: number, ninos: number): void {
  const { g } = image;
  let daddr = segmentStart(g, segment) + segmentReserve(g, segment, hasSuperblock(g, segment));
  const end = segmentStart(g, segment + 1);
  let inodeBlocks = 0;
  let serial = 0;
  for (let n = 0; n < nsums; n++) {
    const bytes = daddr < end ? image.read(daddr * g.unit, (end - daddr) * g.unit) : new Uint8Array(0);
    const summary = bytes.length < g.sumsize ? undefined : readSummary(g, bytes, 0);
    const walk = summary === undefined ? undefined : walkSummary(g, summary, daddr);
    if (summary === undefined || walk === undefined) {
      image.report("summary", `segment ${segment}: partial segment ${n} at ${daddr} is none`);
      return;
    }
    if (summary.ident !== g.ident || (g.version !== 1 && summary.serial <= serial))
      image.report("summary", `${daddr}: wrong ident or serial`);
    serial = summary.serial;
    if (!dataSumIsRight(g, bytes, 0, daddr, walk.blocks, summary.datasum))
      image.report("summary", `${daddr}: wrong datasum`);
    const length = (walk.end - daddr) * g.unit;
    if (summary.crc !== undefined && psegCrc(bytes, 0, length, summary.crcAt) !== summary.crc)
      image.report("summary", `${daddr}: wrong CRC`);
    for (const block of walk.blocks) {
      const use = image.uses.get(block.daddr);
      if (use === undefined || use.bytes === 0) continue;
      const isInodes = use.ino === 0 && block.ino === 0;
      const version = image.versionOf(use.ino);
      const same =
        use.ino === block.ino && use.lbn === block.lbn && use.bytes === block.bytes && version === block.version;
      if (isInodes || same) image.uses.set(block.daddr, { ...use, bytes: 0 });
    }
    inodeBlocks += summary.inodeBlocks.length;
    daddr = walk.end;
  }
  if (inodeBlocks !== ninos)
    image.report("segment", `${segment} counts ${ninos} blocks of inodes and has ${inodeBlocks}`);
}
