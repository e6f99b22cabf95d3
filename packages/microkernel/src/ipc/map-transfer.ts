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
import { makeLargeRoom, mappingWithin, pageBehind, splitLarge } from "../object/large-pages.ts";
import { findNode, grantPage, mapPage, removeSubtree } from "../object/mapping-database.ts";
import { frameAt, isLarge, isUserFrame } from "../object/mapping-tree.ts";
import { TABLE_PAGES } from "../object/page-table.ts";
import { hasIoFpages, sendPorts, unmapPorts } from "../object/port-database.ts";
import type { Arena } from "../table/arena.ts";
import { H, N, S } from "../table/layout.ts";
import { LARGE } from "../table/states.ts";

const USER_PAGES = USER_AREA_END / PAGE_SIZE;

/**
 * Carries out one item from the space `from` to the space `to`, into `window` (an fpage, not nil). A window that is the
 * complete address space takes ports, too. False when the kernel has no memory left for all of it: what is mapped by then stays.
 */
export function mapItemInto(a: Arena, from: number, to: number, word0: number, fpage: number, window: number): boolean {
  const grant = (word0 & ITEM_TYPE_MASK) === ITEM_GRANT;
  if (isIoFpage(fpage)) return mapPortsInto(a, from, to, grant, fpage, window);
  const sendBits = fpageBits(fpage);
  const windowBits = fpageBits(window);
  if (sendBits === 0 || windowBits === 0) return true;
  const base = itemSendBase(word0);
  const bits = Math.min(sendBits, windowBits);
  const size = 2 ** bits;
  let source = fpageBase(fpage);
  let target = fpageBase(window);
  const offset = base % 2 ** Math.max(sendBits, windowBits);
  if (sendBits <= windowBits) target += offset - (offset % size);
  else source += offset - (offset % size);
  const write = (fpageRights(fpage) & FPAGE_W) !== 0;
  const first = source / PAGE_SIZE;
  if (!sendPages(a, from, to, first, first + size / PAGE_SIZE, (target - source) / PAGE_SIZE, write, grant))
    return false;
  if (grant && sendBits > windowBits) dropRest(a, from, fpageBase(fpage) / PAGE_SIZE, 2 ** (sendBits - PAGE_BITS));
  return true;
}

/** Sends pages `first`…`end - 1` to the same ones + `delta`, by 4 MiB where both sides can have them so. */
function sendPages(
  a: Arena,
  from: number,
  to: number,
  first: number,
  end: number,
  delta: number,
  write: boolean,
  grant: boolean,
): boolean {
  let page = first;
  for (;;) {
    page = nextPage(a, from, page, end);
    if (page >= end) return true;
    const large = page % TABLE_PAGES === 0 && delta % TABLE_PAGES === 0 && end - page >= TABLE_PAGES;
    const sent = large ? sendLarge(a, from, to, page, page + delta, write, grant) : NOT_LARGE;
    if (sent === FULL || (sent === NOT_LARGE && !sendPage(a, from, to, page, page + delta, write, grant))) return false;
    page += sent === NOT_LARGE ? 1 : TABLE_PAGES;
  }
}

/** Ports keep their numbers: the send base says nothing. A granted I/O fpage larger than the window leaves the sender as a whole. */
function mapPortsInto(a: Arena, from: number, to: number, grant: boolean, fpage: number, window: number): boolean {
  const whole = fpageBits(window) === SPACE_BITS ? COMPLETE_IO_FPAGE : window;
  if (!hasIoFpages(a) || !isIoFpage(whole)) return true;
  const sent = ioFpageBits(fpage);
  const taken = ioFpageBits(whole);
  const first = ioFpageBase(fpage);
  const firstTaken = ioFpageBase(whole);
  const meet = (first ^ firstTaken) >>> Math.max(sent, taken) === 0;
  if (meet && !sendPorts(a, from, to, Math.max(first, firstTaken), Math.min(sent, taken), grant)) return false;
  if (grant && sent > taken && from !== a.get(H.sigma0Space)) unmapPorts(a, from, first, sent, true);
  return true;
}

/** A granted fpage that is larger than the window leaves the sender as a whole. */
function dropRest(a: Arena, space: number, first: number, pages: number): void {
  const end = first + pages;
  for (let page = nextPage(a, space, first, end); page < end; page = nextPage(a, space, page, end)) {
    const node = isKernelPage(a, space, page) ? 0 : mappingWithin(a, space, page, end);
    page = node === 0 ? page + 1 : pageBehind(a, node);
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

/** Outcomes of {@link sendLarge}. */
const NOT_LARGE = 0;
const SENT = 1;
const FULL = 2;

/** Sends 4 MiB that begin at `page` as one page, if the sender has them so and the receiver can. */
function sendLarge(
  a: Arena,
  from: number,
  to: number,
  page: number,
  target: number,
  write: boolean,
  grant: boolean,
): number {
  const sigma0 = a.get(H.sigma0Space);
  if (to === sigma0) return SENT;
  if (isKernelPage(a, to, target, TABLE_PAGES)) return NOT_LARGE;
  const node = from === sigma0 ? 0 : findNode(a, from, page);
  const frame = from === sigma0 ? page | LARGE : a.nodes.get(node, N.frame);
  if ((frame & LARGE) === 0 || !isUserFrame(a, frame) || !makeLargeRoom(a, to, target, frame)) return NOT_LARGE;
  const done = grant && node !== 0 ? grantPage(a, node, to, target, write) : mapPage(a, node, frame, to, target, write);
  return done ? SENT : FULL;
}

/** Sends one page; false when the kernel has no memory for it. */
function sendPage(
  a: Arena,
  from: number,
  to: number,
  page: number,
  target: number,
  write: boolean,
  grant: boolean,
): boolean {
  const sigma0 = a.get(H.sigma0Space);
  if (to === sigma0 || isKernelPage(a, to, target)) return true;
  // sigma0's are physical pages, whatever lies at these linear addresses of its own space.
  const owns = from === sigma0;
  const source = owns || isKernelPage(a, from, page) ? 0 : findNode(a, from, page);
  if (owns ? !isUserFrame(a, page) : source === 0) return true;
  const frame = owns ? page : frameAt(a, source, page);
  const there = findNode(a, to, target);
  const large = there !== 0 && isLarge(a, there);
  if (large && (owns || !grant) && holds(a, there, target, frame, write && mayWrite(a, source))) return true;
  if (large && !splitLarge(a, there)) return false;
  if (owns) return mapPage(a, 0, frame, to, target, write);
  if (!grant) return mapPage(a, large ? findNode(a, from, page) : source, frame, to, target, write); // it may have been the source
  const own = findNode(a, from, page);
  if (isLarge(a, own) && !splitLarge(a, own)) return false;
  return grantPage(a, findNode(a, from, page), to, target, write);
}

/** Whether whoever has a page by this node, or sigma0 (0), may give it on writable. */
function mayWrite(a: Arena, node: number): boolean {
  return node === 0 || (a.nodes.get(node, N.bits) & FPAGE_W) !== 0;
}

/** Whether a 4 MiB mapping has this frame at a page, with the right to write if that is wanted. */
function holds(a: Arena, node: number, page: number, frame: number, write: boolean): boolean {
  return frameAt(a, node, page) === frame && (!write || mayWrite(a, node));
}
