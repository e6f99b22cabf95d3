/**
 * Direct mapping: device memory at the physical address that a driver asks for.
 *
 * Here: ART's window on device memory, the rows of who has which device, map items in the largest blocks. Only what lies
 * outside RAM can be had, or in it where the KIP says that devices are (a VGA's window): neither the kernel nor anybody's pages. Not here: who may ask (`sharing.ts`).
 * A physical address may lie where no task has user addresses, so ART keeps devices at addresses of its own.
 * Reference: thesis, appendix A.2.2 (direct page mapping).
 * @module
 */
import {
  fpageBits,
  globalId,
  LABEL_SIGMA0,
  makeFpage,
  mapItem,
  NIL_FPAGE,
  PAGE_BITS,
  PAGE_SIZE,
  SIGMA0_THREAD_NUMBER,
} from "@kintsugi/microkernel";
import { ART_DEVICE_AREA, ART_DEVICE_AREA_SIZE } from "../protocol/address-space.ts";
import { STATUS_INVALID, STATUS_NO_MEMORY, STATUS_NOT_FOUND, STATUS_OK } from "../protocol/status.ts";
import { isShared, memoryDescriptors } from "../server/kip.ts";
import type { Part, Request } from "../server/request.ts";
import type { WordReader, WordWriter } from "../server/table.ts";
import { type ArtMemory, D, G } from "./art-memory.ts";

const SIGMA0 = globalId(SIGMA0_THREAD_NUMBER, 1);

/** A row of a direct mapping; addresses are unsigned. */
interface Direct {
  readonly pid: number;
  readonly address: number;
  readonly pages: number;
  readonly physical: number;
  readonly linear: number;
  readonly rights: number;
}

function deviceAt({ devices }: ArtMemory, tx: WordReader, row: number): Direct {
  const get = (field: number): number => devices.get(tx, row, field) >>> 0;
  return {
    pid: get(D.pid),
    address: get(D.address),
    pages: get(D.pages),
    physical: get(D.physical),
    linear: get(D.linear),
    rights: get(D.rights),
  };
}

/** Row of the direct mapping of a process that holds an address, or -1. */
export function findDevice(memory: ArtMemory, tx: WordReader, pid: number, address: number): number {
  for (let row = 0; row < memory.devices.rows; row++) {
    const device = deviceAt(memory, tx, row);
    if (device.pid !== pid || device.pid === 0) continue;
    if (address >= device.address && address < device.address + device.pages * PAGE_SIZE) return row;
  }
  return -1;
}

/** Map items of the whole direct mapping that holds an address; none where there is none. */
export function deviceItems(memory: ArtMemory, tx: WordReader, pid: number, address: number): number[] {
  const row = findDevice(memory, tx, pid, address);
  if (row < 0) return [];
  const { address: low, pages, linear, rights } = deviceAt(memory, tx, row);
  const items: number[] = [];
  for (let at = 0; at < pages * PAGE_SIZE; ) {
    const bits = blockBits(low + at, linear + at, pages * PAGE_SIZE - at);
    items.push(mapItem(low + at), makeFpage(linear + at, bits, rights));
    at += 2 ** bits;
  }
  return items;
}

/** log2 of the largest block that is aligned at both places and not longer than `length`. */
function blockBits(one: number, other: number, length: number): number {
  let bits = PAGE_BITS;
  while (one % 2 ** (bits + 1) === 0 && other % 2 ** (bits + 1) === 0 && 2 ** (bits + 1) <= length) bits++;
  return bits;
}

/** Whether devices answer for all of it: it lies outside RAM, or where the KIP says so. */
export function isDevice({ frames }: ArtMemory, tx: WordReader, physical: number, pages: number): boolean {
  return physical >= frames.rows * PAGE_SIZE || isShared(memoryDescriptors(tx), physical, pages * PAGE_SIZE);
}

