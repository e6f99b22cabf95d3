/**
 * The recovery record: what a P3 reports of each recovery, as message registers.
 *
 * Here: word numbers (MR index in RECOVERY_REPORT; add 1 in the reply of RECOVERY_INFO), actions, steps.
 * Not here: kinds of failure (microkernel: the restart page has them).
 * Reference: docs/protocols.md, section 9.
 * @module
 */

export const RECOVERY_PID = 1;
export const RECOVERY_KIND = 2;
export const RECOVERY_DETAIL = 3;
export const RECOVERY_ADDRESS = 4;
export const RECOVERY_ACTION = 5;
/** First of three words per step: guest instructions, cycles of the virtual clock (waiting included), pages. */
export const RECOVERY_STEPS = 6;
export const RECOVERY_WORDS_PER_STEP = 3;
/** First word of the name, after the steps. */
export const RECOVERY_NAME = 30;
/** Words of the record, with eight of name. */
export const RECOVERY_WORDS = 37;

export const ACTION_HOT = 1;
export const ACTION_COLD = 2;
export const ACTION_REMOVED = 3;
export const ACTION_HANDLER_RESTART = 4;
export const ACTION_REBOOT = 5;
export const ACTION_GROUP = 6;
export const ACTION_WARM = 7;

export const STEP_DETECT = 0;
export const STEP_DECIDE = 1;
export const STEP_UNMAP = 2;
export const STEP_INITIALIZE = 3;
export const STEP_LOAD = 4;
export const STEP_START = 5;
/** Until RECOVERED. */
export const STEP_RECOVER = 6;
/** What the policy had the restart wait. */
export const STEP_WAIT = 7;
export const RECOVERY_STEP_COUNT = 8;
