/**
 * dumplfs: a disk as text.
 *
 * Here: superblock, segment table, partial segments. Not here: judging (`fsck/`).
 * @module
 */
import type { Result } from "neverthrow";
import { SEGUSE_ACTIVE, SEGUSE_DIRTY, SEGUSE_EMPTY, SEGUSE_SUPERBLOCK } from "../format/constants.ts";
import { hasSuperblock, segmentReserve, segmentStart } from "../format/geometry.ts";
import { readSummary, walkSummary } from "../format/segsum.ts";
import type { Finding, Image, ReadDisk } from "../fsck/image.ts";
import { openCheckpoint } from "./open-checkpoint.ts";

const FIELDS = ["version", "size", "ssize", "dsize", "bsize", "fsize", "nseg", "sumsize", "ibsize", "ident"] as const;
const STATE = [
  "freehd",
  "nfiles",
  "bfree",
  "avail",
  "dmeta",
  "nclean",
  "idaddr",
  "curseg",
  "nextseg",
  "offset",
] as const;

/** The whole dump. The error says what keeps the disk from being read. */
export function dumplfs(read: ReadDisk): Result<string, readonly Finding[]> {
  return openCheckpoint(read).map((image) => textOf(image, read));
}

function textOf(image: Image, read: ReadDisk): string {
  const value = (name: (typeof FIELDS)[number] | (typeof STATE)[number]): string =>
    `  ${name} ${image.sb[`lfs_${name}`]}`;
  const serial = image.sb.lfs_serial[0] + image.sb.lfs_serial[1] * 2 ** 32;
  const lines = ["superblock", ...FIELDS.map(value), "checkpoint", ...STATE.map(value), `  serial ${serial}`];
  lines.push(
    `  ${(image.sb.lfs_pflags & 1) !== 0 ? "clean" : "in use"}`,
    "segments: flags, live bytes, partial segments",
  );
  for (let segment = 0; segment < image.g.nseg; segment++) lines.push(...dumpSegment(image, read, segment));
  return `${lines.join("\n")}\n`;
}

function dumpSegment(image: Image, read: ReadDisk, segment: number): string[] {
  const { g } = image;
  const use = image.segUse(segment);
  const flag = (bit: number, letter: string): string => ((use.su_flags & bit) !== 0 ? letter : "-");
  const dirty = (use.su_flags & SEGUSE_DIRTY) !== 0;
  const flags = flag(SEGUSE_ACTIVE, "A") + (dirty ? "D" : "C") + flag(SEGUSE_SUPERBLOCK, "S") + flag(SEGUSE_EMPTY, "E");
  const lines = [`  ${segment} ${flags} ${use.su_nbytes} ${use.su_nsums}`];
  let daddr = segmentStart(g, segment) + segmentReserve(g, segment, hasSuperblock(g, segment));
  for (let n = 0; dirty && n < use.su_nsums; n++) {
    const end = segmentStart(g, segment + 1);
    const summary = daddr < end ? readSummary(g, read(daddr * g.unit, g.sumsize), 0) : undefined;
    const walk = summary === undefined ? undefined : walkSummary(g, summary, daddr);
    if (summary === undefined || walk === undefined) return [...lines, `    ${daddr} is no partial segment`];
    const letters = [...["D", "C", "L", "R"].entries()].map(([bit, letter]) =>
      (summary.flags >> bit) & 1 ? letter : "-",
    );
    const crc = summary.crc === undefined ? "" : " crc";
    lines.push(`    ${daddr} serial ${summary.serial} ${letters.join("")} inodes ${summary.ninos}${crc}`);
    for (const finfo of summary.finfos)
      lines.push(`      inode ${finfo.ino} generation ${finfo.version}: ${finfo.lbns.join(" ")}`);
    daddr = walk.end;
  }
  return lines;
}
