/**
 * Labels of the messages that ART's service threads receive.
 *
 * Here: labels and bounds of their fields. 0x2xx: from a user process, passed on by its P3 in its name;
 * 0x3xx: from a P3 in its own name. Not here: the record of a recovery (`recovery-record.ts`).
 * Reference: docs/protocols.md, section 7.
 * @module
 */

/** Name → thread id. */
export const ART_LOOKUP = 0x201;
/** Command line → pid. */
export const ART_EXECUTE = 0x202;
/** Pid → exit status, failure kind, detail, address, when the program ends. */
export const ART_WAIT = 0x203;
/** Index → pid, thread id, pager's thread id, scheduling state, restarts, pages, flags, name. */
export const ART_PROCESS_INFO = 0x204;
/** Pid. */
export const ART_KILL = 0x205;
/** Index among the boot modules → size, name. */
export const ART_FILE_INFO = 0x206;
/** Name → index, size. */
export const ART_FILE_FIND = 0x207;
/** Index, offset → count, bytes. */
export const ART_FILE_READ = 0x208;
/** Thread number (18 bits) and IRQ (14): attached to that thread of the sender's process; number 0 is the user thread. */
export const ART_INTERRUPT = 0x209;
/** Index, 0 = latest → recovery record. */
export const ART_RECOVERY_INFO = 0x20a;
/** Exit code. No reply. */
export const ART_POWER_OFF = 0x20b;
/** → reset count, reason of the last reset as text. */
export const ART_BOOT_INFO = 0x20c;
/** Agreement (AGREEMENT_), name → thread id: as LOOKUP, by one who says what follows when the server loses its memory. */
export const ART_CONNECT = 0x20d;

/** Thread id: whoever sent a request that breaks a server's protocol. From P3s, in the server's name. */
export const ART_BLAME = 0x313;
/** IRQ: its messages come no more. */
export const ART_INTERRUPT_END = 0x20e;

/** Address, count, peer/attribute → map items of zeroed pages. */
export const ART_ALLOCATE = 0x301;
/** Address, count: the pages leave the sender's Space. */
export const ART_RELEASE = 0x302;
/** Module index, page index, count → map items, read-only. */
export const ART_MODULE_MAP = 0x303;
/** Exit status, failure kind, detail, address. No reply: ART deletes the process and its P3. */
export const ART_PROCESS_ENDED = 0x304;
/** Recovery record. */
export const ART_RECOVERY_REPORT = 0x305;
/** → pid, user thread id, flags, module index, module size, argument text. */
export const ART_PROCESS_START = 0x306;
/** Status, text. */
export const ART_PROCESS_STARTED = 0x307;
/** Text: why the machine is to be reset. No reply. */
export const ART_REBOOT = 0x308;
/** → user threads of the clients that were stopped, because the sender's process is about to start cold. */
export const ART_GROUP_STOP = 0x309;
/** The sender's process is ready again. */
export const ART_GROUP_GO = 0x30a;
/** Address, count, peer/attribute: whom the pages from there on are shared with; no peer takes the offer back. */
export const ART_SHARE = 0x30c;
/**
 * Destination address, destination process, source address, source process, count → map items. Source nil: a physical
 * address; any thread: fresh pages; else pages that the source shares with the sender's process.
 */
export const ART_MAP = 0x30d;
/** Address, count: the pages are taken from the sender, which keeps them. */
export const ART_UNMAP = 0x30e;
/** Address → physical address. */
export const ART_PHYSICAL = 0x30f;

/** The sender's program gets an address space without anything in it; its thread keeps id, queue and interrupts. */
export const ART_RECREATE = 0x310;
/** The sender's program has failed just now → times of the last failures of all programs, the latest first, two words each. */
export const ART_FAILURES = 0x312;
/** 1: the sender's program is the undertaker from now on; 0: it is itself again. */
export const ART_UNDERTAKER = 0x311;

/** Space id (the user thread's) → thread id: one more thread in the sender's process, which its P3 starts. */
export const ART_NEW_THREAD = 0x314;
/** Thread id, space id: that thread is no more. */
export const ART_DELETE_THREAD = 0x315;
/** Thread id, priority, at most what the process was given. */
export const ART_PRIORITY = 0x316;
/** What the threads of a server and of another program are given. */
export const SERVER_PRIORITY = 120;
export const PROGRAM_PRIORITY = 100;
/** Space id: the sender's process is no more. No reply. */
export const ART_DELETE_TASK = 0x317;
/** P3's own id → pid: a process whose memory is the sender's process's, copied when either writes to it. */
export const ART_NEW_TASK = 0x318;

/** Peer/attribute: the peer's thread number in the upper 18 bits, these in the lower 14. */
export const ATTRIBUTE_BITS = 14;
/** The peer's rights, as of an fpage. */
export const ATTRIBUTE_RIGHTS = 7;
/** ALLOCATE: no map items; the pages come with the first fault. */
export const ATTRIBUTE_RESERVE = 8;
/** ALLOCATE: physically contiguous, where an ISA DMA channel reaches; for processes that may have devices. */
export const ATTRIBUTE_CONTIGUOUS = 16;

/** The client wants an error, as everybody gets. */
export const AGREEMENT_NONE = 0;
/** The client, a server, is restarted hot behind the server. */
export const AGREEMENT_RESTART = 1;
/** The client finds the loss counted in its restart page. */
export const AGREEMENT_NOTIFY = 2;
/** The client, a server, is restarted behind the server: warm, or cold. */
export const AGREEMENT_RESTART_WARM = 3;
export const AGREEMENT_RESTART_COLD = 4;

/** Pages of one ALLOCATE, MODULE_MAP, RELEASE, UNMAP or MAP of memory at most. */
export const ART_PAGES_PER_REQUEST = 16;
/** Bytes of one FILE_READ reply at most. */
export const ART_BYTES_PER_READ = 232;
/** Flag in PROCESS_INFO and PROCESS_START: the program is a server. */
export const PROCESS_FLAG_SERVER = 1;
/** Flag in PROCESS_INFO and PROCESS_START: the program may have device memory and know physical addresses. */
export const PROCESS_FLAG_DEVICE = 4;
/** Flag in PROCESS_START: there is no module; the first word of the argument text, SERVER:PATH, is a file of a disk's server. */
export const PROCESS_FLAG_DISK = 8;
/** Flag in PROCESS_START: the process is a copy of another; its P3 finds the other's tables in its memory. */
export const PROCESS_FLAG_CLONE = 16;
/** The thread of INTERRUPT's word lies above these bits. */
export const INTERRUPT_THREAD_SHIFT = 14;
/** Pages of a direct mapping at most. */
export const ART_DEVICE_PAGES = 4096;
