/**
 * Offers: which pages of a Space which other process may map.
 *
 * Here: rows of owner, range, peer and rights; whether a page is offered to somebody. Offers end with either process.
 * All in one step of the caller. Not here: mapping (`sharing.ts`), who holds what (`space.ts`).
 * Reference: thesis 4.2.3, Figure 4.6; appendix A.2.3 (controlling page status).
 * @module
 */
import { PAGE_SIZE } from "@kintsugi/microkernel";
import { STATUS_NO_MEMORY, STATUS_NOT_FOUND, STATUS_OK } from "../protocol/status.ts";
import { EXTRA_THREADS, PROCESS_EXTRA_THREAD, PROCESS_FIRST_THREAD } from "../protocol/thread-numbers.ts";
import type { WordReader, WordWriter } from "../server/table.ts";
import { type ArtMemory, O } from "./art-memory.ts";
import { isAlive, isPid, userThread } from "./processes.ts";

/** Pid of the process that the thread of this number belongs to, or 0: an offer is to the process, and its P3 maps. */
export function pidOfThread(number: number): number {
  const further = Math.floor((number - PROCESS_EXTRA_THREAD) / (EXTRA_THREADS + 1));
  const pid = number >= PROCESS_EXTRA_THREAD ? further : Math.floor((number - PROCESS_FIRST_THREAD) / 2);
  return isPid(pid) ? pid : 0;
}

/**
 * Lets the process of thread number `peer` map pages of `pid`, with these rights; the same range again changes the
 * rights, and none takes the offer back. Returns a status.
 */
export function offer(
  memory: ArtMemory,
  tx: WordWriter,
  pid: number,
  address: number,
  pages: number,
  peer: number,
  rights: number,
): number {
  const { offers } = memory;
  const client = pidOfThread(peer);
  if (client === 0 || client === pid || !isAlive(memory, tx, client)) return STATUS_NOT_FOUND;
  const thread = userThread(memory, tx, client);
  const known = rowsOf(memory, tx, pid).find(
    (row) =>
      offers.get(tx, row, O.address) >>> 0 === address &&
      offers.get(tx, row, O.pages) === pages &&
      offers.get(tx, row, O.peer) === thread,
  );
  if (rights === 0) {
    if (known !== undefined) offers.clear(tx, known);
    return STATUS_OK;
  }
  const row = known ?? offers.find(tx, O.pid, 0);
  if (row < 0) return STATUS_NO_MEMORY;
  const words = { [O.pid]: pid, [O.address]: address, [O.pages]: pages, [O.peer]: thread, [O.rights]: rights };
  for (const [field, value] of Object.entries(words)) offers.set(tx, row, Number(field), value);
  return STATUS_OK;
}

/** Takes back every offer of pages in [low, high). */
export function endOffersIn(memory: ArtMemory, tx: WordWriter, pid: number, low: number, high: number): void {
  const { offers } = memory;
  for (const row of rowsOf(memory, tx, pid)) {
    const address = offers.get(tx, row, O.address) >>> 0;
    if (address < high && address + offers.get(tx, row, O.pages) * PAGE_SIZE > low) offers.clear(tx, row);
  }
}

/** User threads of those who offer a process something. */
export function offering(memory: ArtMemory, tx: WordReader, pid: number): number[] {
  const { offers } = memory;
  const thread = userThread(memory, tx, pid);
  const owners = new Set<number>();
  for (let row = 0; row < offers.rows; row++) {
    const owner = offers.get(tx, row, O.pid);
    if (owner !== 0 && offers.get(tx, row, O.peer) === thread && isAlive(memory, tx, owner))
      owners.add(userThread(memory, tx, owner));
  }
  return [...owners];
}

/** The process ends: what it offered, and what was offered to it. */
export function endOffers(memory: ArtMemory, tx: WordWriter, pid: number): void {
  const { offers } = memory;
  const thread = userThread(memory, tx, pid);
  for (let row = 0; row < offers.rows; row++) {
    const owner = offers.get(tx, row, O.pid);
    if (owner === pid || (owner !== 0 && offers.get(tx, row, O.peer) === thread)) offers.clear(tx, row);
  }
}

/** Rights with which `peer` may map the page of `pid` at `address`; 0 if it may not, -1 if nobody may. */
export function offeredRights(memory: ArtMemory, tx: WordReader, pid: number, address: number, peer: number): number {
  const { offers } = memory;
  let found = -1;
  for (const row of rowsOf(memory, tx, pid)) {
    const low = offers.get(tx, row, O.address) >>> 0;
    if (address < low || address >= low + offers.get(tx, row, O.pages) * PAGE_SIZE) continue;
    if (found < 0) found = 0;
    if (offers.get(tx, row, O.peer) === peer) found |= offers.get(tx, row, O.rights);
  }
  return found;
}

/** Rows of the offers of a process. */
function rowsOf({ offers }: ArtMemory, tx: WordReader, pid: number): number[] {
  const rows: number[] = [];
  for (let row = 0; row < offers.rows; row++) if (offers.get(tx, row, O.pid) === pid) rows.push(row);
  return rows;
}
