/**
 * Indices of a thread's saved registers: the processor's own order.
 *
 * Here: ia32's indices under one roof, and how many there are; loading and saving is one copy.
 * Not here: who copies (→ glue/ia32/user-mode.ts).
 * @module
 */
export { EAX, EBP, EBX, ECX, EDI, EDX, EFLAGS, EIP, ESI, ESP } from "@kintsugi/ia32";

export const REGISTER_COUNT = 10;
