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
/** The P3 thread of process `pid` is this plus `2 * pid`, its user thread one more. */
export const PROCESS_FIRST_THREAD = 128;
/** Processes at a time: pids run from 1 to this. */
export const PROCESS_LIMIT = 64;

export const PROGRAM_SIGMA0 = 1;
export const PROGRAM_ART = 2;
export const PROGRAM_P3 = 3;
