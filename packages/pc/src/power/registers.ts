/**
 * Power control: the reset control register of the PIIX and an exit port.
 *
 * Here: ports, offsets and bits. Not here: what they do (`chip.ts`).
 * Intel 82371SB (PIIX3) data sheet, "Reset Control Register".
 * @module
 */
/** Port of the reset control register. */
export const POWER_RESET_PORT = 0xcf9;
/** Port to which a program writes its exit code to switch the machine off. */
export const POWER_EXIT_PORT = 0xf4;

/** Offsets in the chip. */
export const POWER_RESET_CONTROL = 0;
export const POWER_EXIT = 1;

/** System Reset: 1 makes the reset that RCPU starts a hard one. */
export const POWER_RESET_SRST = 0x02;
/** Reset CPU: going from 0 to 1 starts the reset. */
export const POWER_RESET_RCPU = 0x04;
