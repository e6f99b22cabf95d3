/**
 * I/O fpages: regions of the I/O address space, in one word.
 *
 * Here: packing and taking apart. Not here: who has which ports (→ object/port-database.ts). Reference: X.2 on IA-32, I/O fpages.
 *
 *     31 first port 16|15 log2 ports 10|9 2 4|3 rights 0
 *
 * Ports have no access rights of their own: who has one may read and write it.
 * @module
 */

/** In the place of an fpage's size: what marks it. */
export const IO_FPAGE_MARK = 2;
/** log2 of all ports. */
export const IO_SPACE_BITS = 16;
/** The complete I/O space, without rights. */
export const COMPLETE_IO_FPAGE: number = (IO_SPACE_BITS << 10) | (IO_FPAGE_MARK << 4);

/** Whether a word is an I/O fpage. */
export function isIoFpage(fpage: number): boolean {
  return ((fpage >>> 4) & 0x3f) === IO_FPAGE_MARK;
}

/** log2 of the number of ports, 0…16. */
export function ioFpageBits(fpage: number): number {
  return Math.min((fpage >>> 10) & 0x3f, IO_SPACE_BITS);
}

/** First port, aligned to the size. */
export function ioFpageBase(fpage: number): number {
  return (fpage >>> 16) & -(1 << ioFpageBits(fpage));
}

/** An I/O fpage from an aligned first port, log2 size and rights, as a signed word. */
export function makeIoFpage(port: number, bits: number, rights: number): number {
  return (port << 16) | (bits << 10) | (IO_FPAGE_MARK << 4) | rights;
}
