/**
 * Mapping database: who got which page from whom, and how it is taken back.
 *
 * Here: map, grant, unmap and status bits of single pages, of 4 KiB and of 4 MiB. Not here: fpages and windows
 * (→ ipc/map-transfer.ts), dividing large pages (→ large-pages.ts), links (→ mapping-tree.ts), the tables themselves (→ page-table.ts).
 * Frames carry LARGE where a 4 MiB page is meant; pages are its first one then.
 * Invariants: a node's entry in its space's page table or directory names the node's frame and carries its
 * rights; a node is never writable below a read-only one; trees have no cycles.
 * @module
 */
import { PDE_LARGE, PTE_ACCESSED, PTE_DIRTY, PTE_PRESENT, PTE_USER, PTE_WRITABLE } from "@kintsugi/ia32";
import { FPAGE_W } from "../api/fpage.ts";
import { COST_MAP_PAGE, COST_UNMAP_PAGE } from "../costs.ts";
import type { Arena } from "../table/arena.ts";
import { F, H, N } from "../table/layout.ts";
import { LARGE, STATUS_ACCESSED, STATUS_WRITTEN } from "../table/states.ts";
import { firstChild, following, giveNode, isAncestor, moveChildren, setParent, takeNode } from "./mapping-tree.ts";
import {
  entryNode,
  findEntry,
  invalidate,
  makeEntry,
  makeLargeEntry,
  setEntryNode,
  TABLE_PAGES,
} from "./page-table.ts";

/** The node behind a page of a space, 0 for none. */
export function findNode(a: Arena, space: number, page: number): number {
  const entry = findEntry(a, space, page);
  return entry === 0 ? 0 : entryNode(a, entry);
}

/**
 * Maps a page that `parent` has (a node; 0 means sigma0's `frame`) to a page of another space, where nothing or a page of
 * the same size is. Rights already there grow, never shrink; another frame there goes first. False when the kernel has
 * no rows or frames left for the space.
 */
export function mapPage(a: Arena, parent: number, frame: number, space: number, page: number, write: boolean): boolean {
  a.charge(COST_MAP_PAGE);
  const writable = write && (parent === 0 || (a.nodes.get(parent, N.bits) & FPAGE_W) !== 0);
  const there = findNode(a, space, page);
  if (there !== 0) {
    if (there === parent) return true;
    if (a.nodes.get(there, N.frame) === frame) {
      extend(a, there, parent, writable);
      return true;
    }
    removeSubtree(a, there); // another frame, so another tree: the parent is not in it
  }
  return enterMapping(a, parent, frame, space, page, writable) !== 0;
}

/** Grants a page: the new owner takes the place of `node` in the tree, and `node` goes. As {@link mapPage}. */
export function grantPage(a: Arena, node: number, space: number, page: number, write: boolean): boolean {
  const n = a.nodes;
  a.charge(COST_MAP_PAGE);
  const there = findNode(a, space, page);
  if (there === node) return true;
  const parent = n.get(node, N.parent);
  const writable = write && (n.get(node, N.bits) & FPAGE_W) !== 0;
  if (there !== 0 && isAncestor(a, there, node)) {
    moveChildren(a, node, parent);
    removeSubtree(a, node);
    return true;
  }
  if (there !== 0) removeSubtree(a, there);
  const granted = enterMapping(a, parent, n.get(node, N.frame), space, page, writable);
  if (granted === 0) return false;
  moveChildren(a, node, granted);
  if (!writable) revokeBelow(a, granted, 0);
  removeSubtree(a, node);
  return true;
}

/**
 * Revokes rights from everybody who has the page from `node`, and with `flush` from `node` too.
 * `revoke`: 4 or more removes, 2 makes read-only, else nothing. For sigma0's own ownership `node` is
 * 0 and `frame` counts. Returns status bits (STATUS_…) seen in the subtree, the node included, and resets them.
 */
export function unmapPage(a: Arena, node: number, frame: number, revoke: number, flush: boolean): number {
  const status = collect(a, node, frame);
  if (revoke >= 4) {
    if (node !== 0 && flush) removeSubtree(a, node);
    else {
      let child = firstChild(a, node, frame);
      while (child !== 0) {
        removeSubtree(a, child);
        child = firstChild(a, node, frame);
      }
    }
  } else if (revoke & FPAGE_W) {
    if (node !== 0 && flush) revokeWrite(a, node);
    revokeBelow(a, node, frame);
  }
  return status;
}

/** Takes a mapping and everything derived from it away; status goes to its parent. */
export function removeSubtree(a: Arena, node: number): void {
  const n = a.nodes;
  let at = node;
  for (;;) {
    const child = n.get(at, N.child);
    if (child !== 0) {
      at = child;
      continue;
    }
    const parent = n.get(at, N.parent);
    const done = at === node;
    removeLeaf(a, at);
    if (done) return;
    at = parent;
  }
}

function revokeBelow(a: Arena, node: number, frame: number): void {
  for (let at = firstChild(a, node, frame); at !== 0; at = following(a, at, node)) revokeWrite(a, at);
}

