/**
 * HardDisk: an ATA disk: 28 and 48 bits, PIO, multiple, DMA, a write cache.
 *
 * Here: its commands. Not here: the registers (`drive.ts`), what it says of itself (`identify.ts`), its sectors.
 * ATA/ATAPI-6 (T13 1410D), section 8. A command that fails names the sector and moves nothing from there on; SMART, security,
 * removable media, overlap and power management beyond answers are not modelled.
 * Over 300 lines: one command set on the same registers.
 * @module
 */
import type { DmaEngine } from "./bus-master.ts";
import type { Disk, DiskFault, DiskOperation } from "./disk.ts";
import { ATA_ACCESS_TIME, ATA_SECTOR_TIME, Drive, type DriveState, driveAtReset, type TaskFile } from "./drive.ts";
import { type Geometry, identifyDisk, naturalGeometry } from "./identify.ts";
import * as R from "./registers.ts";
import { type DiskJob, TRANSFERS, type Transfer } from "./transfers.ts";

/** Plain state. */
export interface HardDiskState {
  readonly kind: "disk";
  readonly common: DriveState<DiskJob>;
  readonly geometry: Geometry;
  readonly multiple: number;
  readonly writeCache: boolean;
  readonly lookAhead: boolean;
  readonly transferMode: number;
}

const SIGNATURE: TaskFile = { features: 0, count: 1, lbaLow: 1, lbaMid: 0, lbaHigh: 0 };
const IDLE = R.ATA_STATUS_DRDY | R.ATA_STATUS_DSC;
/** Sectors that 28 bits can name. */
const LBA28_SECTORS = 0x10000000;
const NOTHING: DiskJob = { kind: "nothing", lba: 0, left: 0, block: 1, forced: false };

/** The state after power-on: its write cache is enabled. */
export function hardDiskAtReset(disk: Disk): HardDiskState {
  return {
    kind: "disk",
    common: driveAtReset(SIGNATURE, IDLE),
    geometry: naturalGeometry(disk.sectors),
    multiple: 0,
    writeCache: true,
    lookAhead: true,
    transferMode: 0,
  };
}

export class HardDisk extends Drive<DiskJob> {
  protected readonly signature: TaskFile = SIGNATURE;
  protected readonly idleStatus: number = IDLE;
  readonly #disk: Disk;
  readonly #serial: string;
  readonly #model: string;
  #geometry: Geometry;
  #multiple: number;
  #writeCache: boolean;
  #lookAhead: boolean;
  #transferMode: number;

  constructor(engine: DmaEngine, disk: Disk, serial: string, model: string, state: HardDiskState) {
    super(engine, state.common);
    this.#disk = disk;
    this.#serial = serial;
    this.#model = model;
    this.#geometry = state.geometry;
    this.#multiple = state.multiple;
    this.#writeCache = state.writeCache;
    this.#lookAhead = state.lookAhead;
    this.#transferMode = state.transferMode;
  }

  get state(): HardDiskState {
    return {
      kind: "disk",
      common: this.common,
      geometry: this.#geometry,
      multiple: this.#multiple,
      writeCache: this.#writeCache,
      lookAhead: this.#lookAhead,
      transferMode: this.#transferMode,
    };
  }

  protected override get dmaSectors(): number {
    return this.at.job?.left ?? 1;
  }

  protected begin(code: number, now: number): void {
    const transfer = TRANSFERS[code];
    if (transfer !== undefined) {
      this.#transfer(code, transfer, now);
      return;
    }
    const job = this.#execute(code);
    if (job === null) this.fail(R.ATA_ERROR_ABRT);
    else if (job === "done") this.finish(true);
    else this.busy(job, now + ATA_ACCESS_TIME);
  }

