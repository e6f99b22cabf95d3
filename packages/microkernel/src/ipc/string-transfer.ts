/**
 * String items: the bytes of one string, from the sender's substrings into the receiver's buffers.
 *
 * Here: the cursor's way through groups of substrings and groups of buffers, page by page. The cursor is the
 * sender's row (T.xfer…), so that a copy can stop at a page fault and go on. Not here: the message around the
 * string (→ transfer.ts), the fault's message (→ fault/transfer-fault.ts).
 * Words are read again after each stop: whatever users wrote there meanwhile hurts their own message only.
 * Reference: X.2, string items and string buffers.
 * @module
 */
import { IPC_MESSAGE_OVERFLOW } from "../api/error-code.ts";
import { PAGE_SIZE } from "../api/fpage.ts";
import { USER_AREA_END } from "../api/kip.ts";
import { ITEM_MORE, isStringItem, STRING_COMPOUND, stringLength, substringCount } from "../api/typed-item.ts";
import { BR_BASE, BR_COUNT } from "../api/utcb.ts";
import { COST_WORD } from "../costs.ts";
import { mapIdempotent } from "../object/address-space.ts";
import { translate } from "../object/page-table.ts";
import { setUtcbWord, utcbWord } from "../object/thread.ts";
import type { Arena } from "../table/arena.ts";
import { H, T } from "../table/layout.ts";

/** What came of a stretch of transfer. */
export const TRANSFER_DONE = 0;
export const TRANSFER_OVERFLOW: number = IPC_MESSAGE_OVERFLOW;
/** Enough for one step: carry on in the next. */
export const TRANSFER_AGAIN = -1;
/** The byte at {@link sourceAddress} cannot be read, or that at {@link targetAddress} cannot be written. */
export const TRANSFER_SENDER_FAULT = -2;
export const TRANSFER_RECEIVER_FAULT = -3;

/** Linear address of the next byte to read, in the sender's space; unsigned. */
export function sourceAddress(a: Arena, sender: number): number {
  const t = a.threads;
  const pointer = utcbWord(a, sender, t.get(sender, T.xferItem) + t.get(sender, T.xferSub));
  return (pointer >>> 0) + t.get(sender, T.xferOffset);
}

/** Linear address of the next byte to write, in the receiver's space; unsigned. */
export function targetAddress(a: Arena, sender: number, receiver: number): number {
  const t = a.threads;
  const pointer = bufferWord(a, receiver, t.get(sender, T.xferBuffer) + t.get(sender, T.xferBufferSub));
  return (pointer >>> 0) + t.get(sender, T.xferBufferOffset);
}

function bufferWord(a: Arena, receiver: number, index: number): number {
  return utcbWord(a, receiver, BR_BASE - index);
}

/**
 * Begins the string whose first word stands at the cursor; `last` is the message's last register. The receiver gets
 * the words as the copy reaches them. False: an overflow, because there is no buffer or the words leave the message.
 */
export function beginString(a: Arena, sender: number, receiver: number, last: number): boolean {
  const t = a.threads;
  const item = t.get(sender, T.xferItem);
  setUtcbWord(a, receiver, item, utcbWord(a, sender, item));
  if (t.get(sender, T.xferMore) === 0 || !isGroup(a, sender, last)) return false;
  const buffer = t.get(sender, T.xferBuffer);
  const word0 = bufferWord(a, receiver, buffer);
  if (!isStringItem(word0)) return false;
  t.set(sender, T.xferMore, word0 & ITEM_MORE);
  t.set(sender, T.xferBufferSub, 1);
  t.set(sender, T.xferBufferOffset, 0);
  toSubstring(a, sender, receiver, 1);
  return true;
}

/** Copies until the string ends, `limit` bytes of strings have gone, or something is in the way. */
export function copyString(a: Arena, sender: number, receiver: number, last: number, limit: number): number {
  const t = a.threads;
  for (;;) {
    const left = stringLength(utcbWord(a, sender, t.get(sender, T.xferItem))) - t.get(sender, T.xferOffset);
    if (left <= 0) {
      const more = nextSubstring(a, sender, receiver, last);
      if (more < 0) return TRANSFER_OVERFLOW;
      if (more === 0) return skipBuffer(a, sender, receiver);
      continue;
    }
    const word0 = bufferWord(a, receiver, t.get(sender, T.xferBuffer));
    const room = stringLength(word0) - t.get(sender, T.xferBufferOffset);
    if (room <= 0) {
      if (!nextBuffer(a, sender, receiver, word0)) return TRANSFER_OVERFLOW;
      continue;
    }
    if (t.get(sender, T.xferBytes) >= limit) return TRANSFER_AGAIN;
    const result = copyPiece(a, sender, receiver, Math.min(left, room));
    if (result !== TRANSFER_DONE) return result;
  }
}

