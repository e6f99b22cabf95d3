/**
 * Interrupt protocol: an empty message from the interrupt's id; any message back acknowledges it.
 *
 * Here: its label. Until the acknowledgement the line stays masked.
 * @module
 */
export const LABEL_INTERRUPT = 0xfff0;
/** The cascade line has no interrupt of its own. */
export const CASCADE_LINE = 2;
/** Lines of the 8259A pair. */
export const INTERRUPT_LINES = 16;
