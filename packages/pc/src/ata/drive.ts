/**
 * Drive: what disks and packet devices share: task file, moving data.
 *
 * Here: registers, status, the buffer behind the data port, time, the interrupt.
 * Not here: commands (`hard-disk.ts`, `cd-rom.ts`), who of two is selected (`channel.ts`).
 * ATA/ATAPI-6 (T13 1410D), section 9 "Protocol". A command takes `dueAt` to become ready; then `proceed` acts.
 * @module
 */
import type { DmaEngine } from "./bus-master.ts";
import * as R from "./registers.ts";

/** Registers as the program wrote them or as a command leaves them; a byte each. */
export interface TaskFile {
  readonly features: number;
  readonly count: number;
  readonly lbaLow: number;
  readonly lbaMid: number;
  readonly lbaHigh: number;
}

/** Plain state of any drive; `Job` is the command under way. */
export interface DriveState<Job> {
  readonly taskFile: TaskFile;
  /** What the registers held before the last write. */
  readonly previous: TaskFile;
  readonly device: number;
  readonly error: number;
  readonly status: number;
  readonly interrupt: boolean;
  /** When the command goes on by itself, in virtual ns. */
  readonly dueAt: number | null;
  readonly job: Job | null;
  /** Data between drive and program, and how far the program is. */
  readonly buffer: readonly number[];
  readonly position: number;
  /** The program reads the buffer, or fills it. */
  readonly direction: "in" | "out";
  /** The command waits for the bus master. */
  readonly waitsForDma: boolean;
}

type Fields<T> = { -readonly [K in keyof T]: T[K] };

const EMPTY: TaskFile = { features: 0, count: 0, lbaLow: 0, lbaMid: 0, lbaHigh: 0 };

/** The state of a drive without a command; the signature comes from `signature`. */
export function driveAtReset<Job>(signature: TaskFile, status: number): DriveState<Job> {
  return {
    taskFile: signature,
    previous: EMPTY,
    device: 0,
    error: 0x01,
    status,
    interrupt: false,
    dueAt: null,
    job: null,
    buffer: [],
    position: 0,
    direction: "in",
    waitsForDma: false,
  };
}

const REGISTERS: readonly (keyof TaskFile | null)[] = [null, "features", "count", "lbaLow", "lbaMid", "lbaHigh"];

/** Times of a drive in virtual ns: to find the place, and per 512 bytes. */
export const ATA_ACCESS_TIME = 100_000;
export const ATA_SECTOR_TIME = 10_000;

export abstract class Drive<Job> {
  protected readonly engine: DmaEngine;
  protected readonly at: Fields<Omit<DriveState<Job>, "buffer" | "taskFile" | "previous">>;
  protected taskFile: Fields<TaskFile>;
  protected previous: Fields<TaskFile>;
  protected buffer: Uint8Array;

  constructor(engine: DmaEngine, state: DriveState<Job>) {
    const { buffer, taskFile, previous, ...rest } = state;
    this.engine = engine;
    this.at = rest;
    this.taskFile = { ...taskFile };
    this.previous = { ...previous };
    this.buffer = Uint8Array.from(buffer);
  }

  /** Registers and status as after power-on. */
  protected abstract readonly signature: TaskFile;
  protected abstract readonly idleStatus: number;
  /** A command begins, now. */
  protected abstract begin(code: number, now: number): void;
  /** The command under way goes on: `dueAt` has come. */
  protected abstract proceed(now: number): void;
  /** The program has read the whole buffer. */
  protected abstract emptied(now: number): void;
  /** The program has filled the buffer. */
  protected abstract filled(now: number): void;

  get common(): DriveState<Job> {
    return { ...this.at, buffer: [...this.buffer], taskFile: { ...this.taskFile }, previous: { ...this.previous } };
  }

  get interrupt(): boolean {
    return this.at.interrupt;
  }

  get dueAt(): number {
    return this.at.dueAt ?? Number.POSITIVE_INFINITY;
  }

  /** Status for the status port (which takes the interrupt back) and for the alternate one. */
  status(acknowledge: boolean): number {
    if (acknowledge) this.at.interrupt = false;
    return this.at.status;
  }

  /** A register of the task file; with `hob` the byte written before. */
  readRegister(register: number, hob: boolean): number {
    if (register === R.ATA_ERROR) return this.at.error;
    if (register === R.ATA_DEVICE) return this.at.device | 0xa0;
    const name = REGISTERS[register];
    return name === null || name === undefined ? 0xff : (hob ? this.previous : this.taskFile)[name];
  }

