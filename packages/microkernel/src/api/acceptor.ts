/**
 * Acceptors: BR0, what a receiver lets into its address space.
 *
 * Here: the receive window. Not here: the string buffers from BR1 on. Reference: X.2, acceptors.
 *
 *     31 receive window: an fpage without its low 4 bits 4|3 0 2|1 c|0 s
 * @module
 */
export const ACCEPT_STRINGS = 1;
export const ACCEPT_CTRL_XFER = 2;
/** The window is the complete address space. */
export const ACCEPT_COMPLETE = 0x10;

/** The receive window as an fpage without rights; 0 accepts no mappings. */
export function receiveWindow(acceptor: number): number {
  return acceptor & ~0xf;
}
