/**
 * The kernel interface page: offsets of its fields, and the standard layout.
 *
 * Here: where things stand. Not here: what stands there (→ glue/ia32/kip-page.ts).
 * Reference: X.2 on IA-32, kernel interface page, memory descriptors.
 * @module
 */
export const KIP_MAGIC_WORD = 0x4be6344c;
export const KIP_API_VERSION_WORD = -0x7bfb0000; // 0x84050000
export const KIP_API_FLAGS_WORD = 0;
/** This kernel's own number: id 0x4B ('K'), subid 1. */
export const KIP_KERNEL_ID = 0x4b010000;

export const KIP_MAGIC = 0x00;
export const KIP_API_VERSION = 0x04;
export const KIP_API_FLAGS = 0x08;
export const KIP_KERN_DESC_PTR = 0x0c;
export const KIP_SIGMA0 = 0x20;
export const KIP_SIGMA1 = 0x30;
export const KIP_ROOT_SERVER = 0x40;
export const KIP_MEMORY_INFO = 0x54;
export const KIP_UTCB_INFO = 0xa8;
export const KIP_KIP_AREA_INFO = 0xac;
export const KIP_BOOT_INFO = 0xb8;
export const KIP_PROC_DESC_PTR = 0xbc;
export const KIP_CLOCK_INFO = 0xc0;
export const KIP_THREAD_INFO = 0xc4;
export const KIP_PAGE_INFO = 0xc8;
export const KIP_PROCESSOR_INFO = 0xcc;
export const KIP_SPACE_CONTROL = 0xd0;
export const KIP_THREAD_CONTROL = 0xd4;
export const KIP_PROCESSOR_CONTROL = 0xd8;
export const KIP_MEMORY_CONTROL = 0xdc;
export const KIP_IPC = 0xe0;
export const KIP_LIPC = 0xe4;
export const KIP_UNMAP = 0xe8;
export const KIP_EXCHANGE_REGISTERS = 0xec;
export const KIP_SYSTEM_CLOCK = 0xf0;
export const KIP_THREAD_SWITCH = 0xf4;
export const KIP_SCHEDULE = 0xf8;
export const KIP_RESTART_CONTROL = 0x110;
export const KIP_RESIDENT_CONTROL = 0x114;
export const KIP_STATE_CONTROL = 0x118;

/** Memory descriptor types (word 0 bits 3…0; with the subtype in bits 7…4). */
export const MEMORY_CONVENTIONAL = 0x1;
export const MEMORY_RESERVED = 0x2;
export const MEMORY_DEDICATED = 0x3;
export const MEMORY_SHARED = 0x4;
export const MEMORY_BOOT_INFO = 0x1e;
export const MEMORY_BOOT_IMAGE = 0x2e;
export const MEMORY_BOOT_MODULE = 0x3e;
/** The descriptor speaks of virtual memory. */
export const MEMORY_VIRTUAL = 0x200;

/** First block of boot info, as L4Ka's loader writes it. */
export const BOOT_INFO_MAGIC = 0x14b0021d;
export const BOOT_INFO_HEADER_SIZE = 32;
export const BOOT_RECORD_MODULE = 1;
export const BOOT_RECORD_SIMPLE_EXEC = 2;
/** Ours: {type, version, offset_next, resets, text_offset} and the reason of the last reset as text. */
export const BOOT_RECORD_RESET = 0x4b01;

/** Addresses that every space of this kernel's programs uses. */
export const USER_AREA_END = 0xc0000000;
export const STANDARD_UTCB_AREA = 0xbf000000;
export const STANDARD_UTCB_AREA_BITS = 17;
export const STANDARD_KIP_AREA = 0xbff00000;
/** Linear address of the word that %gs:0 reads: the running thread's local id. */
export const LOCAL_ID_PAGE = 0xdf000000;
