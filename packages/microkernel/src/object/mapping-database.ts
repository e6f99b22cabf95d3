/**
 * Mapping database: who got which page from whom, and how it is taken back.
 *
 * Here: the tree of mappings per physical frame: map, grant, unmap and status bits of single pages.
 * The root of each tree is sigma0's ownership of the frame. Not here: fpages and windows
 * (→ ipc/map-transfer.ts), the tables themselves (→ page-table.ts). Over 300 lines: map, grant and unmap keep one tree.
 * Invariants: a node's entry in its space's page table names the node's frame and carries its
 * rights; a node is never writable below a read-only one; trees have no cycles.
 * @module
 */
import { PTE_ACCESSED, PTE_DIRTY, PTE_PRESENT, PTE_USER, PTE_WRITABLE } from "@kintsugi/ia32";
import { FPAGE_W } from "../api/fpage.ts";
import { COST_MAP_PAGE, COST_UNMAP_PAGE } from "../costs.ts";
import type { Arena } from "../table/arena.ts";
import { F, H, N } from "../table/layout.ts";
import { STATUS_ACCESSED, STATUS_WRITTEN } from "../table/states.ts";
import { entryNode, findEntry, invalidate, makeEntry, setEntryNode } from "./page-table.ts";

/** Whether sigma0 owns this frame: every one but the arena's, those outside RAM, which devices may answer for, included. */
export function isUserFrame(a: Arena, frame: number): boolean {
  return frame >= 0 && frame < PHYSICAL_FRAMES && (frame < a.base >>> 12 || frame >= a.frames.rows);
}

const PHYSICAL_FRAMES = 1 << 20;

/**
 * The row that a frame's tree hangs in. Frames outside RAM have none of their own: they share those of the arena's
 * frames, which have no mappings, and are told apart by the nodes.
 */
export function treeRow(a: Arena, frame: number): number {
  const first = a.base >>> 12;
  return frame < first ? frame : first + (frame % (a.frames.rows - first));
}

/** `node`, or the first of its siblings behind it that belongs to the frame. */
function ofFrame(a: Arena, node: number, frame: number): number {
  let at = node;
  while (at !== 0 && a.nodes.get(at, N.frame) !== frame) at = a.nodes.get(at, N.next);
  return at;
}

/** The node behind a page of a space, 0 for none. */
export function findNode(a: Arena, space: number, page: number): number {
  const entry = findEntry(a, space, page);
  return entry === 0 ? 0 : entryNode(a, entry);
}

/**
 * Maps a page that `parent` has (a node; 0 means sigma0's `frame`) to a page of another space.
 * Rights already there grow, never shrink; another frame there goes first. Skipped silently when
 * the kernel has no rows or frames left.
 */
export function mapPage(a: Arena, parent: number, frame: number, space: number, page: number, write: boolean): void {
  a.charge(COST_MAP_PAGE);
  const writable = write && (parent === 0 || (a.nodes.get(parent, N.bits) & FPAGE_W) !== 0);
  const there = findNode(a, space, page);
  if (there !== 0) {
    if (there === parent) return;
    if (a.nodes.get(there, N.frame) === frame) {
      extend(a, there, parent, writable);
      return;
    }
    removeSubtree(a, there); // another frame, so another tree: the parent is not in it
  }
  enterMapping(a, parent, frame, space, page, writable);
}

