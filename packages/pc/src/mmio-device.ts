/**
 * MmioDevice: what a chip is to the memory bus, bytes at offsets.
 *
 * Here: the interface. Not here: the addresses at which the offsets appear (`bus/mmio-bus.ts`, `pci/`).
 * @module
 */

/** Width of an access in bytes. */
export type AccessSize = 1 | 2 | 4;

/** Offsets count bytes from where the chip appears; an access may have any offset and need not be aligned. */
export interface MmioDevice {
  /** Reads 1, 2 or 4 bytes, little-endian, unsigned. A read may have effects. */
  read(offset: number, size: AccessSize): number;
  /** Writes the low 1, 2 or 4 bytes of `value`. What hardware ignores is ignored. */
  write(offset: number, size: AccessSize, value: number): void;
}
