/**
 * PortDevice: what a chip is to the bus, 8-bit registers at small offsets.
 *
 * Here: the interface. Not here: the ports at which the offsets appear (`bus/port-bus.ts`).
 * @module
 */
export interface PortDevice {
  /** The register at this offset, 0..255. A read may have effects (it clears a status, it takes a byte). */
  read(offset: number): number;
  /** Writes 0..255 to the register at this offset. What hardware ignores is ignored. */
  write(offset: number, value: number): void;
}