  protected proceed(now: number): void {
    const job = this.at.job ?? NOTHING;
    const count = Math.min(job.left, job.block);
    switch (job.kind) {
      case "identify":
        this.offer(this.#identify(), "in", true);
        break;
      case "verify":
        if (!this.#fails("read", job.lba, job.left)) this.finish(true);
        break;
      case "read":
        if (this.#fails("read", job.lba, count)) break;
        this.offer(Uint8Array.from(this.#disk.read(job.lba, count)), "in", true);
        break;
      case "write":
        if (this.#write(job, this.buffer)) this.#next(job, count, now);
        break;
      case "read-dma":
        if (this.#fails("read", job.lba, job.left)) break;
        if (this.engine.toMemory(this.#disk.read(job.lba, job.left))) this.finish(true);
        else this.at.status = R.ATA_STATUS_BSY;
        break;
      case "write-dma": {
        const bytes = this.engine.fromMemory(job.left * R.ATA_SECTOR_SIZE);
        if (bytes === null) break;
        if (this.#write(job, bytes)) this.finish(true);
        break;
      }
      case "flush":
        if (this.#fails("flush", 0, this.#disk.sectors)) break;
        this.#disk.flush();
        this.finish(true);
        break;
      default:
        this.finish(true);
    }
  }

  protected emptied(now: number): void {
    const job = this.at.job ?? NOTHING;
    if (job.kind === "identify") this.finish(false);
    else this.#next(job, Math.min(job.left, job.block), now);
  }

  protected filled(now: number): void {
    const job = this.at.job ?? NOTHING;
    this.busy(job, now + ATA_ACCESS_TIME + Math.min(job.left, job.block) * ATA_SECTOR_TIME);
  }

  /** The next block of a command, or its end: reading ends with the last byte, writing with an interrupt. */
  #next(job: DiskJob, count: number, now: number): void {
    const rest: DiskJob = { ...job, lba: job.lba + count, left: job.left - count };
    if (rest.left === 0) this.finish(job.kind === "write");
    else if (job.kind === "read") this.busy(rest, now + Math.min(rest.left, rest.block) * ATA_SECTOR_TIME);
    else {
      this.at.job = rest;
      this.offer(new Uint8Array(Math.min(rest.left, rest.block) * R.ATA_SECTOR_SIZE), "out", true);
    }
  }

  /** Writes as much as the disk takes. False: the command has failed. */
  #write(job: DiskJob, bytes: Uint8Array): boolean {
    const count = bytes.length / R.ATA_SECTOR_SIZE;
    const fault = this.#disk.fault?.("write", job.lba, count) ?? null;
    const good = fault === null ? count : fault.lba - job.lba;
    if (good > 0) this.#disk.write(job.lba, bytes.slice(0, good * R.ATA_SECTOR_SIZE));
    if (fault !== null) {
      this.#failAt(fault);
      return false;
    }
    if (!job.forced && this.#writeCache) return true;
    if (this.#fails("flush", job.lba, count)) return false;
    this.#disk.flush();
    return true;
  }

  /** Ends the command with an error if there is one: the registers name the first bad sector. */
  #fails(operation: DiskOperation, lba: number, count: number): boolean {
    const fault = this.#disk.fault?.(operation, lba, count) ?? null;
    if (fault !== null) this.#failAt(fault);
    return fault !== null;
  }

  #failAt({ lba, error }: DiskFault): void {
    this.#showAddress(lba, lba < LBA28_SECTORS);
    this.fail(error);
  }

  #transfer(code: number, [kind, bits, size]: Transfer, now: number): void {
    const lba = this.#address(bits);
    const left = this.#count(bits);
    if (size === "multiple" && this.#multiple === 0) {
      this.fail(R.ATA_ERROR_ABRT);
      return;
    }
    if (lba < 0 || lba + left > this.#disk.sectors) {
      this.fail(R.ATA_ERROR_IDNF);
      return;
    }
    const forced = code === R.ATA_WRITE_DMA_FUA_EXT || code === R.ATA_WRITE_MULTIPLE_FUA_EXT;
    const job: DiskJob = { kind, lba, left, block: size === "multiple" ? this.#multiple : 1, forced };
    if (size === "dma") this.waitForDma(job, now);
    else if (kind === "write") {
      this.at.job = job;
      this.offer(new Uint8Array(Math.min(left, job.block) * R.ATA_SECTOR_SIZE), "out", false);
    } else this.busy(job, now + ATA_ACCESS_TIME + Math.min(left, job.block) * ATA_SECTOR_TIME);
  }

  /** A command that moves no sectors: what it becomes, "done" if it is over at once, null if it is refused. */
  #execute(code: number): DiskJob | "done" | null {
    switch (code) {
      case R.ATA_IDENTIFY:
        return { ...NOTHING, kind: "identify" };
      case R.ATA_FLUSH:
      case R.ATA_FLUSH_EXT:
        return { ...NOTHING, kind: "flush" };
      case R.ATA_EXECUTE_DIAGNOSTIC:
        this.taskFile = { ...SIGNATURE };
        this.at.error = 0x01;
        return "done";
      case R.ATA_INITIALIZE_PARAMETERS:
        return this.#setGeometry() ? "done" : null;
      case R.ATA_SET_MULTIPLE: {
        const { count } = this.taskFile;
        if (count > R.ATA_MULTIPLE_MAXIMUM || (count & (count - 1)) !== 0) return null;
        this.#multiple = count;
        return "done";
      }
      case R.ATA_SET_FEATURES:
        return this.#setFeatures() ? "done" : null;
      case R.ATA_READ_NATIVE_MAX:
      case R.ATA_READ_NATIVE_MAX_EXT:
        this.#showAddress(this.#disk.sectors - 1, code === R.ATA_READ_NATIVE_MAX);
        return "done";
      case R.ATA_CHECK_POWER:
        this.taskFile.count = 0xff;
        return "done";
      case R.ATA_SEEK:
        return this.#address(28) < this.#disk.sectors ? NOTHING : null;
      case R.ATA_STANDBY_IMMEDIATE:
      case R.ATA_IDLE_IMMEDIATE:
      case R.ATA_STANDBY:
      case R.ATA_IDLE:
      case R.ATA_SLEEP:
        return "done";
      default:
        return (code & 0xf0) === R.ATA_RECALIBRATE ? NOTHING : null;
    }
  }

  #identify(): Uint8Array {
    return identifyDisk({
      sectors: this.#disk.sectors,
      serial: this.#serial,
      model: this.#model,
      natural: naturalGeometry(this.#disk.sectors),
      current: this.#geometry,
      multiple: this.#multiple,
      writeCache: this.#writeCache,
      lookAhead: this.#lookAhead,
      transferMode: this.#transferMode,
    });
  }

  #count(bits: 28 | 48): number {
    if (bits === 28) return this.taskFile.count || 256;
    return (this.previous.count << 8) | this.taskFile.count || 65536;
  }

  /** The sector that the registers name; negative if cylinder, head and sector are none. */
  #address(bits: 28 | 48): number {
    const { lbaLow, lbaMid, lbaHigh } = this.taskFile;
    const low = lbaLow | (lbaMid << 8) | (lbaHigh << 16);
    const { device } = this.at;
    if (bits === 48) {
      const { previous } = this;
      return low + 2 ** 24 * (previous.lbaLow | (previous.lbaMid << 8)) + 2 ** 40 * previous.lbaHigh;
    }
    if ((device & R.ATA_DEVICE_LBA) !== 0) return low | ((device & 15) << 24);
    const { heads, sectors } = this.#geometry;
    const head = device & 15;
    if (head >= heads || lbaLow === 0 || lbaLow > sectors) return -1;
    return (((lbaHigh << 8) | lbaMid) * heads + head) * sectors + lbaLow - 1;
  }

  #showAddress(lba: number, short: boolean): void {
    const shown = short ? Math.min(lba, 0x0fffffff) : lba;
    this.taskFile.lbaLow = shown & 0xff;
    this.taskFile.lbaMid = (shown >>> 8) & 0xff;
    this.taskFile.lbaHigh = (shown >>> 16) & 0xff;
    if (short) this.at.device = (this.at.device & 0xf0) | (shown >>> 24);
    else {
      this.previous.lbaLow = Math.floor(shown / 2 ** 24) & 0xff;
      this.previous.lbaMid = Math.floor(shown / 2 ** 32) & 0xff;
      this.previous.lbaHigh = Math.floor(shown / 2 ** 40) & 0xff;
    }
  }

  #setGeometry(): boolean {
    const heads = (this.at.device & 15) + 1;
    const sectors = this.taskFile.count;
    if (sectors === 0) return false;
    this.#geometry = { cylinders: Math.min(65535, Math.floor(this.#disk.sectors / (heads * sectors))), heads, sectors };
    return true;
  }

  /** "SET FEATURES": switching the write cache off puts its contents on the medium. */
  #setFeatures(): boolean {
    const { features, count } = this.taskFile;
    switch (features) {
      case R.ATA_FEATURE_WRITE_CACHE:
        this.#writeCache = true;
        return true;
      case R.ATA_FEATURE_NO_WRITE_CACHE:
        this.#writeCache = false;
        this.#disk.flush();
        return true;
      case R.ATA_FEATURE_LOOK_AHEAD:
      case R.ATA_FEATURE_NO_LOOK_AHEAD:
        this.#lookAhead = features === R.ATA_FEATURE_LOOK_AHEAD;
        return true;
      case R.ATA_FEATURE_TRANSFER_MODE:
        this.#transferMode = count;
        return true;
      default:
        return features === R.ATA_FEATURE_KEEP_SETTINGS || features === R.ATA_FEATURE_REVERT_SETTINGS;
    }
  }
}
