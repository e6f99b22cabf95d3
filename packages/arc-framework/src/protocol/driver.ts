/**
 * Labels of the messages that drivers receive.
 *
 * Here: labels and bounds of their fields. Not here: the drivers, which are guest code.
 * Reference: docs/protocols.md, section 7.
 * @module
 */

/** Count, bytes → count. */
export const PARALLEL_WRITE = 0x501;
/** Count, bytes → count. */
export const SERIAL_WRITE = 0x601;
/** → count, bytes; answered when there is input. */
export const SERIAL_READ = 0x602;

/** Bytes of one write or read at most. */
export const DRIVER_BYTES_PER_MESSAGE = 232;
