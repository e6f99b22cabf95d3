/**
 * Descriptor tables: entries by selector, from the guest's GDT and LDT or the host's own table.
 *
 * Here: reading them, and the processor's own accesses to memory, which are a supervisor's at any CPL.
 * Not here: checks (→ segmentation.ts, system/). SDM Vol. 3A, 3.5, 4.6.
 * @module
 */
import { WORDS_PER_TAG } from "../state/control-area.ts";
import { type Core, TAG_SUPERVISOR } from "../state/core.ts";
import { ACCESSED, entryOfWords, type TableEntry } from "../state/descriptor.ts";
import { read8, read16, read32, write8, write16, write32 } from "./access.ts";
import { INDEX_MASK, PAGE_MASK } from "./tlb.ts";

/** RAM offset of `size` bytes that the supervisor's table of the TLB has, or −1. */
function known(core: Core, linear: number, size: number): number {
  const entry = TAG_SUPERVISOR * WORDS_PER_TAG + ((linear >>> 10) & INDEX_MASK);
  const hit = core.architectural && core.tlb[entry] === ((linear + size - 1) & PAGE_MASK);
  return hit ? (core.tlb[entry + 2] + linear) | 0 : -1;
}

/** Unsigned 16 bits. */
export function readSystem16(core: Core, linear: number): number {
  const place = known(core, linear, 2);
  if (place >= 0) return core.ram.getUint16(place, true);
  core.actAsSupervisor();
  try {
    return read16(core, linear);
  } finally {
    core.updateMode();
  }
}

/** Signed 32 bits. */
export function readSystem32(core: Core, linear: number): number {
  const place = known(core, linear, 4);
  if (place >= 0) return core.ram.getInt32(place, true);
  core.actAsSupervisor();
  try {
    return read32(core, linear);
  } finally {
    core.updateMode();
  }
}

export function writeSystem16(core: Core, linear: number, value: number): void {
  core.actAsSupervisor();
  try {
    write16(core, linear, value);
  } finally {
    core.updateMode();
  }
}

export function writeSystem32(core: Core, linear: number, value: number): void {
  core.actAsSupervisor();
  try {
    write32(core, linear, value);
  } finally {
    core.updateMode();
  }
}

/** Linear address of the descriptor that a selector names, or −1 behind the limit of its table. */
function addressOf(core: Core, selector: number): number {
  const table = selector & 4 ? core.system.ldtr : core.system.gdtr;
  const offset = selector & 0xfff8;
  return offset + 7 > table.limit ? -1 : (table.base + offset) >>> 0;
}

/** The descriptor that a selector names; null: none. */
export function tableEntry(core: Core, selector: number): TableEntry | null {
  if (!core.architectural) return core.hostEntry(selector);
  const address = addressOf(core, selector);
  if (address < 0) return null;
  const low = readSystem32(core, address);
  return entryOfWords(low, readSystem32(core, (address + 4) | 0));
}

/** Sets the accessed bit of a code or data descriptor in its table. */
export function markAccessed(core: Core, selector: number, entry: TableEntry): void {
  if (!core.architectural || entry.access & ACCESSED) return;
  setAccess(core, selector, ACCESSED, 0);
}

/** Sets and clears bits of a descriptor's access byte in its table. */
export function setAccess(core: Core, selector: number, set: number, clear: number): void {
  const address = (addressOf(core, selector) + 5) | 0;
  core.actAsSupervisor();
  try {
    write8(core, address, (read8(core, address) & ~clear) | set);
  } finally {
    core.updateMode();
  }
}
