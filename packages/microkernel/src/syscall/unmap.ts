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
import { findNode, unmapPage } from "../object/mapping-database.ts";
import { hasIoFpages, unmapPorts } from "../object/port-database.ts";
import { setUtcbWord, utcbWord } from "../object/thread.ts";
import type { Arena } from "../table/arena.ts";
import { H, N, T } from "../table/layout.ts";
import { STATUS_SHIFT } from "../table/states.ts";

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
  const sigma0 = space === a.get(H.sigma0Space);
  const end = (fpageBase(fpage) + fpageSize(fpage)) / PAGE_SIZE;
  let status = 0;
  for (
    let page = nextPage(a, space, fpageBase(fpage) / PAGE_SIZE, end);
    page < end;
    page = nextPage(a, space, page + 1, end)
  ) {
    if (isKernelPage(a, space, page)) continue;
    const node = sigma0 ? 0 : findNode(a, space, page);
    if (node !== 0 || sigma0) status |= unmapPage(a, node, sigma0 ? page : a.nodes.get(node, N.frame), revoke, flush);
  }
  return status >>> STATUS_SHIFT;
}
