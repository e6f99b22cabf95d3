/**
 * 8254 and the PC's port 61: ports, offsets and bits.
 *
 * Here: control word, read-back command, status byte. Not here: what they do (`counter.ts`, `chip.ts`).
 * Intel 8254 data sheet (231164-005), "Programming the 8254"; port 61 as in the Intel 82371SB (PIIX3).
 * @module
 */
export const PIT_COUNTER0_PORT = 0x40;
export const PIT_CONTROL_PORT = 0x43;
export const PIT_SYSTEM_CONTROL_PORT = 0x61;
export const PIT_IRQ = 0;
/** Counts per second. */
export const PIT_FREQUENCY = 1193182;

/** Offsets in the chip: three counters, the control word, and port 61. */
export const PIT_COUNTER0 = 0;
export const PIT_COUNTER1 = 1;
export const PIT_COUNTER2 = 2;
export const PIT_CONTROL = 3;
export const PIT_SYSTEM_CONTROL = 4;

/** Control word: binary-coded decimal, four digits. */
export const PIT_CONTROL_BCD = 0x01;
/** Control word: the mode, 0..5; 6 and 7 are 2 and 3. */
export const PIT_CONTROL_MODE_SHIFT = 1;
/** Control word: which bytes are read and written. */
export const PIT_CONTROL_ACCESS_SHIFT = 4;
/** Access 0 in a control word latches the count instead. */
export const PIT_ACCESS_LATCH = 0;
export const PIT_ACCESS_LOW = 1;
export const PIT_ACCESS_HIGH = 2;
export const PIT_ACCESS_LOW_HIGH = 3;
/** Control word: the counter, or 3 for read-back. */
export const PIT_CONTROL_COUNTER_SHIFT = 6;
export const PIT_CONTROL_READ_BACK = 3;

/** Read-back: 0 = latch the count of the counters chosen. */
export const PIT_READ_BACK_NCOUNT = 0x20;
/** Read-back: 0 = latch their status. */
export const PIT_READ_BACK_NSTATUS = 0x10;
/** Read-back: the bit of counter 0, that of counter 1 above it, that of counter 2 above that. */
export const PIT_READ_BACK_COUNTER0 = 0x02;

/** Status byte: the level of OUT. */
export const PIT_STATUS_OUT = 0x80;
/** Status byte: the count written is not yet in the counting element. */
export const PIT_STATUS_NULL_COUNT = 0x40;

/** Port 61: gate of counter 2. */
export const PIT_SYSTEM_GATE2 = 0x01;
/** Port 61: lets OUT of counter 2 through to the speaker. */
export const PIT_SYSTEM_SPEAKER = 0x02;
/** Port 61: disables of the parity and channel checks; kept, and without effect. */
export const PIT_SYSTEM_CHECKS = 0x0c;
/** Port 61, read only: changes its level with every memory refresh. */
export const PIT_SYSTEM_REFRESH = 0x10;
/** Port 61, read only: OUT of counter 2. */
export const PIT_SYSTEM_OUT2 = 0x20;
