/**
 * Linear addresses to physical ones, as the page tables in memory say.
 *
 * Here: two-level and PAE tables, large pages. Nothing is marked accessed, no right is asked for: a debugger looks.
 * SDM Vol. 3A, 4.3 and 4.4.
 * @module
 */

/** The registers that choose the tables. */
export interface PagingRegisters {
  readonly cr0: number;
  readonly cr3: number;
  readonly cr4: number;
}

const CR0_PG = 0x8000_0000;
const CR4_PSE = 0x10;
const CR4_PAE = 0x20;
const PRESENT = 1;
const LARGE = 0x80;
const ADDRESS = 0xfffff000;

/** The physical address, or undefined where nothing is mapped or a table lies outside `ram`. */
export function physicalAddress(
  linear: number,
  { cr0, cr3, cr4 }: PagingRegisters,
  ram: Uint8Array,
): number | undefined {
  if ((cr0 & CR0_PG) === 0) return linear >>> 0;
  const view = new DataView(ram.buffer, ram.byteOffset, ram.byteLength);
  const entry = (at: number): number => (at + 4 <= ram.length ? view.getUint32(at, true) : 0);
  const page = (table: number, shift: number): number | undefined =>
    table & PRESENT ? ((table & -(2 ** shift)) | (linear & (2 ** shift - 1))) >>> 0 : undefined;
  if (cr4 & CR4_PAE) {
    const pdpte = entry((cr3 & 0xffffffe0) + 8 * (linear >>> 30));
    if ((pdpte & PRESENT) === 0) return undefined;
    const pde = entry(((pdpte & ADDRESS) >>> 0) + 8 * ((linear >>> 21) & 0x1ff));
    if ((pde & PRESENT) === 0 || pde & LARGE) return page(pde, 21);
    return page(entry(((pde & ADDRESS) >>> 0) + 8 * ((linear >>> 12) & 0x1ff)), 12);
  }
  const pde = entry(((cr3 & ADDRESS) >>> 0) + 4 * (linear >>> 22));
  if ((pde & PRESENT) === 0 || (pde & LARGE && cr4 & CR4_PSE)) return page(pde, 22);
  return page(entry(((pde & ADDRESS) >>> 0) + 4 * ((linear >>> 12) & 0x3ff)), 12);
}

/** Physical addresses of `length` bytes, up to the first that is not mapped or not in `ram`. */
export function physicalAddresses(linear: number, length: number, at: PagingRegisters, ram: Uint8Array): number[] {
  const found: number[] = [];
  let physical: number | undefined;
  for (let i = 0; i < length; i++) {
    const address = (linear + i) >>> 0;
    physical =
      i === 0 || (address & 0xfff) === 0 ? physicalAddress(address, at, ram) : ((physical as number) + 1) >>> 0;
    if (physical === undefined || physical >= ram.length) return found;
    found.push(physical);
  }
  return found;
}
