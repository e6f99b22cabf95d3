/**
 * Labels of the messages that a P3 receives, from its user process and from ART.
 *
 * Here: labels. Not here: messages that it passes on (`art.ts`); messages made by the kernel (microkernel).
 * Reference: docs/protocols.md, section 7.
 * @module
 */

/** User → P3: exit status. No reply. */
export const P3_EXIT = 0x101;
/** User → P3: text. No reply; a failure of kind panic. */
export const P3_PANIC = 0x102;
/** User → P3: the server has finished Initialize. */
export const P3_READY = 0x103;
/** User → P3: result of `Recover`, 0 = replay. */
export const P3_RECOVERED = 0x104;
/** User → P3: key, kind (SHARED_), pages, physical address → base, physical address. The same key gives the same pages. */
export const P3_SHARED_OPEN = 0x105;
/** User → P3: base, peer's thread id, rights: the peer may map the pages; nil: nobody may any more. */
export const P3_SHARED_OFFER = 0x106;
/** User → P3: key, thread id of the owner, base there, pages → base. */
export const P3_SHARED_MAP = 0x107;
/** User → P3: base: the pages leave this process. */
export const P3_SHARED_CLOSE = 0x108;
/** User → P3: base, pages, strength (PROTECT_) of these pages of persistent memory. */
export const P3_PROTECT = 0x10a;
/** User → P3: the requests before the open one are done; what they wrote of transactional pages stays. */
export const P3_COMMIT = 0x10b;
/** User → P3: base of protected pages, 1 or 0: they may be written from now on, or not. */
export const P3_WINDOW = 0x10c;

/** Strengths of persistent pages: written at any time; a request's writes stay only if it is answered; written in windows only. */
export const PROTECT_PLAIN = 0;
export const PROTECT_TRANSACTIONAL = 1;
export const PROTECT_WINDOWS = 2;
/** Transactional pages that may be written in one request. */
export const TRANSACTION_PAGES = 64;

/** The undertaker, which speaks with the program's thread → P3: nobody waits for an answer any more. */
export const P3_ANSWERED = 0x109;

/** Kinds of pages in the session region: RAM; RAM that an ISA DMA channel reaches; device memory. */
export const SHARED_RAM = 0;
export const SHARED_CONTIGUOUS = 1;
export const SHARED_DEVICE = 2;
/** Pages of RAM in one piece at most. */
export const SHARED_RAM_PAGES = 128;

/** ART → P3: restart the server (a kill). Reply when the restart is under way. */
export const P3_RESTART = 0x401;
/** ART → P3: pid of a server that starts cold. The program is stopped, its IPC broken off. */
export const P3_GROUP_STOP = 0x402;
/** ART → P3: pid of the server, which is ready again; 0, 1, 2: the program is restarted hot, warm, cold. */
export const P3_GROUP_GO = 0x403;
/** ART → P3: pid of the server. The program is told, in its restart page. */
export const P3_GROUP_NOTIFY = 0x404;
