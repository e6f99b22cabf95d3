/**
 * The restart page: a supervised thread's last request and failure, recorded.
 *
 * Here: word indices (offset = 4 × index). Not here: when they are written (→ ipc/restart-record.ts).
 * Reference: `docs/protocols.md` section 6.
 * @module
 */
export const RESTART_MAGIC_WORD = 0x5453524b;
export const RESTART_MAGIC = 0;
export const RESTART_SEQUENCE = 1;
export const RESTART_REPLIED = 2;
export const RESTART_SENDER = 3;
export const RESTART_TAG = 4;
/** MR1; MRi stands at RESTART_MR1 + i - 1. */
export const RESTART_MR1 = 8;
export const RESTART_FAILURE = 80;
export const RESTART_DETAIL = 81;
export const RESTART_ERROR_CODE = 82;
export const RESTART_ADDRESS = 83;
/** EIP EFLAGS EDI ESI EBP ESP EBX EDX ECX EAX. */
export const RESTART_FRAME = 84;
export const RESTART_TIME_LOW = 94;
export const RESTART_TIME_HIGH = 95;
/** How often a server has lost its memory that the program wants to be told of. */
export const RESTART_LOSSES = 96;
/** Pages of transactional memory that have been written since the pager last heard of a commit; the pager writes it. */
export const RESTART_UNDO = 97;
/** What is different in this life of the program; the pager writes it. */
export const RESTART_ENVIRONMENT = 98;

export const FAILURE_NONE = 0;
export const FAILURE_PAGE_FAULT = 1;
export const FAILURE_EXCEPTION = 2;
export const FAILURE_HANG = 3;
export const FAILURE_PANIC = 4;
export const FAILURE_KILLED = 5;
/** It has not failed itself: a server that it depends on has lost its memory. */
export const FAILURE_GROUP = 6;
/** It waits in a circle: for one who, over others, waits for it. */
export const FAILURE_DEADLOCK = 7;
/** It leaves others no time. */
export const FAILURE_STARVATION = 8;
/** Its text, its checked memory or what must always hold of its memory is damaged. */
export const FAILURE_CORRUPTION = 9;
/** It has sent what the protocol does not allow. */
export const FAILURE_PROTOCOL = 10;
/** A check that its compiler has put in. */
export const FAILURE_CHECK = 11;
/** It has not failed: it is renewed before it does. */
export const FAILURE_AGING = 12;
