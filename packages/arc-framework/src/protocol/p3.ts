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

/** DAMAGE_, 1 in `Recover` and 0 in a request → no reply: a failure. INVALID where nobody looks for damage. */
export const P3_DAMAGED = 0x10d;
/**
 * Address of the rules (RULE_), their number, state of the conversation, VIOLATION_: the protocol is not kept. OK: the
 * sender of the open request has been blamed; no reply where the program itself is to blame; else nobody takes notice.
 */
export const P3_VIOLATION = 0x10e;

/** What a program finds damaged: a checked variable; what must always hold of its memory. */
export const DAMAGE_CHECKSUM = 1;
export const DAMAGE_INVARIANT = 2;

/** Who breaks a protocol: the sender of the open request; the program, by its answer. */
export const VIOLATION_REQUEST = 0;
export const VIOLATION_ANSWER = 1;

/** Bits of RESTART_ENVIRONMENT that a program's heap obeys: blocks are filled with zeroes; a freed block's memory rests. */
export const ENVIRONMENT_ZEROED = 4;
export const ENVIRONMENT_LASTING = 8;

/** Words of a protocol's rule, which lie in read-only memory: label, least and most words of a request, most words of the answer. */
export const RULE_LABEL = 0;
export const RULE_LEAST = 1;
export const RULE_MOST = 2;
export const RULE_ANSWER = 3;
/** States of the conversation with a client that the request may come in, and in which it leaves it. */
export const RULE_FROM = 4;
export const RULE_TO = 5;
export const RULE_WORDS = 6;
/** Rules of a server at most. */
export const RULE_LIMIT = 64;
/** User → P3: IP, SP → pid: this process twice. The other one begins there, and has none of the threads and shared pages. */
export const P3_CLONE = 0x110;
/** User → P3: IP, SP → thread id: one more thread of the process, which begins there. A restart ends it. */
export const P3_NEW_THREAD = 0x111;
/** User → P3: thread id, of one made by NEW_THREAD. A thread that ends itself gets no reply. */
export const P3_DELETE_THREAD = 0x112;
/** User → P3: thread id of the process, priority. */
export const P3_PRIORITY = 0x113;

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
/** ART → P3: failure kind, number of the detector, detail, address. ART has found the program to fail. */
export const P3_FAILED = 0x405;
/** ART → P3, now and then: look whether the program is sound, and whether it should be renewed. */
export const P3_CHECK = 0x406;
/** ART → P3: pid of the server. The program is told, in its restart page. */
export const P3_GROUP_NOTIFY = 0x404;

/** Operand of the UD1 of a check of the stack protector; the sanitisers' are below. */
export const CHECK_STACK = 0x7e;