  writeRegister(register: number, value: number): void {
    if ((this.at.status & (R.ATA_STATUS_BSY | R.ATA_STATUS_DRQ)) !== 0) return;
    const name = REGISTERS[register];
    if (name === null || name === undefined) return;
    this.previous[name] = this.taskFile[name];
    this.taskFile[name] = value;
  }

  /** The device register, which is written even while the drive is busy: it chooses between two. */
  select(value: number): void {
    this.at.device = value;
  }

  command(code: number, now: number): void {
    const busy = (this.at.status & (R.ATA_STATUS_BSY | R.ATA_STATUS_DRQ)) !== 0;
    if (busy && code !== R.ATA_DEVICE_RESET) return;
    this.at.interrupt = false;
    this.at.error = 0;
    this.begin(code, now);
  }

  /** The two or four bytes that the data port shows. */
  readData(size: 2 | 4, now: number): number {
    if ((this.at.status & R.ATA_STATUS_DRQ) === 0 || this.at.direction !== "in")
      return size === 2 ? 0xffff : 0xffffffff;
    let value = 0;
    for (let i = 0; i < size; i++) value |= (this.buffer[this.at.position++] ?? 0) << (8 * i);
    if (this.at.position >= this.buffer.length) {
      this.release();
      this.emptied(now);
    }
    return value >>> 0;
  }

  writeData(size: 2 | 4, value: number, now: number): void {
    if ((this.at.status & R.ATA_STATUS_DRQ) === 0 || this.at.direction !== "out") return;
    for (let i = 0; i < size && this.at.position < this.buffer.length; i++)
      this.buffer[this.at.position++] = (value >>> (8 * i)) & 0xff;
    if (this.at.position >= this.buffer.length) this.filled(now);
  }

  /** The bus master has been started: a command that waits for it takes its time from now. */
  startDma(now: number, sectors: number = this.dmaSectors): void {
    if (!this.at.waitsForDma || this.at.dueAt !== null) return;
    this.at.dueAt = now + ATA_ACCESS_TIME + sectors * ATA_SECTOR_TIME;
  }

  /** Does what is due at `now`. */
  advance(now: number): void {
    this.at.dueAt = null;
    // A bus master that was stopped meanwhile leaves the drive waiting for it.
    if (this.at.waitsForDma && !this.engine.active) return;
    this.at.waitsForDma = false;
    this.proceed(now);
  }

  /** Software reset, held and then let go. */
  reset(held: boolean): void {
    Object.assign(this.at, driveAtReset<Job>(this.signature, held ? R.ATA_STATUS_BSY : this.idleStatus));
    this.taskFile = { ...this.signature };
    this.buffer = new Uint8Array(0);
  }

  /** Size of the DMA under way, for its time. */
  protected get dmaSectors(): number {
    return 1;
  }

  protected busy(job: Job, dueAt: number): void {
    this.at.job = job;
    this.at.status = R.ATA_STATUS_BSY;
    this.at.dueAt = dueAt;
  }

  protected waitForDma(job: Job, now: number): void {
    this.at.job = job;
    this.at.status = R.ATA_STATUS_BSY;
    this.at.waitsForDma = true;
    if (this.engine.active) this.startDma(now);
  }

  /** Gives the program a buffer to read or to fill. */
  protected offer(bytes: Uint8Array, direction: "in" | "out", interrupt: boolean): void {
    this.buffer = bytes;
    this.at.position = 0;
    this.at.direction = direction;
    this.at.status = this.ready | R.ATA_STATUS_DRQ;
    if (interrupt) this.at.interrupt = true;
  }

  protected finish(interrupt: boolean): void {
    this.release();
    this.at.job = null;
    this.at.status = this.ready;
    if (interrupt) this.at.interrupt = true;
  }

  protected fail(error: number): void {
    this.finish(true);
    this.at.error = error;
    this.at.status |= R.ATA_STATUS_ERR;
  }

  protected get ready(): number {
    return R.ATA_STATUS_DRDY | R.ATA_STATUS_DSC;
  }

  /** The drive goes on holding nothing for the program. */
  protected release(): void {
    this.buffer = new Uint8Array(0);
    this.at.position = 0;
  }
}
