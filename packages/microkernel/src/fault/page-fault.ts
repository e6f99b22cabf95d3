/**
 * Page faults: sigma0's are resolved here, the others become a call to the pager.
 *
 * Here: the page-fault message. Not here: the walk that found nothing (the processor, or
 * → resident/context.ts), the mapping that answers (→ ipc/map-transfer.ts).
 * @module
 */
import { messageTag } from "../api/msg-tag.ts";
import { LABEL_PAGE_FAULT, PAGE_FAULT_READ, PAGE_FAULT_WORDS, PAGE_FAULT_WRITE } from "../api/protocol/page-fault.ts";
import { FAILURE_PAGE_FAULT } from "../api/restart-page.ts";
import { TCR_PAGER } from "../api/utcb.ts";
import { COST_FAULT, COST_MAP_PAGE } from "../costs.ts";
import { beginNested } from "../ipc/nested-call.ts";
import { recordFailure } from "../ipc/restart-record.ts";
import { mapIdempotent } from "../object/address-space.ts";
import { register, setUtcbWord } from "../object/thread.ts";
import type { Arena } from "../table/arena.ts";
import { H, T } from "../table/layout.ts";
import { EIP } from "../table/registers.ts";
import { FAULT_PAGE } from "../table/states.ts";
import { addressee, callInName } from "./report.ts";

/**
 * A user access to `address` failed, of the thread itself or of the kernel on its behalf; `ip` is what the message
 * says. False when it was sigma0's and cannot be resolved: the system is dead.
 */
export function pageFault(
  a: Arena,
  row: number,
  address: number,
  write: boolean,
  ip: number = register(a, row, EIP),
): boolean {
  const t = a.threads;
  const access = write ? PAGE_FAULT_WRITE : PAGE_FAULT_READ;
  if (t.get(row, T.space) === a.get(H.sigma0Space)) {
    a.charge(COST_MAP_PAGE);
    return mapIdempotent(a, a.get(H.sigma0Space), address);
  }
  a.charge(COST_FAULT);
  a.observer.pageFault?.(t.get(row, T.id), address, access, ip);
  const to = addressee(a, row, TCR_PAGER);
  recordFailure(a, row, FAILURE_PAGE_FAULT, access, 0, address);
  beginNested(a, row, FAULT_PAGE);
  setUtcbWord(a, row, 0, messageTag(LABEL_PAGE_FAULT | access, PAGE_FAULT_WORDS));
  setUtcbWord(a, row, 1, address);
  setUtcbWord(a, row, 2, ip);
  callInName(a, row, to);
  return true;
}
