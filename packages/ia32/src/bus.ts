/**
 * What a processor needs from outside: ports, devices in physical memory, an interrupt controller.
 *
 * Here: the interfaces the embedder implements. Memory is a GuestMemory (→ memory/guest-memory.ts).
 * @module
 */

/** The I/O address space. `read` gives an unsigned value of `size` bytes; `write` gets one. */
export interface PortIo {
  read(port: number, size: 1 | 2 | 4): number;
  write(port: number, size: 1 | 2 | 4, value: number): void;
}

/** Physical addresses that are not RAM. Values as with ports; an access may lie at any address. */
export interface MemoryIo {
  read(physical: number, size: 1 | 2 | 4): number;
  write(physical: number, size: 1 | 2 | 4, value: number): void;
}

/** The interrupt controller, asked when the processor takes an interrupt. */
export interface InterruptSource {
  /** The vector, 0..255. */
  acknowledge(): number;
}
