/**
 * Thread-start protocol: the pager's message to a fresh thread.
 *
 * Here: its words. Message: any label, u = 2, MR1 IP, MR2 SP. With another u the thread runs where it is.
 * Not here: its receipt (→ ipc/rendezvous.ts). Reference: X.2, thread start protocol.
 * @module
 */
export const THREAD_START_WORDS = 2;
export const THREAD_START_IP = 1;
export const THREAD_START_SP = 2;
