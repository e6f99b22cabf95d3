/**
 * The fast path: a call, or a reply and wait, with untyped words only, to a partner that waits for it.
 *
 * Here: what the phases of rendezvous.ts come to in that case, in one go over the rows' words. Not here: every other
 * case: then nothing is changed, and they decide. The result is theirs to the last word (`test/fast-path.test.ts`).
 * @module
 */
import { TAG_FLAGS } from "../api/msg-tag.ts";
import { ANY_THREAD, NIL_THREAD, type ThreadId } from "../api/thread-id.ts";
import { COST_WORD } from "../costs.ts";
import { resolve } from "../object/thread.ts";
import type { Arena } from "../table/arena.ts";
import { H, S, T } from "../table/layout.ts";
import { EAX, EBP, EBX, ESI } from "../table/registers.ts";
import {
  FLAG_DELAYING,
  FLAG_EXHAUSTED,
  FLAG_HALTED,
  FLAG_INTERRUPT,
  FLAG_START,
  FLAG_TIMED,
  FLAG_TRANSFER,
  READY,
  WAITING,
} from "../table/states.ts";

/** Flags and typed words of a tag: the fast path carries neither. */
const SLOW_TAG: number = TAG_FLAGS | 0xfc0;
const SLOW_FLAGS: number = FLAG_EXHAUSTED | FLAG_HALTED | FLAG_INTERRUPT | FLAG_START | FLAG_TIMED | FLAG_TRANSFER;

/** Carries the IPC out if it is one of these; the partner is then current. MR0 is in the UTCB. False: nothing is done. */
export function fastIpc(a: Arena, row: number, to: ThreadId, from: ThreadId, timeouts: number, tag: number): boolean {
  if ((tag & SLOW_TAG) !== 0 || (timeouts & 0xffff) !== 0 || to === NIL_THREAD || a.get(H.current) !== row)
    return false;
  if (from !== to && from !== ANY_THREAD) return false;
  const w = a.words;
  const { base, stride } = a.threads;
  const me = base + row * stride;
  const space = w[me + T.space];
  const partner = resolve(a, space, to);
  if (partner === 0 || partner === row) return false;
  const you = base + partner * stride;
  const open = w[you + T.from] === ANY_THREAD;
  const waits = w[you + T.state] === WAITING && (open || w[you + T.from] === w[me + T.id]);
  if (!waits || (w[you + T.flags] & SLOW_FLAGS) !== 0) return false;
  if ((w[me + T.sendHead] | w[you + T.fault] | w[me + T.fault]) !== 0) return false;
  if ((w[me + T.restartPage] | w[you + T.restartPage]) !== 0) return false;
  const local = w[you + T.space] === space;
  if (!local && a.spaces.get(space, S.redirector) !== 0) return false;

  const { memory } = a;
  const words = tag & 0x3f;
  const source = w[me + T.utcbPhysical];
  const target = w[you + T.utcbPhysical];
  a.charge(words * COST_WORD);
  memory.write32(target, tag);
  if (words > 4) memory.copy(target + 4, source + 4, 4 * words);
  else for (let at = 4; at <= 4 * words; at += 4) memory.write32(target + at, memory.read32(source + at));
  a.observer.transferred?.(w[me + T.id], w[you + T.id], tag);

  const registers = you + T.registers;
  w[registers + EAX] = local ? w[me + T.utcb] : w[me + T.id];
  w[registers + ESI] = tag;
  w[registers + EBX] = memory.read32(target + 4);
  w[registers + EBP] = memory.read32(target + 8);
  w[you + T.from] = NIL_THREAD;
  w[you + T.state] = READY;
  if (open) {
    w[you + T.ownTime] = 0;
    w[you + T.ownTime + 1] = 0;
  }
  w[me + T.from] = from === ANY_THREAD ? ANY_THREAD : w[you + T.id];
  w[me + T.receiveTimeout] = 0;
  w[me + T.virtualSender] = 0;
  w[me + T.intended] = 0;
  w[me + T.state] = WAITING;
  w[me + T.flags] &= ~FLAG_DELAYING;
  a.set(H.current, partner);
  return true;
}
