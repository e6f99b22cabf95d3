/**
 * Who owns which page frame: sigma0's one table, a word per frame.
 *
 * Here: the first contents, looking for a region, taking it. Not here: the protocol (`sigma0.ts`).
 *
 *     31 thread number of the owner, 0 for nobody 8|7 kind 0
 *
 * Kinds: reserved is never given out (page 0, the arena, sigma0's own image); conventional comes by page
 * fault or request; special (modules, boot info, device memory within RAM) by request only.
 * @module
 */
import {
  MEMORY_BOOT_IMAGE,
  MEMORY_CONVENTIONAL,
  MEMORY_RESERVED,
  PAGE_BITS,
  ROOT_THREAD_NUMBER,
} from "@kintsugi/microkernel";
import type { MemoryDescriptor } from "../server/kip.ts";

export const FRAME_RESERVED = 0;
export const FRAME_CONVENTIONAL = 1;
export const FRAME_SPECIAL = 2;

const KIND = 0xff;
const OWNER_SHIFT = 8;

/**
 * The table as it is at boot.
 * @param frames frames of RAM
 * @param rootImage first address of the root task's image, which it owns from the start
 */
export function firstOwners(descriptors: readonly MemoryDescriptor[], frames: number, rootImage: number): Uint32Array {
  const table = new Uint32Array(frames);
  for (const { type, low, high } of descriptors) {
    const word = type === MEMORY_BOOT_IMAGE ? imageWord(low === rootImage) : kindOf(type);
    table.fill(word, low >>> PAGE_BITS, (high >>> PAGE_BITS) + 1);
  }
  table[0] = FRAME_RESERVED;
  return table;
}

function imageWord(root: boolean): number {
  return root ? owned(FRAME_SPECIAL, ROOT_THREAD_NUMBER) : FRAME_RESERVED;
}

function kindOf(type: number): number {
  if (type === MEMORY_CONVENTIONAL) return FRAME_CONVENTIONAL;
  return type === MEMORY_RESERVED ? FRAME_RESERVED : FRAME_SPECIAL;
}

/** The word of a frame once `owner` has it. */
export function owned(word: number, owner: number): number {
  return (word & KIND) | (owner << OWNER_SHIFT);
}

/** Whether `owner` may have a frame by page fault: free conventional memory, or what it has already. */
export function faultable(word: number, owner: number): boolean {
  return word === FRAME_CONVENTIONAL || isOwned(word, owner);
}

/** Whether `owner` may have a frame by asking for it. */
export function requestable(word: number, owner: number): boolean {
  return word === FRAME_CONVENTIONAL || word === FRAME_SPECIAL || isOwned(word, owner);
}

function isOwned(word: number, owner: number): boolean {
  return (word & KIND) !== FRAME_RESERVED && word >>> OWNER_SHIFT === owner;
}

/** First frame of the lowest aligned region of `count` (a power of two) free conventional frames, or -1. */
export function findFree(table: Uint32Array, count: number): number {
  for (let first = 0; first + count <= table.length; first += count) {
    let free = 0;
    while (free < count && table[first + free] === FRAME_CONVENTIONAL) free++;
    if (free === count) return first;
  }
  return -1;
}
