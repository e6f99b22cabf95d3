/**
 * PortBus: the 65,536 I/O ports and the chips that answer at them.
 *
 * Here: claims (port range to chip offset), accesses of 1, 2 and 4 bytes, what lies elsewhere.
 * Not here: who may use a port (the processor's I/O permission, the kernel).
 * A wider access to an 8-bit chip becomes one access per byte, lowest port first, as the ISA bus converts it;
 * a wide chip sees an access whole that lies within its claim. IEEE P996; ports above 0xffff do not exist.
 * @module
 */
import { err, ok, type Result } from "neverthrow";
import type { MmioDevice } from "../mmio-device.ts";
import type { PortDevice, WidePortDevice } from "../port-device.ts";
import { NOBODY } from "./mmio-bus.ts";

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
  /** The same chip, if it sees wide accesses whole. */
  readonly wide: WidePortDevice | null;
  /** Added to a port number this gives the chip's offset. */
  readonly shift: number;
}

/** The claims are wiring, given anew when a machine is built; the bus has no state to keep. */
export class PortBus {
  readonly #elsewhere: MmioDevice;
  /** Per port: index into {@link PortBus.#claims} plus one, or 0 for a port that nobody claims. */
  readonly #owner: Uint16Array = new Uint16Array(PORTS);
  readonly #claims: Claim[] = [];
  readonly #dwords: Map<number, WidePortDevice> = new Map();

  /** `elsewhere` gets the accesses that meet no claim, with the port as offset: windows that a program moves. */
  constructor(elsewhere: MmioDevice = NOBODY) {
    this.#elsewhere = elsewhere;
  }

  /** Gives a range of ports to a chip; a refused range leaves the bus as it was. */
  claim(range: PortRange, device: PortDevice | WidePortDevice): Result<void, PortClaimError> {
    const { first, count, offset = 0 } = range;
    const whole = Number.isInteger(first) && Number.isInteger(count) && Number.isInteger(offset);
    if (!whole || first < 0 || count < 1 || first + count > PORTS || offset < 0)
      return err({ code: "no-such-port", range });
    for (let port = first; port < first + count; port++)
      if (this.#owner[port] !== 0) return err({ code: "port-taken", port });
    this.#claims.push({ device, wide: "readWide" in device ? device : null, shift: offset - first });
    this.#owner.fill(this.#claims.length, first, first + count);
    return ok(undefined);
  }

  /**
   * Gives the accesses of four bytes at exactly this port to a chip, as offset 0. Other accesses to these ports
   * are not touched: PCI's address register at 0xcf8 hides nothing of the byte at 0xcf9.
   */
  claimDword(port: number, device: WidePortDevice): Result<void, PortClaimError> {
    if (!Number.isInteger(port) || port < 0 || port + 4 > PORTS)
      return err({ code: "no-such-port", range: { first: port, count: 4 } });
    if (this.#dwords.has(port)) return err({ code: "port-taken", port });
    this.#dwords.set(port, device);
    return ok(undefined);
  }

  /** Reads 1, 2 or 4 bytes, little-endian, unsigned. A port that nobody answers at reads all ones. */
  read(port: number, size: PortSize): number {
    if (size === 1) return this.#readByte(port);
    const dword = size === 4 ? this.#dwords.get(port) : undefined;
    if (dword !== undefined) return dword.readWide(0, 4);
    const owner = this.#commonOwner(port, size);
    if (owner === 0) return this.#elsewhere.read(port, size);
    const claim = owner === null ? undefined : this.#claims[owner - 1];
    if (claim !== undefined && claim.wide !== null) return claim.wide.readWide(port + claim.shift, size);
    let value = 0;
    for (let i = 0; i < size; i++) value |= this.#readByte(port + i) << (8 * i);
    return value >>> 0;
  }

  /** The byte at this port, if reading it would change nothing; −1 if it might, or if the chip does not say. */
  peek(port: number): number {
    const owner = this.#owner[port];
    if (owner === 0) return -1;
    const { device, shift } = this.#claims[owner - 1];
    return device.peek === undefined ? -1 : device.peek(port + shift);
  }

  /** Writes the low 1, 2 or 4 bytes of `value`. A write to a port that nobody answers at is lost. */
  write(port: number, size: PortSize, value: number): void {
    if (size === 1) {
      this.#writeByte(port, value & 0xff);
      return;
    }
    const dword = size === 4 ? this.#dwords.get(port) : undefined;
    if (dword !== undefined) {
      dword.writeWide(0, 4, value >>> 0);
      return;
    }
    const owner = this.#commonOwner(port, size);
    const claim = owner === null || owner === 0 ? undefined : this.#claims[owner - 1];
    if (owner === 0) this.#elsewhere.write(port, size, value);
    else if (claim !== undefined && claim.wide !== null) claim.wide.writeWide(port + claim.shift, size, value);
    else for (let i = 0; i < size; i++) this.#writeByte(port + i, (value >>> (8 * i)) & 0xff);
  }

  /** The owner of all these ports (0 for nobody), or null if they have several or some do not exist. */
  #commonOwner(port: number, size: 2 | 4): number | null {
    if (port + size > PORTS) return null;
    const owner = this.#owner[port];
    for (let i = 1; i < size; i++) if (this.#owner[port + i] !== owner) return null;
    return owner;
  }

  #readByte(port: number): number {
    if (port >= PORTS) return 0xff;
    const owner = this.#owner[port];
    if (owner === 0) return this.#elsewhere.read(port, 1);
    const { device, shift } = this.#claims[owner - 1];
    return device.read(port + shift);
  }

  #writeByte(port: number, value: number): void {
    if (port >= PORTS) return;
    const owner = this.#owner[port];
    if (owner === 0) {
      this.#elsewhere.write(port, 1, value);
      return;
    }
    const { device, shift } = this.#claims[owner - 1];
    device.write(port + shift, value);
  }
}
