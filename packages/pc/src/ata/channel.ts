/**
 * Channel: two drives on one cable, their ports and their interrupt.
 *
 * Here: which drive is selected, the control port, what absent drives answer. Not here: the drives, the bus master.
 * Both drives see what is written to the task file; only the selected one answers and asks for interrupts.
 * ATA/ATAPI-6 (T13 1410D), sections 7 and 9.16 (device 0 answering for an absent device 1).
 * @module
 */
import type { IrqLine } from "../irq-line.ts";
import type { BusMaster } from "./bus-master.ts";
import { CdRom } from "./cd-rom.ts";
import type { HardDisk } from "./hard-disk.ts";
import * as R from "./registers.ts";

/** Plain state, without the drives. */
export interface AtaChannelState {
  /** The device register as last written: it selects. */
  readonly device: number;
  readonly control: number;
  /** Level of the interrupt line. */
  readonly interrupt: boolean;
}

export const ATA_CHANNEL_STATE_AT_RESET: AtaChannelState = { device: 0, control: 0, interrupt: false };

export type AnyDrive = HardDisk | CdRom;

export class AtaChannel {
  readonly #irq: IrqLine;
  readonly #engine: BusMaster;
  readonly #drives: readonly (AnyDrive | null)[];
  readonly #state: { -readonly [K in keyof AtaChannelState]: AtaChannelState[K] };

  constructor(irq: IrqLine, engine: BusMaster, drives: readonly (AnyDrive | null)[], state: AtaChannelState) {
    this.#irq = irq;
    this.#engine = engine;
    this.#drives = drives;
    this.#state = { ...state };
  }

  get state(): AtaChannelState {
    return { ...this.#state };
  }

  get nextEvent(): number {
    // Asked at every port access of the machine.
    let next = Number.POSITIVE_INFINITY;
    for (const drive of this.#drives) if (drive !== null && drive.dueAt < next) next = drive.dueAt;
    return next;
  }

  /** Does what is due at exactly `now`. */
  advance(now: number): void {
    for (const drive of this.#drives) if (drive !== null && drive.dueAt <= now) drive.advance(now);
    this.#updateInterrupt();
  }

  read(offset: number, now: number): number {
    const drive = this.#selected;
    if (drive === null) return this.#absent(offset);
    if (offset === R.ATA_DATA) return drive.readData(2, now) & 0xff;
    if (offset === R.ATA_STATUS || offset === R.ATA_ALTERNATE_STATUS) {
      const status = drive.status(offset === R.ATA_STATUS);
      this.#updateInterrupt();
      return status;
    }
    return drive.readRegister(offset, (this.#state.control & R.ATA_CONTROL_HOB) !== 0);
  }

  write(offset: number, value: number, now: number): void {
    if (offset === R.ATA_DATA) this.writeData(2, value, now);
    else if (offset === R.ATA_CONTROL) this.#writeControl(value);
    else if (offset === R.ATA_COMMAND) this.#command(value, now);
    else this.#writeRegister(offset, value);
    this.#updateInterrupt();
  }

  readData(size: 2 | 4, now: number): number {
    const drive = this.#selected;
    if (drive === null) return size === 2 ? 0xffff : 0xffffffff;
    const value = drive.readData(size, now);
    this.#updateInterrupt();
    return value;
  }

  writeData(size: 2 | 4, value: number, now: number): void {
    this.#selected?.writeData(size, value, now);
    this.#updateInterrupt();
  }

  /** The program has started the bus master. */
  startDma(now: number): void {
    this.#selected?.startDma(now);
  }

  get #selected(): AnyDrive | null {
    return this.#drives[(this.#state.device & R.ATA_DEVICE_DEV) === 0 ? 0 : 1];
  }

  /** A cable without drives floats high. A disk answers for an absent one with its registers and no status, a packet device with zeros. */
  #absent(offset: number): number {
    const other = this.#drives[0] ?? this.#drives[1];
    if (other === null) return 0xff;
    const silent = offset === R.ATA_STATUS || offset === R.ATA_ALTERNATE_STATUS || other instanceof CdRom;
    return silent ? 0 : other.readRegister(offset, false);
  }

  #command(code: number, now: number): void {
    this.#state.control &= ~R.ATA_CONTROL_HOB;
    if (code !== R.ATA_EXECUTE_DIAGNOSTIC) {
      this.#selected?.command(code, now);
      return;
    }
    this.#state.device &= ~R.ATA_DEVICE_DEV;
    for (const drive of this.#drives) drive?.command(code, now);
  }

  #writeControl(value: number): void {
    const before = this.#state.control;
    this.#state.control = value;
    if (((before ^ value) & R.ATA_CONTROL_SRST) === 0) return;
    this.#state.device &= ~R.ATA_DEVICE_DEV;
    for (const drive of this.#drives) drive?.reset((value & R.ATA_CONTROL_SRST) !== 0);
  }

  #writeRegister(offset: number, value: number): void {
    this.#state.control &= ~R.ATA_CONTROL_HOB;
    if (offset === R.ATA_DEVICE) this.#state.device = value;
    for (const drive of this.#drives)
      if (offset === R.ATA_DEVICE) drive?.select(value);
      else drive?.writeRegister(offset, value);
  }

  /** The line of the selected drive, unless nIEN holds it back; the bus master notes its rise. */
  #updateInterrupt(): void {
    const asks = this.#selected?.interrupt ?? false;
    const level = asks && (this.#state.control & R.ATA_CONTROL_NIEN) === 0;
    if (level === this.#state.interrupt) return;
    this.#state.interrupt = level;
    if (level) this.#engine.interrupt();
    this.#irq.set(level);
  }
}
