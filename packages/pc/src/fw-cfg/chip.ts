/**
 * Firmware configuration: what an emulator tells systems that ask it directly.
 *
 * Here: signature, size of RAM, number of processors. Not here: files, DMA, writing; other keys read as zeros.
 * QEMU, docs/specs/fw_cfg.
 * @module
 */
import type { WidePortDevice } from "../port-device.ts";
import * as R from "./registers.ts";

/** Plain, versioned state. */
export interface FwCfgState {
  readonly version: 1;
  readonly key: number;
  /** Bytes of it that have been read. */
  readonly offset: number;
}

export const FW_CFG_STATE_AT_RESET: FwCfgState = { version: 1, key: 0, offset: 0 };

export class FwCfg implements WidePortDevice {
  readonly #items: ReadonlyMap<number, readonly number[]>;
  #key: number;
  #offset: number;

  /** `memory`: bytes of RAM, below 4 GiB; there is one processor. */
  constructor(memory: number, state: FwCfgState = FW_CFG_STATE_AT_RESET) {
    this.#items = new Map([
      [R.FW_CFG_SIGNATURE, [0x51, 0x45, 0x4d, 0x55]],
      [R.FW_CFG_ID, [1]],
      [R.FW_CFG_RAM_SIZE, [0, 8, 16, 24].map((shift) => (memory >>> shift) & 0xff)],
      [R.FW_CFG_NB_CPUS, [1]],
      [R.FW_CFG_MAX_CPUS, [1]],
    ]);
    this.#key = state.key;
    this.#offset = state.offset;
  }

  /** A copy. */
  get state(): FwCfgState {
    return { version: 1, key: this.#key, offset: this.#offset };
  }

  read(offset: number): number {
    if (offset !== R.FW_CFG_DATA) return 0xff;
    return this.#items.get(this.#key)?.[this.#offset++] ?? 0;
  }

  /** The selector is a word; what is written to the data is lost. */
  write(): void {}

  readWide(offset: number, size: 2 | 4): number {
    let value = 0;
    for (let i = 0; i < size; i++) value |= this.read(offset) << (8 * i);
    return value >>> 0;
  }

  writeWide(offset: number, size: 2 | 4, value: number): void {
    if (offset !== R.FW_CFG_SELECTOR || size !== 2) return;
    this.#key = value;
    this.#offset = 0;
  }
}
