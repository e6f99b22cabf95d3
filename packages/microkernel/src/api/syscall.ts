/**
 * System calls: their numbers, trap vectors and places in the KIP.
 *
 * Here: one number per call; a resident program returns it, a guest reaches it through the KIP's
 * entry code. Not here: arguments (→ syscall/, one file each) and the entry code (→ glue/ia32/kip-page.ts).
 * Reference: X.2 on IA-32, register contract; `docs/protocols.md` section 5 for the last three.
 * @module
 */
export const SYSCALL_IPC = 1;
export const SYSCALL_LIPC = 2;
export const SYSCALL_UNMAP = 3;
export const SYSCALL_EXCHANGE_REGISTERS = 4;
export const SYSCALL_SYSTEM_CLOCK = 5;
export const SYSCALL_THREAD_SWITCH = 6;
export const SYSCALL_SCHEDULE = 7;
export const SYSCALL_SPACE_CONTROL = 8;
export const SYSCALL_THREAD_CONTROL = 9;
export const SYSCALL_PROCESSOR_CONTROL = 10;
export const SYSCALL_MEMORY_CONTROL = 11;
export const SYSCALL_RESTART_CONTROL = 12;
export const SYSCALL_RESIDENT_CONTROL = 13;
export const SYSCALL_STATE_CONTROL = 14;

/** What else a resident program may return. */
export const RESIDENT_AGAIN = 0;
export const RESIDENT_PAGE_FAULT = -1;
export const RESIDENT_DIED = -2;

/** Call n traps with vector SYSCALL_VECTOR_BASE + n, except Ipc and Lipc, which use SYSENTER. */
export const SYSCALL_VECTOR_BASE = 0x30;

/** ExchangeRegisters control bits. */
export const EXREGS_HALT = 0x1;
export const EXREGS_RECEIVE = 0x2;
export const EXREGS_SEND = 0x4;
export const EXREGS_SP = 0x8;
export const EXREGS_IP = 0x10;
export const EXREGS_FLAGS = 0x20;
export const EXREGS_HANDLE = 0x40;
export const EXREGS_PAGER = 0x80;
export const EXREGS_SET_HALT = 0x100;
export const EXREGS_DELIVER = 0x200;

/** Unmap: flush, that is, take the pages from the caller too. */
export const UNMAP_FLUSH = 0x40;

/** Results of Schedule. */
export const SCHEDULE_ERROR = 0;
export const SCHEDULE_DEAD = 1;
export const SCHEDULE_INACTIVE = 2;
export const SCHEDULE_RUNNING = 3;
export const SCHEDULE_PENDING_SEND = 4;
export const SCHEDULE_SENDING = 5;
export const SCHEDULE_WAITING = 6;
export const SCHEDULE_RECEIVING = 7;
