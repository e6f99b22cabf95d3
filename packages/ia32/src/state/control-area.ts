/**
 * The control area: what stands in front of guest RAM in the processor's WebAssembly memory.
 *
 *   offset     bytes     content
 *   0x000000   4         MAGIC once the area is initialised
 *   0x000004   4         power word: another thread sets it to stop run()
 *   0x000040   64        register file, see registers.ts
 *   0x000080   384       float registers, see fpu.ts
 *   0x001000   72        words of compiled code, see below
 *   0x001080   180       what compiled code delivers events and walks page tables by, see jit/system/
 *   0x001400   1024      LARGE_CACHED
 *   0x001c00   256       ADDENDS
 *   0x003000   4096      FILLED_ENTRIES
 *   0x010000   0x60000   jump cache: JUMP_ENTRIES entries of four words, see jit/jump-cache.ts
 *   0x080000   0x80000   page flags, one byte for each physical page
 *   0x100000   0x200000  soft TLB: TAGS tables of TLB_ENTRIES entries of four words, see mmu/tlb.ts
 *   0x300000             guest RAM
 *
 * Here: the layout and its sizes. Nothing in it outlives the processor: it is rebuilt from RAM and state.
 * @module
 */

/** Bytes in front of guest RAM, a multiple of 64 KiB. */
export const CONTROL_AREA_SIZE = 0x300000;

/** "KTSG", little-endian: the area holds sane flags. A power cut overwrites it. */
export const CONTROL_MAGIC = 0x4753544b;
export const MAGIC_WORD = 0x000000;

/** Byte offset in the WebAssembly memory of the word that stops run() when it is not 0. */
export const POWER_WORD = 0x000004;

export const REGISTER_FILE = 0x000040;
export const REGISTER_FILE_SIZE = 64;
export const FLOAT_FILE = 0x000080;
/** Arithmetic flags (lazy-flags.ts) and the other EFLAGS, while compiled code runs. */
export const SIGN_WORD = 0x00006c;
export const ZERO_WORD = 0x000070;
export const CARRIES_WORD = 0x000074;
export const SYSTEM_FLAGS_WORD = 0x000078;
/** Compiled code: byte offset of the address space's TLB table; what is left of the budget behind a call of the host. */
export const TLB_WORD = 0x001000;
export const LEFT_WORD = 0x001004;
/** Where it left: the site, as the compiler numbers it; where to go on: table index and entry, 0 for nowhere. */
export const SITE_WORD = 0x001008;
export const NEXT_WORD = 0x00100c;
export const NEXT_ENTRY_WORD = 0x001010;
/** Jumps from one compiled function to another, a few of the last: site and EIP. */
export const JUMPS_TAKEN = 0x002000;
export const JUMPS_TAKEN_ENTRIES = 64;
/** What the TLB added at loads whose address was loaded; a guess, and any value is right. */
export const ADDENDS = 0x001c00;
export const ADDENDS_ENTRIES = 64;
/** The privilege level, and whether PUSHF is the monitor's, while compiled code runs. */
export const CPL_WORD = 0x001014;
/** Which float instructions may run while compiled code does: bit 0 x87, bit 1 SSE. */
export const FLOATS_WORD = 0x001018;
/** Base of FS, and the offset from which on accesses need a look; the same for GS. */
export const FS_WORD = 0x001020;
export const GS_WORD = 0x001028;
/** Selectors of the segment registers, in the order of their numbers. */
export const SELECTOR_WORDS = 0x001030;
/** Four descriptors of CS and SS, see core.ts: selector, an unused word, the two words of the descriptor. */
export const KNOWN_SEGMENTS = 0x001080;
/** Base and limit of the IDT, the GDT, and the 32-bit TSS (limit −1: of another kind). */
export const IDT_WORD = 0x0010c0;
export const GDT_WORD = 0x0010c8;
export const TSS_WORD = 0x0010d0;
/** Not 0: the host delivers events, because there is more to it. */
export const SLOW_WORD = 0x0010d8;
/** Events that compiled code delivered since the host looked; what the count of instructions may reach then. */
export const EVENTS_WORD = 0x0010dc;
export const LIMIT_WORD = 0x0010e0;
/** Bit 0: CS, bit 1: SS are no longer what the host knows; bit 2: SHADOW_WORD is. */
export const MODE_WORD = 0x0010e4;
/** Count of instructions at which RF was set; KEEP_RESUME: nothing has changed. */
export const RESUME_WORD = 0x0010e8;
/** Count of instructions behind the STI that opened interrupts last, if bit 2 of MODE_WORD is set. */
export const SHADOW_WORD = 0x0010f8;
/** What is to be delivered: see jit/system/functions.ts; and its error code. */
export const EVENT_WORD = 0x0010ec;
export const ERROR_WORD = 0x0010f0;
/** Data segment registers, one bit each, that a return to CPL 3 would clear. */
export const INNER_DATA_WORD = 0x0010f4;
/** How compiled code walks page tables (jit/system/page-walk.ts): WALK_… bits, CR3, whole pages of RAM, the PDPTE registers. */
export const WALK_WORD = 0x001100;
export const DIRECTORY_WORD = 0x001104;
export const RAM_PAGES_WORD = 0x001108;
export const PDPTE_WORDS = 0x001110;
/** Entries of the TLB that are remembered as filled: how many, and which. */
export const FILLED_COUNT_WORD = 0x00110c;
export const FILLED_ENTRIES = 0x003000;
export const FILLED_KNOWN = 1024;
/** By linear address >>> 22, a byte each: some entry of the TLB may be part of a large page there. */
export const LARGE_CACHED = 0x001400;
export const CR2_WORD = 0x001130;
export const JUMP_CACHE = 0x010000;
export const JUMP_ENTRIES = 24576;
export const PAGE_FLAGS = 0x080000;
export const TLB_AREA = 0x100000;

/** Guest RAM is at most this large, because each page has a flag byte. */
export const MAX_RAM_SIZE = 0x7ff0_0000;

/** Address spaces that the soft TLB keeps apart. */
export const TAGS = 64;
/** Eight MiB: what programs walk through at random is often larger than four. */
export const TLB_ENTRIES = 2048;
export const ENTRY_WORDS = 4;
export const WORDS_PER_TAG: number = TLB_ENTRIES * ENTRY_WORDS;

/** The page holds decoded instructions: a write must drop them. */
export const PAGE_CODE = 1;
/** Somebody observes writes to the page. */
export const PAGE_WATCHED = 2;
/** Some TLB entry lets the page be written without asking. */
export const PAGE_WRITE_CACHED = 4;
/** Devices answer for the page, whatever RAM lies there. */
export const PAGE_DEVICE = 8;
/** Writes to the page vanish. */
export const PAGE_READ_ONLY = 16;
/** A page with one of these is never written through the TLB. */
export const PAGE_HOOKED: number = PAGE_CODE | PAGE_WATCHED | PAGE_DEVICE | PAGE_READ_ONLY;
