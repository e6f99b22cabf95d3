/**
 * DmaMemory: the memory that a bus master reads and writes by itself.
 *
 * Here: the interface, owned by the chips. Not here: the memory, which is the machine's (its one write path).
 * @module
 */

/** Guest memory by physical address, at once and without rights: a transfer is one step. */
export interface DmaMemory {
  /** `count` bytes from physical address `address` on; where there is no memory they are 0xff. */
  read(address: number, count: number): Uint8Array;
  /** Writes the bytes at physical address `address`; where there is no memory they are lost. */
  write(address: number, bytes: Uint8Array): void;
}
