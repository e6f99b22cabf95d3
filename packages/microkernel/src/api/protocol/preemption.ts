/**
 * Preemption protocol: what the exception handler hears of preemptions, and the scheduler of total quanta.
 *
 * Here: labels and words. Preemption fault and end of the total quantum: u = 2, the clock in MR1 (low) and MR2, in
 * microseconds; no answer. A delay that took too long: an exception's words under a label of its own, with an answer.
 * Not here: who sends them (→ fault/preemption.ts, fault/quantum.ts). Reference: X.2, preemption protocol.
 * @module
 */
export const LABEL_PREEMPTION = 0xffd0;
export const PREEMPTION_WORDS = 2;
/** System exceptions: here, only preemption that was put off for too long. */
export const LABEL_SYSTEM_EXCEPTION = 0xffc0;
