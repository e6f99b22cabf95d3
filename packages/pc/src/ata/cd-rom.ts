/**
 * CdRom: a packet device with one data disc, or none.
 *
 * Here: PACKET and how its data travels, by parts as long as the program allows, or by DMA; its other commands.
 * Not here: what packets mean (`packet.ts`), the registers (`drive.ts`). The tray opens and shuts at once.
 * ATA/ATAPI-6 (T13 1410D), sections 8.23 PACKET and 9.8.
 * @module
 */
import type { DmaEngine } from "./bus-master.ts";
import type { Disc } from "./disk.ts";
import { ATA_ACCESS_TIME, ATA_SECTOR_TIME, Drive, type DriveState, driveAtReset, type TaskFile } from "./drive.ts";
import { identifyCdRom } from "./identify.ts";
import { NO_SENSE, packet, type Sense } from "./packet.ts";
import * as R from "./registers.ts";

/** The command under way. */
export interface CdRomJob {
  readonly kind: "identify" | "packet" | "data" | "end";
  readonly dma: boolean;
  /** Bytes of a part at most. */
  readonly limit: number;
  /** The reply, or null if it is blocks of the disc. */
  readonly bytes: readonly number[] | null;
  readonly lba: number;
  /** Bytes of the reply, and how many the program has. */
  readonly total: number;
  readonly done: number;
}

/** Plain state. */
export interface CdRomState {
  readonly kind: "cdrom";
  readonly common: DriveState<CdRomJob>;
  readonly trayOpen: boolean;
  readonly sense: Sense;
  readonly transferMode: number;
}

const SIGNATURE: TaskFile = {
  features: 0,
  count: 1,
  lbaLow: 1,
  lbaMid: R.ATA_PACKET_SIGNATURE_MID,
  lbaHigh: R.ATA_PACKET_SIGNATURE_HIGH,
};
const NOTHING: CdRomJob = { kind: "end", dma: false, limit: 0, bytes: null, lba: 0, total: 0, done: 0 };
const LIMIT = 0xfffe;

export const CD_ROM_STATE_AT_RESET: CdRomState = {
  kind: "cdrom",
  common: driveAtReset(SIGNATURE, 0),
  trayOpen: false,
  sense: NO_SENSE,
  transferMode: 0,
};

export class CdRom extends Drive<CdRomJob> {
  protected readonly signature: TaskFile = SIGNATURE;
  protected readonly idleStatus: number = 0;
  readonly #disc: Disc | null;
  readonly #serial: string;
  readonly #model: string;
  #trayOpen: boolean;
  #sense: Sense;
  #transferMode: number;

  constructor(engine: DmaEngine, disc: Disc | null, serial: string, model: string, state: CdRomState) {
    super(engine, state.common);
    this.#disc = disc;
    this.#serial = serial;
    this.#model = model;
    this.#trayOpen = state.trayOpen;
    this.#sense = state.sense;
    this.#transferMode = state.transferMode;
  }

