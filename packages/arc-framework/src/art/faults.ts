/**
 * Faults and exceptions of P3s, whose pager ART is.
 *
 * Here: what a fault brings back or in, copies of pages that are copied on write, the end of a P3 that asks for more. Not here: pages by
 * request (`memory.ts`), who has what (`space.ts`).
 * Reference: thesis, appendices A.1 (copy-on-write) and A.2.2 (reserved page mapping, page mapping error).
 * @module
 */
import {
  EXCEPTION_NUMBER,
  FAILURE_EXCEPTION,
  FAILURE_PAGE_FAULT,
  FPAGE_RWX,
  FPAGE_W,
  mapItem,
  PAGE_SIZE,
} from "@kintsugi/microkernel";
import { P3_MODULE_AREA, P3_PERSISTENT_MEMORY } from "../protocol/address-space.ts";
import { STATUS_OK } from "../protocol/status.ts";
import type { Handler, Request } from "../server/request.ts";
import type { Transaction } from "../server/transaction.ts";
import type { ArtMemory } from "./art-memory.ts";
import { isCaller, type Service } from "./caller.ts";
import { deviceItems } from "./direct.ts";
import { take } from "./memory.ts";
import { frameAddress, PAGE_MAPPED, pageOf, setState, takeFrame } from "./page-table.ts";
import { endProcess } from "./removal.ts";
import {
  drop,
  findMapping,
  hold,
  holdersOf,
  MAPPING_COPY_ON_WRITE,
  mappedRights,
  mappingAt,
  setRights,
} from "./space.ts";

/** A P3's own page fault: its private memory grows, what it has is mapped again, anything else is its end. */
export function pageFault(memory: ArtMemory): Service {
  return function* (s: Request, pid: number): Handler {
    const address = s.word(1) >>> 0;
    const page = address - (address % PAGE_SIZE);
    const write = (s.label & FPAGE_W) !== 0;
    const items = yield* s.step((tx) => {
      if (!isCaller(memory, tx, s)) return [];
      const row = findMapping(memory, tx, pid, page);
      if (row !== 0) return reserved(tx, memory, row, write);
      const device = deviceItems(memory, tx, pid, page);
      if (device.length > 0) return device;
      if (page < P3_PERSISTENT_MEMORY || page >= P3_MODULE_AREA) return [];
      const [status, fresh] = take(tx, memory, pid, page, 1, 0);
      return status === STATUS_OK ? [mapItem(page), pageOf(fresh!)] : [];
    });
    if (items.length > 0) return { items };
    const exit = { status: 0, kind: FAILURE_PAGE_FAULT, detail: s.label & FPAGE_RWX, address };
    return yield* endProcess(s, memory, pid, exit, false);
  };
}

/** A page that the Space has: as it is, or as a copy of its own. No items where a right is missing or memory for the copy. */
function reserved(tx: Transaction, memory: ArtMemory, row: number, write: boolean): number[] {
  const { pid, address, frame, rights } = mappingAt(memory, tx, row);
  if (write && (rights & FPAGE_W) === 0) return [];
  if (!write || (rights & MAPPING_COPY_ON_WRITE) === 0) {
    setState(memory, tx, frame, PAGE_MAPPED);
    return [mapItem(address), pageOf(frame, mappedRights(rights))];
  }
  const own = rights & ~MAPPING_COPY_ON_WRITE;
  if (holdersOf(memory, tx, frame).length === 1) {
    setRights(memory, tx, row, own);
    return [mapItem(address), pageOf(frame, mappedRights(own))];
  }
  const copy = takeFrame(memory, tx);
  if (copy === 0) return [];
  tx.pages.copy(frameAddress(copy), frameAddress(frame), PAGE_SIZE);
  drop(memory, tx, row);
  hold(memory, tx, pid, address, copy, own);
  setState(memory, tx, copy, PAGE_MAPPED);
  return [mapItem(address), pageOf(copy, mappedRights(own))];
}

/** A P3's exception: its program has given up, or never was one. */
export function exception(memory: ArtMemory): Service {
  return (s: Request, pid: number): Handler => {
    const exit = { status: 0, kind: FAILURE_EXCEPTION, detail: s.word(EXCEPTION_NUMBER), address: 0 };
    return endProcess(s, memory, pid, exit, false);
  };
}
