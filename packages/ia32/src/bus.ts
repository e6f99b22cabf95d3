/**
 * What a processor needs from outside: ports.
 *
 * Here: the interface the embedder implements. Memory is a GuestMemory (→ memory/guest-memory.ts).
 * @module
 */

/** The I/O address space. `read` gives an unsigned value of `size` bytes; `write` gets one. */
export interface PortIo {
  read(port: number, size: 1 | 2 | 4): number;
  write(port: number, size: 1 | 2 | 4, value: number): void;
}
