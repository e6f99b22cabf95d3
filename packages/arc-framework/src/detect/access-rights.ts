/**
 * Detector: a write to an area that may only be read, text included.
 *
 * Here: from message to failure. Not here: the other rules (`detect.ts`), what follows (`../policy`).
 * Without this rule a write to text would be answered with the same read-only page for ever.
 * IA-32 pages cannot refuse reads or fetches alone, so only writes can go against the rights.
 * Reference: docs/protocols.md section 3; X.2 page-fault protocol.
 * @module
 */
import { PAGE_FAULT_WRITE } from "@kintsugi/microkernel";
import type { Failure } from "../failure.ts";
import { type FindArea, type Notice, wordOf } from "./notice.ts";
import { ACCESS_BITS, isPageFault } from "./outside-areas.ts";

export function detectAccessRights(notice: Notice, findArea: FindArea): Failure | undefined {
  if (!isPageFault(notice) || (notice.label & PAGE_FAULT_WRITE) === 0) return undefined;
  const area = findArea(wordOf(notice, 1));
  if (area === undefined || (area.rights & PAGE_FAULT_WRITE) !== 0) return undefined;
  return {
    kind: "page fault",
    detector: "access-rights",
    detail: notice.label & ACCESS_BITS,
    address: wordOf(notice, 1),
    instruction: wordOf(notice, 2),
  };
}
