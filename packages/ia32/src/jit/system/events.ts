/**
 * Numbers that regions, the host and the shared functions have in common.
 *
 * Here: places in the table, the shared functions' numbers in their module, EVENT_WORD. Not here: the functions (→ functions.ts).
 * @module
 */
import { RF } from "../../state/eflags.ts";
import { IMPORTS } from "../imports.ts";

/** Places in the table of functions; compiled regions come behind them. */
export const TRANSFER_SLOT = 1;
export const INTERRUPT_SLOT = 2;
export const RETURN_SLOT = 3;
export const FAULT_SLOT = 4;
export const GO_ON_SLOT = 5;
export const FETCH_SLOT = 6;
export const SYSTEM_SLOTS = 6;

/** EVENT_WORD: the vector and these. The handler sees RF set. */
export const EVENT_SOFTWARE = 0x100;
export const EVENT_HAS_CODE = 0x200;
export const EVENT_RESUMES: number = RF;

/** What no budget ever is. */
export const DECLINED = -0x80000000;

/** In a site, instead of a place in the block: the page of code is to be translated anew. */
export const FETCH_ANEW = 1;

/** Numbers of the functions in the module. */
export const GO_ON: number = IMPORTS.length;
export const SYSTEM_ADDRESS: number = GO_ON + 1;
export const IS_KNOWN: number = GO_ON + 2;
export const DELIVER: number = GO_ON + 3;
export const RETURN: number = GO_ON + 4;
export const TRANSFER: number = GO_ON + 5;
export const WALK: number = GO_ON + 6;
export const FETCH: number = GO_ON + 7;
