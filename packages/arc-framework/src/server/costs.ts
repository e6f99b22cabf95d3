/**
 * What the work of a resident server costs, in cycles (100 per microsecond).
 *
 * Here: the amounts that the runtime charges itself. Not here: what the kernel charges for a resume,
 * a call or a fault (microkernel, `costs.ts`). They are chosen, not measured: about what compiled code
 * on a Pentium would take for the same words. Rebuilding a handler from its journal is free, so that
 * a machine rebuilt from RAM runs on identically.
 * @module
 */

/** One step, its commit included. */
export const COST_STEP = 60;
/** Each word read or written in a step, its undo entry included. */
export const COST_STEP_WORD = 2;
/** Filling, copying or reading one 16-byte unit of a page in bulk. */
export const COST_BULK_UNIT = 4;
/** Dropping a crashed handler and starting it over from its journal. */
export const COST_HANDLER_RESTART = 2000;