  get state(): CdRomState {
    return {
      kind: "cdrom",
      common: this.common,
      trayOpen: this.#trayOpen,
      sense: { ...this.#sense },
      transferMode: this.#transferMode,
    };
  }

  protected override get dmaSectors(): number {
    return Math.ceil((this.at.job?.total ?? 0) / R.ATA_SECTOR_SIZE);
  }

  protected begin(code: number, now: number): void {
    switch (code) {
      case R.ATA_PACKET: {
        const { features, lbaMid, lbaHigh } = this.taskFile;
        const limit = Math.min(LIMIT, (lbaMid | (lbaHigh << 8)) & ~1) || LIMIT;
        this.at.job = { ...NOTHING, kind: "packet", dma: (features & R.ATA_PACKET_DMA) !== 0, limit };
        this.offer(new Uint8Array(R.ATA_PACKET_SIZE), "out", false);
        this.taskFile.count = R.ATA_REASON_COMMAND;
        break;
      }
      case R.ATA_IDENTIFY_PACKET:
        this.busy({ ...NOTHING, kind: "identify" }, now + ATA_ACCESS_TIME);
        break;
      case R.ATA_DEVICE_RESET:
        this.reset(false);
        break;
      case R.ATA_EXECUTE_DIAGNOSTIC:
        this.reset(false);
        this.at.interrupt = true;
        break;
      case R.ATA_SET_FEATURES:
        if (this.taskFile.features === R.ATA_FEATURE_TRANSFER_MODE) {
          this.#transferMode = this.taskFile.count;
          this.finish(true);
        } else this.fail(R.ATA_ERROR_ABRT);
        break;
      case R.ATA_IDLE_IMMEDIATE:
      case R.ATA_STANDBY_IMMEDIATE:
      case R.ATA_SLEEP:
        this.finish(true);
        break;
      case R.ATA_CHECK_POWER:
        this.taskFile.count = 0xff;
        this.finish(true);
        break;
      default:
        // A disk's command shows what this is, which is how programs find out (IDENTIFY DEVICE, READ SECTORS).
        if (code === R.ATA_IDENTIFY || code === R.ATA_READ_SECTORS) this.taskFile = { ...SIGNATURE };
        this.fail(R.ATA_ERROR_ABRT);
    }
  }

  protected filled(now: number): void {
    const job = this.at.job ?? NOTHING;
    const disc = this.#trayOpen ? null : this.#disc;
    const answer = packet(this.buffer, {
      blocks: disc?.blocks ?? null,
      trayOpen: this.#trayOpen,
      sense: this.#sense,
      model: this.#model,
    });
    this.#sense = answer.kind === "sense" ? answer.sense : NO_SENSE;
    this.release();
    if (answer.kind === "tray") this.#trayOpen = answer.open;
    if (answer.kind === "bytes" && answer.bytes.length > 0)
      this.#send({ ...job, kind: "data", bytes: answer.bytes, total: answer.bytes.length }, now);
    else if (answer.kind === "blocks" && answer.count > 0)
      this.#send({ ...job, kind: "data", lba: answer.lba, total: answer.count * R.ATA_BLOCK_SIZE }, now);
    else this.busy({ ...job, kind: "end" }, now + ATA_ACCESS_TIME);
  }

  protected proceed(): void {
    const job = this.at.job ?? NOTHING;
    if (job.kind === "identify") this.offer(identifyCdRom(this.#serial, this.#model, this.#transferMode), "in", true);
    else if (job.kind === "data" && job.dma) {
      if (this.engine.toMemory(this.#take(job, job.total))) this.#end();
    } else if (job.kind === "data" && job.done < job.total) this.#part(job);
    else this.#end();
  }

  protected emptied(now: number): void {
    const job = this.at.job ?? NOTHING;
    if (job.kind === "identify") this.finish(false);
    else this.busy(job, now + ATA_SECTOR_TIME);
  }

  #send(job: CdRomJob, now: number): void {
    const part = Math.min(job.total, job.limit);
    if (job.dma) this.waitForDma(job, now);
    else this.busy(job, now + ATA_ACCESS_TIME + Math.ceil(part / R.ATA_SECTOR_SIZE) * ATA_SECTOR_TIME);
  }

  #part(job: CdRomJob): void {
    const size = Math.min(job.limit, job.total - job.done);
    this.offer(this.#take(job, size), "in", true);
    this.at.job = { ...job, done: job.done + size };
    this.taskFile.count = R.ATA_REASON_TO_HOST;
    this.taskFile.lbaMid = size & 0xff;
    this.taskFile.lbaHigh = size >> 8;
  }

  /** The next `size` bytes of the reply. */
  #take(job: CdRomJob, size: number): Uint8Array {
    if (job.bytes !== null) return Uint8Array.from(job.bytes.slice(job.done, job.done + size));
    const first = Math.floor(job.done / R.ATA_BLOCK_SIZE);
    const last = Math.ceil((job.done + size) / R.ATA_BLOCK_SIZE);
    const blocks = this.#disc?.read(job.lba + first, last - first) ?? new Uint8Array(0);
    const start = job.done - first * R.ATA_BLOCK_SIZE;
    return blocks.slice(start, start + size);
  }

  /** The end of a packet: with its sense key in the error register if there is one. */
  #end(): void {
    const { key } = this.#sense;
    if (key === 0) this.finish(true);
    else this.fail((key << 4) | R.ATA_ERROR_ABRT);
    this.taskFile.count = R.ATA_REASON_COMMAND | R.ATA_REASON_TO_HOST;
  }
}
