/**
 * ConfigSpace: the 256 bytes by which a PCI function is found and placed.
 *
 * Here: the header, which bits can be written, base addresses and the windows they open.
 * Not here: who reads it (`host.ts`), what is behind a window. PCI Local Bus Specification 2.1, section 6.
 * @module
 */
import type { AccessSize, MmioDevice } from "../mmio-device.ts";
import * as R from "./registers.ts";

/** What a window decodes: ports or memory. */
export type PciSpace = "io" | "memory";

/** A base address register: its number 0..5, its space, and a size in bytes, a power of two. */
export interface PciBar {
  readonly bar: number;
  readonly space: PciSpace;
  readonly size: number;
  readonly device: MmioDevice;
}

/** An expansion ROM: a size in bytes, a power of two of 2 KiB at least. */
export interface PciRom {
  readonly size: number;
  readonly device: MmioDevice;
}

/** A range that a function decodes now. */
export interface PciWindow {
  readonly space: PciSpace;
  readonly first: number;
  readonly size: number;
  readonly device: MmioDevice;
}

/** What is fixed about a function. */
export interface PciHeader {
  readonly vendorId: number;
  readonly deviceId: number;
  /** Class, subclass, programming interface: 24 bits. */
  readonly classCode: number;
  readonly revision?: number;
  readonly headerType?: number;
  readonly subsystemVendorId?: number;
  readonly subsystemId?: number;
  /** Bits of the command register that can be set; I/O, memory and master unless given. */
  readonly command?: number;
  /** Interrupt pin: 1 = A; 0 = none. */
  readonly interruptPin?: number;
  readonly bars?: readonly PciBar[];
  readonly rom?: PciRom | undefined;
  /** Registers of its own: offset, mask of the bits that can be written, value after a reset; a byte each. */
  readonly registers?: readonly (readonly [offset: number, mask: number, reset: number])[];
}

/** Plain, versioned state. */
export interface ConfigSpaceState {
  readonly version: 1;
  readonly bytes: readonly number[];
}

const FAST_DEVSEL = 0x0280;

/** The value after a reset of a function with this header. */
export function configSpaceAtReset(header: PciHeader): ConfigSpaceState {
  const bytes = new Uint8Array(R.PCI_CONFIG_SIZE);
  const view = new DataView(bytes.buffer);
  view.setUint16(R.PCI_VENDOR_ID, header.vendorId, true);
  view.setUint16(R.PCI_DEVICE_ID, header.deviceId, true);
  view.setUint16(R.PCI_STATUS, FAST_DEVSEL, true);
  view.setUint32(R.PCI_REVISION, ((header.classCode << 8) | (header.revision ?? 0)) >>> 0, true);
  bytes[R.PCI_HEADER_TYPE] = header.headerType ?? 0;
  view.setUint16(R.PCI_SUBSYSTEM_VENDOR_ID, header.subsystemVendorId ?? 0, true);
  view.setUint16(R.PCI_SUBSYSTEM_ID, header.subsystemId ?? 0, true);
  bytes[R.PCI_INTERRUPT_PIN] = header.interruptPin ?? 0;
  for (const { bar, space } of header.bars ?? []) bytes[R.PCI_BAR0 + 4 * bar] = space === "io" ? R.PCI_BAR_IO : 0;
  for (const [offset, , reset] of header.registers ?? []) bytes[offset] = reset;
  return { version: 1, bytes: [...bytes] };
}

/** The configuration of one function: what its header fixes cannot be written, and each write decodes anew. */
export class ConfigSpace {
  readonly #header: PciHeader;
  readonly #mask: Uint8Array = new Uint8Array(R.PCI_CONFIG_SIZE);
  readonly #bytes: Uint8Array;
  #windows: readonly PciWindow[];

  constructor(header: PciHeader, state: ConfigSpaceState = configSpaceAtReset(header)) {
    this.#header = header;
    this.#bytes = Uint8Array.from(state.bytes);
    const command = header.command ?? R.PCI_COMMAND_IO | R.PCI_COMMAND_MEMORY | R.PCI_COMMAND_MASTER;
    this.#mask.set([command & 0xff, command >> 8], R.PCI_COMMAND);
    if ((header.interruptPin ?? 0) !== 0) this.#mask[R.PCI_INTERRUPT_LINE] = 0xff;
    const view = new DataView(this.#mask.buffer);
    for (const { bar, size } of header.bars ?? []) view.setUint32(R.PCI_BAR0 + 4 * bar, -size >>> 0, true);
    if (header.rom !== undefined) view.setUint32(R.PCI_ROM_BAR, (-header.rom.size | R.PCI_ROM_ENABLE) >>> 0, true);
    for (const [offset, mask] of header.registers ?? []) this.#mask[offset] = mask;
    this.#windows = this.#decode();
  }

  /** A copy of all 256 bytes; the header is the chip's, and not in it. */
  get state(): ConfigSpaceState {
    return { version: 1, bytes: [...this.#bytes] };
  }

  /** The ranges that the function decodes now. */
  get windows(): readonly PciWindow[] {
    return this.#windows;
  }

  /** The function may be a bus master. */
  get master(): boolean {
    return (this.#bytes[R.PCI_COMMAND] & R.PCI_COMMAND_MASTER) !== 0;
  }

  /** Reads 1, 2 or 4 bytes that lie within an aligned dword, little-endian, unsigned. */
  read(offset: number, size: AccessSize): number {
    let value = 0;
    for (let i = 0; i < size; i++) value |= (this.#bytes[offset + i] ?? 0xff) << (8 * i);
    return value >>> 0;
  }

  /** Writes the bits that can be written; the rest stays. */
  write(offset: number, size: AccessSize, value: number): void {
    for (let i = 0; i < size && offset + i < R.PCI_CONFIG_SIZE; i++) {
      const mask = this.#mask[offset + i];
      this.#bytes[offset + i] = (this.#bytes[offset + i] & ~mask) | ((value >>> (8 * i)) & mask);
    }
    this.#windows = this.#decode();
  }

  /** A base of 0 is one not yet given; a ROM has an enable of its own. */
  #decode(): PciWindow[] {
    const windows: PciWindow[] = [];
    const { bars = [], rom } = this.#header;
    const open = (space: PciSpace, register: number, size: number, device: MmioDevice): void => {
      const enable = space === "io" ? R.PCI_COMMAND_IO : R.PCI_COMMAND_MEMORY;
      const first = (this.read(register, 4) & -size) >>> 0;
      if ((this.#bytes[R.PCI_COMMAND] & enable) !== 0 && first !== 0) windows.push({ space, first, size, device });
    };
    for (const { bar, space, size, device } of bars) open(space, R.PCI_BAR0 + 4 * bar, size, device);
    if (rom !== undefined && (this.#bytes[R.PCI_ROM_BAR] & R.PCI_ROM_ENABLE) !== 0)
      open("memory", R.PCI_ROM_BAR, rom.size, rom.device);
    return windows;
  }
}
