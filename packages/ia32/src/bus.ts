/**
 * What a processor needs from outside: ports, devices in physical memory, an interrupt controller, the x87 error pin.
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
  /**
   * Reads the byte at `port` if that changes nothing and does not depend on the clock, which is not exact here; else, −1,
   * and `read` is asked. What the access takes it charges as `read` does. Only while run() has budget left.
   */
  peek?(port: number): number;
}

/** Physical addresses that are not RAM. Values as with ports; an access may lie at any address. */
export interface MemoryIo {
  /**
   * The callbacks read the processor's clock, or ask it for an interrupt that is due behind this very instruction: `retired`
   * and `cycles` are then exact in them, as they are for ports, an interrupt is taken before the next instruction, and each
   * access costs the interpreter a second start. Otherwise the clock is that of the running block's first instruction, and
   * interrupts wait for its end. A function says it of each address.
   */
  readonly timed?: boolean | ((physical: number) => boolean);
  /** The `size` bytes at `physical`, unsigned; they lie in one page. */
  read(physical: number, size: 1 | 2 | 4): number;
  /** `value` has no bit above its `size` bytes. */
  write(physical: number, size: 1 | 2 | 4, value: number): void;
}

/**
 * The pin by which a processor tells a PC of x87 errors while CR0.NE is clear; the answer is
 * `Processor.setIgnoreNumericError`. SDM Vol. 1, appendix D.2.
 */
export interface FloatErrorPin {
  /** FERR#: asserted while an unmasked x87 exception is pending. PCs make interrupt request 13 of it. */
  set(asserted: boolean): void;
}

/** The interrupt controller, asked when the processor takes an interrupt. */
export interface InterruptSource {
  /** The vector, 0..255. */
  acknowledge(): number;
}
