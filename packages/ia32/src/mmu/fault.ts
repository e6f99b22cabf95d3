/**
 * Bits of the page-fault error code and of page-table entries.
 *
 * Here: constants. SDM Vol. 3A, 4.7 (error code), 4.3 (32-bit paging).
 * @module
 */

/** Set: the page was present and its rights forbade the access. */
export const PF_PRESENT = 1;
export const PF_WRITE = 2;
export const PF_USER = 4;
/** An entry had a reserved bit set. */
export const PF_RESERVED = 8;
/** Instruction fetch, reported where execution can be refused. */
export const PF_FETCH = 0x10;

export const PTE_PRESENT = 0x01;
export const PTE_WRITABLE = 0x02;
export const PTE_USER = 0x04;
export const PTE_ACCESSED = 0x20;
export const PTE_DIRTY = 0x40;
/** In a page-directory entry: it maps 4 MB. */
export const PDE_LARGE = 0x80;
/** Survives a load of CR3. */
export const PTE_GLOBAL = 0x100;

/** Kinds of access: bits that may be combined. */
export const ACCESS_READ = 0;
export const ACCESS_WRITE = 1;
export const ACCESS_USER = 2;
export const ACCESS_FETCH = 4;
