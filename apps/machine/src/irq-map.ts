/**
 * Which chip pulls which interrupt line of the 8259A pair.
 *
 * Here: the PC's customary numbers. Not here: ports (→ @kintsugi/pc's registers), the wiring (→ chips.ts).
 * Reference: IBM PC/AT Technical Reference (1985), system interrupts.
 * @module
 */
export const IRQ_TIMER = 0;
export const IRQ_COM1 = 4;
export const IRQ_LPT1 = 7;
