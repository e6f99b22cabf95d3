/**
 * The locals of a compiled function.
 *
 * Here: their numbers. The eight general registers keep the order of their encodings.
 * @module
 */

/** Parameters: the block to start with, later the block to dispatch to; instructions that may still be retired. */
export const STATE = 0;
export const BUDGET = 1;
/** EAX; ECX and so on follow. */
export const GPR = 2;
/** Arithmetic flags, see flags.ts. */
export const SIGN = 10;
export const RESULT = 11;
export const A = 12;
export const B = 13;
export const KIND = 14;
/** Byte offset of the TLB's table in the TLB. */
export const TLB = 15;
/** Where the function leaves: EIP, site, linear page and what the TLB adds in it. */
export const EIP = 16;
export const SITE = 17;
export const PAGE = 18;
export const HOME = 19;
/** x87: status and tag word, whether instructions may go the fast way (x87/float-stack.ts). */
export const FSW = 20;
export const FTW = 21;
export const FLOATS_READY = 22;
/** CF, where a block needs no other flag of those before it. */
export const CARRY = 23;
/** int32 temporaries. */
export const TEMPORARIES = 24;
export const TEMPORARY_COUNT = 12;
/** Where the function goes on, if PAGE is 1: index in the table, argument. */
export const TARGET: number = TEMPORARIES;
export const TARGET_ENTRY: number = TEMPORARIES + 1;
/** int64 temporaries. */
export const WIDE: number = TEMPORARIES + TEMPORARY_COUNT;
export const WIDE_COUNT = 4;
/** Only in functions with vector instructions: XMM0 to XMM7, vectors, binary64 and binary32 numbers for a moment. */
export const XMM: number = WIDE + WIDE_COUNT;
export const VECTORS: number = XMM + 8;
export const VECTOR_COUNT = 4;
export const DOUBLES: number = VECTORS + VECTOR_COUNT;
export const DOUBLE_COUNT = 3;
export const SINGLES: number = DOUBLES + DOUBLE_COUNT;
export const SINGLE_COUNT = 3;
