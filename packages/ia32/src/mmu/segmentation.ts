/**
 * Segmentation: checks of accesses through segments that are not flat, and loads of segment registers.
 *
 * Here: limit, type and null checks (#GP, #SS), selectors against the host's descriptors.
 * Not here: far transfers (→ isa/control-transfer.ts). SDM Vol. 3A, 5.3 to 5.5; Vol. 2B, MOV.
 * @module
 */
import { raiseGeneralProtection, raiseWithCode, VECTOR_GP, VECTOR_SS } from "../interrupt/exception.ts";
import type { Core } from "../state/core.ts";
import { CS, nullSegment, SS, segmentOf } from "../state/descriptor.ts";

/** Linear address of `size` bytes at `offset` of a segment that is not flat, or a fault. */
export function checkSegment(core: Core, number: number, offset: number, size: number, write: boolean): number {
  const segment = core.segments[number];
  const start = offset >>> 0;
  if (!(write ? segment.writable : segment.readable) || start + size - 1 > segment.limit) {
    if (number === SS) raiseWithCode(core, VECTOR_SS, 0);
    raiseGeneralProtection(core);
  }
  return (segment.base + offset) | 0;
}

/** What MOV, POP and Lxx do with a selector for ES, SS, DS, FS or GS. */
export function loadSegmentRegister(core: Core, number: number, selector: number): void {
  const value = selector & 0xffff;
  const errorCode = value & 0xfffc;
  if (errorCode === 0) {
    if (number === SS) raiseGeneralProtection(core);
    core.setSegment(number, nullSegment(value));
    return;
  }
  const descriptor = core.descriptor(value);
  if (descriptor === null) raiseWithCode(core, VECTOR_GP, errorCode);
  const rpl = value & 3;
  if (number === SS) {
    const wrong = descriptor.kind !== "data" || descriptor.writable !== true;
    if (wrong || rpl !== core.cpl || descriptor.dpl !== core.cpl) raiseWithCode(core, VECTOR_GP, errorCode);
  } else {
    if (descriptor.kind === "code" && descriptor.readable !== true) raiseWithCode(core, VECTOR_GP, errorCode);
    if (Math.max(rpl, core.cpl) > descriptor.dpl) raiseWithCode(core, VECTOR_GP, errorCode);
  }
  core.setSegment(number, segmentOf(value, descriptor));
}

/** What a far transfer at the same privilege does with its selector. Returns without changing CS on a fault. */
export function checkCodeSelector(core: Core, selector: number): void {
  const errorCode = selector & 0xfffc;
  if (errorCode === 0) raiseGeneralProtection(core);
  const descriptor = core.descriptor(selector);
  if (descriptor === null || descriptor.kind !== "code" || descriptor.dpl !== core.cpl)
    raiseWithCode(core, VECTOR_GP, errorCode);
}

/** Loads CS after checkCodeSelector: the privilege level stays. */
export function loadCodeSegment(core: Core, selector: number): void {
  const descriptor = core.descriptor(selector);
  if (descriptor !== null) core.setSegment(CS, segmentOf((selector & 0xfffc) | core.cpl, descriptor));
}