/** Gives a process device memory; sigma0 is asked for it the first time. Returns a status. */
export function* mapDevice(s: Request, memory: ArtMemory, wanted: Omit<Direct, "linear">): Part<number> {
  const { physical, pages } = wanted;
  if (physical % PAGE_SIZE !== 0 || physical + pages * PAGE_SIZE > 2 ** 32) return STATUS_INVALID;
  const [status, linear, known] = yield* s.step((tx) => {
    return isDevice(memory, tx, physical, pages) ? claim(tx, memory, wanted) : [STATUS_INVALID];
  });
  if (status !== STATUS_OK || known === 1) return status!;
  for (let at = 0; at < pages * PAGE_SIZE; ) {
    const place = (linear! >>> 0) + at;
    const bits = blockBits(physical + at, place, pages * PAGE_SIZE - at);
    const request = { label: LABEL_SIGMA0, words: [makeFpage(physical + at, bits, 7), 0] };
    const answer = yield* s.call(SIGMA0, request, { accept: makeFpage(place, bits, 0) });
    const given = answer.words[1];
    if (answer.error !== 0 || given === undefined || given === NIL_FPAGE || fpageBits(given) !== bits)
      return STATUS_NOT_FOUND;
    at += 2 ** bits;
  }
  return STATUS_OK;
}

/** Enters the row. Result: status, ART's address, 1 if ART has that memory already. */
function claim(tx: WordWriter, memory: ArtMemory, wanted: Omit<Direct, "linear">): number[] {
  const { globals } = memory;
  const rows = Array.from({ length: memory.devices.rows }, (_, row) => deviceAt(memory, tx, row));
  const same = rows.findIndex((d) => d.physical === wanted.physical && d.pages === wanted.pages && d.linear !== 0);
  const unused = rows.findIndex((d) => d.pid === 0 && d.linear === 0);
  const row = same >= 0 && rows[same]!.pid === 0 ? same : unused;
  if (row < 0) return [STATUS_NO_MEMORY];
  let linear = rows[same]?.linear ?? 0;
  if (same < 0) {
    let size = PAGE_SIZE;
    while (size < wanted.pages * PAGE_SIZE) size *= 2;
    const at = Math.ceil(globals.get(tx, 0, G.deviceBytes) / size) * size + (wanted.physical % size);
    if (at + wanted.pages * PAGE_SIZE > ART_DEVICE_AREA_SIZE) return [STATUS_NO_MEMORY];
    globals.set(tx, 0, G.deviceBytes, at + wanted.pages * PAGE_SIZE);
    linear = ART_DEVICE_AREA + at;
  }
  store(memory, tx, row, { ...wanted, linear });
  return [STATUS_OK, linear, same >= 0 ? 1 : 0];
}

/** Another process gets the same device memory, which its owner shares with it. Returns a status. */
export function shareDevice(
  memory: ArtMemory,
  tx: WordWriter,
  source: number,
  pid: number,
  address: number,
  rights: number,
): number {
  const row = memory.devices.find(tx, D.linear, 0);
  if (row < 0) return STATUS_NO_MEMORY;
  store(memory, tx, row, { ...deviceAt(memory, tx, source), pid, address, rights });
  return STATUS_OK;
}

function store({ devices }: ArtMemory, tx: WordWriter, row: number, device: Direct): void {
  for (const [name, value] of Object.entries(device)) devices.set(tx, row, D[name as keyof Direct], value);
}

/** The process has no direct mapping at this address any more, or, without an address, none at all. ART keeps its windows. */
export function releaseDevices(memory: ArtMemory, tx: WordWriter, pid: number, address?: number): void {
  const { devices } = memory;
  for (let row = 0; row < devices.rows; row++) {
    const device = deviceAt(memory, tx, row);
    if (device.pid !== pid || (address !== undefined && device.address !== address)) continue;
    const others = Array.from({ length: devices.rows }, (_, other) => other).some(
      (other) => other !== row && deviceAt(memory, tx, other).linear === device.linear,
    );
    if (others) devices.clear(tx, row);
    else devices.set(tx, row, D.pid, 0);
  }
}
