/**
 * Memory for P3s: pages and modules.
 *
 * Here: ALLOCATE, RELEASE, UNMAP, MODULE_MAP, PHYSICAL. Not here: which frame (`page-table.ts`), who has it
 * (`space.ts`), faults (`faults.ts`), pages of other processes (`sharing.ts`), of devices (`direct.ts`).
 * ART's space is idempotent, so a frame's address is its fpage; where it goes in the P3 is the base of
 * the map item, for a P3 whose receive window is its complete space.
 * Reference: thesis, appendix A.2.2 and B.4.2; docs/protocols.md, sections 3 and 7.
 * @module
 */
import {
  FAILURE_PAGE_FAULT,
  FPAGE_R,
  FPAGE_RWX,
  FPAGE_W,
  FPAGE_X,
  makeFpage,
  mapItem,
  PAGE_BITS,
  PAGE_SIZE,
  STANDARD_UTCB_AREA,
  USER_AREA_END,
} from "@kintsugi/microkernel";
import {
  P3_MODULE_AREA,
  P3_MODULE_AREA_SIZE,
  P3_PERSISTENT_MEMORY,
  SESSION_AREA,
  SESSION_AREA_END,
} from "../protocol/address-space.ts";
import {
  ART_DEVICE_PAGES,
  ART_PAGES_PER_REQUEST,
  ATTRIBUTE_BITS,
  ATTRIBUTE_CONTIGUOUS,
  ATTRIBUTE_RESERVE,
  PROCESS_FLAG_DEVICE,
} from "../protocol/art.ts";
import { STATUS_INVALID, STATUS_NO_MEMORY, STATUS_NOT_FOUND, STATUS_OK, STATUS_REFUSED } from "../protocol/status.ts";
import { type Answer, type Handler, type Part, type Request, reply } from "../server/request.ts";
import type { HandlerFunction } from "../server/resident-server.ts";
import type { WordReader } from "../server/table.ts";
import type { Transaction } from "../server/transaction.ts";
import { type ArtMemory, M, P } from "./art-memory.ts";
import { isCaller, type Service } from "./caller.ts";
import { releaseDevices } from "./direct.ts";
import { endOffersIn, offer } from "./offers.ts";
import {
  frameAddress,
  freePages,
  PAGE_MAPPED,
  PAGE_RESERVED,
  PAGE_UNMAPPED,
  pageOf,
  setState,
  takeFrame,
  takeRun,
} from "./page-table.ts";
import { PROCESS_RUNNING, stateOf } from "./processes.ts";
import { endProcess } from "./removal.ts";
import { drop, findMapping, hold, MAPPING_SHARED, mappingAt, mappingsIn, mappingsLeft, mappingsOf } from "./space.ts";

/** What an ISA DMA channel reaches: frames below 16 MiB, no transfer across 64 KiB. */
const DMA_LIMIT = 0x1000000 / PAGE_SIZE;
const DMA_LINE = 0x10000 / PAGE_SIZE;

/** ALLOCATE address, count, peer/attribute: → map items of zeroed pages. Refused where the P3 has pages already. */
export function allocate(memory: ArtMemory): Service {
  return function* (s: Request, pid: number): Handler {
    if (isIllegal(s.word(1) >>> 0, s.word(2) >>> 0)) return yield* endIllegal(s, memory, pid, s.word(1) >>> 0);
    const range = rangeOf(s);
    if (range === undefined) return reply(STATUS_INVALID);
    const attribute = s.word(3) & (2 ** ATTRIBUTE_BITS - 1);
    const peer = s.word(3) >>> ATTRIBUTE_BITS;
    const [status, ...frames] = yield* s.step((tx) => {
      if (!isCaller(memory, tx, s)) return [STATUS_REFUSED];
      if ((attribute & ATTRIBUTE_CONTIGUOUS) !== 0 && !mayTouchDevices(memory, tx, pid)) return [STATUS_REFUSED];
      if (mappingsIn(memory, tx, pid, range.low, range.high).length > 0) return [STATUS_INVALID];
      return take(tx, memory, pid, range.low, s.word(2), attribute);
    });
    if (status !== STATUS_OK) return reply(status);
    if (peer !== 0) yield* s.step((tx) => [offer(memory, tx, pid, range.low, s.word(2), peer, attribute & FPAGE_RWX)]);
    if ((attribute & ATTRIBUTE_RESERVE) !== 0) return reply(STATUS_OK);
    const items = frames.flatMap((frame, i) => [mapItem(range.low + i * PAGE_SIZE), pageOf(frame)]);
    return { words: [STATUS_OK], items };
  };
}

