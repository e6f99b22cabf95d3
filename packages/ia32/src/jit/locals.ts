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
/** CF, where a block needs no other flag of those before it. */
export const CARRY = 20;
/** int32 temporaries. Functions without the locals behind them have no more of them than they use. */
export const TEMPORARIES = 21;
export const TEMPORARY_COUNT = 12;
/** Where the function goes on, if PAGE is 1: index in the table, argument; for looking that up. */
export const TARGET: number = TEMPORARIES;
export const TARGET_ENTRY: number = TEMPORARIES + 1;
export const LOOKUP: number = TEMPORARIES + 2;
export const LOOKUP_TLB: number = TEMPORARIES + 3;
export const LOOKUP_END: number = TEMPORARIES + 4;
/** Places in RAM that other accesses of the block are near to, see anchors.ts; only in hot functions. */
export const ANCHORS: number = TEMPORARIES + TEMPORARY_COUNT;
export const ANCHOR_COUNT = 3;
/** Low parts of EAX, ECX, EDX and EBX, see parts.ts; only in hot functions. */
export const PARTS: number = ANCHORS + ANCHOR_COUNT;
export const PART_COUNT = 4;
/** x87: status word, tags, and where the registers' locals begin on the register stack (x87/float-stack.ts). */
export const FSW: number = PARTS + PART_COUNT;
export const TAGS: number = FSW + 1;
export const BASE: number = FSW + 2;
/** int64 temporaries. */
export const WIDE: number = BASE + 1;
export const WIDE_COUNT = 6;
/** Only in functions with x87 or vector instructions. x87 registers' signs and exponents; TOP above BASE; last-instruction pointers. */
export const FLOAT_WORDS: number = WIDE + WIDE_COUNT;
export const FLOAT_TOP: number = FLOAT_WORDS + 8;
export const FLOAT_EIP: number = FLOAT_TOP + 1;
export const FLOAT_OPCODE: number = FLOAT_TOP + 2;
export const FLOAT_DATA: number = FLOAT_TOP + 3;
export const FLOAT_SELECTOR: number = FLOAT_TOP + 4;
/** What rounding has done: since memory was right, and the last time. */
export const FLOAT_HAPPENED: number = FLOAT_TOP + 5;
export const FLOAT_ROUNDED: number = FLOAT_TOP + 6;
/** A mark where PC or RC is not the default, only in hot functions (x87/plain.ts). */
export const FLOAT_CONTROLLED: number = FLOAT_TOP + 7;
/** x87 registers' significands; what roundings without a call have cut off, since memory was right, not 0: they were inexact. */
export const FLOAT_SIGNIFICANDS: number = FLOAT_TOP + 8;
export const FLOAT_RESTS: number = FLOAT_SIGNIFICANDS + 8;
/** Only in functions with vector instructions: XMM0 to XMM7, vectors, binary64 and binary32 numbers for a moment. */
export const XMM: number = FLOAT_RESTS + 1;
export const VECTORS: number = XMM + 8;
export const VECTOR_COUNT = 4;
export const DOUBLES: number = VECTORS + VECTOR_COUNT;
export const DOUBLE_COUNT = 3;
export const SINGLES: number = DOUBLES + DOUBLE_COUNT;
export const SINGLE_COUNT = 3;
