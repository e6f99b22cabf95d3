/**
 * Pages of others: sharing between processes, and mapping by request.
 *
 * Here: SHARE and MAP with its three sources – a physical address, fresh pages, another process's pages – and who may.
 * Sharing goes through both P3s, which stay the mapping parents: the tree is never deeper than sigma0, ART, P3, user.
 * Not here: offers (`offers.ts`), devices (`direct.ts`), the P3's side (`../p3/shared.ts`).
 * Reference: thesis 4.2.3, Figure 4.6; appendices A.2.2, A.2.3 and B.4.2.
 * @module
 */
import { ANY_THREAD, FPAGE_RWX, mapItem, NIL_THREAD, PAGE_SIZE, threadNumber } from "@kintsugi/microkernel";
import { SESSION_AREA, SESSION_AREA_END } from "../protocol/address-space.ts";
import { ART_DEVICE_PAGES, ART_PAGES_PER_REQUEST, ATTRIBUTE_BITS } from "../protocol/art.ts";
import { STATUS_INVALID, STATUS_NO_MEMORY, STATUS_NOT_FOUND, STATUS_OK, STATUS_REFUSED } from "../protocol/status.ts";
import { type Handler, type Request, reply } from "../server/request.ts";
import type { Transaction } from "../server/transaction.ts";
import type { ArtMemory } from "./art-memory.ts";
import { isCaller, type Service } from "./caller.ts";
import { deviceItems, findDevice, isDevice, mapDevice, shareDevice } from "./direct.ts";
import { endIllegal, give, isIllegal, mayTouchDevices, rangeOf, take } from "./memory.ts";
import { endOffersIn, offer, offeredRights, pidOfThread } from "./offers.ts";
import { isFree, PAGE_MAPPED, pageOf, setState, takeAt } from "./page-table.ts";
import { isAlive, p3Thread, userThread } from "./processes.ts";
import { findMapping, hold, MAPPING_SHARED, mappingAt, mappingsIn, mappingsLeft } from "./space.ts";

/** SHARE address, count, peer/attribute: the status of pages of the session region. Nothing else is ever shared. */
export function share(memory: ArtMemory): Service {
  return function* (s: Request, pid: number): Handler {
    const low = s.word(1) >>> 0;
    const count = s.word(2) >>> 0;
    const peer = s.word(3) >>> ATTRIBUTE_BITS;
    if (!inSessionArea(low, count)) return reply(STATUS_INVALID);
    const [status] = yield* s.step((tx) => {
      if (!isCaller(memory, tx, s)) return [STATUS_REFUSED];
      if (findMapping(memory, tx, pid, low) === 0 && findDevice(memory, tx, pid, low) < 0) return [STATUS_NOT_FOUND];
      if (peer !== 0) return [offer(memory, tx, pid, low, count, peer, s.word(3) & FPAGE_RWX)];
      endOffersIn(memory, tx, pid, low, low + count * PAGE_SIZE);
      return [STATUS_OK];
    });
    return reply(status!);
  };
}

/** MAP destination, its process, source, its process, count: → map items. */
export function map(memory: ArtMemory): Service {
  return function* (s: Request, pid: number): Handler {
    const [low, count] = [s.word(1) >>> 0, s.word(5) >>> 0];
    const source = s.word(4);
    if (isIllegal(low, count)) return yield* endIllegal(s, memory, pid, low);
    if (s.count < 5 || count < 1 || count > ART_DEVICE_PAGES || low % PAGE_SIZE !== 0) return reply(STATUS_INVALID);
    const [own, free] = yield* s.step((tx) => {
      const ids = [p3Thread(memory, tx, pid), userThread(memory, tx, pid), NIL_THREAD];
      const empty =
        mappingsIn(memory, tx, pid, low, low + Math.min(count, ART_PAGES_PER_REQUEST) * PAGE_SIZE).length === 0 &&
        findDevice(memory, tx, pid, low) < 0;
      return [isCaller(memory, tx, s) && ids.includes(s.word(2)) ? 1 : 0, empty ? 1 : 0];
    });
    if (own === 0) return reply(STATUS_REFUSED);
    if (free === 0) return reply(STATUS_INVALID);
    if (source === ANY_THREAD) return yield* mapFresh(s, memory, pid, low, count);
    if (!inSessionArea(low, count)) return reply(STATUS_INVALID);
    if (source === NIL_THREAD) return yield* mapDirect(s, memory, pid, low, count);
    return yield* mapShared(s, memory, pid, low, count);
  };
}

/** Anonymous pages, mapped at once. */
function* mapFresh(s: Request, memory: ArtMemory, pid: number, low: number, count: number): Handler {
  const range = rangeOf({ word: (i: number) => (i === 1 ? low : count) });
  if (range === undefined) return reply(STATUS_INVALID);
  const [status, ...frames] = yield* s.step((tx) =>
    isCaller(memory, tx, s) ? take(tx, memory, pid, low, count, 0) : [STATUS_REFUSED],
  );
  if (status !== STATUS_OK) return reply(status!);
  return { words: [STATUS_OK], items: frames.flatMap((frame, i) => [mapItem(low + i * PAGE_SIZE), pageOf(frame)]) };
}

