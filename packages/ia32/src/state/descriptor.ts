/**
 * Segments: the descriptors a host holds for its guest, and the hidden part of a segment register.
 *
 * Here: shapes and the numbers of the segment registers (encoding order). Not here: loading and
 * checking (→ mmu/segmentation.ts). SDM Vol. 3A, 3.4.
 * @module
 */

/** Segment registers in the order of their encoding. */
export type SegmentName = "es" | "cs" | "ss" | "ds" | "fs" | "gs";
export const SEGMENT_NAMES: readonly SegmentName[] = ["es", "cs", "ss", "ds", "fs", "gs"];
export const ES = 0;
export const CS = 1;
export const SS = 2;
export const DS = 3;
export const FS = 4;
export const GS = 5;

/** A 32-bit segment descriptor; `limit` is the last valid offset (bytes − 1). */
export interface Descriptor {
  readonly base: number;
  readonly limit: number;
  readonly kind: "code" | "data";
  /** Data only: may be written. */
  readonly writable?: boolean;
  /** Code only: may also be read as data. */
  readonly readable?: boolean;
  readonly dpl: number;
}

/** A segment register with its hidden part. A null segment is neither readable nor writable. */
export interface Segment {
  selector: number;
  base: number;
  /** Last valid offset, unsigned. */
  limit: number;
  readable: boolean;
  writable: boolean;
  code: boolean;
  dpl: number;
  /** Base 0, limit 4 GiB − 1, readable and (for data) writable: no access can fail here. */
  flat: boolean;
}

/** The hidden part that a descriptor gives to a segment register. */
export function segmentOf(selector: number, descriptor: Descriptor): Segment {
  const code = descriptor.kind === "code";
  const readable = code ? descriptor.readable === true : true;
  const writable = !code && descriptor.writable === true;
  const limit = descriptor.limit >>> 0;
  return {
    selector,
    base: descriptor.base | 0,
    limit,
    readable,
    writable,
    code,
    dpl: descriptor.dpl,
    flat: descriptor.base === 0 && limit === 0xffffffff && (code || writable),
  };
}

/** What a null selector leaves in a data segment register: every access is #GP. */
export function nullSegment(selector: number): Segment {
  return { selector, base: 0, limit: 0, readable: false, writable: false, code: false, dpl: 3, flat: false };
}
