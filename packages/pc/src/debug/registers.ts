/**
 * Debug ports of emulators: a console at 0xe9 and POST codes at 0x190.
 *
 * Here: ports and offsets. Not here: what they do (`chip.ts`).
 * Bochs documentation, "port e9 hack"; test386.asm README, POST_PORT.
 * @module
 */
export const DEBUG_CONSOLE_PORT = 0xe9;
export const DEBUG_POST_PORT = 0x190;

/** Offsets in the chip. */
export const DEBUG_CONSOLE = 0;
export const DEBUG_POST = 1;

/** What the console port reads as: this is how a program finds it. */
export const DEBUG_CONSOLE_PRESENT = 0xe9;
