/**
 * Detector: a page fault at an address that belongs to no area.
 *
 * Here: from message to failure. Not here: the other rules (`detect.ts`), what follows (`../policy`).
 * The only detector that the original Arc had. Reference: thesis 4.3.2 (crashes); X.2 page-fault protocol.
 * @module
 */
import { LABEL_PAGE_FAULT } from "@kintsugi/microkernel";
import type { Failure } from "../failure.ts";
import { type FindArea, type Notice, wordOf } from "./notice.ts";

/** Bits of the label that name the access. */
export const ACCESS_BITS = 7;

/** Whether the message is a page fault. */
export function isPageFault(notice: Notice): boolean {
  return (notice.label & ~ACCESS_BITS) === LABEL_PAGE_FAULT;
}

export function detectOutsideAreas(notice: Notice, findArea: FindArea): Failure | undefined {
  if (!isPageFault(notice) || findArea(wordOf(notice, 1)) !== undefined) return undefined;
  return {
    kind: "page fault",
    detector: "outside-areas",
    detail: notice.label & ACCESS_BITS,
    address: wordOf(notice, 1),
    instruction: wordOf(notice, 2),
  };
}