/** Copies what lies in one page on both sides. */
function copyPiece(a: Arena, sender: number, receiver: number, length: number): number {
  const t = a.threads;
  const source = sourceAddress(a, sender);
  const target = targetAddress(a, sender, receiver);
  if (source >= USER_AREA_END || target >= USER_AREA_END) return TRANSFER_OVERFLOW;
  const piece = Math.min(length, toPageEnd(source), toPageEnd(target));
  const from = userPhysical(a, t.get(sender, T.space), source, 0);
  if (from < 0) return from === UNBACKED ? TRANSFER_OVERFLOW : TRANSFER_SENDER_FAULT;
  const to = userPhysical(a, t.get(receiver, T.space), target, 1);
  if (to < 0) return to === UNBACKED ? TRANSFER_OVERFLOW : TRANSFER_RECEIVER_FAULT;
  if (from + piece <= a.memory.size && to + piece <= a.memory.size) a.memory.copy(to, from, piece);
  else for (let i = 0; i < piece; i++) a.memory.write8(to + i, a.memory.read8(from + i));
  a.charge(COST_WORD * ((piece + 3) >>> 2));
  t.set(sender, T.xferOffset, t.get(sender, T.xferOffset) + piece);
  t.set(sender, T.xferBufferOffset, t.get(sender, T.xferBufferOffset) + piece);
  t.set(sender, T.xferBytes, t.get(sender, T.xferBytes) + piece);
  return TRANSFER_DONE;
}

/** sigma0 touches what no memory stands behind: nobody can serve that fault. */
const UNBACKED = -2;

/** Physical address of a user's byte, -1 for a page fault; sigma0's faults are served here. */
function userPhysical(a: Arena, space: number, linear: number, write: number): number {
  const physical = translate(a, space, linear, write);
  if (physical >= 0 || space !== a.get(H.sigma0Space)) return physical;
  return mapIdempotent(a, space, linear) ? translate(a, space, linear, write) : UNBACKED;
}

/** Whether the words at the cursor are a group of substrings that the message contains. */
function isGroup(a: Arena, sender: number, last: number): boolean {
  const item = a.threads.get(sender, T.xferItem);
  if (item > last) return false;
  const word0 = utcbWord(a, sender, item);
  return isStringItem(word0) && item + substringCount(word0) <= last;
}

function toSubstring(a: Arena, sender: number, receiver: number, sub: number): void {
  const t = a.threads;
  const at = t.get(sender, T.xferItem) + sub;
  t.set(sender, T.xferSub, sub);
  t.set(sender, T.xferOffset, 0);
  setUtcbWord(a, receiver, at, utcbWord(a, sender, at));
}

/** 1: on to the next substring; 0: the string is over, the cursor stands behind it; -1: its words leave the message. */
function nextSubstring(a: Arena, sender: number, receiver: number, last: number): number {
  const t = a.threads;
  const sub = t.get(sender, T.xferSub);
  const item = t.get(sender, T.xferItem);
  const word0 = utcbWord(a, sender, item);
  if (!isGroup(a, sender, last)) return -1;
  const count = substringCount(word0);
  if (sub < count) {
    toSubstring(a, sender, receiver, sub + 1);
    return 1;
  }
  t.set(sender, T.xferItem, item + count + 1);
  if ((word0 & STRING_COMPOUND) === 0) {
    t.set(sender, T.xferSub, 0);
    t.set(sender, T.xferOffset, 0);
    return 0;
  }
  if (!isGroup(a, sender, last)) return -1;
  setUtcbWord(a, receiver, item + count + 1, utcbWord(a, sender, item + count + 1));
  toSubstring(a, sender, receiver, 1);
  return 1;
}

/** On to the next buffer of the same string; false when the last one is full. */
function nextBuffer(a: Arena, sender: number, receiver: number, word0: number): boolean {
  const t = a.threads;
  const sub = t.get(sender, T.xferBufferSub);
  if (sub < substringCount(word0)) {
    t.set(sender, T.xferBufferSub, sub + 1);
    t.set(sender, T.xferBufferOffset, 0);
    // L4Ka's and mung's programs fill one word behind BR32: there it is part of the block's unused head.
    return t.get(sender, T.xferBuffer) + sub + 1 <= BR_COUNT;
  }
  return (word0 & STRING_COMPOUND) !== 0 && nextGroup(a, sender, receiver, word0);
}

/** The cursor at the group of buffers behind the one with this word; false when no register is left, or it is none. */
function nextGroup(a: Arena, sender: number, receiver: number, word0: number): boolean {
  const t = a.threads;
  const next = t.get(sender, T.xferBuffer) + substringCount(word0) + 1;
  if (next >= BR_COUNT) return false;
  const word = bufferWord(a, receiver, next);
  t.set(sender, T.xferBuffer, next);
  t.set(sender, T.xferBufferSub, 1);
  t.set(sender, T.xferBufferOffset, 0);
  t.set(sender, T.xferMore, t.get(sender, T.xferMore) | (word & ITEM_MORE));
  return isStringItem(word);
}

/** The rest of the buffer stays empty: the next string starts in the next one. */
function skipBuffer(a: Arena, sender: number, receiver: number): number {
  const t = a.threads;
  for (;;) {
    const word0 = bufferWord(a, receiver, t.get(sender, T.xferBuffer));
    const more = t.get(sender, T.xferMore);
    if (!nextGroup(a, sender, receiver, word0)) {
      t.set(sender, T.xferMore, 0);
      return TRANSFER_DONE;
    }
    if ((word0 & STRING_COMPOUND) === 0) {
      t.set(sender, T.xferMore, more);
      return TRANSFER_DONE;
    }
  }
}

function toPageEnd(linear: number): number {
  return PAGE_SIZE - (linear & (PAGE_SIZE - 1));
}
