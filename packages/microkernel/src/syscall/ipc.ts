/**
 * Ipc and Lipc: send, receive, or both without anything in between.
 *
 *   in    to, from   thread ids, nil for no such phase
 *         timeouts   send << 16 | receive
 *         MR0        message tag; MR1… in the UTCB
 *   out   from       the sender; EAX, with MR0…MR2 in ESI, EBX, EBP
 * The two are one path here. A call switches to its partner on the caller's time slice; a send alone
 * gives way only to a more urgent receiver.
 * Here: the call, from its words to its phases. Not here: the meeting of two threads (→ ipc/rendezvous.ts). Reference:
 * X.2, Ipc, Lipc.
 * @module
 */
import type { ThreadId } from "../api/thread-id.ts";
import { COST_IPC } from "../costs.ts";
import { fastIpc } from "../ipc/fast-path.ts";
import { startIpc } from "../ipc/rendezvous.ts";
import { donateTo, runnable, wakePreempts } from "../object/ready-queue.ts";
import type { Arena } from "../table/arena.ts";
import { T } from "../table/layout.ts";

export function ipc(a: Arena, caller: number, to: ThreadId, from: ThreadId, timeouts: number, tag: number): void {
  a.charge(COST_IPC);
  a.memory.write32(a.words[a.threads.base + caller * a.threads.stride + T.utcbPhysical], tag);
  if (fastIpc(a, caller, to, from, timeouts, tag)) return;
  const woken = startIpc(a, caller, to, from, timeouts);
  if (woken === 0 || !runnable(a, woken)) return;
  if (!runnable(a, caller)) donateTo(a, woken);
  else wakePreempts(a, woken);
}
