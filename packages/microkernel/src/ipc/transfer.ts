/**
 * Transfer: one message from a sender to a receiver that waits for it.
 *
 * Here: tag, untyped words, map and grant items. Not here: who meets whom (→ rendezvous.ts).
 * String and control-transfer items end in a message overflow: this kernel does not carry them yet.
 * @module
 */
import { receiveWindow } from "../api/acceptor.ts";
import { IPC_MESSAGE_OVERFLOW } from "../api/error-code.ts";
import { MAX_MESSAGE_WORDS, messageTag, TAG_FLAGS, TAG_PROPAGATED, tagTyped, tagUntyped } from "../api/msg-tag.ts";
import { LABEL_INTERRUPT } from "../api/protocol/interrupt.ts";
import { ITEM_GRANT, ITEM_MAP, ITEM_TYPE_MASK, MAP_ITEM_WORDS } from "../api/typed-item.ts";
import { TCR_VIRTUAL_SENDER } from "../api/utcb.ts";
import { COST_WORD } from "../costs.ts";
import { acceptor, isInterrupt, nameFor, setUtcbWord, utcbWord } from "../object/thread.ts";
import type { Arena } from "../table/arena.ts";
import { T } from "../table/layout.ts";
import { mapItemInto } from "./map-transfer.ts";

/**
 * Copies the message. `virtual` is the row in whose name it goes (the sender itself, unless it is
 * propagated). Returns 0, or the IPC error code for both sides.
 */
export function transfer(a: Arena, sender: number, virtual: number, receiver: number): number {
  const t = a.threads;
  if (isInterrupt(a, sender)) {
    setUtcbWord(a, receiver, 0, messageTag(LABEL_INTERRUPT, 0));
    return 0;
  }
  const sent = utcbWord(a, sender, 0);
  const untyped = tagUntyped(sent);
  const words = untyped + tagTyped(sent);
  const from = t.get(sender, T.utcbPhysical);
  const into = t.get(receiver, T.utcbPhysical);
  a.charge(words * COST_WORD);
  const tag = sent & ~TAG_FLAGS;
  setUtcbWord(a, receiver, 0, tag);
  for (let i = 1; i <= untyped; i++) a.memory.write32(into + 4 * i, a.memory.read32(from + 4 * i));
  if (words > MAX_MESSAGE_WORDS) return IPC_MESSAGE_OVERFLOW;
  for (let i = untyped + 1; i <= words; i += MAP_ITEM_WORDS) {
    const word0 = utcbWord(a, sender, i);
    const type = word0 & ITEM_TYPE_MASK;
    if ((type !== ITEM_MAP && type !== ITEM_GRANT) || i + 1 > words) {
      setUtcbWord(a, receiver, i, word0);
      return IPC_MESSAGE_OVERFLOW;
    }
    const window = receiveWindow(acceptor(a, receiver));
    if (window === 0) return IPC_MESSAGE_OVERFLOW;
    const fpage = utcbWord(a, sender, i + 1);
    setUtcbWord(a, receiver, i, word0);
    setUtcbWord(a, receiver, i + 1, fpage);
    mapItemInto(a, t.get(sender, T.space), t.get(receiver, T.space), word0, fpage, window);
  }
  if (virtual !== sender) {
    setUtcbWord(a, receiver, 0, tag | TAG_PROPAGATED);
    setUtcbWord(a, receiver, TCR_VIRTUAL_SENDER, nameFor(a, t.get(receiver, T.space), sender));
  }
  return 0;
}
