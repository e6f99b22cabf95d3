/**
 * Accounts of kernel memory: what each space costs, and the most that one without privilege may.
 *
 * Here: the sums. Booked are a space's row and its threads' rows, its page directory, tables and UTCB pages, its mappings
 * and regions of ports. Not here: the rows and frames themselves (→ kernel-frames.ts, thread.ts, mapping-tree.ts, port-database.ts).
 * Space 0 is the kernel itself, which books nothing.
 * @module
 */
import type { Arena } from "../table/arena.ts";
import { H, S } from "../table/layout.ts";

/** Whether a space may have so many bytes more. */
export function mayBook(a: Arena, space: number, bytes: number): boolean {
  const s = a.spaces;
  return space === 0 || s.get(space, S.privileged) !== 0 || s.get(space, S.memory) + bytes <= a.get(H.quota) >>> 0;
}

/** Books bytes to a space. False, with nothing booked, when it may not have them. */
export function book(a: Arena, space: number, bytes: number): boolean {
  if (!mayBook(a, space, bytes)) return false;
  unbook(a, space, -bytes);
  return true;
}

/** Takes bytes off a space's account. */
export function unbook(a: Arena, space: number, bytes: number): void {
  if (space !== 0) a.spaces.set(space, S.memory, a.spaces.get(space, S.memory) - bytes);
}
