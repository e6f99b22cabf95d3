/**
 * PciHost: configuration mechanism 1, and the windows of the functions on bus 0.
 *
 * Here: address and data port, routing to functions, finding who decodes an address.
 * Not here: a function's configuration (`config-space.ts`), functions of the chip set (`chip-set.ts`).
 * PCI Local Bus Specification 2.1, section 3.7.4.1. Where two windows overlap, the lower device answers.
 * @module
 */
import { NOBODY } from "../bus/mmio-bus.ts";
import type { AccessSize, MmioDevice } from "../mmio-device.ts";
import type { WidePortDevice } from "../port-device.ts";
import type { PciSpace, PciWindow } from "./config-space.ts";
import { PCI_ADDRESS_ENABLE } from "./registers.ts";

/** What a function is to the bus. */
export interface PciFunction {
  /** Reads 1, 2 or 4 bytes of its configuration, within an aligned dword. */
  readConfig(offset: number, size: AccessSize): number;
  /** Writes what can be written of 1, 2 or 4 bytes, within an aligned dword; `windows` may change. */
  writeConfig(offset: number, size: AccessSize, value: number): void;
  /** The ranges that it decodes now. */
  readonly windows: readonly PciWindow[];
}

/** A function and its place: device 0..31, function 0..7. */
export interface PciSlot {
  readonly device: number;
  readonly function: number;
  readonly is: PciFunction;
}

/** Plain, versioned state. */
export interface PciHostState {
  readonly version: 1;
  /** The address register. */
  readonly address: number;
}

export const PCI_HOST_STATE_AT_RESET: PciHostState = { version: 1, address: 0 };

/** Bits of the address register that are there: enable, bus, device, function, register. */
const ADDRESS_BITS = 0x80fffffc;

/** Mechanism 1 on bus 0. Where no function is, configuration reads give all ones and writes are lost. */
export class PciHost {
  readonly #functions: (PciFunction | undefined)[] = new Array(256);
  readonly #slots: PciFunction[] = [];
  #address: number;
  /** The address register, for {@link PortBus.claimDword}. */
  readonly addressPort: WidePortDevice;
  /** The data port, four bytes. */
  readonly dataPort: WidePortDevice;
  /** What functions decode in the I/O space, and in memory: what a bus has "elsewhere". */
  readonly io: MmioDevice;
  readonly memory: MmioDevice;

  /** @throws RangeError for a slot that is none, or taken */
  constructor(slots: readonly PciSlot[], state: PciHostState = PCI_HOST_STATE_AT_RESET) {
    for (const { device, function: number, is } of [...slots].sort(
      (a, b) => a.device - b.device || a.function - b.function,
    )) {
      const devfn = (device << 3) | number;
      if (device < 0 || device > 31 || number < 0 || number > 7 || this.#functions[devfn] !== undefined)
        throw new RangeError(`no function can be at ${device}.${number}`);
      this.#functions[devfn] = is;
      this.#slots.push(is);
    }
    this.#address = state.address;
    this.addressPort = {
      read: () => 0xff,
      write: () => undefined,
      readWide: () => this.#address,
      writeWide: (_, size, value) => {
        if (size === 4) this.#address = (value & ADDRESS_BITS) >>> 0;
      },
    };
    this.dataPort = {
      read: (offset) => this.#readData(offset, 1),
      write: (offset, value) => this.#writeData(offset, 1, value),
      readWide: (offset, size) => this.#readData(offset, size),
      writeWide: (offset, size, value) => this.#writeData(offset, size, value),
    };
    this.io = this.#decoder("io");
    this.memory = this.#decoder("memory");
  }

  /** A copy of the address register; functions have states of their own. */
  get state(): PciHostState {
    return { version: 1, address: this.#address };
  }

  /** The function of the address register: it must be on bus 0, and the port open. */
  get #selected(): PciFunction | undefined {
    const address = this.#address;
    if ((address & PCI_ADDRESS_ENABLE) === 0 || (address & 0xff0000) !== 0) return undefined;
    return this.#functions[(address >>> 8) & 0xff];
  }

  #readData(offset: number, size: AccessSize): number {
    const selected = this.#selected;
    return selected === undefined ? NOBODY.read(0, size) : selected.readConfig((this.#address & 0xfc) | offset, size);
  }

  #writeData(offset: number, size: AccessSize, value: number): void {
    this.#selected?.writeConfig((this.#address & 0xfc) | offset, size, value);
  }

  #decoder(space: PciSpace): MmioDevice {
    const find = (address: number, size: number): PciWindow | undefined => {
      for (const slot of this.#slots)
        for (const window of slot.windows)
          if (window.space === space && address >= window.first && address + size <= window.first + window.size)
            return window;
      return undefined;
    };
    return {
      read: (address, size) => {
        const window = find(address, size);
        return window === undefined ? NOBODY.read(address, size) : window.device.read(address - window.first, size);
      },
      write: (address, size, value) => {
        const window = find(address, size);
        window?.device.write(address - window.first, size, value);
      },
    };
  }
}
