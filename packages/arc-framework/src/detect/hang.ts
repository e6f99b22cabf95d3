/**
 * Detector: a request that used more of the program's own time than its deadline.
 *
 * Here: from message to failure. Not here: the other rules (`detect.ts`), what follows (`../policy`).
 * The kernel keeps the time (RestartControl); it stands still while the program waits for another.
 * Reference: docs/protocols.md section 7, "Kernel-made"; thesis 4.3.2 (hangs).
 * @module
 */
import { LABEL_HANG } from "@kintsugi/microkernel";
import type { Failure } from "../failure.ts";
import { type Notice, wordOf } from "./notice.ts";

export function detectHang(notice: Notice): Failure | undefined {
  if (notice.label !== LABEL_HANG) return undefined;
  return { kind: "hang", detector: "hang", detail: wordOf(notice, 1), address: 0, instruction: wordOf(notice, 2) };
}
