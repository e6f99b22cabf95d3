/**
 * Large pages: when 4 MiB become 1024 pages, and the other way round.
 *
 * Here: dividing a 4 MiB mapping before a part of it changes, and making room for one. Not here: maps and unmaps of whole
 * pages (→ mapping-database.ts), fpages (→ ipc/map-transfer.ts, syscall/unmap.ts).
 * A 4 MiB mapping stays one as long as only parts of it are given away. Whoever takes back, grants, asks about or maps over a part
 * divides it, and what was derived from it. Pages are not put together again. Reference: SDM Vol. 3, 4.3.
 * @module
 */
import { PDE_LARGE, PTE_PRESENT } from "@kintsugi/ia32";
import { PAGE_SIZE } from "../api/fpage.ts";
import { COST_SPLIT } from "../costs.ts";
import type { Arena } from "../table/arena.ts";
import { H, K, N } from "../table/layout.ts";
import { LARGE } from "../table/states.ts";
import { mayBook } from "./kernel-memory.ts";
import { findNode, removeSubtree } from "./mapping-database.ts";
import { firstChild, following, isLarge, link, takeNode, unlink } from "./mapping-tree.ts";
import {
  directoryEntry,
  entryNode,
  findEntry,
  giveTable,
  makeEntry,
  PTE_FRAME,
  setEntryNode,
  TABLE_PAGES,
} from "./page-table.ts";

/** Rows and frames that dividing one mapping takes. */
const NEW_NODES = TABLE_PAGES - 1;
const NEW_FRAMES = 2;

/**
 * The mapping at a page, so that it lies in the pages `page`…`end - 1`: one of 4 MiB that does not is divided. Where the kernel
 * has no room for that, the 4 MiB mapping itself. 0 for none.
 */
export function mappingWithin(a: Arena, space: number, page: number, end: number): number {
  const node = findNode(a, space, page);
  if (node === 0 || !isLarge(a, node)) return node;
  if (a.nodes.get(node, N.page) === page && end - page >= TABLE_PAGES) return node;
  return splitLarge(a, node) ? findNode(a, space, page) : node;
}

/** The page behind a mapping. */
export function pageBehind(a: Arena, node: number): number {
  return a.nodes.get(node, N.page) + (isLarge(a, node) ? TABLE_PAGES : 1);
}

/** Divides the 4 MiB mappings that sigma0 has made of a frame's surroundings; without room for that, takes them back. */
export function splitFrames(a: Arena, frame: number): void {
  const large = (frame & -TABLE_PAGES) | LARGE;
  for (let node = firstChild(a, 0, large); node !== 0; node = firstChild(a, 0, large))
    if (!splitLarge(a, node)) removeSubtree(a, node);
}

/**
 * Divides a 4 MiB mapping and those derived from it into pages with the same rights and status bits. False, with nothing
 * changed, when rows, frames or a space's quota are too few.
 */
export function splitLarge(a: Arena, node: number): boolean {
  const most = Math.floor(a.nodes.rows / NEW_NODES);
  const large: number[] = [];
  for (let at = node; at !== 0; at = following(a, at, node)) {
    if (!isLarge(a, at)) continue;
    if (large.length === most) return false;
    large.push(at);
  }
  if (!hasRoom(a, large)) return false;
  // Those below first: 4 KiB pages may hang below 4 MiB, not the other way round.
  for (const one of large.reverse()) split(a, one);
  return true;
}

function hasRoom(a: Arena, large: readonly number[]): boolean {
  let node = a.get(H.freeNode);
  for (let i = 1; i < large.length * NEW_NODES && node !== 0; i++) node = a.nodes.get(node, N.next);
  let frame = a.get(H.freeKernelFrame);
  for (let i = 1; i < large.length * NEW_FRAMES && frame !== 0; i++) frame = a.kernelFrames.get(frame, K.next);
  if (node === 0 || frame === 0) return false;
  const bytes = new Map<number, number>();
  for (const one of large) {
    const space = a.nodes.get(one, N.space);
    bytes.set(space, (bytes.get(space) ?? 0) + NEW_NODES * a.nodes.stride * 4 + NEW_FRAMES * PAGE_SIZE);
  }
  return [...bytes].every(([space, more]) => mayBook(a, space, more));
}

/** There is room, and nothing large hangs below. The node becomes that of the first page. */
function split(a: Arena, node: number): void {
  const n = a.nodes;
  a.charge(COST_SPLIT);
  const space = n.get(node, N.space);
  const page = n.get(node, N.page);
  const bits = n.get(node, N.bits);
  const parent = n.get(node, N.parent);
  const directory = findEntry(a, space, page);
  const pde = a.memory.read32(directory);
  const first = n.get(node, N.frame) & ~LARGE;
  const children = n.get(node, N.child);
  unlink(a, node);
  setEntryNode(a, directory, 0);
  a.memory.write32(directory, 0);
  n.set(node, N.child, 0);
  n.set(node, N.frame, first);
  link(a, node, parent);
  const table = makeEntry(a, space, page);
  for (let i = 0; i < TABLE_PAGES; i++) {
    const piece = i === 0 ? node : takeNode(a, parent, first + i, space, page + i, bits);
    a.memory.write32(table + 4 * i, (pde & ~PDE_LARGE) + i * PAGE_SIZE);
    setEntryNode(a, table + 4 * i, piece);
  }
  for (let child = children, next = 0; child !== 0; child = next) {
    next = n.get(child, N.next);
    link(a, child, entryNode(a, table + 4 * (n.get(child, N.frame) - first)));
  }
}

/**
 * Makes room for a 4 MiB mapping of `frame` (LARGE in it) at its page: pages of other frames go, and their table. False, with
 * nothing changed, when some of the same frames are there already: they are to be extended one by one.
 */
export function makeLargeRoom(a: Arena, space: number, page: number, frame: number): boolean {
  const at = directoryEntry(a, space, page);
  const pde = a.memory.read32(at);
  if ((pde & PTE_PRESENT) === 0 || pde & PDE_LARGE) return true;
  const table = pde & PTE_FRAME;
  for (let i = 0; i < TABLE_PAGES; i++) {
    const node = entryNode(a, table + 4 * i);
    if (node !== 0 && a.nodes.get(node, N.frame) === (frame & ~LARGE) + i) return false;
  }
  for (let i = 0; i < TABLE_PAGES; i++) {
    const node = entryNode(a, table + 4 * i);
    if (node !== 0) removeSubtree(a, node);
  }
  a.memory.write32(at, 0);
  giveTable(a, space, table);
  return true;
}
