/**
 * Indices of a thread's saved registers, in the processor's order.
 *
 * Here: the order that `@kintsugi/ia32` uses for its `registers`; loading and saving is one copy.
 * @module
 */
export const EAX = 0;
export const ECX = 1;
export const EDX = 2;
export const EBX = 3;
export const ESP = 4;
export const EBP = 5;
export const ESI = 6;
export const EDI = 7;
export const EIP = 8;
export const EFLAGS = 9;
export const REGISTER_COUNT = 10;
