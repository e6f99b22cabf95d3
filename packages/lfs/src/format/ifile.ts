/**
 * The ifile's three kinds of entries: CLEANERINFO, SEGUSE, IFILE.
 *
 * Here: their bytes, and which block of the ifile holds which entry. Not here: what they mean together
 * (`ifile/`). The ifile is [cleaner info][segment table][inode map], each part in whole blocks.
 * @module
 */
import { type Struct, struct } from "@kintsugi/records";
import type { Geometry } from "./geometry.ts";

const CLEANERINFO_FIELDS = {
  clean: "u32",
  dirty: "u32",
  bfree: "i32",
  avail: "i32",
  free_head: "u32",
  free_tail: "u32",
  flags: "u32",
} as const;
const SEGUSE_FIELDS = {
  su_nbytes: "u32",
  su_olastmod: "u32",
  su_nsums: "u16",
  su_ninos: "u16",
  su_flags: "u32",
  su_lastmod: "words[2]",
} as const;
const SEGUSE_V1_FIELDS = {
  su_nbytes: "u32",
  su_lastmod: "u32",
  su_nsums: "u16",
  su_ninos: "u16",
  su_flags: "u32",
} as const;
const IFILE_FIELDS = {
  if_version: "u32",
  if_daddr: "i32",
  if_nextfree: "u32",
  if_atime_sec: "u32",
  if_atime_nsec: "u32",
} as const;

/** Version 1 has only the first two fields. */
export const CleanerInfo: Struct<typeof CLEANERINFO_FIELDS> = struct(CLEANERINFO_FIELDS);
export const SegUse: Struct<typeof SEGUSE_FIELDS> = struct(SEGUSE_FIELDS);
export const SegUseV1: Struct<typeof SEGUSE_V1_FIELDS> = struct(SEGUSE_V1_FIELDS);
/** Version 1 has only the first three fields. */
export const IfileEntry: Struct<typeof IFILE_FIELDS> = struct(IFILE_FIELDS);

/** Where an entry lies in the ifile. */
export interface EntryPlace {
  readonly lbn: number;
  /** Byte offset in the block. */
  readonly at: number;
}

/** Place of the usage entry of a segment. */
export function segUsePlace(g: Geometry, segment: number): EntryPlace {
  return { lbn: g.cleansz + Math.floor(segment / g.sepb), at: (segment % g.sepb) * g.segUseSize };
}

/** Place of the inode map's entry of an inode. */
export function ifileEntryPlace(g: Geometry, ino: number): EntryPlace {
  return { lbn: g.cleansz + g.segtabsz + Math.floor(ino / g.ifpb), at: (ino % g.ifpb) * g.ifileEntrySize };
}
