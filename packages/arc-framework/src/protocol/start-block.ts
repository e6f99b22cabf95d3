/**
 * The start block: what ESP points at when a program is entered.
 *
 * Here: word numbers. Not here: the reasons (kinds of failure, microkernel), 0 = first start.
 * Reference: docs/protocols.md, section 11.
 * @module
 */

export const START_REASON = 0;
/** Address of the restart page. */
export const START_RESTART_PAGE = 1;
export const START_ARGC = 2;
/** Address of argv: NUL-terminated strings above the block. */
export const START_ARGV = 3;
export const START_PID = 4;
export const START_WORDS = 5;
