/**
 * Where things lie in the address space of a process and of its P3.
 *
 * Here: addresses and sizes in bytes. Not here: UTCB and KIP area (microkernel).
 * Reference: docs/protocols.md, section 3.
 * @module
 */

export const SESSION_AREA = 0x18000000;
export const SESSION_AREA_END = 0x20000000;
/** First address that an ELF image may use. */
export const IMAGE_AREA = 0x20000000;
export const HEAP_AREA = 0x40000000;
export const HEAP_SIZE = 0x00100000;
/** The PT_LOAD with {@link PF_PERSISTENT}. */
export const PERSISTENT_AREA = 0x60000000;
export const RESTART_PAGE = 0x70000000;
/** The recovery stack ends (starts to grow downwards) here. */
export const RECOVERY_STACK_TOP = 0x7f004000;
export const RECOVERY_STACK_SIZE = 0x4000;
export const STACK_TOP = 0xbe000000;
export const STACK_SIZE = 0x10000;

/** Device memory in ART's space, which otherwise is RAM. */
export const ART_DEVICE_AREA = 0x80000000;
export const ART_DEVICE_AREA_SIZE = 0x20000000;

/** A P3's own persistent memory. */
export const P3_PERSISTENT_MEMORY = 0x00100000;
/** Copies of transactional pages as they were before the open request, in a P3's space. */
export const P3_UNDO_AREA = 0x00800000;
/** The program's file in a P3's space: a boot module, read-only, or pages of its own that it has read from a disk. */
export const P3_MODULE_AREA = 0x01000000;
export const P3_MODULE_AREA_SIZE = 0x01000000;

/** Segment flag of persistent memory, in PF_MASKOS of an ELF program header. */
export const PF_PERSISTENT = 0x00100000;
