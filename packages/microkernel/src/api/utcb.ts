/**
 * The UTCB: a thread's virtual registers in its own memory.
 *
 * Here: sizes, and word indices counted from MR0 (whose address is the thread's local id).
 * Not here: where UTCBs lie in memory (→ object/address-space.ts).
 * Reference: X.2 on IA-32, "Virtual Registers": UTCB, thread control registers, buffer registers.
 *
 *     -64 -48 BR32…BR0 -16|-15 thread control registers -1|0 MR0…MR63 63
 * @module
 */
export const UTCB_SIZE = 512;
export const UTCB_SIZE_BITS = 9;
/** MR0's offset from the start of the block. */
export const UTCB_MR0_OFFSET = 256;
export const MR_COUNT = 64;
export const BR_COUNT = 33;

export const TCR_THREAD_WORD0 = -4;
export const TCR_THREAD_WORD1 = -5;
/** In: the virtual sender of a propagated message. Out: its actual sender. */
export const TCR_VIRTUAL_SENDER = -6;
export const TCR_INTENDED_RECEIVER = -7;
export const TCR_XFER_TIMEOUTS = -8;
export const TCR_ERROR_CODE = -9;
/** PreemptFlags in its low byte, CopFlags above. */
export const TCR_FLAGS = -10;
/** s: preemptions are reported to the exception handler. */
export const PREEMPT_SIGNAL = 0x20;
/** d: preemptions are put off, within what Schedule allowed. */
export const PREEMPT_DELAY = 0x40;
/** I: one was. */
export const PREEMPT_PENDING = 0x80;
export const TCR_EXCEPTION_HANDLER = -11;
export const TCR_PAGER = -12;
export const TCR_USER_DEFINED_HANDLE = -13;
export const TCR_PROCESSOR_NO = -14;
export const TCR_MY_GLOBAL_ID = -15;
/** BRi stands at BR_BASE - i. */
export const BR_BASE = -16;
