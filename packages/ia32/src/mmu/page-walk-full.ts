/**
 * The whole page walk of architectural mode: 32-bit and PAE paging, large and global pages, NX, reserved bits.
 *
 * Here: translation by CR3 or the page-directory-pointer registers, setting accessed and dirty bits, and what a TLB
 * entry needs to know. Not here: caching (→ tlb.ts), the shorter walk of host kernel mode (→ page-walk.ts).
 * Physical addresses have 32 bits, as CPUID says: higher ones are reserved bits. SDM Vol. 3A, 4.3 to 4.8.
 * @module
 */
import { CR4_PAE, CR4_PGE, CR4_PSE } from "../state/control-registers.ts";
import type { Core } from "../state/core.ts";
import {
  ACCESS_FETCH,
  ACCESS_USER,
  ACCESS_WRITE,
  PDE_LARGE,
  PF_FETCH,
  PF_PRESENT,
  PF_RESERVED,
  PF_USER,
  PF_WRITE,
  PTE_ACCESSED,
  PTE_DIRTY,
  PTE_GLOBAL,
  PTE_PRESENT,
  PTE_USER,
  PTE_WRITABLE,
} from "./fault.ts";

/** Bits of `core.walked`. */
export const WALKED_GLOBAL = 1;
export const WALKED_NO_EXECUTE = 2;
/** The page may be written and its dirty bit is set: a write changes no entry. */
export const WALKED_DIRTY = 4;
/** Part of a page of 2 or 4 MB. */
export const WALKED_LARGE = 8;

/** Bits 62..32 of an entry: reserved where physical addresses have 32 bits; bit 63 is NX. */
const HIGH_RESERVED = 0x7fffffff;
const NX = -0x80000000;
/** Bits of an entry for a large page between the PAT bit and the address. */
export const LARGE_RESERVED_32 = 0x3fe000;
export const LARGE_RESERVED_PAE = 0x1fe000;

function mayWrite(core: Core, rights: number): boolean {
  return (rights & PTE_WRITABLE) !== 0 || (!core.user && !core.writeProtect);
}

/** Physical address, or −1 − error code. `access` combines ACCESS_… bits. */
export function walkFull(core: Core, linear: number, access: number): number {
  const { memory, system } = core;
  const write = (access & ACCESS_WRITE) !== 0;
  const fetch = (access & ACCESS_FETCH) !== 0;
  const code = (write ? PF_WRITE : 0) | (access & ACCESS_USER ? PF_USER : 0) | (fetch && core.noExecute ? PF_FETCH : 0);
  const reserved = -1 - (code | PF_PRESENT | PF_RESERVED);
  const pae = (system.cr4 & CR4_PAE) !== 0;
  const highReserved = core.noExecute ? HIGH_RESERVED : -1;

  let table = core.pageDirectory & ~0xfff;
  if (pae) {
    table = system.pdpte[(linear >>> 30) * 2];
    if ((table & PTE_PRESENT) === 0) return -1 - code;
    table &= ~0xfff;
  }
  const pdeAddress = (table | (pae ? (linear >>> 18) & 0xff8 : (linear >>> 20) & 0xffc)) >>> 0;
  const pde = memory.readEntry(pdeAddress);
  if ((pde & PTE_PRESENT) === 0) return -1 - code;
  const pdeHigh = pae ? memory.readEntry(pdeAddress + 4) : 0;
  if (pdeHigh & highReserved) return reserved;
  const large = (pde & PDE_LARGE) !== 0 && (pae || (system.cr4 & CR4_PSE) !== 0);

  let entryAddress = pdeAddress;
  let entry = pde;
  let rights = pde;
  let high = pdeHigh;
  let physical: number;
  if (large) {
    if (pde & (pae ? LARGE_RESERVED_PAE : LARGE_RESERVED_32)) return reserved;
    const mask = pae ? 0x1fffff : 0x3fffff;
    physical = ((pde & ~mask) | (linear & mask)) >>> 0;
  } else {
    entryAddress = ((pde & ~0xfff) | (pae ? (linear >>> 9) & 0xff8 : (linear >>> 10) & 0xffc)) >>> 0;
    entry = memory.readEntry(entryAddress);
    if ((entry & PTE_PRESENT) === 0) return -1 - code;
    const entryHigh = pae ? memory.readEntry(entryAddress + 4) : 0;
    if (entryHigh & highReserved) return reserved;
    high |= entryHigh;
    rights = pde & entry;
    physical = ((entry & ~0xfff) | (linear & 0xfff)) >>> 0;
  }
  const refused =
    (access & ACCESS_USER && (rights & PTE_USER) === 0) ||
    (write && !mayWrite(core, rights)) ||
    (fetch && core.noExecute && high & NX);
  if (refused) return -1 - (code | PF_PRESENT);

  if (!large && (pde & PTE_ACCESSED) === 0) memory.write32(pdeAddress, pde | PTE_ACCESSED);
  const wanted = entry | PTE_ACCESSED | (write ? PTE_DIRTY : 0);
  if (wanted !== entry) memory.write32(entryAddress, wanted);
  core.walked =
    (large ? WALKED_LARGE : 0) |
    (entry & PTE_GLOBAL && system.cr4 & CR4_PGE ? WALKED_GLOBAL : 0) |
    (core.noExecute && high & NX ? WALKED_NO_EXECUTE : 0) |
    (wanted & PTE_DIRTY && mayWrite(core, rights) ? WALKED_DIRTY : 0);
  return physical;
}
