/**
 * PiixIde: the IDE function of a PC's chip set, four drives on two channels.
 *
 * Here: ports, time, configuration, the state of all parts. Not here: the parts (`channel.ts`, `bus-master.ts`).
 * The channels answer at the ports of the first PC; timing registers are kept and without effect.
 * Intel 82371SB (PIIX3) data sheet, "PCI IDE Interface".
 * @module
 */
import type { Clock, TimedChip } from "../clock.ts";
import type { DmaMemory } from "../dma-memory.ts";
import type { IrqLine } from "../irq-line.ts";
import type { AccessSize, MmioDevice } from "../mmio-device.ts";
import { ConfigSpace, type ConfigSpaceState, type PciWindow } from "../pci/config-space.ts";
import type { PciFunction } from "../pci/host.ts";
import { PCI_COMMAND_IO, PCI_COMMAND_MASTER, PCI_IDE_TIMING } from "../pci/registers.ts";
import type { WidePortDevice } from "../port-device.ts";
import { BUS_MASTER_STATE_AT_RESET, BusMaster, type BusMasterState } from "./bus-master.ts";
import { CD_ROM_STATE_AT_RESET, CdRom, type CdRomState } from "./cd-rom.ts";
import { type AnyDrive, ATA_CHANNEL_STATE_AT_RESET, AtaChannel, type AtaChannelState } from "./channel.ts";
import type { Disc, Disk } from "./disk.ts";
import { HardDisk, type HardDiskState, hardDiskAtReset } from "./hard-disk.ts";
import * as R from "./registers.ts";

/** What is plugged in: a disk, a CD-ROM drive with or without disc, or nothing. */
export type AtaAttachment =
  | { readonly kind: "disk"; readonly disk: Disk; readonly serial?: string; readonly model?: string }
  | { readonly kind: "cdrom"; readonly disc: Disc | null; readonly serial?: string; readonly model?: string }
  | null;

/** Per channel: device 0, device 1. */
export type AtaAttachments = readonly (readonly [AtaAttachment, AtaAttachment])[];

/** Plain, versioned state; what the disks hold is not in it. */
export interface PiixIdeState {
  readonly version: 1;
  readonly config: ConfigSpaceState | null;
  readonly channels: readonly {
    readonly channel: AtaChannelState;
    readonly busMaster: BusMasterState;
    readonly drives: readonly (HardDiskState | CdRomState | null)[];
  }[];
}

interface Part {
  readonly channel: AtaChannel;
  readonly busMaster: BusMaster;
  readonly drives: readonly (AnyDrive | null)[];
}

export class PiixIde implements PciFunction, TimedChip {
  readonly #clock: Clock;
  readonly #config: ConfigSpace;
  readonly #parts: readonly Part[];
  /** The ports of the two channels: command block at offsets 0 to 7, control at 8. */
  readonly channels: readonly WidePortDevice[];

