/**
 * Trees of mappings: one for each physical frame, and one for each 4 MiB of them.
 *
 * Here: rows and their links: who hangs below whom. Not here: page tables, rights, status (→ mapping-database.ts).
 * A node's frame carries LARGE for a 4 MiB page. The root of a tree is sigma0's ownership: node 0 with the frame, LARGE
 * for the tree of 4 MiB pages. A node of 4 KiB can hang below one of 4 MiB, never the other way round.
 * @module
 */
import type { Arena } from "../table/arena.ts";
import { F, H, N } from "../table/layout.ts";
import { LARGE } from "../table/states.ts";
import { book, unbook } from "./kernel-memory.ts";
import { TABLE_PAGES } from "./page-table.ts";

const PHYSICAL_FRAMES = 1 << 20;

/** Whether sigma0 owns this frame, or these 4 MiB: everything but the arena, what is outside RAM, where devices may answer, included. */
export function isUserFrame(a: Arena, frame: number): boolean {
  const first = frame & ~LARGE;
  const last = frame & LARGE ? first + TABLE_PAGES - 1 : first;
  return frame >= 0 && last < PHYSICAL_FRAMES && (last < a.base >>> 12 || first >= a.frames.rows);
}

/**
 * The row that a frame's trees hang in; those of 4 MiB in that of their first frame. Frames outside RAM have none of their own:
 * they share those of the arena's frames, which have no mappings. Who shares a row is told apart by the nodes' frames.
 */
export function treeRow(a: Arena, frame: number): number {
  const at = frame & ~LARGE;
  const first = a.base >>> 12;
  return at < first ? at : first + (at % (a.frames.rows - first));
}

/** Whether a mapping is a 4 MiB page. */
export function isLarge(a: Arena, node: number): boolean {
  return (a.nodes.get(node, N.frame) & LARGE) !== 0;
}

/** The physical frame behind a page of a mapping. */
export function frameAt(a: Arena, node: number, page: number): number {
  const frame = a.nodes.get(node, N.frame);
  return frame & LARGE ? (frame & ~LARGE) + (page & (TABLE_PAGES - 1)) : frame;
}

/** `node`, or the first of its siblings behind it that belongs to the frame. */
function ofFrame(a: Arena, node: number, frame: number): number {
  let at = node;
  while (at !== 0 && a.nodes.get(at, N.frame) !== frame) at = a.nodes.get(at, N.next);
  return at;
}

/** The first node below `node`, or below sigma0's ownership of the frame (node 0). */
export function firstChild(a: Arena, node: number, frame: number): number {
  return node === 0 ? ofFrame(a, a.frames.get(treeRow(a, frame), F.child), frame) : a.nodes.get(node, N.child);
}

function setFirstChild(a: Arena, node: number, frame: number, child: number): void {
  if (node === 0) a.frames.set(treeRow(a, frame), F.child, child);
  else a.nodes.set(node, N.child, child);
}

/** The node after `at` in the subtree below `root` (0: a frame's whole tree), parents first; 0 at the end. */
export function following(a: Arena, at: number, root: number): number {
  const n = a.nodes;
  const child = n.get(at, N.child);
  if (child !== 0) return child;
  let node = at;
  while (node !== root && node !== 0) {
    const parent = n.get(node, N.parent);
    const sibling = n.get(node, N.next);
    const next = parent === 0 ? ofFrame(a, sibling, n.get(node, N.frame)) : sibling;
    if (next !== 0) return next;
    node = parent;
  }
  return 0;
}

/** Whether `above` is among the owners above a node. */
export function isAncestor(a: Arena, above: number, node: number): boolean {
  let at = a.nodes.get(node, N.parent);
  while (at !== 0 && at !== above) at = a.nodes.get(at, N.parent);
  return at === above && above !== 0;
}

/** Hangs a node that hangs nowhere below another, or below sigma0's ownership of its frame (0). */
export function link(a: Arena, node: number, parent: number): void {
  const n = a.nodes;
  const frame = n.get(node, N.frame);
  const first = parent === 0 ? a.frames.get(treeRow(a, frame), F.child) : n.get(parent, N.child);
  n.set(node, N.parent, parent);
  n.set(node, N.previous, 0);
  n.set(node, N.next, first);
  if (first !== 0) n.set(first, N.previous, node);
  setFirstChild(a, parent, frame, node);
}

/** Takes a node, with what hangs below it, off its place. */
export function unlink(a: Arena, node: number): void {
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
  link(a, node, parent);
}

/** What hangs below one node hangs below another. */
export function moveChildren(a: Arena, from: number, to: number): void {
  for (let child = a.nodes.get(from, N.child); child !== 0; child = a.nodes.get(from, N.child)) setParent(a, child, to);
}

/** A fresh node of a space, hanging below `parent`. 0 when there is none, or none for the space. */
export function takeNode(a: Arena, parent: number, frame: number, space: number, page: number, bits: number): number {
  const n = a.nodes;
  const node = a.get(H.freeNode);
  if (node === 0 || !book(a, space, n.stride * 4)) return 0;
  a.set(H.freeNode, n.get(node, N.next));
  n.clear(node);
  n.set(node, N.space, space);
  n.set(node, N.page, page);
  n.set(node, N.frame, frame);
  n.set(node, N.bits, bits);
  link(a, node, parent);
  return node;
}

/** Gives back a node that nothing hangs below. */
export function giveNode(a: Arena, node: number): void {
  const n = a.nodes;
  unlink(a, node);
  unbook(a, n.get(node, N.space), n.stride * 4);
  n.clear(node);
  n.set(node, N.next, a.get(H.freeNode));
  a.set(H.freeNode, node);
}
