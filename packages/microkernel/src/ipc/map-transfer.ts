/**
 * Map and grant items: which pages go where.
 *
 * Here: send fpage, send base and receive window to single pages. Not here: the tree of mappings
 * (→ object/mapping-database.ts), items inside messages (→ transfer.ts).
 * With send size 2^f and window 2^r: f <= r puts the whole fpage at window + (base mod 2^r); f > r
 * takes the part of the fpage that the base selects and fills the window with it.
 * @module
 */
import { PTE_PRESENT } from "@kintsugi/ia32";
import { FPAGE_W, fpageBase, fpageBits, fpageRights, PAGE_BITS, PAGE_SIZE, SPACE_BITS } from "../api/fpage.ts";
import { COMPLETE_IO_FPAGE, ioFpageBase, ioFpageBits, isIoFpage } from "../api/io-fpage.ts";
import { USER_AREA_END } from "../api/kip.ts";
import { ITEM_GRANT, ITEM_TYPE_MASK, itemSendBase } from "../api/typed-item.ts";
import { isKernelPage } from "../object/address-space.ts";
import { findNode, grantPage, isUserFrame, mapPage, removeSubtree } from "../object/mapping-database.ts";
import { hasIoFpages, sendPorts, unmapPorts } from "../object/port-database.ts";
import type { Arena } from "../table/arena.ts";
import { H, N, S } from "../table/layout.ts";

const USER_PAGES = USER_AREA_END / PAGE_SIZE;

/**
 * Carries out one item from the space `from` to the space `to`, into `window` (an fpage, not nil). A window that is the
 * complete address space takes ports, too.
 */
export function mapItemInto(a: Arena, from: number, to: number, word0: number, fpage: number, window: number): void {
  if (isIoFpage(fpage)) {
    mapPortsInto(a, from, to, (word0 & ITEM_TYPE_MASK) === ITEM_GRANT, fpage, window);
    return;
  }
  const sendBits = fpageBits(fpage);
  const windowBits = fpageBits(window);
  if (sendBits === 0 || windowBits === 0) return;
  const base = itemSendBase(word0);
  const bits = Math.min(sendBits, windowBits);
  const size = 2 ** bits;
  let source = fpageBase(fpage);
  let target = fpageBase(window);
  const offset = base % 2 ** Math.max(sendBits, windowBits);
  if (sendBits <= windowBits) target += offset - (offset % size);
  else source += offset - (offset % size);
  const grant = (word0 & ITEM_TYPE_MASK) === ITEM_GRANT;
  const write = (fpageRights(fpage) & FPAGE_W) !== 0;
  const delta = target / 2 ** PAGE_BITS - source / 2 ** PAGE_BITS;
  const end = (source + size) / PAGE_SIZE;
  for (let page = nextPage(a, from, source / PAGE_SIZE, end); page < end; page = nextPage(a, from, page + 1, end))
    sendPage(a, from, to, page, page + delta, write, grant);
  if (grant && sendBits > windowBits) dropRest(a, from, fpageBase(fpage) / PAGE_SIZE, 2 ** (sendBits - PAGE_BITS));
}

/** Ports keep their numbers: the send base says nothing. A granted I/O fpage larger than the window leaves the sender as a whole. */
function mapPortsInto(a: Arena, from: number, to: number, grant: boolean, fpage: number, window: number): void {
  const whole = fpageBits(window) === SPACE_BITS ? COMPLETE_IO_FPAGE : window;
  if (!hasIoFpages(a) || !isIoFpage(whole)) return;
  const sent = ioFpageBits(fpage);
  const taken = ioFpageBits(whole);
  const first = ioFpageBase(fpage);
  const firstTaken = ioFpageBase(whole);
  if ((first ^ firstTaken) >>> Math.max(sent, taken) === 0)
    sendPorts(a, from, to, Math.max(first, firstTaken), Math.min(sent, taken), grant);
  if (grant && sent > taken && from !== a.get(H.sigma0Space)) unmapPorts(a, from, first, sent, true);
}

/** A granted fpage that is larger than the window leaves the sender as a whole. */
function dropRest(a: Arena, space: number, first: number, pages: number): void {
  const end = first + pages;
  for (let page = nextPage(a, space, first, end); page < end; page = nextPage(a, space, page + 1, end)) {
    const node = isKernelPage(a, space, page) ? 0 : findNode(a, space, page);
    if (node !== 0) removeSubtree(a, node);
  }
}

/**
 * The first page from `page` on, below `end`, that the space may have: missing page tables are skipped. `end` or more
 * for none. A region of sigma0's that begins in RAM ends with it: devices are sent as regions of their own.
 */
export function nextPage(a: Arena, space: number, page: number, end: number): number {
  if (space === a.get(H.sigma0Space)) return isUserFrame(a, page) ? page : end;
  const directory = a.spaces.get(space, S.pageDirectory);
  let at = page;
  while (at < end && at < USER_PAGES) {
    if (directory !== 0 && (a.memory.read32(directory + 4 * (at >>> 10)) & PTE_PRESENT) !== 0) return at;
    at = ((at >>> 10) + 1) << 10;
  }
  return end;
}

function sendPage(
  a: Arena,
  from: number,
  to: number,
  page: number,
  target: number,
  write: boolean,
  grant: boolean,
): void {
  const sigma0 = a.get(H.sigma0Space);
  if (to === sigma0 || isKernelPage(a, to, target)) return;
  if (from === sigma0) {
    // Physical pages, whatever lies at these linear addresses of its own space.
    if (isUserFrame(a, page)) mapPage(a, 0, page, to, target, write);
    return;
  }
  if (isKernelPage(a, from, page)) return;
  const node = findNode(a, from, page);
  if (node === 0) return;
  if (grant) grantPage(a, node, to, target, write);
  else mapPage(a, node, a.nodes.get(node, N.frame), to, target, write);
}
