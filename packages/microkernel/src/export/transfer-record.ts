/**
 * A transfer in flight from the records of its two sides.
 *
 * Here: whether they fit each other and what their threads may do, and both sides' rows. Not here: threads by themselves
 * (→ thread-record.ts), who may ask (→ syscall/state-control.ts).
 * The sender goes on where its cursor stands: what is behind it is neither sent nor mapped again. In everything else it gets what its own
 * call would have got: names and redirection are judged anew.
 * @module
 */

import {
  CONTINUATION_TRANSFER,
  RECORD_CONTINUATION,
  RECORD_CURSOR,
  RECORD_FAULT,
  RECORD_FLAG_SENDER,
  RECORD_FLAG_TIMED,
  RECORD_FLAG_TRANSFER,
  RECORD_FLAGS,
  RECORD_TRANSFER,
} from "../api/thread-record.ts";
import { BR_COUNT, MR_COUNT } from "../api/utcb.ts";
import { maySpeakFor, redirectorOf } from "../ipc/partner.ts";
import { enqueueReady } from "../object/ready-queue.ts";
import { findGlobal, isActive, resolve } from "../object/thread.ts";
import { startTimeoutAt } from "../object/timeout-queue.ts";
import type { Arena } from "../table/arena.ts";
import { T } from "../table/layout.ts";
import {
  FAULT_PAGE,
  FLAG_RECEIVER,
  FLAG_SENDER,
  SENDING,
  TRANSFERRING,
  XFER_NOT_TIMED,
  XFER_RECEIVERS,
} from "../table/states.ts";
import { isCursor } from "./relations.ts";
import type { CursorState } from "./state.ts";
import { deadlineOfRecord, resumeFault, unhalt } from "./thread-record.ts";

/** Largest byte counts of a cursor: of one string's part, and of all strings of a message. */
const MAXIMUM_PART = 1 << 22;
const MAXIMUM_BYTES = 1 << 28;

/** Whether a record is that of a side of a transfer. */
export function isTransferRecord(words: Int32Array): boolean {
  return words[RECORD_CONTINUATION] === CONTINUATION_TRANSFER || (words[RECORD_FLAGS] & RECORD_FLAG_TRANSFER) !== 0;
}

/** Whether a record is that of the sender's side, and its cursor one that a message can have. */
export function isSenderRecord(words: Int32Array): boolean {
  if (!isTransferRecord(words) || (words[RECORD_FLAGS] & RECORD_FLAG_SENDER) === 0 || !hasOwnFault(words)) return false;
  const cursor = cursorOf(words);
  const { item, sub, buffer, bufferSub, offset, bufferOffset, bytes, timed } = cursor;
  return (
    isWithin(item, 1, MR_COUNT) &&
    isWithin(sub, 0, MR_COUNT - 1) &&
    isWithin(buffer, 1, BR_COUNT) &&
    isWithin(bufferSub, 1, BR_COUNT) &&
    isWithin(offset, 0, MAXIMUM_PART) &&
    isWithin(bufferOffset, 0, MAXIMUM_PART) &&
    isWithin(bytes, 0, MAXIMUM_BYTES - 1) &&
    isWithin(timed, XFER_NOT_TIMED, XFER_RECEIVERS) &&
    isCursor(cursor)
  );
}

/** Whether a record is that of the receiver's side, next to the sender's. */
export function isReceiverRecord(words: Int32Array, senders: Int32Array): boolean {
  const both = words[RECORD_FAULT] !== 0 && senders[RECORD_FAULT] !== 0;
  return isTransferRecord(words) && (words[RECORD_FLAGS] & RECORD_FLAG_SENDER) === 0 && hasOwnFault(words) && !both;
}

/** A transfer's side is at it, or in the page fault that stopped it. */
function hasOwnFault(words: Int32Array): boolean {
  const nested = words[RECORD_CONTINUATION] !== CONTINUATION_TRANSFER;
  return words[RECORD_FAULT] === (nested ? FAULT_PAGE : 0);
}

function isWithin(value: number, low: number, high: number): boolean {
  return value >= low && value <= high;
}

function cursorOf(words: Int32Array): CursorState {
  const at = (i: number): number => words[RECORD_CURSOR + i];
  return {
    tag: at(0),
    item: at(1),
    sub: at(2),
    offset: at(3),
    buffer: at(4),
    bufferSub: at(5),
    bufferOffset: at(6),
    more: at(7),
    bytes: at(8),
    timed: at(9),
  };
}

/**
 * Second pass of both sides, each halted at user code: they are in the transfer and go on with it. False, and nothing is
 * changed, if the sender's messages to the receiver would go another way.
 */
export function linkTransfer(
  a: Arena,
  sender: number,
  receiver: number,
  senders: Int32Array,
  receivers: Int32Array,
): boolean {
  const t = a.threads;
  const [, , name, meant] = senders.subarray(RECORD_TRANSFER, RECORD_TRANSFER + 4);
  const intended = meant === 0 || meant === t.get(receiver, T.id) ? receiver : findGlobal(a, meant);
  if (intended === 0 || !isActive(a, intended)) return false;
  if (redirectorOf(a, sender, intended) !== (intended === receiver ? 0 : receiver)) return false;
  const virtual = resolve(a, t.get(sender, T.space), name);
  const named = virtual !== 0 && maySpeakFor(a, sender, virtual, intended);

  for (const [row, peer, words, flag] of [
    [sender, receiver, senders, FLAG_SENDER],
    [receiver, sender, receivers, FLAG_RECEIVER],
  ] as const) {
    unhalt(a, row, words);
    t.set(row, T.flags, t.get(row, T.flags) | flag);
    t.set(row, T.peer, peer);
    t.set(row, T.from, words[RECORD_TRANSFER]);
    t.set(row, T.receiveTimeout, words[RECORD_TRANSFER + 1] & 0xffff);
    t.set(row, T.virtualSender, 0);
    t.set(row, T.intended, 0);
    t.set(row, T.state, TRANSFERRING);
  }
  if (named) t.set(sender, T.virtualSender, t.get(virtual, T.id));
  if (intended !== receiver) t.set(sender, T.intended, meant);
  const cursor = cursorOf(senders);
  t.set(sender, T.xferTag, cursor.tag);
  t.set(sender, T.xferItem, cursor.item);
  t.set(sender, T.xferSub, cursor.sub);
  t.set(sender, T.xferOffset, cursor.offset);
  t.set(sender, T.xferBuffer, cursor.buffer);
  t.set(sender, T.xferBufferSub, cursor.bufferSub);
  t.set(sender, T.xferBufferOffset, cursor.bufferOffset);
  t.set(sender, T.xferMore, cursor.more);
  t.set(sender, T.xferBytes, cursor.bytes);
  t.set(sender, T.xferTimed, cursor.timed);
  if (cursor.timed !== XFER_NOT_TIMED && senders[RECORD_FLAGS] & RECORD_FLAG_TIMED)
    startTimeoutAt(a, sender, deadlineOfRecord(senders));
  if (senders[RECORD_FAULT] !== 0) resumeFault(a, sender, senders);
  else if (receivers[RECORD_FAULT] !== 0) resumeFault(a, receiver, receivers);
  else {
    t.set(sender, T.state, SENDING);
    enqueueReady(a, sender);
  }
  return true;
}
