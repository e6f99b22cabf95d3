/**
 * Thread records: a thread's whole state as words, for StateControl.
 *
 * Here: operations, word offsets and kinds. Not here: who may ask (→ syscall/state-control.ts), reading and writing
 * them (→ export/thread-record.ts). Times are cycles in two words, the low one first.
 * Reference: `docs/protocols.md` section 5.
 * @module
 */

/** Operations of StateControl. */
export const STATE_GET = 0;
export const STATE_SET = 1;
export const STATE_LINK = 2;
export const STATE_NEXT = 3;
export const STATE_NEXT_PAGE = 4;
export const STATE_NEXT_PORTS = 5;
export const STATE_NEXT_INTERRUPT = 6;
/** As {@link STATE_GET}, and the thread goes on. */
export const STATE_LOOK = 7;

/** In RECORD_VERSION; grows when a word changes its meaning. */
export const THREAD_RECORD_VERSION = 2;

/** Word offsets. */
export const RECORD_VERSION = 0;
export const RECORD_ID = 1;
/** CONTINUATION_… */
export const RECORD_CONTINUATION = 2;
/** RECORD_FLAG_… */
export const RECORD_FLAGS = 3;
/** EAX ECX EDX EBX ESP EBP ESI EDI EIP EFLAGS. */
export const RECORD_REGISTERS = 4;
/** As ThreadControl and ExchangeRegisters set them. For information: SET leaves both. */
export const RECORD_PAGER = 14;
export const RECORD_SCHEDULER = 15;
/** For information, as Schedule sets it. */
export const RECORD_PRIORITY = 16;
/** Of a send wait or a transfer: the partner's global id. */
export const RECORD_TO = 17;
/** FromSpecifier of the receive phase, nil for none; and its time code. */
export const RECORD_FROM = 18;
export const RECORD_RECEIVE_TIMEOUT = 19;
/** Absolute, if RECORD_FLAG_TIMED. */
export const RECORD_DEADLINE = 20;
/** Kind of the nested call, 0 for none; then what it saved: MR0…MR12, BR0, ErrorCode, VirtualSender. */
export const RECORD_FAULT = 22;
export const RECORD_SAVED = 23;
/** Place in the send queue of RECORD_TO; without one, among the ready threads of its priority, -1 when it is none of them. */
export const RECORD_POSITION = 39;
/** Cursor of a transfer: tag, item, sub, offset, buffer, its sub and offset, more, bytes, timed; zeros for the receiver. */
export const RECORD_CURSOR = 40;
/** XMM and x87 registers, if RECORD_FLAG_FLOATS. */
export const RECORD_FLOATS = 50;
/** The UTCB's 128 words; MR0 is the 64th from here. */
export const RECORD_UTCB = 123;
/** For information: the thread's local id, and its space's areas and redirector, as SpaceControl set them. */
export const RECORD_LOCAL_ID = 251;
export const RECORD_KIP_AREA = 252;
export const RECORD_UTCB_AREA = 253;
export const RECORD_REDIRECTOR = 254;
/** Of a transfer, whether a fault is on top of it or not: FromSpecifier of the receive phase behind it, its time code, in whose name it goes, whom it is for if it is redirected (nil: whom it goes to); the thread on the other side. */
export const RECORD_TRANSFER = 255;
export const RECORD_PEER = 259;
/** For information: the lowest id in the thread's space, which names the space. */
export const RECORD_SPACE = 260;
export const THREAD_RECORD_WORDS = 261;

export const CONTINUATION_INACTIVE = 0;
export const CONTINUATION_USER = 1;
export const CONTINUATION_SEND = 2;
export const CONTINUATION_RECEIVE = 3;
export const CONTINUATION_TRANSFER = 4;

export const RECORD_FLAG_HALTED = 1;
/** The message that it waits for starts it. */
export const RECORD_FLAG_STARTING = 2;
export const RECORD_FLAG_FLOATS = 4;
export const RECORD_FLAG_TIMED = 8;
/** Of a transfer: the sender's side. */
export const RECORD_FLAG_SENDER = 16;
/** Of a fault: what goes on after it is a transfer. */
export const RECORD_FLAG_TRANSFER = 32;

/** What STATE_NEXT_INTERRUPT says of a line: its message is not on its way, waits for the handler, or waits for an answer. */
export const INTERRUPT_PHASE_IDLE = 0;
export const INTERRUPT_PHASE_DELIVERING = 1;
export const INTERRUPT_PHASE_UNACKNOWLEDGED = 2;
