/**
 * All detectors, asked in turn.
 *
 * Here: the list, by name. Not here: the rules, one file each. Who sent a message is for the caller to check, and so is
 * what happens to a thread whose failure nobody looks for (`../p3/p3.ts`).
 * Reference: thesis 4.3.2, "Failure Mode".
 * @module
 */
import type { Detector, Failure } from "../failure.ts";
import { detectAccessRights } from "./access-rights.ts";
import { detectCodeChecksum, detectUsage } from "./check-up.ts";
import { detectCompilerCheck } from "./compiler-check.ts";
import { detectCheckedMemory, detectInvariant } from "./damage.ts";
import { detectException } from "./exception.ts";
import { found } from "./found.ts";
import { detectHang } from "./hang.ts";
import { detectKill } from "./kill.ts";
import type { Detect, FindArea, Notice } from "./notice.ts";
import { detectOutsideAreas } from "./outside-areas.ts";
import { detectPanic } from "./panic.ts";

/** A detector that can be switched off, so that what it is worth can be measured. */
export type Switch = Exclude<Detector, "no-memory" | "group">;

/** The rules by the name under which failures and switches know them. */
export const DETECTORS: ReadonlyMap<Switch, Detect> = new Map<Switch, Detect>([
  ["outside-areas", detectOutsideAreas],
  ["access-rights", detectAccessRights],
  ["exception", detectException],
  ["hang", detectHang],
  ["panic", detectPanic],
  ["kill", detectKill],
  ["deadlock", found("deadlock")],
  ["starvation", found("starvation")],
  ["protocol", found("protocol")],
  ["code-checksum", detectCodeChecksum],
  ["checked-memory", detectCheckedMemory],
  ["invariant", detectInvariant],
  ["compiler-check", detectCompilerCheck],
  ["usage", detectUsage],
]);

/** Whether a detector of this name can be switched off. */
export function isSwitch(name: string): name is Switch {
  return DETECTORS.has(name as Switch);
}

/** The failure that a message is; nothing for a page fault to be served or a request. At most one rule fits. */
export function detect(notice: Notice, findArea: FindArea): Failure | undefined {
  for (const rule of DETECTORS.values()) {
    const failure = rule(notice, findArea);
    if (failure !== undefined) return failure;
  }
  return undefined;
}
