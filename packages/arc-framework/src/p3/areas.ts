/**
 * The areas of a process: its addresses, their rights, a restart's effect.
 *
 * Here: from a program to its list of areas, finding one, numbering pages; pure functions.
 * Not here: which pages have memory and what is in it (`pages.ts`).
 * Between any two areas lies at least one page that belongs to none, so that running over an end is a failure.
 * Reference: docs/protocols.md section 3; thesis appendix C and figure 4.9.
 * @module
 */
import { PF_R, PF_W } from "../elf/format.ts";
import { HEAP, PAGE_SIZE, RECOVERY_STACK, RESTART_PAGE, type Region, STACK } from "../elf/layout.ts";
import type { Program, Segment } from "../elf/parse.ts";
import type { AreaKind } from "../plan/area-kind.ts";

export interface Area {
  readonly kind: AreaKind;
  /** First address, page-aligned. */
  readonly low: number;
  /** First address after it, page-aligned. */
  readonly high: number;
  /** Rights of the user, as X.2 fpage rights. */
  readonly rights: number;
  /** Where its bytes from the file go; the rest is zero. */
  readonly contentLow: number;
  readonly fileOffset: number;
  readonly fileSize: number;
  /** Number of its first page among all pages of the process. */
  readonly firstPage: number;
}

/** The areas of a program by rising address, with their pages numbered from 0. */
export function areasOf(program: Program): readonly Area[] {
  const areas = program.segments.map(segmentArea);
  areas.push(
    fixedArea("heap", HEAP, PF_R | PF_W),
    fixedArea("restart page", RESTART_PAGE, PF_R),
    fixedArea("recovery stack", RECOVERY_STACK, PF_R | PF_W),
    fixedArea("stack", STACK, PF_R | PF_W),
  );
  areas.sort((a, b) => a.low - b.low);
  let firstPage = 0;
  return areas.map((area) => {
    const numbered = { ...area, firstPage };
    firstPage += pageCount(area);
    return numbered;
  });
}

function segmentArea(segment: Segment): Area {
  return {
    kind: segment.persistent ? "persistent memory" : "image",
    low: pageOf(segment.address),
    high: pageOf(segment.address + segment.memorySize + PAGE_SIZE - 1),
    rights: segment.rights,
    contentLow: segment.address,
    fileOffset: segment.fileOffset,
    fileSize: segment.fileSize,
    firstPage: 0,
  };
}

function fixedArea(kind: AreaKind, region: Region, rights: number): Area {
  return {
    kind,
    low: region.low,
    high: region.high,
    rights,
    contentLow: region.low,
    fileOffset: 0,
    fileSize: 0,
    firstPage: 0,
  };
}

/** The address of the page that holds this address. */
export function pageOf(address: number): number {
  return address - (address % PAGE_SIZE);
}

/** Pages that the area spans. */
export function pageCount(area: Area): number {
  return (area.high - area.low) / PAGE_SIZE;
}

/** The area that holds the address. */
export function findArea(areas: readonly Area[], address: number): Area | undefined {
  return areas.find((area) => address >= area.low && address < area.high);
}

/** The part of a page that comes from the file; the rest of the page is zero. */
export interface PageContent {
  /** Bytes into the page where the part begins. */
  readonly at: number;
  readonly fileOffset: number;
  readonly length: number;
}

/** What a page of an area holds when the program starts. `length` is 0 for a page of zeroes. */
export function contentOf(area: Area, page: number): PageContent {
  const low = Math.max(page, area.contentLow);
  const high = Math.min(page + PAGE_SIZE, area.contentLow + area.fileSize);
  if (high <= low) return { at: 0, fileOffset: 0, length: 0 };
  return { at: low - page, fileOffset: area.fileOffset + (low - area.contentLow), length: high - low };
}
