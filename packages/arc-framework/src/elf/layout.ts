/**
 * Where the parts of a user process may lie.
 *
 * Here: the regions of docs/protocols.md section 3 as a value, in rising order.
 * Not here: which pages of them a process has (`../p3/areas.ts`).
 * @module
 */
import {
  HEAP_AREA,
  HEAP_SIZE,
  IMAGE_AREA,
  PERSISTENT_AREA,
  RECOVERY_STACK_SIZE,
  RECOVERY_STACK_TOP,
  RESTART_PAGE as RESTART_PAGE_ADDRESS,
  SESSION_AREA,
  SESSION_AREA_END,
  STACK_SIZE,
  STACK_TOP,
} from "../protocol/address-space.ts";

/** A named range of addresses, `low` included, `high` not. */
export interface Region {
  readonly name: string;
  readonly low: number;
  readonly high: number;
}

/** User addresses end here; the kernel area begins. */
export const USER_AREA_END = 0xc000_0000;
export const PAGE_SIZE = 0x1000;

export const SHARED: Region = { name: "shared pages", low: SESSION_AREA, high: SESSION_AREA_END };
/** The page before the heap stays empty: a run past the image's end meets no area. */
export const IMAGE: Region = { name: "image", low: IMAGE_AREA, high: HEAP_AREA - PAGE_SIZE };
export const HEAP: Region = { name: "heap", low: HEAP_AREA, high: HEAP_AREA + HEAP_SIZE };
/** Likewise before the restart page. */
export const PERSISTENT: Region = {
  name: "persistent memory",
  low: PERSISTENT_AREA,
  high: RESTART_PAGE_ADDRESS - PAGE_SIZE,
};
export const RESTART_PAGE: Region = {
  name: "restart page",
  low: RESTART_PAGE_ADDRESS,
  high: RESTART_PAGE_ADDRESS + PAGE_SIZE,
};
export const RECOVERY_STACK: Region = {
  name: "recovery stack",
  low: RECOVERY_STACK_TOP - RECOVERY_STACK_SIZE,
  high: RECOVERY_STACK_TOP,
};
export const STACK: Region = { name: "stack", low: STACK_TOP - STACK_SIZE, high: STACK_TOP };
export const UTCB_AREA: Region = { name: "UTCB area", low: 0xbf00_0000, high: 0xbff0_0000 };
export const KIP_AREA: Region = { name: "KIP area", low: 0xbff0_0000, high: USER_AREA_END };

/** The regions that a program file must leave alone. */
export const FIXED_REGIONS: readonly Region[] = [
  SHARED,
  HEAP,
  RESTART_PAGE,
  RECOVERY_STACK,
  STACK,
  UTCB_AREA,
  KIP_AREA,
];

/** Most pages that the segments of one program may have: 12 MiB. */
export const MAX_PROGRAM_PAGES = 3072;
/** Most program headers that a file may have, loadable or not. */
export const MAX_PROGRAM_HEADERS = 64;
/** Most PT_LOAD segments of one program. */
export const MAX_SEGMENTS = 8;

/** Whether [low, high) and the region have an address in common. */
export function meets(region: Region, low: number, high: number): boolean {
  return low < region.high && high > region.low;
}

/** Whether [low, high) lies wholly in the region. */
export function within(region: Region, low: number, high: number): boolean {
  return low >= region.low && high <= region.high;
}
