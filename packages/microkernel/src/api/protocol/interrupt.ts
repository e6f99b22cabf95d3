/**
 * Interrupt protocol: an empty message from the interrupt's id, and its answer.
 *
 * Here: its label. Any message back to the id acknowledges; until then the line stays masked.
 * Not here: who sends it (→ fault/interrupt.ts). Reference: X.2, interrupt protocol.
 * @module
 */
export const LABEL_INTERRUPT = 0xfff0;
/** The cascade line has no interrupt of its own. */
export const CASCADE_LINE = 2;
/** L4 kernels keep the real-time clock's line for themselves; this one does not use it. */
export const CLOCK_LINE = 8;
/** Lines of the 8259A pair. */
export const INTERRUPT_LINES = 16;
