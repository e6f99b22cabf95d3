/**
 * System control port A (0x92): fast A20 and fast reset.
 *
 * Here: port and bits. Not here: what they do (`chip.ts`).
 * IBM PS/2 Hardware Interface Technical Reference (1988), "System Control Port A"; Intel 82371SB (PIIX3), port 92.
 * @module
 */
export const PORT92_PORT = 0x92;
/** Offset in the chip. */
export const PORT92_CONTROL = 0;
/** Going from 0 to 1 resets the processor. */
export const PORT92_FAST_INIT = 0x01;
/** 1 lets address line 20 through, whatever the keyboard controller says. */
export const PORT92_FAST_A20 = 0x02;
