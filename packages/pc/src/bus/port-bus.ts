/**
 * PortBus: the 65,536 I/O ports and the chips that answer at them.
 *
 * Here: claims (port range to chip offset), accesses of 1, 2 and 4 bytes.
 * Not here: who may use a port (the processor's I/O permission, the kernel).
 * Every chip of this package is 8 bits wide, and so a wider access becomes one access per byte, lowest
 * port first, as the ISA bus converts it. IEEE P996; ports above 0xffff are claimed by nobody.
 * @module
 */
import { err, ok, type Result } from "neverthrow";
import type { PortDevice } from "../port-device.ts";

/** Width of an access in bytes. */
export type PortSize = 1 | 2 | 4;

/** A range of ports: port `first + i` is the chip's offset `offset + i`, for i < `count`. */
export interface PortRange {
  readonly first: number;
  readonly count: number;
  /** Offset inside the chip of the first port; 0 unless given. */
  readonly offset?: number;
}

/** Why a range was not claimed. */
export type PortClaimError =
  | { readonly code: "no-such-port"; readonly range: PortRange }
  | { readonly code: "port-taken"; readonly port: number };

const PORTS = 0x10000;

interface Claim {
  readonly device: PortDevice;
  /** Added to a port number this gives the chip's offset. */
  readonly shift: number;
}

/** The claims are wiring, given anew when a machine is built; the bus has no state to keep. */
export class PortBus {
  /** Per port: index into {@link PortBus.#claims} plus one, or 0 for a port that nobody claims. */
  readonly #owner: Uint16Array = new Uint16Array(PORTS);
  readonly #claims: Claim[] = [];

  /** Gives a range of ports to a chip; a refused range leaves the bus as it was. */
  claim(range: PortRange, device: PortDevice): Result<void, PortClaimError> {
    const { first, count, offset = 0 } = range;
    const whole = Number.isInteger(first) && Number.isInteger(count) && Number.isInteger(offset);
    if (!whole || first < 0 || count < 1 || first + count > PORTS || offset < 0)
      return err({ code: "no-such-port", range });
    for (let port = first; port < first + count; port++)
      if (this.#owner[port] !== 0) return err({ code: "port-taken", port });
    this.#claims.push({ device, shift: offset - first });
    this.#owner.fill(this.#claims.length, first, first + count);
    return ok(undefined);
  }

  /** Reads 1, 2 or 4 bytes, little-endian, unsigned. A port that nobody claims reads all ones. */
  read(port: number, size: PortSize): number {
    if (size === 1) return this.#readByte(port);
    let value = 0;
    for (let i = 0; i < size; i++) value |= this.#readByte(port + i) << (8 * i);
    return value >>> 0;
  }

  /** Writes the low 1, 2 or 4 bytes of `value`. A write to a port that nobody claims is lost. */
  write(port: number, size: PortSize, value: number): void {
    for (let i = 0; i < size; i++) {
      const owner = port + i < PORTS ? this.#owner[port + i] : 0;
      if (owner === 0) continue;
      const { device, shift } = this.#claims[owner - 1];
      device.write(port + i + shift, (value >>> (8 * i)) & 0xff);
    }
  }

  #readByte(port: number): number {
    const owner = port < PORTS ? this.#owner[port] : 0;
    if (owner === 0) return 0xff;
    const { device, shift } = this.#claims[owner - 1];
    return device.read(port + shift);
  }
}
