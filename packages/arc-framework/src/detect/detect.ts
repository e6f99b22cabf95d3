/**
 * All detectors, asked in turn.
 *
 * Here: the list. Not here: the rules, one file each. Who sent a message is for the caller to check.
 * Reference: thesis 4.3.2, "Failure Mode".
 * @module
 */
import type { Failure } from "../failure.ts";
import { detectAccessRights } from "./access-rights.ts";
import { detectException } from "./exception.ts";
import { detectHang } from "./hang.ts";
import { detectKill } from "./kill.ts";
import type { Detect, FindArea, Notice } from "./notice.ts";
import { detectOutsideAreas } from "./outside-areas.ts";
import { detectPanic } from "./panic.ts";

export const DETECTORS: readonly Detect[] = [
  detectOutsideAreas,
  detectAccessRights,
  detectException,
  detectHang,
  detectPanic,
  detectKill,
];

/** The failure that a message is; nothing for a page fault to be served or a request. At most one rule fits. */
export function detect(notice: Notice, findArea: FindArea): Failure | undefined {
  for (const rule of DETECTORS) {
    const failure = rule(notice, findArea);
    if (failure !== undefined) return failure;
  }
  return undefined;
}
