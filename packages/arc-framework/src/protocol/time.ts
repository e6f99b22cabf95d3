/**
 * The reference machine's virtual clock.
 *
 * Here: its rate. Reference: docs/protocols.md, section 1.
 * @module
 */

/** Cycles of the virtual clock in a microsecond: 100 MHz. */
export const CYCLES_PER_MICROSECOND = 100;
