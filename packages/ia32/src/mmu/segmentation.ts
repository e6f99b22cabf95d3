/**
 * Segmentation: checks of accesses through segments that are not flat, and loads of segment registers.
 *
 * Here: limit, type and null checks (#GP, #SS), loads of data segments and of CS.
 * Not here: far transfers (→ system/far.ts). SDM Vol. 3A, 5.3 to 5.5; Vol. 2B, MOV.
 * @module
 */
import { raiseGeneralProtection, raiseWithCode, VECTOR_GP, VECTOR_NP, VECTOR_SS } from "../interrupt/exception.ts";
import type { Core } from "../state/core.ts";
import {
  CONFORMING,
  CS,
  EXECUTABLE,
  NOT_SYSTEM,
  nullSegment,
  PRESENT,
  READ_WRITE,
  realSegment,
  type Segment,
  SS,
  segmentOf,
  type TableEntry,
} from "../state/descriptor.ts";
import { markAccessed, tableEntry } from "./descriptor-table.ts";

/** `size` bytes at `offset` (unsigned) lie inside a segment. */
export function inSegment(segment: Segment, offset: number, size: number): boolean {
  const last = offset + size - 1;
  if (!segment.expandDown) return last <= segment.limit;
  return offset > segment.limit && last <= (segment.big ? 0xffffffff : 0xffff);
}

/** Linear address of `size` bytes at `offset` of a segment that is not flat, or a fault. */
export function checkSegment(core: Core, number: number, offset: number, size: number, write: boolean): number {
  const segment = core.segments[number];
  const start = offset >>> 0;
  if (!(write ? segment.writable : segment.readable) || !inSegment(segment, start, size)) {
    if (number === SS) raiseWithCode(core, VECTOR_SS, 0);
    raiseGeneralProtection(core);
  }
  return (segment.base + offset) | 0;
}

/** What real and virtual-8086 mode do with a selector. */
export function loadRealSegment(core: Core, number: number, selector: number): void {
  const value = selector & 0xffff;
  core.setSegment(number, realSegment(value, core.virtual8086 ? null : core.segments[number]));
}

/** SS and its descriptor fit the privilege level `cpl`, and may be written. */
export function isStackFor(selector: number, entry: TableEntry, cpl: number): boolean {
  const { access, dpl } = entry;
  const writableData = (access & (NOT_SYSTEM | EXECUTABLE | READ_WRITE)) === (NOT_SYSTEM | READ_WRITE);
  return writableData && (selector & 3) === cpl && dpl === cpl;
}

/** What MOV, POP and Lxx do with a selector for ES, SS, DS, FS or GS. */
export function loadSegmentRegister(core: Core, number: number, selector: number): void {
  if (!core.selectors) {
    loadRealSegment(core, number, selector);
    return;
  }
  loadSelector(core, number, selector, VECTOR_GP);
}

/** The same in protected mode; `vector` is the exception for what is wrong with it (task switches: #TS). */
export function loadSelector(core: Core, number: number, selector: number, vector: number): void {
  const value = selector & 0xffff;
  const errorCode = value & 0xfffc;
  if (errorCode === 0) {
    if (number === SS) raiseWithCode(core, vector, 0);
    core.setSegment(number, nullSegment(value));
    return;
  }
  const entry = tableEntry(core, value);
  if (entry === null) raiseWithCode(core, vector, errorCode);
  const { access, dpl } = entry;
  if (number === SS) {
    if (!isStackFor(value, entry, core.cpl)) raiseWithCode(core, vector, errorCode);
    if ((access & PRESENT) === 0) raiseWithCode(core, VECTOR_SS, errorCode);
  } else {
    const code = (access & EXECUTABLE) !== 0;
    if ((access & NOT_SYSTEM) === 0 || (code && (access & READ_WRITE) === 0)) raiseWithCode(core, vector, errorCode);
    const conforming = code && (access & CONFORMING) !== 0;
    if (!conforming && Math.max(value & 3, core.cpl) > dpl) raiseWithCode(core, vector, errorCode);
    if ((access & PRESENT) === 0) raiseWithCode(core, VECTOR_NP, errorCode);
  }
  markAccessed(core, value, entry);
  const segment = segmentOf(value, entry);
  if (number === SS) core.keepSegment(SS, value, entry, segment);
  core.setSegment(number, segment);
}

/** Loads CS with a checked descriptor; the privilege level stays. */
export function loadCodeSegment(core: Core, selector: number, entry: TableEntry): void {
  markAccessed(core, selector, entry);
  const value = (selector & 0xfffc) | core.cpl;
  const segment = segmentOf(value, entry);
  core.keepSegment(CS, value, entry, segment);
  core.setSegment(CS, segment);
}