/** Enters a fresh mapping; the place must be free of nodes. Returns the node, 0 when the kernel is full. */
export function enterMapping(
  a: Arena,
  parent: number,
  frame: number,
  space: number,
  page: number,
  writable: boolean,
): number {
  const large = (frame & LARGE) !== 0;
  const entry = large ? makeLargeEntry(a, space, page) : makeEntry(a, space, page);
  if (entry === 0) return 0;
  const node = takeNode(a, parent, frame, space, page, writable ? FPAGE_W : 0);
  if (node === 0) return 0;
  const rights = PTE_PRESENT | PTE_USER | (writable ? PTE_WRITABLE : 0) | (large ? PDE_LARGE : 0);
  a.memory.write32(entry, (frame << 12) | rights);
  setEntryNode(a, entry, node);
  return node;
}

/** Grows the rights of a mapping of the same frame. It then hangs below whoever gave the larger rights. */
function extend(a: Arena, node: number, parent: number, writable: boolean): void {
  const n = a.nodes;
  if (!writable || n.get(node, N.bits) & FPAGE_W) return;
  if (n.get(node, N.parent) !== parent) setParent(a, node, parent);
  n.set(node, N.bits, n.get(node, N.bits) | FPAGE_W);
  const entry = findEntry(a, n.get(node, N.space), n.get(node, N.page));
  a.memory.write32(entry, a.memory.read32(entry) | PTE_WRITABLE);
  invalidate(a, n.get(node, N.space), n.get(node, N.page), n.get(node, N.frame));
}

function revokeWrite(a: Arena, node: number): void {
  const n = a.nodes;
  if ((n.get(node, N.bits) & FPAGE_W) === 0) return;
  n.set(node, N.bits, n.get(node, N.bits) & ~FPAGE_W);
  const entry = findEntry(a, n.get(node, N.space), n.get(node, N.page));
  a.memory.write32(entry, a.memory.read32(entry) & ~PTE_WRITABLE);
  invalidate(a, n.get(node, N.space), n.get(node, N.page), n.get(node, N.frame));
}

/** Status bits of an entry, reset. */
function takeEntryStatus(a: Arena, space: number, page: number, frame: number): number {
  const entry = findEntry(a, space, page);
  if (entry === 0) return 0;
  const pte = a.memory.read32(entry);
  if ((pte & (PTE_ACCESSED | PTE_DIRTY)) === 0) return 0;
  a.memory.write32(entry, pte & ~(PTE_ACCESSED | PTE_DIRTY));
  invalidate(a, space, page, frame);
  return (pte & PTE_ACCESSED ? STATUS_ACCESSED : 0) | (pte & PTE_DIRTY ? STATUS_WRITTEN : 0);
}

/** Status of a node, reset: what its entry says and what gone mappings left. */
function takeStatus(a: Arena, node: number): number {
  const n = a.nodes;
  a.charge(COST_UNMAP_PAGE);
  const bits = n.get(node, N.bits);
  const left = bits & (STATUS_ACCESSED | STATUS_WRITTEN);
  if (left !== 0) n.set(node, N.bits, bits & ~left);
  return left | takeEntryStatus(a, n.get(node, N.space), n.get(node, N.page), n.get(node, N.frame));
}

/** Status of a subtree, reset, and remembered for the owners above. */
function collect(a: Arena, node: number, frame: number): number {
  const n = a.nodes;
  let status = node === 0 ? takeOwnStatus(a, frame) : takeStatus(a, node);
  for (let at = firstChild(a, node, frame); at !== 0; at = following(a, at, node)) status |= takeStatus(a, at);
  if (node !== 0 && status !== 0) leaveStatus(a, n.get(node, N.parent), n.get(node, N.frame), status);
  return status;
}

/** What sigma0 itself did with a frame, and gone mappings of it; what 4 MiB leave is kept with their frames. */
function takeOwnStatus(a: Arena, frame: number): number {
  if (frame & LARGE) return 0;
  let status = 0;
  if (frame < a.frames.rows) {
    status = a.frames.get(frame, F.bits);
    a.frames.set(frame, F.bits, 0);
  }
  const sigma0 = a.get(H.sigma0Space);
  const entry = findEntry(a, sigma0, frame);
  if (entry === 0 || entryNode(a, entry) !== 0) return status;
  return status | takeEntryStatus(a, sigma0, frame, frame);
}

/**
 * What was seen of a mapping that is gone, or asked about, counts for its parent. Of a part of a 4 MiB page it counts for all of
 * it; of frames outside RAM, which share rows, sigma0 keeps nothing.
 */
function leaveStatus(a: Arena, parent: number, frame: number, status: number): void {
  if (parent !== 0) {
    a.nodes.set(parent, N.bits, a.nodes.get(parent, N.bits) | status);
    return;
  }
  const first = frame & ~LARGE;
  const end = Math.min(frame & LARGE ? first + TABLE_PAGES : first + 1, a.frames.rows);
  for (let at = first; at < end; at++) a.frames.set(at, F.bits, a.frames.get(at, F.bits) | status);
}

function removeLeaf(a: Arena, node: number): void {
  const n = a.nodes;
  const space = n.get(node, N.space);
  const page = n.get(node, N.page);
  const frame = n.get(node, N.frame);
  const status = takeStatus(a, node);
  if (status !== 0) leaveStatus(a, n.get(node, N.parent), frame, status);
  const entry = findEntry(a, space, page);
  a.memory.write32(entry, 0);
  setEntryNode(a, entry, 0);
  invalidate(a, space, page, frame);
  giveNode(a, node);
}
