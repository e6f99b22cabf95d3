/**
 * Detector: the program says itself that it cannot go on.
 *
 * Here: from message to failure. Not here: the other rules (`detect.ts`), what follows (`../policy`).
 * Reference: docs/protocols.md section 7, PANIC; thesis 4.3.2 (panics).
 * @module
 */
import type { Failure } from "../failure.ts";
import { P3_PANIC } from "../protocol/p3.ts";
import type { Notice } from "./notice.ts";

export function detectPanic(notice: Notice): Failure | undefined {
  if (notice.label !== P3_PANIC) return undefined;
  return { kind: "panic", detector: "panic", detail: 0, address: 0, instruction: 0 };
}
