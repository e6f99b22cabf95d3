/**
 * Thread ids: global, local, and the three that name no particular thread.
 *
 * Here: the words of X.2's thread ids as signed 32-bit numbers, the way registers hold them.
 * Not here: which threads exist (→ object/thread.ts). Reference: X.2, "Thread Id".
 *
 *     global  31 thread number (18) 14|13 version (14) 0      the low 6 version bits are not all 0
 *     local   31 address of MR0 >> 6  6|5      0       0      valid in one address space only
 * @module
 */
export const NIL_THREAD = 0;
export const ANY_THREAD = -1;
export const ANY_LOCAL_THREAD = -64;

/** Width of the version field, and of the part of it that marks a global id. */
export const THREAD_VERSION_BITS = 14;
export const THREAD_LOCAL_MASK = 0x3f;

/** Interrupts are threads 0…SYSTEM_BASE-1, kernel threads follow, users start at USER_BASE. */
export const SYSTEM_BASE = 16;
export const USER_BASE = 48;
/** Bits of a thread number as ThreadInfo promises them. The field has 18, and all of them are taken. */
export const THREAD_NUMBER_BITS = 17;

export const SIGMA0_THREAD_NUMBER = 48;
export const ROOT_THREAD_NUMBER = 50;

/** A thread id as a register holds it. */
export type ThreadId = number;

/** The global id of a thread number and version, as a signed word. */
export function globalId(number: number, version: number): ThreadId {
  return (number << THREAD_VERSION_BITS) | version;
}

/** The thread number of a global id. */
export function threadNumber(id: ThreadId): number {
  return id >>> THREAD_VERSION_BITS;
}

/** Whether a word has the form of a global id. Nil has not; the two wildcards: any has, anylocal has not. */
export function isGlobal(id: ThreadId): boolean {
  return (id & THREAD_LOCAL_MASK) !== 0;
}

/** The id under which interrupt `line` speaks. */
export function interruptId(line: number): ThreadId {
  return globalId(line, 1);
}
