/**
 * I/O faults: a port that the thread's space has not becomes a call to the pager.
 *
 * Here: the I/O fault message. Not here: which instructions touch ports (→ glue/ia32/port-access.ts), the mapping that
 * answers (→ ipc/map-transfer.ts). To a restart page it is the exception that it was (#GP).
 * @module
 */
import { IO_SPACE_BITS, makeIoFpage } from "../api/io-fpage.ts";
import { messageTag } from "../api/msg-tag.ts";
import { IO_FAULT_RIGHTS, IO_FAULT_WORDS, LABEL_IO_FAULT } from "../api/protocol/io-fault.ts";
import { FAILURE_EXCEPTION } from "../api/restart-page.ts";
import { TCR_PAGER } from "../api/utcb.ts";
import { COST_FAULT } from "../costs.ts";
import { beginNested } from "../ipc/nested-call.ts";
import { recordFailure } from "../ipc/restart-record.ts";
import { register, setUtcbWord } from "../object/thread.ts";
import type { Arena } from "../table/arena.ts";
import { T } from "../table/layout.ts";
import { EIP } from "../table/registers.ts";
import { FAULT_PAGE } from "../table/states.ts";
import { addressee, callInName } from "./report.ts";

const VECTOR_PROTECTION = 13;

/** A thread's instruction touches `count` ports from `port` on, and its space has not all of them. */
export function ioFault(a: Arena, row: number, port: number, count: number): void {
  a.charge(COST_FAULT);
  const ip = register(a, row, EIP);
  a.observer.ioFault?.(a.threads.get(row, T.id), port, count, ip);
  const to = addressee(a, row, TCR_PAGER);
  recordFailure(a, row, FAILURE_EXCEPTION, VECTOR_PROTECTION, 0, 0);
  beginNested(a, row, FAULT_PAGE);
  setUtcbWord(a, row, 0, messageTag(LABEL_IO_FAULT, IO_FAULT_WORDS));
  setUtcbWord(a, row, 1, fpageAround(port, count));
  setUtcbWord(a, row, 2, ip);
  callInName(a, row, to);
}

/** The smallest I/O fpage with all ports of an access; what lies behind the last port is left out. */
function fpageAround(port: number, count: number): number {
  const last = Math.min(port + count, 2 ** IO_SPACE_BITS) - 1;
  const bits = 32 - Math.clz32(port ^ last);
  return makeIoFpage(port & -(1 << bits), bits, IO_FAULT_RIGHTS);
}
