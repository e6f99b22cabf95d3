/**
 * dumplfs: a disk as text.
 *
 * Here: superblock, segment table, partial segments. Not here: judging (`fsck/`).
 * @module
 */
import { SEGUSE_ACTIVE, SEGUSE_DIRTY, SEGUSE_EMPTY, SEGUSE_SUPERBLOCK } from "../format/constants.ts";
import { hasSuperblock, segmentReserve, segmentStart } from "../format/geometry.ts";
import { readSummary, walkSummary } from "../format/segsum.ts";
import { type Image, openImage, type ReadDisk } from "../fsck/image.ts";

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

/** The whole dump; one line saying why when the disk is none of ours. */
export function dumplfs(read: ReadDisk): string {
  const image = openImage(read);
  if (Array.isArray(image)) return image.map((finding) => `${finding.text}\n`).join("");
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
