/**
 * Bytes of user memory as the kernel sees them.
 *
 * @module
 */
import { translate } from "../../object/page-table.ts";
import type { Arena } from "../../table/arena.ts";
import { T } from "../../table/layout.ts";

/** The byte at a linear address of a thread's space, -1 where nothing is mapped. */
export function userByte(a: Arena, row: number, linear: number): number {
  const physical = translate(a, a.threads.get(row, T.space), linear, 0);
  return physical < 0 ? -1 : a.memory.read8(physical);
}
