/**
 * What a processor needs from outside: ports, devices in physical memory, an interrupt controller.
 *
 * Here: the interfaces the embedder implements. Memory is a GuestMemory (→ memory/guest-memory.ts).
 * @module
 */

/** The I/O address space. `read` gives an unsigned value of `size` bytes; `write` gets one. */
export interface PortIo {
  /** The `size` bytes at `port`, unsigned; all ones where there is no device. */
  read(port: number, size: 1 | 2 | 4): number;
  /** `value` has no bit above its `size` bytes. */
  write(port: number, size: 1 | 2 | 4, value: number): void;
}

/** Physical addresses that are not RAM. Values as with ports; an access may lie at any address. */
export interface MemoryIo {
  /** The `size` bytes at `physical`, unsigned; they lie in one page. */
  read(physical: number, size: 1 | 2 | 4): number;
  /** `value` has no bit above its `size` bytes. */
  write(physical: number, size: 1 | 2 | 4, value: number): void;
}

/** The interrupt controller, asked when the processor takes an interrupt. */
export interface InterruptSource {
  /** The vector, 0..255. */
  acknowledge(): number;
}