/** The continuation that goes on with releasing all shared pages of a pid. */
export const RELEASE_SHARED = 6;
const BATCH = 32;

/** RELEASE address, count: the pages leave the caller's Space; those that nobody else holds are free. Count 0: the session region. */
export function release(memory: ArtMemory): Service {
  return function* (s: Request, pid: number): Handler {
    if (s.word(1) === SESSION_AREA && s.word(2) === 0) return { become: { label: RELEASE_SHARED, words: [pid] } };
    const range = rangeOf(s);
    if (range === undefined) return reply(STATUS_INVALID);
    yield* takeBack(s, memory, pid, range.low, range.high);
    yield* s.step((tx) => {
      if (!isCaller(memory, tx, s)) return [];
      for (const row of mappingsIn(memory, tx, pid, range.low, range.high)) drop(memory, tx, row);
      endOffersIn(memory, tx, pid, range.low, range.high);
      releaseDevices(memory, tx, pid, range.low);
      return [];
    });
    return reply(STATUS_OK);
  };
}

/** A batch of what the caller holds in the session region; the last one answers. Its P3 has flushed the region. */
export function releaseShared(memory: ArtMemory): HandlerFunction {
  return function* (s: Request): Handler {
    const pid = s.word(1);
    const [left] = yield* s.step((tx) => {
      if (stateOf(memory, tx, pid) !== PROCESS_RUNNING) return [0];
      const rows = mappingsOf(memory, tx, pid, Number.POSITIVE_INFINITY)
        .filter((row) => isSessionPage(mappingAt(memory, tx, row).address))
        .slice(0, BATCH);
      for (const row of rows) drop(memory, tx, row);
      if (rows.length === 0) {
        endOffersIn(memory, tx, pid, SESSION_AREA, SESSION_AREA_END);
        releaseDevices(memory, tx, pid);
      }
      return [rows.length];
    });
    return left! > 0 ? { become: { label: RELEASE_SHARED, words: s.words } } : reply(STATUS_OK);
  };
}

/** UNMAP address, count: the pages are taken from the caller, and stay its own; a fault brings them back. */
export function unmap(memory: ArtMemory): Service {
  return function* (s: Request, pid: number): Handler {
    const range = rangeOf(s);
    if (range === undefined) return reply(STATUS_INVALID);
    const count = yield* takeBack(s, memory, pid, range.low, range.high);
    return count > 0 ? reply(STATUS_OK) : reply(STATUS_NOT_FOUND);
  };
}

/** L4 cannot take a page from one receiver alone: others who hold it get it back with their next fault. */
function* takeBack(s: Request, memory: ArtMemory, pid: number, low: number, high: number): Part<number> {
  const frames = yield* s.step((tx) =>
    mappingsIn(memory, tx, pid, low, high).map((row) => mappingAt(memory, tx, row).frame),
  );
  if (frames.length === 0) return 0;
  yield* s.unmap(frames.map((frame) => pageOf(frame)));
  yield* s.step((tx) => {
    for (const frame of frames) setState(memory, tx, frame, PAGE_UNMAPPED);
    return [];
  });
  return frames.length;
}

/** PHYSICAL address: → the physical address behind it, for processes that may drive devices. */
export function physicalAddress(memory: ArtMemory): Service {
  return function* (s: Request, pid: number): Handler {
    const address = s.word(1) >>> 0;
    const [status, physical] = yield* s.step((tx) => {
      if (!isCaller(memory, tx, s) || !mayTouchDevices(memory, tx, pid)) return [STATUS_REFUSED];
      const row = findMapping(memory, tx, pid, address);
      if (row === 0) return [STATUS_NOT_FOUND];
      return [STATUS_OK, frameAddress(mappingAt(memory, tx, row).frame) + (address % PAGE_SIZE)];
    });
    return status === STATUS_OK ? reply(STATUS_OK, physical!) : reply(status!);
  };
}

