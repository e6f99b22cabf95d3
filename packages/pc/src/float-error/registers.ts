/**
 * The AT's numeric error logic (port F0): port and interrupt.
 *
 * Here: numbers. Not here: what they do (`chip.ts`). Intel 82371SB (PIIX3), "Coprocessor Error" (port F0h, IRQ13).
 * @module
 */
export const FLOAT_ERROR_PORT = 0xf0;
export const FLOAT_ERROR_IRQ = 13;
