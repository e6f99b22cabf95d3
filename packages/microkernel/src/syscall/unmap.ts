/**
 * Unmap: takes back fpages, or some of their rights, from all receivers.
 *
 *   in    control   k = highest message register used, bit 6 f = also from the caller itself
 *         MR0…MRk   fpages carrying the rights to take back
 *   out   MR0…MRk   the same fpages carrying the access seen since the last Unmap: read r|x, written r|w
 * An I/O fpage with any right takes its ports back; accesses to ports are not kept.
 * Kernel pages (KIP, UTCBs) are skipped. The caller's own accesses count too.
 * Here: fpages in, access out. Not here: who received what (→ object/mapping-database.ts). Reference:
 * X.2, Unmap.
 * @module
 */
import { FPAGE_RWX, fpageBase, fpageRights, fpageSize, PAGE_SIZE } from "../api/fpage.ts";
import { ioFpageBase, ioFpageBits, isIoFpage } from "../api/io-fpage.ts";
import { UNMAP_FLUSH } from "../api/syscall.ts";
import { COST_SYSCALL } from "../costs.ts";
import { nextPage } from "../ipc/map-transfer.ts";
import { isKernelPage } from "../object/address-space.ts";
import { mappingWithin, pageBehind, splitFrames } from "../object/large-pages.ts";
import { unmapPage } from "../object/mapping-database.ts";
import { TABLE_PAGES } from "../object/page-table.ts";
import { hasIoFpages, unmapPorts } from "../object/port-database.ts";
import { setUtcbWord, utcbWord } from "../object/thread.ts";
import type { Arena } from "../table/arena.ts";
import { H, N, T } from "../table/layout.ts";
import { LARGE, STATUS_SHIFT } from "../table/states.ts";

export function unmap(a: Arena, caller: number, control: number): void {
  a.charge(COST_SYSCALL);
  for (let i = 0; i <= (control & 0x3f); i++) {
    const fpage = utcbWord(a, caller, i);
    setUtcbWord(a, caller, i, (fpage & ~FPAGE_RWX) | unmapFpage(a, caller, fpage, (control & UNMAP_FLUSH) !== 0));
  }
}

/** Revokes one fpage; returns the status as rights. */
function unmapFpage(a: Arena, caller: number, fpage: number, flush: boolean): number {
  const space = a.threads.get(caller, T.space);
  const revoke = fpageRights(fpage);
  if (isIoFpage(fpage)) {
    if (revoke !== 0 && hasIoFpages(a)) unmapPorts(a, space, ioFpageBase(fpage), ioFpageBits(fpage), flush);
    return 0;
  }
  const first = fpageBase(fpage) / PAGE_SIZE;
  const end = first + fpageSize(fpage) / PAGE_SIZE;
  const status =
    space === a.get(H.sigma0Space)
      ? unmapFrames(a, first, end, revoke)
      : unmapPages(a, space, first, end, revoke, flush);
  return status >>> STATUS_SHIFT;
}

function unmapPages(a: Arena, space: number, first: number, end: number, revoke: number, flush: boolean): number {
  let status = 0;
  for (let page = nextPage(a, space, first, end); page < end; page = nextPage(a, space, page, end)) {
    const node = isKernelPage(a, space, page) ? 0 : mappingWithin(a, space, page, end);
    page = node === 0 ? page + 1 : pageBehind(a, node);
    if (node !== 0) status |= unmapPage(a, node, a.nodes.get(node, N.frame), revoke, flush);
  }
  return status;
}

/** sigma0's: linear is physical, and what is its own stays. */
function unmapFrames(a: Arena, first: number, end: number, revoke: number): number {
  const space = a.get(H.sigma0Space);
  let status = 0;
  for (let page = nextPage(a, space, first, end); page < end; page = nextPage(a, space, page + 1, end)) {
    if (page % TABLE_PAGES !== 0 || end - page < TABLE_PAGES) splitFrames(a, page);
    else status |= unmapPage(a, 0, page | LARGE, revoke, false);
    status |= unmapPage(a, 0, page, revoke, false);
  }
  return status;
}
