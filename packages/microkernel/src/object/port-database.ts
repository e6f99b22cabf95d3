/**
 * Port database: which space got which I/O ports from whom, and how they are taken back.
 *
 * Here: map, grant and unmap of regions of ports; each region of a space is one row of a tree whose root is sigma0's
 * ownership of all ports. Not here: I/O fpages in messages (→ ipc/map-transfer.ts), the processor's bitmap (→ glue/ia32).
 * Regions are powers of two, aligned: two of them are apart, or one lies in the other. A port keeps its number on its way.
 * Invariants: regions of a space are apart, and a region lies in its parent's. A region that must be divided and finds no row
 * left is taken back whole.
 * Reference: X.2 on IA-32, I/O fpages.
 * @module
 */
import { COST_MAP_PAGE, COST_UNMAP_PAGE } from "../costs.ts";
import type { Arena } from "../table/arena.ts";
import { H, R, S } from "../table/layout.ts";
import { book, unbook } from "./kernel-memory.ts";

/** Whether user threads get ports by I/O fpages; else IOPL 3 lets them use all. */
export function hasIoFpages(a: Arena): boolean {
  return a.get(H.ioFpages) !== 0;
}

/** Whether a space has every port of an access. sigma0 has all. */
export function hasPorts(a: Arena, space: number, port: number, count: number): boolean {
  if (space === a.get(H.sigma0Space)) return true;
  for (let at = port; at < port + count; at++) if (firstRegion(a, space, at, at + 1) === 0) return false;
  return true;
}

/** The region of a space that overlaps ports `low`…`end - 1`, the lowest if there are more; 0 for none. */
export function firstRegion(a: Arena, space: number, low: number, end: number): number {
  const r = a.regions;
  let found = 0;
  for (let row = a.spaces.get(space, S.regions); row !== 0; row = r.get(row, R.spaceNext))
    if (overlaps(a, row, low, end) && (found === 0 || r.get(row, R.port) < r.get(found, R.port))) found = row;
  return found;
}

/**
 * Gives `to` what `from` has of a region, by mapping or by grant. What `to` has of it already stays as it is. False when the
 * kernel has no rows left for all of it.
 */
export function sendPorts(a: Arena, from: number, to: number, port: number, bits: number, grant: boolean): boolean {
  const sigma0 = a.get(H.sigma0Space);
  if (to === sigma0 || to === from) return true;
  if (from === sigma0) return enter(a, 0, to, port, bits);
  const r = a.regions;
  const end = port + 2 ** bits;
  let row = firstRegion(a, from, port, end);
  while (row !== 0) {
    const part = Math.min(bits, r.get(row, R.bits));
    const first = Math.max(port, r.get(row, R.port));
    if (!grant) {
      if (!enter(a, row, to, first, part)) return false;
    } else {
      a.charge(COST_MAP_PAGE);
      const own = isolate(a, row, first, part);
      if (own === 0 || !hand(a, own, to)) return false;
    }
    row = first + 2 ** part < end ? firstRegion(a, from, first + 2 ** part, end) : 0;
  }
  return true;
}

/** Takes a region back from everybody who has it from a space, and with `flush` from the space too. */
export function unmapPorts(a: Arena, space: number, port: number, bits: number, flush: boolean): void {
  const end = port + 2 ** bits;
  if (space === a.get(H.sigma0Space)) {
    revokeChildren(a, 0, port, bits);
    return;
  }
  let row = firstRegion(a, space, port, end);
  while (row !== 0) {
    const part = Math.min(bits, a.regions.get(row, R.bits));
    const first = Math.max(port, a.regions.get(row, R.port));
    revoke(a, row, first, part, flush);
    row = first + 2 ** part < end ? firstRegion(a, space, first + 2 ** part, end) : 0;
  }
}

/** A space ends: what it had goes, with all that came from it. */
export function dropPorts(a: Arena, space: number): void {
  for (let row = a.spaces.get(space, S.regions); row !== 0; row = a.spaces.get(space, S.regions)) removeSubtree(a, row);
}

function overlaps(a: Arena, row: number, low: number, end: number): boolean {
  const port = a.regions.get(row, R.port);
  return port < end && low < port + 2 ** a.regions.get(row, R.bits);
}

/** Makes a region of what a space has not yet of these ports. False without rows for it; a part of them may be there then. */
function enter(a: Arena, parent: number, space: number, port: number, bits: number): boolean {
  a.charge(COST_MAP_PAGE);
  const there = firstRegion(a, space, port, port + 2 ** bits);
  if (there === 0) return addRegion(a, parent, space, port, bits) !== 0;
  if (a.regions.get(there, R.bits) >= bits) return true;
  return enter(a, parent, space, port, bits - 1) && enter(a, parent, space, port + 2 ** (bits - 1), bits - 1);
}

/** A region of its own; its place must be free. Returns the row, 0 when there is none left. */
export function addRegion(a: Arena, parent: number, space: number, port: number, bits: number): number {
  const r = a.regions;
  const row = a.get(H.freeRegion);
  if (row === 0 || !book(a, space, r.stride * 4)) return 0;
  a.set(H.freeRegion, r.get(row, R.next));
  r.clear(row);
  r.set(row, R.port, port);
  r.set(row, R.bits, bits);
  enlist(a, row, space);
  linkRegion(a, row, parent);
  return row;
}

/** Puts a region among its space's. */
function enlist(a: Arena, row: number, space: number): void {
  const r = a.regions;
  const head = a.spaces.get(space, S.regions);
  r.set(row, R.space, space);
  r.set(row, R.spaceNext, head);
  r.set(row, R.spacePrevious, 0);
  if (head !== 0) r.set(head, R.spacePrevious, row);
  a.spaces.set(space, S.regions, row);
  a.set(H.regionChanges, a.get(H.regionChanges) + 1);
}

