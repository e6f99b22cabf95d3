/**
 * The chip set: host bridge 82441FX with its shadow, ISA bridge 82371SB.
 *
 * Here: two functions that are little more than their configuration. Not here: IDE (`ata/`), the memory that the
 * shadow is about. Intel 82441FX (PMC) data sheet, "Programmable Attribute Map"; Intel 82371SB (PIIX3) data sheet.
 * @module
 */
import type { AccessSize } from "../mmio-device.ts";
import { ConfigSpace, type ConfigSpaceState, type PciHeader, type PciWindow } from "./config-space.ts";
import type { PciFunction } from "./host.ts";
import * as R from "./registers.ts";

/** Part of c0000..fffff: whether reads and writes there go to RAM, or to the firmware's chip. */
export interface ShadowArea {
  readonly first: number;
  readonly size: number;
  readonly readRam: boolean;
  readonly writeRam: boolean;
}

/** The subsystem of QEMU's machines, by which SeaBIOS knows that it runs on an emulator. */
const EMULATOR = { subsystemVendorId: 0x1af4, subsystemId: 0x1100 };

const byteRegisters = (first: number, count: number, mask: number, reset: number): [number, number, number][] =>
  Array.from({ length: count }, (_, i) => [first + i, mask, reset]);

const HOST_BRIDGE: PciHeader = {
  vendorId: 0x8086,
  deviceId: 0x1237,
  classCode: 0x060000,
  revision: 2,
  ...EMULATOR,
  registers: [...byteRegisters(R.PCI_PAM0, R.PCI_PAM_COUNT, 0x33, 0), [R.PCI_SMRAM, 0x7f, 0x02]],
};

const ISA_BRIDGE: PciHeader = {
  vendorId: 0x8086,
  deviceId: 0x7000,
  classCode: 0x060100,
  headerType: R.PCI_HEADER_MULTIFUNCTION,
  ...EMULATOR,
  registers: byteRegisters(R.PCI_PIRQ_ROUTE, R.PCI_PIRQ_COUNT, 0x8f, 0x80),
};

/** The 82441FX. `onShadow` is told that the areas may have changed; a constructor tells nothing. */
export class I82441fx implements PciFunction {
  readonly windows: readonly PciWindow[] = [];
  readonly #config: ConfigSpace;
  readonly #onShadow: (areas: readonly ShadowArea[]) => void;
  #shadow: readonly ShadowArea[];

  constructor(onShadow: (areas: readonly ShadowArea[]) => void, state?: ConfigSpaceState) {
    this.#config = new ConfigSpace(HOST_BRIDGE, state);
    this.#onShadow = onShadow;
    this.#shadow = this.#areas();
  }

  /** A copy of the configuration, which the shadow areas are read from. */
  get state(): ConfigSpaceState {
    return this.#config.state;
  }

  /** The thirteen areas: f0000 (64 KiB), then twelve of 16 KiB from c0000 on. */
  get shadow(): readonly ShadowArea[] {
    return this.#shadow;
  }

  #areas(): readonly ShadowArea[] {
    const area = (first: number, size: number, attributes: number): ShadowArea => ({
      first,
      size,
      readRam: (attributes & R.PCI_PAM_READ) !== 0,
      writeRam: (attributes & R.PCI_PAM_WRITE) !== 0,
    });
    const pam = (i: number): number => this.#config.read(R.PCI_PAM0 + i, 1);
    const small = Array.from({ length: 12 }, (_, i) =>
      area(0xc0000 + i * 0x4000, 0x4000, pam(1 + (i >> 1)) >> (4 * (i & 1))),
    );
    return [area(0xf0000, 0x10000, pam(0) >> 4), ...small];
  }

  readConfig(offset: number, size: AccessSize): number {
    return this.#config.read(offset, size);
  }

  writeConfig(offset: number, size: AccessSize, value: number): void {
    this.#config.write(offset, size, value);
    if (offset >= R.PCI_PAM0 + R.PCI_PAM_COUNT || offset + size <= R.PCI_PAM0) return;
    this.#shadow = this.#areas();
    this.#onShadow(this.#shadow);
  }
}

/** Function 0 of the 82371SB. The routing of PCI interrupts is kept; no function here has one to route. */
export class PiixIsa implements PciFunction {
  readonly windows: readonly PciWindow[] = [];
  readonly #config: ConfigSpace;

  constructor(state?: ConfigSpaceState) {
    this.#config = new ConfigSpace(ISA_BRIDGE, state);
  }

  /** A copy of the configuration: it has no other state. */
  get state(): ConfigSpaceState {
    return this.#config.state;
  }

  readConfig(offset: number, size: AccessSize): number {
    return this.#config.read(offset, size);
  }

  writeConfig(offset: number, size: AccessSize, value: number): void {
    this.#config.write(offset, size, value);
  }
}