/** Grants a page: the new owner takes the place of `node` in the tree, and `node` goes. */
export function grantPage(a: Arena, node: number, space: number, page: number, write: boolean): void {
  const n = a.nodes;
  a.charge(COST_MAP_PAGE);
  const there = findNode(a, space, page);
  if (there === node) return;
  const parent = n.get(node, N.parent);
  const writable = write && (n.get(node, N.bits) & FPAGE_W) !== 0;
  if (there !== 0 && isAncestor(a, there, node)) {
    moveChildren(a, node, parent);
    removeSubtree(a, node);
    return;
  }
  if (there !== 0) removeSubtree(a, there);
  const granted = enterMapping(a, parent, n.get(node, N.frame), space, page, writable);
  if (granted === 0) return;
  moveChildren(a, node, granted);
  if (!writable) revokeBelow(a, granted, 0);
  removeSubtree(a, node);
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

function firstChild(a: Arena, node: number, frame: number): number {
  return node === 0 ? ofFrame(a, a.frames.get(treeRow(a, frame), F.child), frame) : a.nodes.get(node, N.child);
}

function setFirstChild(a: Arena, node: number, frame: number, child: number): void {
  if (node === 0) a.frames.set(treeRow(a, frame), F.child, child);
  else a.nodes.set(node, N.child, child);
}

/** The node after `at` in the subtree below `root` (0: a frame's whole tree), parents first; 0 at the end. */
function following(a: Arena, at: number, root: number): number {
  const n = a.nodes;
  const child = n.get(at, N.child);
  if (child !== 0) return child;
  let node = at;
  while (node !== root && node !== 0) {
    const next = ofFrame(a, n.get(node, N.next), n.get(node, N.frame));
    if (next !== 0) return next;
    node = n.get(node, N.parent);
  }
  return 0;
}

function revokeBelow(a: Arena, node: number, frame: number): void {
  for (let at = firstChild(a, node, frame); at !== 0; at = following(a, at, node)) revokeWrite(a, at);
}

function isAncestor(a: Arena, above: number, node: number): boolean {
  let at = a.nodes.get(node, N.parent);
  while (at !== 0 && at !== above) at = a.nodes.get(at, N.parent);
  return at === above && above !== 0;
}

function link(a: Arena, node: number, parent: number, frame: number): void {
  const n = a.nodes;
  const first = parent === 0 ? a.frames.get(treeRow(a, frame), F.child) : n.get(parent, N.child);
  n.set(node, N.parent, parent);
  n.set(node, N.previous, 0);
  n.set(node, N.next, first);
  if (first !== 0) n.set(first, N.previous, node);
  setFirstChild(a, parent, frame, node);
}

function unlink(a: Arena, node: number): void {
  const n = a.nodes;
  const next = n.get(node, N.next);
  const previous = n.get(node, N.previous);
  if (previous === 0) setFirstChild(a, n.get(node, N.parent), n.get(node, N.frame), next);
  else n.set(previous, N.next, next);
  if (next !== 0) n.set(next, N.previous, previous);
}

/** Hangs a mapping below another of the same frame. */
export function setParent(a: Arena, node: number, parent: number): void {
  unlink(a, node);
  link(a, node, parent, a.nodes.get(node, N.frame));
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
  const n = a.nodes;
  const node = a.get(H.freeNode);
  if (node === 0) return 0;
  const entry = makeEntry(a, space, page);
  if (entry === 0) return 0;
  a.set(H.freeNode, n.get(node, N.next));
  n.clear(node);
  n.set(node, N.space, space);
  n.set(node, N.page, page);
  n.set(node, N.frame, frame);
  n.set(node, N.bits, writable ? FPAGE_W : 0);
  link(a, node, parent, frame);
  a.memory.write32(entry, (frame << 12) | PTE_PRESENT | PTE_USER | (writable ? PTE_WRITABLE : 0));
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
  invalidate(a, n.get(node, N.space), n.get(node, N.page));
}

function moveChildren(a: Arena, from: number, to: number): void {
  const n = a.nodes;
  let child = n.get(from, N.child);
  while (child !== 0) {
    setParent(a, child, to);
    child = n.get(from, N.child);
  }
}

function revokeWrite(a: Arena, node: number): void {
  const n = a.nodes;
  if ((n.get(node, N.bits) & FPAGE_W) === 0) return;
  n.set(node, N.bits, n.get(node, N.bits) & ~FPAGE_W);
  const entry = findEntry(a, n.get(node, N.space), n.get(node, N.page));
  a.memory.write32(entry, a.memory.read32(entry) & ~PTE_WRITABLE);
  invalidate(a, n.get(node, N.space), n.get(node, N.page));
}

/** Status bits of an entry, reset. */
function takeEntryStatus(a: Arena, space: number, page: number): number {
  const entry = findEntry(a, space, page);
  if (entry === 0) return 0;
  const pte = a.memory.read32(entry);
  if ((pte & (PTE_ACCESSED | PTE_DIRTY)) === 0) return 0;
  a.memory.write32(entry, pte & ~(PTE_ACCESSED | PTE_DIRTY));
  invalidate(a, space, page);
  return (pte & PTE_ACCESSED ? STATUS_ACCESSED : 0) | (pte & PTE_DIRTY ? STATUS_WRITTEN : 0);
}

/** Status of a node, reset: what its entry says and what gone mappings left. */
function takeStatus(a: Arena, node: number): number {
  const n = a.nodes;
  a.charge(COST_UNMAP_PAGE);
  const bits = n.get(node, N.bits);
  const left = bits & (STATUS_ACCESSED | STATUS_WRITTEN);
  if (left !== 0) n.set(node, N.bits, bits & ~left);
  return left | takeEntryStatus(a, n.get(node, N.space), n.get(node, N.page));
}

/** Status of a subtree, reset, and remembered for the owners above. */
function collect(a: Arena, node: number, frame: number): number {
  const n = a.nodes;
  let status = 0;
  if (node !== 0) status = takeStatus(a, node);
  else {
    status = a.frames.get(treeRow(a, frame), F.bits);
    a.frames.set(treeRow(a, frame), F.bits, 0);
    const sigma0 = a.get(H.sigma0Space);
    const entry = findEntry(a, sigma0, frame);
    if (entry !== 0 && entryNode(a, entry) === 0) status |= takeEntryStatus(a, sigma0, frame);
  }
  for (let at = firstChild(a, node, frame); at !== 0; at = following(a, at, node)) status |= takeStatus(a, at);
  if (node !== 0 && status !== 0) leaveStatus(a, n.get(node, N.parent), frame, status);
  return status;
}

function leaveStatus(a: Arena, parent: number, frame: number, status: number): void {
  if (parent === 0) {
    // Frames outside RAM share rows: what was seen of a mapping that is gone is not kept for them.
    if (frame < a.frames.rows) a.frames.set(frame, F.bits, a.frames.get(frame, F.bits) | status);
  } else a.nodes.set(parent, N.bits, a.nodes.get(parent, N.bits) | status);
}

function removeLeaf(a: Arena, node: number): void {
  const n = a.nodes;
  const space = n.get(node, N.space);
  const page = n.get(node, N.page);
  const frame = n.get(node, N.frame);
  leaveStatus(a, n.get(node, N.parent), frame, takeStatus(a, node));
  unlink(a, node);
  const entry = findEntry(a, space, page);
  a.memory.write32(entry, 0);
  setEntryNode(a, entry, 0);
  invalidate(a, space, page);
  n.clear(node);
  n.set(node, N.next, a.get(H.freeNode));
  a.set(H.freeNode, node);
}