  /**
   * `irqs` are the lines of the two channels. A state given belongs to the same attachments.
   * @throws RangeError if it does not
   */
  constructor(
    clock: Clock,
    memory: DmaMemory,
    irqs: readonly [IrqLine, IrqLine],
    attachments: AtaAttachments,
    state?: PiixIdeState,
  ) {
    this.#clock = clock;
    this.#parts = irqs.map((irq, i) => {
      const saved = state?.channels[i];
      const busMaster = new BusMaster(memory, saved?.busMaster ?? BUS_MASTER_STATE_AT_RESET);
      const drives = [0, 1].map((j) => plug(busMaster, attachments[i]?.[j] ?? null, 2 * i + j, saved?.drives[j]));
      const channel = new AtaChannel(irq, busMaster, drives, saved?.channel ?? ATA_CHANNEL_STATE_AT_RESET);
      return { channel, busMaster, drives };
    });
    this.channels = this.#parts.map((part) => this.#ports(part));
    const ports: MmioDevice = {
      read: (offset, size) => this.#readBusMaster(offset, size),
      write: (offset, size, value) => this.#writeBusMaster(offset, size, value),
    };
    this.#config = new ConfigSpace(
      {
        vendorId: 0x8086,
        deviceId: 0x7010,
        classCode: 0x010180,
        command: PCI_COMMAND_IO | PCI_COMMAND_MASTER,
        bars: [{ bar: 4, space: "io", size: R.ATA_BM_PORT_COUNT, device: ports }],
        registers: [0, 1, 2, 3].map((i) => [PCI_IDE_TIMING + i, 0xff, (i & 1) === 0 ? 0 : 0x80]),
      },
      state?.config ?? undefined,
    );
  }

  /** A copy, as of the last access or `advance`; for a constructor that is given the same attachments. */
  get state(): PiixIdeState {
    const channels = this.#parts.map(({ channel, busMaster, drives }) => ({
      channel: channel.state,
      busMaster: busMaster.state,
      drives: drives.map((drive) => drive?.state ?? null),
    }));
    return { version: 1, config: this.#config.state, channels };
  }

  get windows(): readonly PciWindow[] {
    return this.#config.windows;
  }

  readConfig(offset: number, size: AccessSize): number {
    return this.#config.read(offset, size);
  }

  writeConfig(offset: number, size: AccessSize, value: number): void {
    this.#config.write(offset, size, value);
  }

  nextEvent(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { channel } of this.#parts) next = Math.min(next, channel.nextEvent);
    return next;
  }

  advance(now: number): void {
    for (let at = this.nextEvent(); at <= now; at = this.nextEvent())
      for (const { channel } of this.#parts) if (channel.nextEvent <= at) channel.advance(at);
  }

  /** What is due has been done, and this is the time. */
  #now(): number {
    const now = this.#clock.now();
    this.advance(now);
    return now;
  }

  #ports({ channel }: Part): WidePortDevice {
    const byte = (offset: number, i: number): number => channel.read(offset + i, this.#now()) << (8 * i);
    return {
      read: (offset) => channel.read(offset, this.#now()),
      write: (offset, value) => channel.write(offset, value, this.#now()),
      readWide: (offset, size) => {
        if (offset === R.ATA_DATA) return channel.readData(size, this.#now());
        let value = 0;
        for (let i = 0; i < size; i++) value |= byte(offset, i);
        return value >>> 0;
      },
      writeWide: (offset, size, value) => {
        if (offset === R.ATA_DATA) channel.writeData(size, value, this.#now());
        else for (let i = 0; i < size; i++) channel.write(offset + i, (value >>> (8 * i)) & 0xff, this.#now());
      },
    };
  }

  #readBusMaster(offset: number, size: AccessSize): number {
    this.#now();
    let value = 0;
    for (let i = 0; i < size; i++) {
      const at = offset + i;
      value |= this.#parts[at >> 3].busMaster.read(at & 7) << (8 * i);
    }
    return value >>> 0;
  }

  #writeBusMaster(offset: number, size: AccessSize, value: number): void {
    const now = this.#now();
    for (let i = 0; i < size; i++) {
      const { busMaster, channel } = this.#parts[(offset + i) >> 3];
      busMaster.write((offset + i) & 7, (value >>> (8 * i)) & 0xff);
      if (busMaster.active) channel.startDma(now);
    }
  }
}

function plug(
  engine: BusMaster,
  it: AtaAttachment,
  place: number,
  saved: HardDiskState | CdRomState | null | undefined,
): AnyDrive | null {
  if (it === null) return null;
  if (saved !== undefined && saved?.kind !== it.kind) throw new RangeError(`the state has no ${it.kind} at ${place}`);
  const { serial = `KNT-${place}`, model = it.kind === "disk" ? "KINTSUGI DISK" : "KINTSUGI CD-ROM" } = it;
  if (it.kind === "disk") {
    const state = saved?.kind === "disk" ? saved : hardDiskAtReset(it.disk);
    return new HardDisk(engine, it.disk, serial, model, state);
  }
  return new CdRom(engine, it.disc, serial, model, saved?.kind === "cdrom" ? saved : CD_ROM_STATE_AT_RESET);
}
