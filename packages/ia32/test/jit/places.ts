// Where things lie in the fuzzed machine.

export const RAM = 0x60000;
export const GDT = 0x1000;
export const IDT = 0x2000;
export const TSS = 0x3000;
export const TSS_2 = 0x4000;
export const TASK_2_STACK = 0x7000;
export const HANDLERS = 0x8000;
/** Where the handler stands that goes on with a program, and the code of the second task. */
export const RECOVER = 0x9000;
export const TASK_2_CODE = 0x9f00;
export const KERNEL_STACK = 0xafc0;
/** A counter, then addresses of instructions for the handler to go on at, and for indirect jumps. */
export const COUNTER = 0xb000;
export const BLOCK_TABLE = 0xb100;
export const BLOCK_TABLE_LENGTH = 64;
export const CODE = 0x10000;
export const CODE_SIZE = 0x10000;
export const DATA = 0x20000;
export const DATA_SIZE = 0x8000;
export const STACK = 0x31000;
/** Page tables: in 32-bit paging directory and two tables, in PAE paging pointers, two directories and two tables. */
export const TABLES = 0x40000;
/** A page of a device, where the program has one. */
export const DEVICE = 0x50000;
/** Linear addresses from here are a second mapping of physical 0 on. */
export const ALIAS = 0x400000;

export const KERNEL_CODE = 0x08;
export const KERNEL_DATA = 0x10;
export const USER_CODE = 0x1b;
export const USER_DATA = 0x23;
export const TASK = 0x28;
/** Data with a base and a small limit; 16-bit code with base CODE. */
export const BASED_DATA = 0x33;
export const CODE_16 = 0x3b;
/** A task that returns to whoever switched to it. */
export const TASK_2 = 0x40;
/** INT of this vector switches to it and back. */
export const TASK_VECTOR = 0x81;
export const GDT_LIMIT = 0x47;
