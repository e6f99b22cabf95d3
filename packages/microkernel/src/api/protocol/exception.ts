/**
 * Exception protocol: a call from the faulting thread to its exception handler.
 *
 * Here: label and message registers. The reply's words are reloaded, those it leaves out keep their
 * values: an empty reply runs the instruction again. Not here: who sends it (→ fault/exception.ts).
 * Reference: X.2 on IA-32, exception protocol.
 * @module
 */
export const LABEL_EXCEPTION = 0xffb0;
export const EXCEPTION_WORDS = 12;
export const EXCEPTION_EIP = 1;
export const EXCEPTION_EFLAGS = 2;
export const EXCEPTION_NUMBER = 3;
export const EXCEPTION_ERROR_CODE = 4;
export const EXCEPTION_EDI = 5;
export const EXCEPTION_ESI = 6;
export const EXCEPTION_EBP = 7;
export const EXCEPTION_ESP = 8;
export const EXCEPTION_EBX = 9;
export const EXCEPTION_EDX = 10;
export const EXCEPTION_ECX = 11;
export const EXCEPTION_EAX = 12;
/** CF PF AF ZF SF OF: the flags that a user may set in another thread. */
export const USER_EFLAGS_MASK = 0x8d5;
/** Reserved bit 1, IF and IOPL 3: how a thread starts. */
export const INITIAL_EFLAGS = 0x3202;
/** Their IOPL, which is 0 where ports are mapped by I/O fpages. */
export const EFLAGS_IOPL = 0x3000;
/** Exception number of a resident program that gave up. */
export const EXCEPTION_RESIDENT_DIED = 0xff;
