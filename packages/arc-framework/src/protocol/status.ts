/**
 * Status: MR1 of every reply.
 *
 * Here: the codes. Not here: X.2's ErrorCode TCR (microkernel).
 * Reference: docs/protocols.md, section 7.
 * @module
 */

export const STATUS_OK = 0;
/** Malformed request: an unknown label, a missing word, an index or address out of bounds. */
export const STATUS_INVALID = 1;
export const STATUS_NOT_FOUND = 2;
export const STATUS_NO_MEMORY = 3;
/** The sender may not have what it asks for. */
export const STATUS_REFUSED = 4;
/** Not a loadable ELF; further words say what is wrong, as text. */
export const STATUS_BAD_PROGRAM = 5;
export const STATUS_BUSY = 6;
export const STATUS_FAILED = 7;
