/**
 * Thread numbers of the servers and processes.
 *
 * Here: numbers (the upper 18 bits of a global thread id). Not here: versions, which grow with reuse.
 * Reference: docs/protocols.md, section 4.
 * @module
 */

export const SIGMA0_THREAD = 48;
/** ART's main thread. */
export const ART_THREAD = 50;
/** ART's first service thread; the one of process `pid` is this plus `pid - 1`. */
export const ART_FIRST_SERVICE_THREAD = 51;
/** The thread of ART's that looks at all others now and then; only in a machine that wants it. */
export const ART_WATCH_THREAD = 115;
/** The P3 thread of process `pid` is this plus `2 * pid`, its user thread one more. */
export const PROCESS_FIRST_THREAD = 128;
/** A thread that stands for the new space of process `pid` while its user thread moves there: this plus `pid`. */
export const PROCESS_TWIN_THREAD = 320;
/** Further threads of process `pid`: from this plus EXTRA_THREADS + 1 times `pid` on. */
export const PROCESS_EXTRA_THREAD = 512;
/** Threads of a process besides its first at most. */
export const EXTRA_THREADS = 7;
/** Processes at a time: pids run from 1 to this. */
export const PROCESS_LIMIT = 64;

export const PROGRAM_SIGMA0 = 1;
export const PROGRAM_ART = 2;
export const PROGRAM_P3 = 3;
/** Answers whoever waits for a server that will not: see `p3/undertaker.ts`. */
export const PROGRAM_UNDERTAKER = 5;
