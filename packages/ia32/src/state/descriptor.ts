/**
 * Segments: descriptors as tables hold them, and the hidden part of a segment register.
 *
 * Here: shapes and the numbers of the segment registers (encoding order). Not here: loading and
 * checking (→ mmu/segmentation.ts). SDM Vol. 3A, 3.4.
 * @module
 */

/** Segment registers in the order of their encoding. */
export type SegmentName = "es" | "cs" | "ss" | "ds" | "fs" | "gs";
export const ES = 0;
export const CS = 1;
export const SS = 2;
export const DS = 3;
export const FS = 4;
export const GS = 5;
export const SEGMENT_NUMBERS: Readonly<Record<SegmentName, number>> = {
  es: ES,
  cs: CS,
  ss: SS,
  ds: DS,
  fs: FS,
  gs: GS,
};

/** A 32-bit segment descriptor of a host kernel; `limit` is the last valid offset (bytes − 1). */
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

// Access byte (bits 15..8 of the second word) and the flags in bits 23..20. SDM Vol. 3A, figure 3-8.
export const ACCESSED = 0x01;
/** Code: readable. Data: writable. */
export const READ_WRITE = 0x02;
/** Code: conforming. Data: expand-down. */
export const CONFORMING = 0x04;
export const EXECUTABLE = 0x08;
/** Code or data; clear: a system descriptor. */
export const NOT_SYSTEM = 0x10;
export const PRESENT = 0x80;
const GRANULARITY = 0x800000;
const DEFAULT_BIG = 0x400000;

/** A descriptor read from a table. */
export interface TableEntry {
  readonly base: number;
  /** Last valid offset, unsigned. */
  readonly limit: number;
  /** P, DPL, S and type. */
  readonly access: number;
  readonly dpl: number;
  readonly big: boolean;
  /** The two words as stored. */
  readonly low: number;
  readonly high: number;
}

/** Descriptors that were taken apart of late, by their words. */
const RECENT = 64;
const recent: (TableEntry | undefined)[] = new Array(RECENT).fill(undefined);

/** Takes the two words of a descriptor apart. */
export function entryOfWords(low: number, high: number): TableEntry {
  const place = (low ^ (low >>> 16) ^ (high >>> 8) ^ (high >>> 13)) & (RECENT - 1);
  const kept = recent[place];
  if (kept !== undefined && kept.low === low && kept.high === high) return kept;
  const entry = takeApart(low, high);
  recent[place] = entry;
  return entry;
}

function takeApart(low: number, high: number): TableEntry {
  const limit = (low & 0xffff) | (high & 0xf0000);
  return {
    base: (low >>> 16) | ((high & 0xff) << 16) | (high & 0xff000000),
    limit: (high & GRANULARITY ? (limit << 12) | 0xfff : limit) >>> 0,
    access: (high >>> 8) & 0xff,
    dpl: (high >>> 13) & 3,
    big: (high & DEFAULT_BIG) !== 0,
    low,
    high,
  };
}

/** A host's descriptor: present, accessed, 32-bit, page granular where the limit needs it. */
export function entryOfDescriptor(descriptor: Descriptor): TableEntry {
  const code = descriptor.kind === "code";
  const type =
    ACCESSED | (code ? EXECUTABLE : 0) | ((code ? descriptor.readable : descriptor.writable) === true ? READ_WRITE : 0);
  const access = PRESENT | (descriptor.dpl << 5) | NOT_SYSTEM | type;
  const limit = descriptor.limit >>> 0;
  const granular = limit > 0xfffff;
  const field = granular ? limit >>> 12 : limit;
  const base = descriptor.base | 0;
  const flags = DEFAULT_BIG | (granular ? GRANULARITY : 0);
  return {
    base,
    limit,
    access,
    dpl: descriptor.dpl,
    big: true,
    low: (field & 0xffff) | (base << 16),
    high: (base & 0xff000000) | flags | (field & 0xf0000) | (access << 8) | ((base >>> 16) & 0xff),
  };
}

/** A segment register with its hidden part. A null segment is neither readable nor writable. */
export interface Segment {
  selector: number;
  base: number;
  /** Last valid offset, unsigned; expand-down: last invalid one. */
  limit: number;
  readable: boolean;
  writable: boolean;
  code: boolean;
  /** Code: conforming. */
  conforming: boolean;
  expandDown: boolean;
  /** D/B: 32-bit operands, addresses, stack pointer, upper bound of an expand-down segment. */
  big: boolean;
  dpl: number;
  /** 32-bit, base 0, limit 4 GiB − 1, readable and (for data) writable: no access can fail here. */
  flat: boolean;
}

/** The hidden part that a code or data descriptor gives to a segment register. */
export function segmentOf(selector: number, entry: TableEntry): Segment {
  const { access, base, limit, big } = entry;
  const code = (access & EXECUTABLE) !== 0;
  const readable = !code || (access & READ_WRITE) !== 0;
  const writable = !code && (access & READ_WRITE) !== 0;
  const expandDown = !code && (access & CONFORMING) !== 0;
  const conforming = code && (access & CONFORMING) !== 0;
  const flat = base === 0 && limit === 0xffffffff && big && !expandDown && (code || writable);
  return {
    selector,
    base,
    limit,
    readable,
    writable,
    code,
    conforming,
    expandDown,
    big,
    dpl: entry.dpl,
    flat,
  };
}

/** What a null selector leaves in a data segment register: every access is #GP. */
export function nullSegment(selector: number): Segment {
  return {
    selector,
    base: 0,
    limit: 0,
    readable: false,
    writable: false,
    code: false,
    conforming: false,
    expandDown: false,
    big: true,
    dpl: 3,
    flat: false,
  };
}

/** A segment register in real mode (what a program loaded there before stays) or virtual-8086 mode (16 bits, DPL 3). */
export function realSegment(selector: number, previous: Segment | null): Segment {
  return {
    selector,
    base: selector << 4,
    limit: previous === null ? 0xffff : previous.limit,
    readable: true,
    writable: true,
    code: false,
    conforming: false,
    expandDown: false,
    big: previous?.big ?? false,
    dpl: previous === null ? 3 : 0,
    flat: false,
  };
}

/** LDTR or TR with its hidden part. */
export interface SystemSegment {
  selector: number;
  base: number;
  /** Last valid offset; −1: nothing is loaded. */
  limit: number;
  /** TR: the task-state segment has the 32-bit format. */
  wide: boolean;
}

/** GDTR or IDTR. */
export interface TableRegister {
  base: number;
  limit: number;
}