/** The memory at a physical address, for those whom the machine's configuration lets have it. */
function* mapDirect(s: Request, memory: ArtMemory, pid: number, low: number, count: number): Handler {
  const physical = s.word(3) >>> 0;
  const [allowed, device] = yield* s.step((tx) => [
    isCaller(memory, tx, s) && mayTouchDevices(memory, tx, pid) ? 1 : 0,
    isDevice(memory, tx, physical, count) ? 1 : 0,
  ]);
  if (allowed === 0) return reply(STATUS_REFUSED);
  if (device === 0) return yield* mapFrames(s, memory, pid, low, count);
  const wanted = { pid, address: low, pages: count, physical, rights: FPAGE_RWX & ~1 };
  const status = yield* mapDevice(s, memory, wanted);
  if (status !== STATUS_OK) return reply(status);
  const items = yield* s.step((tx) => deviceItems(memory, tx, pid, low));
  return { words: [STATUS_OK], items };
}

/** These very page frames, zeroed, if all of them are free; nobody gets what is the system's or another's. */
function* mapFrames(s: Request, memory: ArtMemory, pid: number, low: number, count: number): Handler {
  const first = (s.word(3) >>> 0) / PAGE_SIZE;
  if (!Number.isInteger(first) || count > ART_PAGES_PER_REQUEST) return reply(STATUS_INVALID);
  const frames = Array.from({ length: count }, (_, i) => first + i);
  const [status] = yield* s.step((tx) => {
    if (!isCaller(memory, tx, s) || !frames.every((frame) => isFree(memory, tx, frame))) return [STATUS_REFUSED];
    if (mappingsLeft(memory, tx) < count || !frames.every((frame) => takeAt(memory, tx, frame)))
      return [STATUS_NO_MEMORY];
    for (const [i, frame] of frames.entries()) give(memory, tx, pid, low + i * PAGE_SIZE, frame, PAGE_MAPPED);
    return [STATUS_OK];
  });
  if (status !== STATUS_OK) return reply(status!);
  return { words: [STATUS_OK], items: frames.flatMap((frame, i) => [mapItem(low + i * PAGE_SIZE), pageOf(frame)]) };
}

/** Pages that their owner shares with the sender's process. Whoever asks for a private page of somebody's is ended (A.2.2). */
function* mapShared(s: Request, memory: ArtMemory, pid: number, low: number, count: number): Handler {
  const from = s.word(3) >>> 0;
  const owner = pidOfThread(threadNumber(s.word(4)));
  const [status, ...items] = yield* s.step((tx) => {
    if (!isCaller(memory, tx, s)) return [STATUS_REFUSED];
    if (owner === 0 || !isAlive(memory, tx, owner) || userThread(memory, tx, owner) !== s.word(4))
      return [STATUS_NOT_FOUND];
    return shared(tx, memory, { pid, low, count, owner, from });
  });
  if (status === ILLEGAL) return yield* endIllegal(s, memory, pid, from);
  if (status !== STATUS_OK) return reply(status!);
  const [device, ...words] = items;
  return { words: [STATUS_OK, device!], items: words };
}

/** In place of a status: the process must go. */
const ILLEGAL = -1;

interface Wanted {
  readonly pid: number;
  readonly low: number;
  readonly count: number;
  readonly owner: number;
  readonly from: number;
}

/** Holds the pages in one step, all or none. Result: status, 1 for device memory, words of map items. */
function shared(tx: Transaction, memory: ArtMemory, { pid, low, count, owner, from }: Wanted): number[] {
  const me = userThread(memory, tx, pid);
  const device = findDevice(memory, tx, owner, from);
  if (device < 0 && count > ART_PAGES_PER_REQUEST) return [STATUS_INVALID];
  for (let i = 0; i < count; i++) {
    const address = from + i * PAGE_SIZE;
    const row = findMapping(memory, tx, owner, address);
    if (device < 0 && row === 0) return [STATUS_NOT_FOUND];
    if (device < 0 && (mappingAt(memory, tx, row).rights & MAPPING_SHARED) === 0) return [ILLEGAL];
    if (offeredRights(memory, tx, owner, address, me) <= 0) return [STATUS_REFUSED];
  }
  const rights = offeredRights(memory, tx, owner, from, me);
  if (device >= 0) {
    const status = shareDevice(memory, tx, device, pid, low, rights);
    return status === STATUS_OK ? [STATUS_OK, 1, ...deviceItems(memory, tx, pid, low)] : [status];
  }
  if (mappingsLeft(memory, tx) < count) return [STATUS_NO_MEMORY];
  const items: number[] = [];
  for (let i = 0; i < count; i++) {
    const { frame } = mappingAt(memory, tx, findMapping(memory, tx, owner, from + i * PAGE_SIZE));
    hold(memory, tx, pid, low + i * PAGE_SIZE, frame, rights | MAPPING_SHARED);
    setState(memory, tx, frame, PAGE_MAPPED);
    items.push(mapItem(low + i * PAGE_SIZE), pageOf(frame, rights));
  }
  return [STATUS_OK, 0, ...items];
}

function inSessionArea(low: number, count: number): boolean {
  return low % PAGE_SIZE === 0 && count >= 1 && low >= SESSION_AREA && low + count * PAGE_SIZE <= SESSION_AREA_END;
}
