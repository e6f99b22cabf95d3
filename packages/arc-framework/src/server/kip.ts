/**
 * What a resident server reads from the KIP: memory, images, boot info.
 *
 * Here: reading. Not here: the layout (microkernel, `api/kip.ts`). It works through anything that reads words.
 * Reference: X.2 on IA-32, kernel interface page, memory descriptors.
 * @module
 */
import {
  KIP_BOOT_INFO,
  KIP_MEMORY_INFO,
  MEMORY_CONVENTIONAL,
  MEMORY_SHARED,
  MEMORY_VIRTUAL,
  PAGE_SIZE,
  STANDARD_KIP_AREA,
} from "@kintsugi/microkernel";
import type { WordReader } from "./table.ts";

/** A range of physical memory: first and last byte, and a MEMORY_ type. Later ones override earlier ones. */
export interface MemoryDescriptor {
  readonly type: number;
  readonly low: number;
  readonly high: number;
}

/** Physical memory's descriptors, in the order of the KIP. */
export function memoryDescriptors(reader: WordReader): MemoryDescriptor[] {
  const info = reader.read(STANDARD_KIP_AREA + KIP_MEMORY_INFO);
  const descriptors: MemoryDescriptor[] = [];
  for (let i = 0; i < (info & 0xffff); i++) {
    const at = STANDARD_KIP_AREA + (info >>> 16) + 8 * i;
    const low = reader.read(at);
    if ((low & MEMORY_VIRTUAL) !== 0) continue;
    const high = (reader.read(at + 4) | 0x3ff) >>> 0;
    descriptors.push({ type: low & 0xff, low: (low & ~0x3ff) >>> 0, high });
  }
  return descriptors;
}

/** Whether all of a range is described as shared: what devices answer for, and not anybody's RAM. */
export function isShared(descriptors: readonly MemoryDescriptor[], low: number, bytes: number): boolean {
  const high = low + bytes - 1;
  let shared = false;
  for (const range of descriptors) {
    if (range.high < low || range.low > high) continue;
    if (range.type !== MEMORY_SHARED) shared = false;
    else if (range.low <= low && range.high >= high) shared = true;
  }
  return shared;
}

/** Page frames from physical address 0 to the end of RAM. */
export function frameCount(reader: WordReader): number {
  const ends = memoryDescriptors(reader).map(({ type, high }) => (type === MEMORY_CONVENTIONAL ? high + 1 : 0));
  return Math.max(...ends) / PAGE_SIZE;
}

/** First physical address of the image that KIP_SIGMA0 or KIP_ROOT_SERVER describes. */
export function imageLow(reader: WordReader, server: number): number {
  return reader.read(STANDARD_KIP_AREA + server + 8) >>> 0;
}

/** Physical address of the boot info block. */
export function bootInfoAddress(reader: WordReader): number {
  return reader.read(STANDARD_KIP_AREA + KIP_BOOT_INFO) >>> 0;
}
