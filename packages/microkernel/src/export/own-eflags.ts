/**
 * EFLAGS that imported threads may bring.
 *
 * Here: one mask, for both imports. Reference: SDM Vol. 1, 3.4.3.
 * @module
 */
import { USER_EFLAGS_MASK } from "../api/protocol/exception.ts";

/** What a user's own code can change, whatever its IOPL: the status flags, TF, IF, DF, NT, RF, AC, ID. */
export const OWN_EFLAGS: number = USER_EFLAGS_MASK | 0x25_4700;