/** Whether the process may have device memory and know physical addresses: the word `device` of its module. */
export function mayTouchDevices({ processes }: ArtMemory, tx: WordReader, pid: number): boolean {
  return (processes.get(tx, pid - 1, P.flags) & PROCESS_FLAG_DEVICE) !== 0;
}

/** MODULE_MAP module, page, count: → map items, read-only, of the caller's own module. */
export function mapModule(memory: ArtMemory): Service {
  return function* (s: Request, pid: number): Handler {
    const [module, page, count] = [s.word(1), s.word(2), s.word(3)];
    const [status, start] = yield* s.step((tx) => {
      if (memory.processes.get(tx, pid - 1, P.module) !== module) return [STATUS_REFUSED];
      const pages = Math.ceil(memory.modules.get(tx, module, M.size) / PAGE_SIZE);
      const inside = page >= 0 && count >= 1 && count <= ART_PAGES_PER_REQUEST && page + count <= pages;
      return [inside ? STATUS_OK : STATUS_INVALID, memory.modules.get(tx, module, M.start)];
    });
    if (status !== STATUS_OK) return reply(status);
    const items: number[] = [];
    for (let i = page; i < page + count; i++)
      items.push(
        mapItem(P3_MODULE_AREA + i * PAGE_SIZE),
        makeFpage(start + i * PAGE_SIZE, PAGE_BITS, FPAGE_R | FPAGE_X),
      );
    return { words: [STATUS_OK], items };
  };
}

/** Takes and zeroes pages. Result: status, frames. */
export function take(
  tx: Transaction,
  memory: ArtMemory,
  pid: number,
  low: number,
  count: number,
  attribute: number,
): number[] {
  if (freePages(memory, tx) < count || mappingsLeft(memory, tx) < count) return [STATUS_NO_MEMORY];
  const run = attribute & ATTRIBUTE_CONTIGUOUS ? takeRun(memory, tx, count, DMA_LIMIT, DMA_LINE) : -1;
  if (run === 0) return [STATUS_NO_MEMORY];
  const result = [STATUS_OK];
  const state = attribute & ATTRIBUTE_RESERVE ? PAGE_RESERVED : PAGE_MAPPED;
  for (let i = 0; i < count; i++) {
    const frame = run < 0 ? takeFrame(memory, tx) : run + i;
    give(memory, tx, pid, low + i * PAGE_SIZE, frame, state);
    result.push(frame);
  }
  return result;
}

/** A frame that has been taken becomes a zeroed page of a Space: private, unless it lies in the session region. */
export function give(
  memory: ArtMemory,
  tx: Transaction,
  pid: number,
  address: number,
  frame: number,
  state: number,
): void {
  hold(memory, tx, pid, address, frame, FPAGE_RWX | (isSessionPage(address) ? MAPPING_SHARED : 0));
  setState(memory, tx, frame, state);
  tx.pages.fill(frameAddress(frame), PAGE_SIZE, 0);
}

/** Whether pages are asked for beyond the user area, which no process has. More pages than there are devices for is just a malformed request. */
export function isIllegal(low: number, count: number): boolean {
  return count <= ART_DEVICE_PAGES && low + count * PAGE_SIZE > USER_AREA_END;
}

/** An illegal address is the end of the process that asks for it. */
export function endIllegal(s: Request, memory: ArtMemory, pid: number, address: number): Part<Answer> {
  const exit = { status: 0, kind: FAILURE_PAGE_FAULT, detail: FPAGE_W, address };
  return endProcess(s, memory, pid, exit, false);
}

function isSessionPage(address: number): boolean {
  return address >= SESSION_AREA && address < SESSION_AREA_END;
}

/** MR1 and MR2 as a range of whole pages that a P3 may have memory in: its own below the modules, or the user's. */
export function rangeOf(s: Pick<Request, "word">): { readonly low: number; readonly high: number } | undefined {
  const low = s.word(1) >>> 0;
  const count = s.word(2) >>> 0;
  const high = low + count * PAGE_SIZE;
  if (low % PAGE_SIZE !== 0 || count < 1 || count > ART_PAGES_PER_REQUEST) return undefined;
  const own = low >= P3_PERSISTENT_MEMORY && high <= P3_MODULE_AREA + P3_MODULE_AREA_SIZE;
  const users = low >= SESSION_AREA && high <= STANDARD_UTCB_AREA;
  return own || users ? { low, high } : undefined;
}
