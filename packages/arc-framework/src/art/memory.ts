/**
 * Memory for P3s: pages, modules, and the faults of P3s themselves.
 *
 * Here: ALLOCATE, RELEASE, MODULE_MAP and page faults. Not here: which frame (`frames.ts`).
 * ART's space is idempotent, so a frame's address is its fpage; where it goes in the P3 is the base of
 * the map item, for a P3 whose receive window is its complete space.
 * Reference: thesis, appendix A.2.2 and B.4.2; docs/protocols.md, sections 3 and 7.
 * @module
 */
import {
  EXCEPTION_NUMBER,
  FAILURE_EXCEPTION,
  FAILURE_PAGE_FAULT,
  FPAGE_R,
  FPAGE_RWX,
  FPAGE_X,
  makeFpage,
  mapItem,
  PAGE_BITS,
  PAGE_SIZE,
  STANDARD_UTCB_AREA,
} from "@kintsugi/microkernel";
import { P3_MODULE_AREA, P3_PERSISTENT_MEMORY, SESSION_AREA } from "../protocol/address-space.ts";
import { ART_PAGES_PER_REQUEST } from "../protocol/art.ts";
import { STATUS_INVALID, STATUS_NO_MEMORY, STATUS_OK, STATUS_REFUSED } from "../protocol/status.ts";
import { type Handler, type Request, reply } from "../server/request.ts";
import type { Transaction } from "../server/transaction.ts";
import { type ArtMemory, M, P } from "./art-memory.ts";
import { isCaller, type Service } from "./caller.ts";
import { frameAddress, framesIn, freePages, giveFrames, takeFrame } from "./frames.ts";
import { endProcess, pageOf } from "./removal.ts";

/** ALLOCATE address, count: → map items of zeroed pages. Refused where the P3 has pages already. */
export function allocate(memory: ArtMemory): Service {
  return function* (s: Request, pid: number): Handler {
    const range = rangeOf(s);
    if (range === undefined) return reply(STATUS_INVALID);
    const [status, ...frames] = yield* s.step((tx) => {
      if (!isCaller(memory, tx, s)) return [STATUS_REFUSED];
      if (framesIn(memory, tx, pid, range.low, range.high, 1).length > 0) return [STATUS_INVALID];
      return take(tx, memory, pid, range.low, s.word(2));
    });
    if (status !== STATUS_OK) return reply(status);
    const items = frames.flatMap((frame, i) => [mapItem(range.low + i * PAGE_SIZE), pageOf(frame)]);
    return { words: [STATUS_OK], items };
  };
}

/** RELEASE address, count: the pages there go back, whoever else they were mapped to. */
export function release(memory: ArtMemory): Service {
  return function* (s: Request, pid: number): Handler {
    const range = rangeOf(s);
    if (range === undefined) return reply(STATUS_INVALID);
    const { low, high } = range;
    const found = yield* s.step((tx) => framesIn(memory, tx, pid, low, high, ART_PAGES_PER_REQUEST));
    if (found.length === 0) return reply(STATUS_OK);
    yield* s.unmap(found.filter((_, i) => i % 2 === 0).map((frame) => pageOf(frame)));
    yield* s.step((tx) => {
      if (isCaller(memory, tx, s)) giveFrames(memory, tx, pid, low, high, ART_PAGES_PER_REQUEST);
      return [];
    });
    return reply(STATUS_OK);
  };
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

/** A P3's own page fault: its private memory grows, what it has is mapped again, anything else is its end. */
export function pageFault(memory: ArtMemory): Service {
  return function* (s: Request, pid: number): Handler {
    const address = s.word(1) >>> 0;
    const page = address - (address % PAGE_SIZE);
    const [frame] = yield* s.step((tx) => {
      if (!isCaller(memory, tx, s)) return [0];
      const [known] = framesIn(memory, tx, pid, page, page + PAGE_SIZE, 1);
      if (known !== undefined) return [known];
      if (page < P3_PERSISTENT_MEMORY || page >= P3_MODULE_AREA) return [0];
      const [status, fresh] = take(tx, memory, pid, page, 1);
      return [status === STATUS_OK ? fresh : 0];
    });
    if (frame !== 0) return { items: [mapItem(page), pageOf(frame)] };
    const exit = { status: 0, kind: FAILURE_PAGE_FAULT, detail: s.label & FPAGE_RWX, address };
    return yield* endProcess(s, memory, pid, exit, false);
  };
}

/** A P3's exception: its program has given up, or never was one. */
export function exception(memory: ArtMemory): Service {
  return (s: Request, pid: number): Handler => {
    const exit = { status: 0, kind: FAILURE_EXCEPTION, detail: s.word(EXCEPTION_NUMBER), address: 0 };
    return endProcess(s, memory, pid, exit, false);
  };
}

/** Takes and zeroes pages. Result: status, frames. */
function take(tx: Transaction, memory: ArtMemory, pid: number, low: number, count: number): number[] {
  if (freePages(memory, tx) < count) return [STATUS_NO_MEMORY];
  const result = [STATUS_OK];
  for (let i = 0; i < count; i++) {
    const frame = takeFrame(memory, tx, pid, low + i * PAGE_SIZE);
    tx.pages.fill(frameAddress(frame), PAGE_SIZE, 0);
    result.push(frame);
  }
  return result;
}

/** MR1 and MR2 as a range of whole pages that a P3 may have memory in: its own below the modules, or the user's. */
function rangeOf(s: Request): { readonly low: number; readonly high: number } | undefined {
  const low = s.word(1) >>> 0;
  const count = s.word(2) >>> 0;
  const high = low + count * PAGE_SIZE;
  if (low % PAGE_SIZE !== 0 || count < 1 || count > ART_PAGES_PER_REQUEST) return undefined;
  const own = low >= P3_PERSISTENT_MEMORY && high <= P3_MODULE_AREA;
  const users = low >= SESSION_AREA && high <= STANDARD_UTCB_AREA;
  return own || users ? { low, high } : undefined;
}
