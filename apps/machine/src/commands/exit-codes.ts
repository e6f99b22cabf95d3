/**
 * Exit codes of the kintsugi command, beside those that the guest gives to `poweroff`.
 *
 * @module
 */
export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;
export const EXIT_DEADLOCK = 3;
export const EXIT_LIMIT = 4;
export const EXIT_DIFFERS = 5;
export const EXIT_RESETS = 6;
/** As a shell says of a command that Ctrl-C ended. */
export const EXIT_INTERRUPTED = 130;
