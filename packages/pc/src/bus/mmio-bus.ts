/**
 * MmioBus: physical addresses that are no memory, and who answers there.
 *
 * Here: claims (address range to chip), accesses of 1, 2 and 4 bytes, what lies elsewhere.
 * Not here: RAM and ROM (the machine's, and the processor comes here only for what is neither).
 * An access that leaves a claim is made byte by byte. Claims are wiring; windows that a program moves (PCI)
 * are found by `elsewhere`, after the claims.
 * @module
 */
import { err, ok, type Result } from "neverthrow";
import type { AccessSize, MmioDevice } from "../mmio-device.ts";

/** A range of physical addresses. */
export interface MmioRange {
  readonly first: number;
  readonly count: number;
}

/** Why a range was not claimed. */
export type MmioClaimError =
  | { readonly code: "no-such-address"; readonly range: MmioRange }
  | { readonly code: "address-taken"; readonly range: MmioRange };

const ADDRESSES = 0x1_0000_0000;

interface Claim {
  readonly first: number;
  readonly end: number;
  readonly device: MmioDevice;
}

/** Reads all ones, and loses what is written. */
export const NOBODY: MmioDevice = {
  read: (_, size) => (size === 4 ? 0xffffffff : size === 2 ? 0xffff : 0xff),
  write: () => undefined,
};

/** The claims are wiring, given anew when a machine is built; the bus has no state to keep. */
export class MmioBus implements MmioDevice {
  readonly #elsewhere: MmioDevice;
  readonly #claims: Claim[] = [];
  /** Where the last access lay: most follow one to the same chip. */
  #last: Claim = { first: 0, end: 0, device: NOBODY };

  /** `elsewhere` gets the accesses that meet no claim, with the physical address as offset. */
  constructor(elsewhere: MmioDevice = NOBODY) {
    this.#elsewhere = elsewhere;
  }

  /** Gives a range of addresses to a chip, offset 0 at its first; a refused range leaves the bus as it was. */
  claim(range: MmioRange, device: MmioDevice): Result<void, MmioClaimError> {
    const { first, count } = range;
    const end = first + count;
    if (!Number.isInteger(first) || !Number.isInteger(count) || first < 0 || count < 1 || end > ADDRESSES)
      return err({ code: "no-such-address", range });
    const taken = this.#claims.find((claim) => first < claim.end && claim.first < end);
    if (taken !== undefined)
      return err({ code: "address-taken", range: { first: taken.first, count: taken.end - taken.first } });
    this.#claims.push({ first, end, device });
    return ok(undefined);
  }

  /** Reads 1, 2 or 4 bytes, little-endian, unsigned. */
  read(address: number, size: AccessSize): number {
    const claim = this.#meets(address, size);
    if (claim === null) return this.#elsewhere.read(address, size);
    if (address >= claim.first && address + size <= claim.end) return claim.device.read(address - claim.first, size);
    let value = 0;
    for (let i = 0; i < size; i++) value |= this.read(address + i, 1) << (8 * i);
    return value >>> 0;
  }

  /** Writes the low 1, 2 or 4 bytes of `value`. */
  write(address: number, size: AccessSize, value: number): void {
    const claim = this.#meets(address, size);
    if (claim === null) this.#elsewhere.write(address, size, value);
    else if (address >= claim.first && address + size <= claim.end)
      claim.device.write(address - claim.first, size, value);
    else for (let i = 0; i < size; i++) this.write(address + i, 1, (value >>> (8 * i)) & 0xff);
  }

  /** The claim that an access meets, with all its bytes or with some. */
  #meets(address: number, size: AccessSize): Claim | null {
    const last = this.#last;
    if (address >= last.first && address + size <= last.end) return last;
    const found = this.#claims.find(({ first, end }) => address + size > first && address < end);
    if (found === undefined) return null;
    this.#last = found;
    return found;
  }
}
