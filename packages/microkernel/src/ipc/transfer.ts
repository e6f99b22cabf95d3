/**
 * Transfer: one message from a sender to a receiver that waits for it.
 *
 * Here: tag, untyped words, and typed items in their order, from a cursor in the sender's row: a transfer stops at a
 * page fault, or after enough for one step, and goes on from there. Not here: who meets whom (→ rendezvous.ts),
 * strings (→ string-transfer.ts), pages (→ map-transfer.ts).
 * Control-transfer items end in a message overflow: this kernel has not that feature.
 * @module
 */
import { ACCEPT_STRINGS, receiveWindow } from "../api/acceptor.ts";
import {
  MAX_MESSAGE_WORDS,
  messageTag,
  TAG_FLAGS,
  TAG_PROPAGATED,
  TAG_REDIRECTED,
  tagTyped,
  tagUntyped,
} from "../api/msg-tag.ts";
import { LABEL_INTERRUPT } from "../api/protocol/interrupt.ts";
import { ITEM_GRANT, ITEM_MAP, ITEM_TYPE_MASK, isStringItem, MAP_ITEM_WORDS } from "../api/typed-item.ts";
import { TCR_INTENDED_RECEIVER, TCR_VIRTUAL_SENDER } from "../api/utcb.ts";
import { COST_WORD } from "../costs.ts";
import { acceptor, isInterrupt, nameFor, setUtcbWord, utcbWord } from "../object/thread.ts";
import type { Arena } from "../table/arena.ts";
import { T } from "../table/layout.ts";
import { XFER_NOT_TIMED } from "../table/states.ts";
import { mapItemInto } from "./map-transfer.ts";
import { beginString, copyString, TRANSFER_DONE, TRANSFER_OVERFLOW } from "./string-transfer.ts";

/** Bytes of strings that are copied without looking up. */
const BYTES_PER_STEP = 0x4000;

/** Begins a message: tag and untyped words, then as {@link runTransfer}. */
export function beginTransfer(a: Arena, sender: number, receiver: number): number {
  const t = a.threads;
  if (isInterrupt(a, sender)) {
    setUtcbWord(a, receiver, 0, messageTag(LABEL_INTERRUPT, 0));
    return TRANSFER_DONE;
  }
  const sent = utcbWord(a, sender, 0);
  const untyped = tagUntyped(sent);
  const words = untyped + tagTyped(sent);
  const from = t.get(sender, T.utcbPhysical);
  const into = t.get(receiver, T.utcbPhysical);
  a.charge(words * COST_WORD);
  setUtcbWord(a, receiver, 0, sent & ~TAG_FLAGS);
  for (let i = 1; i <= untyped; i++) a.memory.write32(into + 4 * i, a.memory.read32(from + 4 * i));
  if (words === untyped) return TRANSFER_DONE;
  t.set(sender, T.xferTag, sent);
  t.set(sender, T.xferItem, untyped + 1);
  t.set(sender, T.xferSub, 0);
  t.set(sender, T.xferOffset, 0);
  t.set(sender, T.xferBuffer, 1);
  t.set(sender, T.xferBufferSub, 1);
  t.set(sender, T.xferBufferOffset, 0);
  t.set(sender, T.xferMore, acceptor(a, receiver) & ACCEPT_STRINGS);
  t.set(sender, T.xferBytes, 0);
  t.set(sender, T.xferTimed, XFER_NOT_TIMED);
  return words > MAX_MESSAGE_WORDS ? TRANSFER_OVERFLOW : runTransfer(a, sender, receiver);
}

/** Carries on from the cursor. Returns TRANSFER_…. */
export function runTransfer(a: Arena, sender: number, receiver: number): number {
  const t = a.threads;
  const tag = t.get(sender, T.xferTag);
  const last = tagUntyped(tag) + tagTyped(tag);
  const limit = t.get(sender, T.xferBytes) + BYTES_PER_STEP;
  for (;;) {
    const item = t.get(sender, T.xferItem);
    if (item > last) return TRANSFER_DONE;
    const begins = t.get(sender, T.xferSub) === 0;
    if (begins && !isStringItem(utcbWord(a, sender, item))) {
      if (!transferMapItem(a, sender, receiver, item, last)) return TRANSFER_OVERFLOW;
      t.set(sender, T.xferItem, item + MAP_ITEM_WORDS);
      continue;
    }
    if (begins && !beginString(a, sender, receiver, last)) return TRANSFER_OVERFLOW;
    const result = copyString(a, sender, receiver, last, limit);
    if (result !== TRANSFER_DONE) return result;
  }
}

/** A map or grant item; false: an overflow, for want of a window or of kernel memory. */
function transferMapItem(a: Arena, sender: number, receiver: number, item: number, last: number): boolean {
  const t = a.threads;
  const word0 = utcbWord(a, sender, item);
  const type = word0 & ITEM_TYPE_MASK;
  if ((type !== ITEM_MAP && type !== ITEM_GRANT) || item + 1 > last) {
    setUtcbWord(a, receiver, item, word0);
    return false;
  }
  const window = receiveWindow(acceptor(a, receiver));
  if (window === 0) return false;
  const fpage = utcbWord(a, sender, item + 1);
  setUtcbWord(a, receiver, item, word0);
  setUtcbWord(a, receiver, item + 1, fpage);
  return mapItemInto(a, t.get(sender, T.space), t.get(receiver, T.space), word0, fpage, window);
}

/**
 * The message is whole: the receiver learns in whose name it came (`virtual`, the sender itself unless propagated), and
 * whom it was meant for, if that is somebody else.
 */
export function sealTransfer(a: Arena, sender: number, virtual: number, receiver: number): void {
  const t = a.threads;
  const intended = t.get(sender, T.intended);
  if (intended !== 0 && intended !== t.get(receiver, T.id)) {
    setUtcbWord(a, receiver, 0, utcbWord(a, receiver, 0) | TAG_REDIRECTED);
    setUtcbWord(a, receiver, TCR_INTENDED_RECEIVER, intended);
  }
  if (virtual === sender) return;
  setUtcbWord(a, receiver, 0, utcbWord(a, receiver, 0) | TAG_PROPAGATED);
  setUtcbWord(a, receiver, TCR_VIRTUAL_SENDER, nameFor(a, t.get(receiver, T.space), sender));
}
