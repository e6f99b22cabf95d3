/**
 * Transfers that take more than one step, and the page faults in them.
 *
 * Here: a sender's turn at its transfer; a fault goes to the pager of the side whose memory it is, in that side's
 * name, while the other side waits. Not here: the copying (→ ipc/transfer.ts), going on after the answer
 * (→ ipc/outcome.ts). A receiver's fault has the IP 0xFFFFFFFF: it is not the receiver's code that touched the page.
 * Reference: X.2, string items, XferTimeouts.
 * @module
 */
import { IPC_MESSAGE_OVERFLOW } from "../api/error-code.ts";
import { startTransferTimeout } from "../ipc/break-off.ts";
import { cutTransfer } from "../ipc/outcome.ts";
import { finishTransfer } from "../ipc/rendezvous.ts";
import {
  sourceAddress,
  TRANSFER_AGAIN,
  TRANSFER_DONE,
  TRANSFER_OVERFLOW,
  TRANSFER_SENDER_FAULT,
  targetAddress,
} from "../ipc/string-transfer.ts";
import { runTransfer } from "../ipc/transfer.ts";
import { donateTo, runnable, wakePreempts } from "../object/ready-queue.ts";
import type { Arena } from "../table/arena.ts";
import { H, T } from "../table/layout.ts";
import { TRANSFERRING } from "../table/states.ts";
import { pageFault } from "./page-fault.ts";

const NOBODYS_IP = -1;

/** The sender has its turn: its transfer goes on. */
export function carryOnTransfer(a: Arena, sender: number): void {
  const receiver = a.threads.get(sender, T.peer);
  const result = runTransfer(a, sender, receiver);
  if (result === TRANSFER_AGAIN) return;
  if (result === TRANSFER_DONE) {
    finishTransfer(a, sender, receiver);
    if (!runnable(a, receiver)) return;
    if (a.get(H.current) === sender && !runnable(a, sender)) donateTo(a, receiver);
    else wakePreempts(a, receiver);
  } else if (result === TRANSFER_OVERFLOW) cutTransfer(a, sender, IPC_MESSAGE_OVERFLOW, IPC_MESSAGE_OVERFLOW);
  else if (startTransferTimeout(a, sender, receiver)) {
    if (result === TRANSFER_SENDER_FAULT) pageFault(a, sender, sourceAddress(a, sender) | 0, false);
    else {
      a.threads.set(sender, T.state, TRANSFERRING);
      pageFault(a, receiver, targetAddress(a, sender, receiver) | 0, true, NOBODYS_IP);
    }
  }
}