function delist(a: Arena, row: number): void {
  const r = a.regions;
  const next = r.get(row, R.spaceNext);
  const previous = r.get(row, R.spacePrevious);
  if (previous === 0) a.spaces.set(r.get(row, R.space), S.regions, next);
  else r.set(previous, R.spaceNext, next);
  if (next !== 0) r.set(next, R.spacePrevious, previous);
  a.set(H.regionChanges, a.get(H.regionChanges) + 1);
}

function firstChild(a: Arena, row: number): number {
  return row === 0 ? a.get(H.regionChild) : a.regions.get(row, R.child);
}

function setFirstChild(a: Arena, row: number, child: number): void {
  if (row === 0) a.set(H.regionChild, child);
  else a.regions.set(row, R.child, child);
}

function linkRegion(a: Arena, row: number, parent: number): void {
  const r = a.regions;
  const first = firstChild(a, parent);
  r.set(row, R.parent, parent);
  r.set(row, R.previous, 0);
  r.set(row, R.next, first);
  if (first !== 0) r.set(first, R.previous, row);
  setFirstChild(a, parent, row);
}

/** Hangs a region below another that contains it. */
export function setRegionParent(a: Arena, row: number, parent: number): void {
  unlinkRegion(a, row);
  linkRegion(a, row, parent);
}

function unlinkRegion(a: Arena, row: number): void {
  const r = a.regions;
  const next = r.get(row, R.next);
  const previous = r.get(row, R.previous);
  if (previous === 0) setFirstChild(a, r.get(row, R.parent), next);
  else r.set(previous, R.next, next);
  if (next !== 0) r.set(next, R.previous, previous);
}

/** The grantee takes the place of a region's owner; what it has of it already hangs one step higher from then on. */
function hand(a: Arena, row: number, to: number): boolean {
  const r = a.regions;
  const port = r.get(row, R.port);
  const bits = r.get(row, R.bits);
  const there = firstRegion(a, to, port, port + 2 ** bits);
  if (there === 0) {
    if (!book(a, to, r.stride * 4)) return false;
    unbook(a, r.get(row, R.space), r.stride * 4);
    delist(a, row);
    enlist(a, row, to);
    return true;
  }
  const upper = r.get(there, R.bits) < bits ? split(a, row) : 0;
  if (upper !== 0) return hand(a, row, to) && hand(a, upper, to);
  const parent = r.get(row, R.parent);
  for (let child = r.get(row, R.child); child !== 0; child = r.get(row, R.child)) setRegionParent(a, child, parent);
  removeRegion(a, row);
  return true;
}

/** Divides a region, and what was derived from it, so that a part of it has a row of its own: that row; 0 if there are not enough. */
function isolate(a: Arena, row: number, port: number, bits: number): number {
  let at = row;
  while (a.regions.get(at, R.bits) > bits) {
    const upper = split(a, at);
    if (upper === 0) return 0;
    if (port >= a.regions.get(upper, R.port)) at = upper;
  }
  return at;
}

/** Halves a region; the row keeps the lower half. Returns the upper one, 0 when there is no row for it. */
function split(a: Arena, row: number): number {
  const r = a.regions;
  const bits = r.get(row, R.bits);
  const half = r.get(row, R.port) + 2 ** (bits - 1);
  const upper = addRegion(a, r.get(row, R.parent), r.get(row, R.space), half, bits - 1);
  if (upper === 0) return 0;
  for (let child = r.get(row, R.child), next = 0; child !== 0; child = next) {
    next = r.get(child, R.next);
    if (r.get(child, R.bits) === bits && split(a, child) === 0) removeSubtree(a, child);
  }
  r.set(row, R.bits, bits - 1);
  for (let child = r.get(row, R.child), next = 0; child !== 0; child = next) {
    next = r.get(child, R.next);
    if (r.get(child, R.port) >= half) setRegionParent(a, child, upper);
  }
  return upper;
}

/** Takes a part of a region, no larger than it, from everybody below it, and with `flush` from its owner. */
function revoke(a: Arena, row: number, port: number, bits: number, flush: boolean): void {
  a.charge(COST_UNMAP_PAGE);
  revokeChildren(a, row, port, bits);
  if (!flush) return;
  const own = isolate(a, row, port, bits);
  if (own === 0) removeSubtree(a, row);
  else removeRegion(a, own);
}

function revokeChildren(a: Arena, row: number, port: number, bits: number): void {
  const r = a.regions;
  const end = port + 2 ** bits;
  for (;;) {
    let child = firstChild(a, row);
    while (child !== 0 && !overlaps(a, child, port, end)) child = r.get(child, R.next);
    if (child === 0) return;
    const first = Math.max(port, r.get(child, R.port));
    revoke(a, child, first, Math.min(bits, r.get(child, R.bits)), true);
  }
}

function removeSubtree(a: Arena, row: number): void {
  for (let child = a.regions.get(row, R.child); child !== 0; child = a.regions.get(row, R.child))
    removeSubtree(a, child);
  removeRegion(a, row);
}

/** Frees a region that nothing hangs below. */
function removeRegion(a: Arena, row: number): void {
  const r = a.regions;
  unbook(a, r.get(row, R.space), r.stride * 4);
  delist(a, row);
  unlinkRegion(a, row);
  r.clear(row);
  r.set(row, R.next, a.get(H.freeRegion));
  a.set(H.freeRegion, row);
}
