/**
 * Detector: ART asks for a restart, because a user killed the server.
 *
 * Here: from message to failure. Not here: the other rules (`detect.ts`), what follows (`../policy`).
 * The user's reason is as good as a detector's: the server goes through the same recovery.
 * Reference: docs/protocols.md section 7, RESTART.
 * @module
 */
import type { Failure } from "../failure.ts";
import { P3_RESTART } from "../protocol/p3.ts";
import type { Notice } from "./notice.ts";

export function detectKill(notice: Notice): Failure | undefined {
  if (notice.label !== P3_RESTART) return undefined;
  return { kind: "killed", detector: "kill", detail: 0, address: 0, instruction: 0 };
}
