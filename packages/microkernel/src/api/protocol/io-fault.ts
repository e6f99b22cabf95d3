/**
 * I/O fault protocol: a call from a thread that touched a port which its space has not, to its pager.
 *
 * Here: label and words. Message: u = 2, MR1 an I/O fpage around the ports of the access, MR2 IP. Reply: a map or grant item
 * with an I/O fpage; the thread retries whatever it says. Not here: who sends it (→ fault/io-fault.ts).
 * Reference: X.2 on IA-32, I/O page-fault protocol.
 * @module
 */
/** With the access in its low bits: both reading and writing. */
export const LABEL_IO_FAULT = 0xff86;
export const IO_FAULT_RIGHTS = 6;
export const IO_FAULT_WORDS = 2;
