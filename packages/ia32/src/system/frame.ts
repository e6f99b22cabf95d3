/**
 * Stacks of other privilege levels: finding them in the task-state segment, pushing whole frames.
 *
 * Here: what call gates and interrupts share. A frame is written whole or not at all. Not here: who pushes what
 * (→ far.ts, delivery.ts). SDM Vol. 3A, 5.8.5, 7.2.
 * @module
 */
import { raiseWithCode, VECTOR_SS, VECTOR_TS } from "../interrupt/exception.ts";
import { probeWrite, write16, write32 } from "../mmu/access.ts";
import { markAccessed, readSystem16, readSystem32, tableEntry } from "../mmu/descriptor-table.ts";
import { inSegment, isStackFor } from "../mmu/segmentation.ts";
import type { Core } from "../state/core.ts";
import { PRESENT, type Segment, SS, segmentOf } from "../state/descriptor.ts";

export interface Stack {
  readonly segment: Segment;
  readonly pointer: number;
}

/** The stack that the TSS keeps for a level. `external` is the EXT bit of error codes. */
export function stackOfLevel(core: Core, level: number, external: number): Stack {
  const { tr } = core.system;
  const place = tr.wide ? 4 + 8 * level : 2 + 4 * level;
  if (place + (tr.wide ? 5 : 3) > tr.limit) raiseWithCode(core, VECTOR_TS, (tr.selector & 0xfffc) | external);
  const address = (tr.base + place) | 0;
  const pointer = tr.wide ? readSystem32(core, address) : readSystem16(core, address);
  const selector = readSystem16(core, (address + (tr.wide ? 4 : 2)) | 0);
  const errorCode = (selector & 0xfffc) | external;
  const entry = (selector & 0xfffc) === 0 ? null : tableEntry(core, selector);
  if (entry === null || !isStackFor(selector, entry, level)) raiseWithCode(core, VECTOR_TS, errorCode);
  if ((entry.access & PRESENT) === 0) raiseWithCode(core, VECTOR_SS, errorCode);
  markAccessed(core, selector, entry);
  const segment = segmentOf(selector, entry);
  core.keepSegment(SS, selector, entry, segment);
  return { segment, pointer };
}

/** Pushes `values` in order as code at `level` would; returns the new stack pointer. */
export function pushFrame(
  core: Core,
  { segment, pointer }: Stack,
  values: readonly number[],
  size: 2 | 4,
  level: number,
  errorCode: number,
): number {
  if (segment.flat && segment.writable && size === 4 && pointer >>> 0 >= 4 * values.length)
    return pushFlat(core, pointer, values, level);
  const mask = segment.big ? -1 : 0xffff;
  const place = (i: number): number => ((pointer - (i + 1) * size) & mask) >>> 0;
  for (let i = 0; i < values.length; i++)
    if (!segment.writable || !inSegment(segment, place(i), size)) raiseWithCode(core, VECTOR_SS, errorCode);
  if (level !== 3) core.actAsSupervisor();
  try {
    for (let i = 0; i < values.length; i++) probeWrite(core, (segment.base + place(i)) | 0, size);
    for (let i = 0; i < values.length; i++) {
      const linear = (segment.base + place(i)) | 0;
      if (size === 2) write16(core, linear, values[i]);
      else write32(core, linear, values[i]);
    }
  } finally {
    core.updateMode();
  }
  return (pointer & ~mask) | ((pointer - values.length * size) & mask);
}

/** The same on a flat stack, where no doubleword crosses the end of the segment. */
function pushFlat(core: Core, pointer: number, values: readonly number[], level: number): number {
  if (level !== 3) core.actAsSupervisor();
  try {
    for (let i = 1; i <= values.length; i++) probeWrite(core, (pointer - 4 * i) | 0, 4);
    for (let i = 1; i <= values.length; i++) write32(core, (pointer - 4 * i) | 0, values[i - 1]);
  } finally {
    core.updateMode();
  }
  return (pointer - 4 * values.length) | 0;
}

/** Sets the privilege level. */
export function setLevel(core: Core, level: number): void {
  if (core.cpl === level) return;
  core.cpl = level;
  core.updateMode();
  // The page that runs on may not be one of this level.
  core.refetch = true;
}
