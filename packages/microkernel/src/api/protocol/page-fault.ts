/**
 * Page-fault protocol: a call from the faulting thread to its pager.
 *
 * Here: label and words. Message: u = 2, MR1 fault address, MR2 IP; label = base | access.
 * Reply: a map or grant item for a complete window; its words are ignored and the thread retries.
 * Not here: who sends it (→ fault/page-fault.ts). Reference: X.2, page-fault protocol.
 * @module
 */
export const LABEL_PAGE_FAULT = 0xffe0;
/** IA-32 cannot tell a read from a fetch: both are r|x; a write is w. */
export const PAGE_FAULT_READ = 5;
export const PAGE_FAULT_WRITE = 2;
export const PAGE_FAULT_WORDS = 2;
