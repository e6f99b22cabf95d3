/**
 * PortDevice: what a chip is to the port bus, registers at small offsets.
 *
 * Here: the interfaces. Not here: the ports at which the offsets appear (`bus/port-bus.ts`).
 * @module
 */

/** An 8-bit chip: wider accesses reach it a byte at a time, lowest offset first. */
export interface PortDevice {
  /** The register at this offset, 0..255. A read may have effects (it clears a status, it takes a byte). */
  read(offset: number): number;
  /**
   * What `read` would give now, if it would change nothing that can be seen; −1 if it might. Asked only while nothing
   * is due that `nextEvent` has announced. A chip without it is read.
   */
  peek?(offset: number): number;
  /** Writes 0..255 to the register at this offset. What hardware ignores is ignored. */
  write(offset: number, value: number): void;
}

/** A chip that sees accesses of two and four bytes whole, where an 8-bit chip sees one access per byte. */
export interface WidePortDevice extends PortDevice {
  /** Reads 2 or 4 bytes, little-endian, unsigned. */
  readWide(offset: number, size: 2 | 4): number;
  /** Writes the low 2 or 4 bytes of `value`. */
  writeWide(offset: number, size: 2 | 4, value: number): void;
}
