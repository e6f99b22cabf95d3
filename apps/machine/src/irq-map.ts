/**
 * Which chip pulls which interrupt line of the 8259A pair.
 *
 * Here: the PC's customary numbers. Not here: ports (→ @kintsugi/pc's registers), the wiring (→ chips.ts).
 * Reference: IBM PC/AT Technical Reference (1985), system interrupts.
 * @module
 */
export const IRQ_TIMER = 0;
export const IRQ_KEYBOARD = 1;
export const IRQ_COM1 = 4;
export const IRQ_LPT1 = 7;
/** Those that a Sound Blaster 16 can be set to; after power-on it uses 5. */
export const IRQ_SOUND = [5, 9, 10] as const;
