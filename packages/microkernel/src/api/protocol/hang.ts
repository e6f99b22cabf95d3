/**
 * Hang protocol: a call to the supervisor when a thread passes its deadline.
 *
 * Here: label and words. Message: u = 2, MR1 own time used in microseconds, MR2 IP.
 * Not here: who sends it (→ fault/hang.ts).
 * Reference: `docs/protocols.md` section 7.
 * @module
 */
export const LABEL_HANG = 0xff70;
export const HANG_WORDS = 2;
