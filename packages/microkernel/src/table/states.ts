/**
 * Values of the state fields in thread rows.
 *
 * Here: what a thread can be doing between two steps, as numbers. Not here: the moves (→ ipc/, object/).
 * @module
 */

/** No UTCB yet: cannot run, is nobody's partner. */
export const INACTIVE = 0;
/** Runs user code when its turn comes. */
export const READY = 1;
/** Send phase: queued on its partner. */
export const POLLING = 2;
/** Receive phase. */
export const WAITING = 3;
/** Transfer in progress, as the sender: carries on with it when its turn comes. */
export const SENDING = 6;
/** Transfer in progress, and the other side has to act: its fault, or its turn as the sender. */
export const TRANSFERRING = 7;
/** An interrupt whose line is unmasked, or not attached. */
export const INTERRUPT_IDLE = 4;
/** An interrupt that was delivered: its line stays masked until the handler answers. */
export const INTERRUPT_UNACKNOWLEDGED = 5;

/** Thread flags. */
export const FLAG_HALTED = 1;
export const FLAG_INTERRUPT = 2;
/** The receive phase is that of a fresh thread: MR1 and MR2 start it. */
export const FLAG_START = 4;
export const FLAG_QUEUED = 8;
export const FLAG_TIMED = 16;
/** Side of a transfer in progress, a nested call for its fault included. */
export const FLAG_SENDER = 32;
export const FLAG_RECEIVER = 64;
export const FLAG_TRANSFER: number = FLAG_SENDER | FLAG_RECEIVER;
/** Its preemption is still to be reported. */
export const FLAG_PREEMPTED = 128;
/** Its preemption is being put off. */
export const FLAG_DELAYING = 256;
/** Its total quantum is used up: it does not run. */
export const FLAG_EXHAUSTED = 512;
/** It has used floats: `floats` of its row is its state, or the processor has it. */
export const FLAG_FLOATS = 1024;

/** Kinds of nested calls that the kernel makes in a thread's name. */
export const FAULT_PAGE = 1;
export const FAULT_EXCEPTION = 2;
export const FAULT_HANG = 3;
export const FAULT_PREEMPTION = 4;
export const FAULT_QUANTUM = 5;

/** Transfer timeouts: not begun by a fault, the sender's is the shorter (or both are equal), the receiver's is. */
export const XFER_NOT_TIMED = 0;
export const XFER_SENDERS = 1;
export const XFER_RECEIVERS = 2;

/** Status bits of mappings, in the rights' places of X.2's Unmap result: accessed = r|x, written = r|w. */
export const STATUS_ACCESSED = 0x50;
export const STATUS_WRITTEN = 0x60;
export const STATUS_SHIFT = 4;

/** In a mapping's frame: it is a 4 MiB page, and the frame the first of 1024. */
export const LARGE = 0x100000;
