/**
 * Detectors: what a P3 sees when it looks at its own program, now and then.
 *
 * Here: from what it has seen to a failure: text that is not what was loaded; memory that grows, where the policy wants the
 * program renewed for it. Not here: looking (`../p3/check-up.ts`).
 * Reference: thesis 3.3.1 (proactive recovery); Choices' code checksum.
 * @module
 */
import type { Failure } from "../failure.ts";
import { P3_CHECK } from "../protocol/p3.ts";
import { type Notice, wordOf } from "./notice.ts";

/** MR1 of what was seen: address of the first damaged page of text, 0 for none. */
export const SEEN_DAMAGE = 1;
/** Pages of heap in use. */
export const SEEN_HEAP = 2;
/** 1 if the policy wants the program renewed. */
export const SEEN_DUE = 3;

export function detectCodeChecksum(notice: Notice): Failure | undefined {
  const page = wordOf(notice, SEEN_DAMAGE);
  if (notice.label !== P3_CHECK || page === 0) return undefined;
  return { kind: "corruption", detector: "code-checksum", detail: 0, address: page, instruction: 0 };
}

export function detectUsage(notice: Notice): Failure | undefined {
  if (notice.label !== P3_CHECK || wordOf(notice, SEEN_DAMAGE) !== 0 || wordOf(notice, SEEN_DUE) === 0)
    return undefined;
  return { kind: "aging", detector: "usage", detail: wordOf(notice, SEEN_HEAP), address: 0, instruction: 0 };
}
