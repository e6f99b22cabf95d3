/**
 * bmapv, markv, segclean, segwait: a cleaner that is not in here asks and moves by these.
 *
 * Here: the four operations of Seltzer et al. (1993), 4.2, over lists of BLOCK_INFO in the transfer area.
 * Not here: our own cleaner's choice and pace (`clean.ts`), which moves blocks by the same `keep`. A record
 * is named by inode and logical block; block -1 is the inode itself.
 * @module
 */
import { type Struct, struct } from "@kintsugi/records";
import { H, SB, TRANSFER_AT, type Volume } from "../cache/arena.ts";
import { mutate, refuse } from "../cache/device.ts";
import { isLbn } from "../format/addressing.ts";
import { LFS_IFILE_INUM, SEGUSE_ACTIVE, SEGUSE_DIRTY, SEGUSE_PINNED } from "../format/constants.ts";
import { segmentOf } from "../format/geometry.ts";
import { ifileInode, inodeDaddr, inodeLimit, inodeVersion, vget } from "../ifile/inode-map.ts";
import { hasBlocks } from "../ifile/release.ts";
import { bmap } from "../inode/bmap.ts";
import { diSize, markInode } from "../inode/inode.ts";
import { FLUSH_ALL, FLUSH_CHECKPOINT, startFlush } from "../segment/flush.ts";
import { cleanSegments, liveBytes, segFlags } from "../usage/segment-usage.ts";
import { keep } from "./clean.ts";

const FIELDS = { bi_inode: "u32", bi_lbn: "i32", bi_daddr: "i32", bi_version: "u32" } as const;

/** A record of `bmapv` and `markv`: 16 bytes. */
export const BlockInfo: Struct<typeof FIELDS> = struct(FIELDS);
/** `bi_lbn` of an inode. */
export const LFS_UNUSED_LBN = -1;

/** Address of the record at `scratch`, or -1 behind the last; EINVAL for half a record. */
function nextRecord(v: Volume): number {
  const w = v.words;
  if (w[H.dataLength] % BlockInfo.size !== 0) refuse("EINVAL");
  const at = w[H.scratch] * BlockInfo.size;
  return w[H.opPhase] === 0 ? TRANSFER_AT : at < w[H.dataLength] ? TRANSFER_AT + at : -1;
}

/** Where a block lies now, 0 when it is gone or has never been on the disk. May miss. */
function blockAddress(v: Volume, ino: number, lbn: number, version: number): number {
  const isIfile = ino === LFS_IFILE_INUM;
  if (isIfile && lbn === LFS_UNUSED_LBN) return v.sb(SB.lfs_idaddr);
  if (!isIfile) {
    if (ino === 0 || ino >= inodeLimit(v)) return 0;
    const daddr = inodeDaddr(v, ino);
    if (daddr === 0 || inodeVersion(v, ino) !== version) return 0;
    if (lbn === LFS_UNUSED_LBN) return daddr;
  }
  if (!isLbn(v.g.nindir, lbn)) return 0;
  const ip = isIfile ? ifileInode(v) : vget(v, ino);
  return hasBlocks(v, ip) && lbn * v.g.bsize < diSize(v, ip) ? bmap(v, ip, lbn) : 0;
}

/** data: records with inode, block and version. The same with `bi_daddr` filled in is the answer. */
export function bmapv(v: Volume): boolean {
  const w = v.words;
  if (w[H.opPhase] === 0) w[H.scratch] = 0;
  const at = nextRecord(v);
  w[H.opPhase] = 1;
  if (at === -1 || w[H.dataLength] === 0) return true;
  const { bi_inode, bi_lbn, bi_version } = BlockInfo.read(v.view, at);
  const daddr = blockAddress(v, bi_inode, bi_lbn, bi_version);
  v.view.setInt32(at + BlockInfo.offsets.bi_daddr, daddr, true);
  w[H.scratch]++;
  return false;
}

/**
 * data: records. Each that still lies at its `bi_daddr` is written to the end of the log; on return a
 * checkpoint names the new places. results: how many were moved.
 */
export function markv(v: Volume): boolean {
  const w = v.words;
  if (w[H.opPhase] === 2) {
    v.results[0] = w[H.cleanItem];
    return true;
  }
  if (w[H.opPhase] === 0) {
    w[H.scratch] = 0;
    w[H.cleanItem] = 0;
  }
  const at = nextRecord(v);
  w[H.opPhase] = 1;
  if (at === -1 || w[H.dataLength] === 0) {
    startFlush(v, FLUSH_CHECKPOINT, { both: true });
    w[H.opPhase] = 2;
    return false;
  }
  if (w[H.dirtyBuffers] > v.buffers.rows / 4 || w[H.dirtyInodes] > v.inodes.rows / 2) {
    startFlush(v, FLUSH_ALL);
    return false;
  }
  const { bi_inode: ino, bi_lbn: lbn, bi_daddr: daddr, bi_version: version } = BlockInfo.read(v.view, at);
  if (daddr !== 0 && blockAddress(v, ino, lbn, version) === daddr) {
    if (lbn === LFS_UNUSED_LBN) {
      const ip = ino === LFS_IFILE_INUM ? ifileInode(v) : vget(v, ino);
      mutate(v);
      markInode(v, ip);
    } else keep(v, { ino, lbn, daddr, version, bytes: 0 });
    w[H.cleanItem]++;
  }
  w[H.scratch]++;
  return false;
}

/**
 * args: segment. A segment without live bytes is clean on return, behind a checkpoint in both superblocks.
 * EBUSY while it is in use, EALREADY when it is clean, EINVAL when there is none.
 */
export function segclean(v: Volume): boolean {
  const segment = v.args[0];
  if (!Number.isInteger(segment) || segment < 0 || segment >= v.g.nseg) refuse("EINVAL");
  const flags = segFlags(v, segment);
  const isClean = (flags & SEGUSE_DIRTY) === 0;
  if (v.words[H.opPhase] !== 0) {
    if (!isClean) refuse("EBUSY");
    return true;
  }
  if (isClean) refuse("EALREADY");
  const current = segmentOf(v.g, v.sb(SB.lfs_curseg));
  if (segment === current || (flags & (SEGUSE_ACTIVE | SEGUSE_PINNED)) !== 0 || liveBytes(v, segment) !== 0)
    refuse("EBUSY");
  startFlush(v, FLUSH_CHECKPOINT, { both: true });
  v.words[H.opPhase] = 1;
  return false;
}

/**
 * results: clean segments, the current segment, segments entered since the last checkpoint. It answers at
 * once, as every operation does: who waits for a segment to be written asks again behind his next one.
 */
export function segwait(v: Volume): boolean {
  v.results[0] = cleanSegments(v);
  v.results[1] = segmentOf(v.g, v.sb(SB.lfs_curseg));
  v.results[2] = v.words[H.nactive];
  return true;
}
