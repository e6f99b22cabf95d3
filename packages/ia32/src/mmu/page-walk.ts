/**
 * The page walk: two levels of 32-bit paging with 4 KB and 4 MB pages.
 *
 * Here: translation straight from the guest's tables, setting accessed and dirty bits as the MMU does.
 * Not here: caching (→ tlb.ts). SDM Vol. 3A, 4.3, 4.6 (rights), 4.8 (accessed and dirty).
 * @module
 */
import type { GuestMemory } from "../memory/guest-memory.ts";
import {
  ACCESS_USER,
  ACCESS_WRITE,
  PDE_LARGE,
  PF_PRESENT,
  PF_USER,
  PF_WRITE,
  PTE_ACCESSED,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_USER,
  PTE_WRITABLE,
} from "./fault.ts";

/** `pageSizeExtensions` and `writeProtect` stand for CR4.PSE and CR0.WP. */
export function walk(
  memory: GuestMemory,
  pageDirectory: number,
  linear: number,
  access: number,
  pageSizeExtensions: boolean,
  writeProtect: boolean,
): number {
  const write = (access & ACCESS_WRITE) !== 0;
  const user = (access & ACCESS_USER) !== 0;
  const code = (write ? PF_WRITE : 0) | (user ? PF_USER : 0);
  const pdeAddress = ((pageDirectory & ~0xfff) | ((linear >>> 20) & 0xffc)) >>> 0;
  const pde = memory.readEntry(pdeAddress);
  if ((pde & PTE_PRESENT) === 0) return -1 - code;

  if (pageSizeExtensions && pde & PDE_LARGE) {
    if (!permitted(pde, write, user, writeProtect)) return -1 - (code | PF_PRESENT);
    const wanted = pde | PTE_ACCESSED | (write ? PTE_DIRTY : 0);
    if (wanted !== pde) memory.write32(pdeAddress, wanted);
    return ((pde & 0xffc00000) | (linear & 0x3fffff)) >>> 0;
  }

  const pteAddress = ((pde & ~0xfff) | ((linear >>> 10) & 0xffc)) >>> 0;
  const pte = memory.readEntry(pteAddress);
  if ((pte & PTE_PRESENT) === 0) return -1 - code;
  if (!permitted(pde & pte, write, user, writeProtect)) return -1 - (code | PF_PRESENT);
  if ((pde & PTE_ACCESSED) === 0) memory.write32(pdeAddress, pde | PTE_ACCESSED);
  const wanted = pte | PTE_ACCESSED | (write ? PTE_DIRTY : 0);
  if (wanted !== pte) memory.write32(pteAddress, wanted);
  return ((pte & ~0xfff) | (linear & 0xfff)) >>> 0;
}

/** `rights` is the conjunction of both levels' entries. */
function permitted(rights: number, write: boolean, user: boolean, writeProtect: boolean): boolean {
  if (user && (rights & PTE_USER) === 0) return false;
  return !write || (rights & PTE_WRITABLE) !== 0 || (!user && !writeProtect);
}

/**
 * Translates as the MMU would with paging, CR0.WP and CR4.PSE on.
 *
 * @param access bit 0: write, bit 1: user
 * @returns the physical address, or -1 - errorCode (bits of SDM Vol. 3A, 4.7)
 */
export function walkPage(memory: GuestMemory, pageDirectory: number, linear: number, access: number): number {
  return walk(memory, pageDirectory, linear, access, true, true);
}

/** Whether the page that `linear` lies in is mapped writable and already dirty, so that writes change no entry. */
export function isDirty(
  memory: GuestMemory,
  pageDirectory: number,
  linear: number,
  pageSizeExtensions: boolean,
  user: boolean,
  writeProtect: boolean,
): boolean {
  const pde = memory.readEntry(((pageDirectory & ~0xfff) | ((linear >>> 20) & 0xffc)) >>> 0);
  if (pageSizeExtensions && pde & PDE_LARGE) return (pde & PTE_DIRTY) !== 0 && permitted(pde, true, user, writeProtect);
  const pte = memory.readEntry(((pde & ~0xfff) | ((linear >>> 10) & 0xffc)) >>> 0);
  return (pte & PTE_DIRTY) !== 0 && permitted(pde & pte, true, user, writeProtect);
}
