// The IDE controller with a disk and a CD-ROM drive on one bus, as a driver sees them. Over 300 lines: each group of commands
// needs its cases, on the same bus.
import { beforeEach, describe, expect, it } from "vitest";
import { PortBus } from "../bus/port-bus.ts";
import { PciHost } from "../pci/host.ts";
import { PCI_BAR0, PCI_COMMAND } from "../pci/registers.ts";
import { type AtaAttachments, PiixIde, type PiixIdeState } from "./chip.ts";
import type { Disk } from "./disk.ts";
import { type FaultRule, FaultyDisk } from "./faulty-disk.ts";
import * as R from "./registers.ts";

const SECTORS = 4096;
const BM = 0xc000;
const P = R.ATA_PRIMARY_PORT;
const IDLE = R.ATA_STATUS_DRDY | R.ATA_STATUS_DSC;

/** A disk whose sector n is full of n; flushes are counted, and what they find unwritten is known. */
class MemoryDisk implements Disk {
  readonly sectors: number = SECTORS;
  readonly bytes: Uint8Array = Uint8Array.from({ length: SECTORS * 512 }, (_, i) => (i >> 9) & 0xff);
  flushes = 0;
  read(lba: number, count: number): Uint8Array {
    return this.bytes.subarray(lba * 512, (lba + count) * 512);
  }
  write(lba: number, bytes: Uint8Array): void {
    this.bytes.set(bytes, lba * 512);
  }
  flush(): void {
    this.flushes++;
  }
}

const disc = {
  blocks: 100,
  read: (lba: number, count: number) => Uint8Array.from({ length: count * 2048 }, (_, i) => lba + (i >> 11)),
};

let now: number;
let log: string[];
let ram: Uint8Array;
let disk: MemoryDisk;
/** What the drive has: the disk, or something around it. */
let attached: Disk;
let ide: PiixIde;
let bus: PortBus;

function build(state?: PiixIdeState): void {
  const line = (irq: number) => ({ set: (level: boolean) => void log.push(`irq${irq} ${level ? 1 : 0}`) });
  const memory = {
    read: (address: number, count: number) => ram.slice(address, address + count),
    write: (address: number, bytes: Uint8Array) => ram.set(bytes, address),
  };
  const attachments: AtaAttachments = [
    [{ kind: "disk", disk: attached, serial: "0042" }, null],
    [{ kind: "cdrom", disc }, null],
  ];
  ide = new PiixIde({ now: () => now }, memory, [line(14), line(15)], attachments, state);
  const host = new PciHost([{ device: 1, function: 1, is: ide }]);
  bus = new PortBus(host.io);
  for (const [i, first, control] of [
    [0, P, R.ATA_PRIMARY_CONTROL_PORT],
    [1, R.ATA_SECONDARY_PORT, R.ATA_SECONDARY_CONTROL_PORT],
  ]) {
    bus.claim({ first, count: R.ATA_PORT_COUNT }, ide.channels[i])._unsafeUnwrap();
    bus.claim({ first: control, count: 1, offset: R.ATA_CONTROL }, ide.channels[i])._unsafeUnwrap();
  }
}

beforeEach(() => {
  now = 0;
  log = [];
  ram = new Uint8Array(0x40000).fill(0xa5);
  disk = new MemoryDisk();
  attached = disk;
  build();
  ide.writeConfig(PCI_BAR0 + 16, 4, BM);
  ide.writeConfig(PCI_COMMAND, 2, 5);
});

/** Writes the task file and the command. */
function command(code: number, lba = 0, count = 0, port = P, device = 0xe0): void {
  bus.write(port + R.ATA_DEVICE, 1, device | (lba >>> 24));
  bus.write(port + R.ATA_COUNT, 1, count);
  for (const [i, shift] of [0, 8, 16].entries()) bus.write(port + R.ATA_LBA_LOW + i, 1, (lba >> shift) & 0xff);
  bus.write(port + R.ATA_COMMAND, 1, code);
}

/** Time passes up to the next thing that the chip does. */
function wait(): void {
  now = ide.nextEvent();
  ide.advance(now);
}
const status = (port = P): number => bus.read(port + R.ATA_STATUS, 1);
const words = (count: number, port = P): number[] => Array.from({ length: count }, () => bus.read(port, 2));
const feature = (value: number, count = 0): number => {
  bus.write(P + R.ATA_FEATURES, 1, value);
  command(R.ATA_SET_FEATURES, 0, count);
  return status();
};

describe("the channels", () => {
  it("show signatures after reset, and what is absent", () => {
    const signature = (port: number): number[] => [2, 3, 4, 5].map((register) => bus.read(port + register, 1));
    expect([signature(P), status()]).toEqual([[1, 1, 0, 0], IDLE]);
    expect(signature(R.ATA_SECONDARY_PORT)).toEqual([1, 1, 0x14, 0xeb]);
    bus.write(P + R.ATA_DEVICE, 1, 0xf0);
    bus.write(P + R.ATA_COUNT, 1, 0x55);
    expect([status(), bus.read(P + R.ATA_COUNT, 1)]).toEqual([0, 0x55]);
    bus.write(R.ATA_SECONDARY_PORT + R.ATA_DEVICE, 1, 0xf0);
    bus.write(R.ATA_SECONDARY_PORT + R.ATA_COUNT, 1, 0x55);
    expect(bus.read(R.ATA_SECONDARY_PORT + R.ATA_COUNT, 1)).toBe(0);
  });

  it("a software reset ends what was under way", () => {
    command(R.ATA_READ_SECTORS, 0, 2);
    bus.write(R.ATA_PRIMARY_CONTROL_PORT, 1, R.ATA_CONTROL_SRST);
    expect([status(), ide.nextEvent()]).toEqual([R.ATA_STATUS_BSY, Number.POSITIVE_INFINITY]);
    bus.write(R.ATA_PRIMARY_CONTROL_PORT, 1, 0);
    expect([status(), bus.read(P + R.ATA_ERROR, 1), log]).toEqual([IDLE, 1, []]);
  });

  it("nIEN holds the line back, and an unknown command is aborted", () => {
    bus.write(R.ATA_PRIMARY_CONTROL_PORT, 1, R.ATA_CONTROL_NIEN);
    command(0xb0);
    expect(bus.read(R.ATA_PRIMARY_CONTROL_PORT, 1)).toBe(IDLE | R.ATA_STATUS_ERR);
    expect([bus.read(P + R.ATA_ERROR, 1), log]).toEqual([R.ATA_ERROR_ABRT, []]);
    bus.write(R.ATA_PRIMARY_CONTROL_PORT, 1, 0);
    expect(log).toEqual(["irq14 1"]);
    status();
    expect(log).toEqual(["irq14 1", "irq14 0"]);
  });
});

describe("a disk", () => {
  it("says what it is", () => {
    command(R.ATA_IDENTIFY);
    expect(status()).toBe(R.ATA_STATUS_BSY);
    wait();
    expect([status(), log]).toEqual([IDLE | R.ATA_STATUS_DRQ, ["irq14 1", "irq14 0"]]);
    const id = words(256);
    expect([id[0], id[60] | (id[61] << 16), id[100] | (id[101] << 16), id[83] & 0xc400]).toEqual([
      0x40,
      SECTORS,
      SECTORS,
      0x4400,
    ]);
    const serial = id.slice(10, 20).flatMap((word) => [word >> 8, word & 0xff]);
    expect(String.fromCharCode(...serial).trim()).toBe("0042");
    expect(status()).toBe(IDLE);
  });

  it("reads sectors by PIO, one interrupt each", () => {
    command(R.ATA_READ_SECTORS, 5, 2);
    wait();
    expect([status(), bus.read(P, 4), words(254)[253]]).toEqual([IDLE | R.ATA_STATUS_DRQ, 0x05050505, 0x0505]);
    expect(status()).toBe(R.ATA_STATUS_BSY);
    wait();
    expect([status() & R.ATA_STATUS_DRQ, words(256)[0], status()]).toEqual([R.ATA_STATUS_DRQ, 0x0606, IDLE]);
    expect(log.filter((line) => line.endsWith("1")).length).toBe(2);
  });

  it("reads by cylinder, head and sector once told its geometry", () => {
    command(R.ATA_INITIALIZE_PARAMETERS, 0, 32, P, 0xa0 | 7);
    status();
    command(R.ATA_READ_SECTORS, 0x000102, 1, P, 0xa0 | 3);
    wait();
    // Cylinder 1 of 8 heads with 32 sectors, head 3, sector 2.
    expect(words(256)[0] & 0xff).toBe((1 * 8 * 32 + 3 * 32 + 1) & 0xff);
  });

  it("reads by 48-bit addresses, and shows both bytes of a register", () => {
    const put = (register: number, high: number, low: number): void => {
      bus.write(P + register, 1, high);
      bus.write(P + register, 1, low);
    };
    bus.write(P + R.ATA_DEVICE, 1, R.ATA_DEVICE_LBA);
    put(R.ATA_COUNT, 0x00, 0x01);
    put(R.ATA_LBA_LOW, 0x00, 0x07);
    put(R.ATA_LBA_MID, 0x00, 0x01);
    put(R.ATA_LBA_HIGH, 0x12, 0x00);
    bus.write(R.ATA_PRIMARY_CONTROL_PORT, 1, R.ATA_CONTROL_HOB);
    expect(bus.read(P + R.ATA_LBA_HIGH, 1)).toBe(0x12);
    put(R.ATA_LBA_HIGH, 0x00, 0x00);
    bus.write(P + R.ATA_COMMAND, 1, R.ATA_READ_SECTORS_EXT);
    wait();
    expect(words(256)[0] & 0xff).toBe(0x07);
  });

  it("refuses what is beyond its end", () => {
    command(R.ATA_READ_SECTORS, SECTORS - 1, 2);
    expect([status(), bus.read(P + R.ATA_ERROR, 1)]).toEqual([IDLE | R.ATA_STATUS_ERR, R.ATA_ERROR_IDNF]);
  });

  it("writes multiple blocks: no interrupt for the first, one after each, the last one tells the end", () => {
    command(R.ATA_SET_MULTIPLE, 0, 2);
    status();
    log = [];
    command(R.ATA_WRITE_MULTIPLE, 10, 3);
    expect([status(), log]).toEqual([IDLE | R.ATA_STATUS_DRQ, []]);
    for (let i = 0; i < 512; i++) bus.write(P, 2, 0xbeef);
    expect(status()).toBe(R.ATA_STATUS_BSY);
    wait();
    expect([status() & R.ATA_STATUS_DRQ, log]).toEqual([R.ATA_STATUS_DRQ, ["irq14 1", "irq14 0"]]);
    for (let i = 0; i < 128; i++) bus.write(P, 4, 0xbeefbeef);
    wait();
    expect([status(), log.length]).toEqual([IDLE, 4]);
    expect([...disk.bytes.subarray(10 * 512 - 1, 10 * 512 + 2)]).toEqual([9, 0xef, 0xbe]);
    expect([...disk.bytes.subarray(13 * 512 - 1, 13 * 512 + 1)]).toEqual([0xbe, 13]);
  });

  it("has a write cache that FLUSH empties, FUA goes round, and SET FEATURES switches off", () => {
    const write = (): void => {
      command(R.ATA_WRITE_SECTORS, 1, 1);
      for (let i = 0; i < 256; i++) bus.write(P, 2, 0);
      wait();
    };
    write();
    expect(disk.flushes).toBe(0);
    command(R.ATA_FLUSH);
    expect([status(), disk.flushes]).toEqual([R.ATA_STATUS_BSY, 0]);
    wait();
    expect([status(), disk.flushes]).toEqual([IDLE, 1]);
    expect([feature(R.ATA_FEATURE_NO_WRITE_CACHE), disk.flushes]).toEqual([IDLE, 2]);
    write();
    expect(disk.flushes).toBe(3);
    expect([feature(R.ATA_FEATURE_WRITE_CACHE), feature(0x77)]).toEqual([IDLE, IDLE | R.ATA_STATUS_ERR]);
  });
});

describe("the bus master", () => {
  /** A table at 0x1000 with these regions. */
  function table(...regions: [address: number, count: number][]): void {
    const view = new DataView(ram.buffer, 0x1000);
    for (const [i, [address, count]] of regions.entries()) {
      view.setUint32(8 * i, address, true);
      view.setUint32(8 * i + 4, (count & 0xffff) | (i === regions.length - 1 ? 0x80000000 : 0), true);
    }
    bus.write(BM + R.ATA_BM_TABLE, 4, 0x1000);
  }
  const bm = (): number => bus.read(BM + R.ATA_BM_STATUS, 1);
  const start = (toMemory: boolean): void =>
    bus.write(BM, 1, R.ATA_BM_COMMAND_START | (toMemory ? R.ATA_BM_COMMAND_TO_MEMORY : 0));

  it("scatters what is read, and then the interrupt comes", () => {
    table([0x4000, 512], [0x8000, 1536]);
    command(R.ATA_READ_DMA, 3, 4);
    expect(ide.nextEvent()).toBe(Number.POSITIVE_INFINITY);
    start(true);
    expect([bm(), log]).toEqual([R.ATA_BM_STATUS_ACTIVE, []]);
    wait();
    expect([ram[0x4000], ram[0x41ff], ram[0x4200], ram[0x8000], ram[0x85ff], ram[0x8600]]).toEqual([
      3, 3, 0xa5, 4, 6, 0xa5,
    ]);
    expect([bm(), log]).toEqual([R.ATA_BM_STATUS_INTERRUPT, ["irq14 1"]]);
    bus.write(BM, 1, 0);
    bus.write(BM + R.ATA_BM_STATUS, 1, R.ATA_BM_STATUS_INTERRUPT | R.ATA_BM_STATUS_CAPABLE);
    expect([bm(), status()]).toEqual([R.ATA_BM_STATUS_CAPABLE, IDLE]);
  });

  it("gathers what is written, also when it was started first", () => {
    table([0x4000, 512]);
    start(false);
    ram.fill(0x77, 0x4000, 0x4200);
    command(R.ATA_WRITE_DMA, 20, 1);
    wait();
    expect([disk.bytes[20 * 512], disk.bytes[21 * 512 - 1], status()]).toEqual([0x77, 0x77, IDLE]);
  });

  it("stays active with a table that is too long, and gives no interrupt with one that is too short", () => {
    table([0x4000, 1024]);
    start(true);
    command(R.ATA_READ_DMA, 0, 1);
    wait();
    expect(bm()).toBe(R.ATA_BM_STATUS_ACTIVE | R.ATA_BM_STATUS_INTERRUPT);
    bus.write(BM, 1, 0);
    bus.write(BM + R.ATA_BM_STATUS, 1, R.ATA_BM_STATUS_INTERRUPT);
    status();
    log = [];
    table([0x4000, 512]);
    start(true);
    command(R.ATA_READ_DMA, 0, 2);
    wait();
    expect([bm(), log, status()]).toEqual([0, [], R.ATA_STATUS_BSY]);
  });

  it("goes on from its state in the middle of a command", () => {
    table([0x4000, 512]);
    command(R.ATA_READ_DMA, 3, 1);
    start(true);
    build(JSON.parse(JSON.stringify(ide.state)));
    wait();
    expect([ram[0x4000], log]).toEqual([3, ["irq14 1"]]);
  });
});

describe("a CD-ROM drive", () => {
  const S = R.ATA_SECONDARY_PORT;

  /** Sends a packet; `limit` is the size of a part. */
  function packet(cdb: number[], limit = 0xfffe, features = 0): void {
    bus.write(S + R.ATA_FEATURES, 1, features);
    command(R.ATA_PACKET, limit << 8, 0, S, 0xa0);
    expect([status(S) & R.ATA_STATUS_DRQ, bus.read(S + R.ATA_COUNT, 1)]).toEqual([
      R.ATA_STATUS_DRQ,
      R.ATA_REASON_COMMAND,
    ]);
    const bytes = [...cdb, ...new Array<number>(12 - cdb.length).fill(0)];
    for (let i = 0; i < 12; i += 2) bus.write(S, 2, bytes[i] | (bytes[i + 1] << 8));
  }

  /** All parts of the answer, with their sizes. */
  function answer(): { bytes: number[]; parts: number[]; error: number } {
    const bytes: number[] = [];
    const parts: number[] = [];
    for (wait(); (status(S) & R.ATA_STATUS_DRQ) !== 0; wait()) {
      expect(bus.read(S + R.ATA_COUNT, 1)).toBe(R.ATA_REASON_TO_HOST);
      const size = bus.read(S + R.ATA_LBA_MID, 1) | (bus.read(S + R.ATA_LBA_HIGH, 1) << 8);
      parts.push(size);
      for (const word of words((size + 1) >> 1, S)) bytes.push(word & 0xff, word >> 8);
    }
    expect(bus.read(S + R.ATA_COUNT, 1)).toBe(R.ATA_REASON_COMMAND | R.ATA_REASON_TO_HOST);
    const failed = (status(S) & R.ATA_STATUS_ERR) !== 0;
    return { bytes, parts, error: failed ? bus.read(S + R.ATA_ERROR, 1) >> 4 : 0 };
  }

  it("shows itself to IDENTIFY DEVICE and answers IDENTIFY PACKET DEVICE", () => {
    command(R.ATA_IDENTIFY, 0, 0, S, 0xa0);
    expect([bus.read(S + R.ATA_LBA_MID, 1), bus.read(S + R.ATA_LBA_HIGH, 1)]).toEqual([0x14, 0xeb]);
    command(R.ATA_IDENTIFY_PACKET, 0, 0, S, 0xa0);
    wait();
    expect(words(256, S)[0]).toBe(0x85c0);
  });

  it("answers INQUIRY, as long as allocated, and READ CAPACITY", () => {
    packet([0x12, 0, 0, 0, 36]);
    const inquiry = answer();
    expect([inquiry.bytes[0], String.fromCharCode(...inquiry.bytes.slice(8, 16)), inquiry.parts]).toEqual([
      5,
      "KINTSUGI",
      [36],
    ]);
    packet([0x12, 0, 0, 0, 5]);
    expect(answer().parts).toEqual([5]);
    packet([0x25]);
    expect(answer().bytes).toEqual([0, 0, 0, 99, 0, 0, 8, 0]);
  });

  it("reads blocks in parts as long as the program allows", () => {
    packet([0x28, 0, 0, 0, 0, 7, 0, 0, 2], 3000);
    const { bytes, parts } = answer();
    expect([parts, bytes.length, bytes[0], bytes[2047], bytes[2048]]).toEqual([[3000, 1096], 4096, 7, 7, 8]);
  });

  it("reads blocks by DMA", () => {
    new DataView(ram.buffer).setUint32(0x1000, 0x4000, true);
    new DataView(ram.buffer).setUint32(0x1004, 0x80000800, true);
    bus.write(BM + R.ATA_BM_CHANNEL + R.ATA_BM_TABLE, 4, 0x1000);
    packet([0xa8, 0, 0, 0, 0, 9, 0, 0, 0, 1], 0, R.ATA_PACKET_DMA);
    bus.write(BM + R.ATA_BM_CHANNEL, 1, R.ATA_BM_COMMAND_START | R.ATA_BM_COMMAND_TO_MEMORY);
    log = [];
    expect(answer()).toEqual({ bytes: [], parts: [], error: 0 });
    expect([ram[0x4000], ram[0x47ff], ram[0x4800], log[0]]).toEqual([9, 9, 0xa5, "irq15 1"]);
  });

  it("keeps the sense of what it refused until it is asked", () => {
    packet([0x28, 0, 0, 0, 0, 99, 0, 0, 2]);
    expect(answer().error).toBe(5);
    packet([0x03, 0, 0, 0, 18]);
    const sense = answer().bytes;
    expect([sense[2], sense[12]]).toEqual([5, 0x21]);
    packet([0xc0]);
    expect(answer().error).toBe(5);
    packet([0x00]);
    expect(answer().error).toBe(0);
  });

  it("tells of its tray and its medium", () => {
    packet([0x1b, 0, 0, 0, 2]);
    answer();
    packet([0x00]);
    expect(answer().error).toBe(2);
    packet([0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8]);
    expect(answer().bytes).toEqual([0, 6, 4, 0x10, 0, 1, 0, 0]);
    packet([0x1b, 0, 0, 0, 3]);
    answer();
    packet([0x00]);
    expect(answer().error).toBe(0);
  });

  it("says in its capabilities that it has a tray and neither writes nor plays", () => {
    packet([0x5a, 0, 0x2a, 0, 0, 0, 0, 0, 28]);
    const { bytes } = answer();
    expect([bytes.length, bytes.slice(8, 15)]).toEqual([28, [0x2a, 18, 0, 0, 0, 0, 0x29]]);
    packet([0x5a, 0, 0x05]);
    expect(answer().error).toBe(5);
  });

  it("has one data track", () => {
    packet([0x43, 0, 0, 0, 0, 0, 0, 0, 20]);
    expect(answer().bytes).toEqual([0, 18, 1, 1, 0, 0x14, 1, 0, 0, 0, 0, 0, 0, 0x14, 0xaa, 0, 0, 0, 0, 100]);
    packet([0x43, 2, 0, 0, 0, 0, 0xaa, 0, 12]);
    expect(answer().bytes.slice(8)).toEqual([0, 0, 3, 25]);
  });
});

describe("a disk that fails", () => {
  const read = (register: number): number => bus.read(P + register, 1);
  const address = (): number => read(R.ATA_LBA_LOW) | (read(R.ATA_LBA_MID) << 8) | (read(R.ATA_LBA_HIGH) << 16);
  const wait = (): void => {
    now = ide.nextEvent();
    ide.advance(now);
  };
  const finish = (): void => {
    while (ide.nextEvent() !== Number.POSITIVE_INFINITY) wait();
  };
  const failing = (...rules: FaultRule[]): void => {
    const faulty = new FaultyDisk(disk);
    faulty.rules = rules;
    attached = faulty;
    build();
  };
  const rule = { operation: "read", lba: 12, count: 1, error: R.ATA_ERROR_UNC, times: 1 } as const;

  it("names the sector that cannot be read, and reads it when the error is gone", () => {
    failing(rule);
    command(R.ATA_READ_SECTORS, 11, 3);
    finish();
    for (let i = 0; i < 256; i++) bus.read(P, 2); // sector 11 is good
    finish();
    expect([read(R.ATA_STATUS), read(R.ATA_ERROR), address()]).toEqual([IDLE | R.ATA_STATUS_ERR, R.ATA_ERROR_UNC, 12]);
    command(R.ATA_READ_VERIFY, 10, 4);
    finish();
    expect(read(R.ATA_STATUS)).toBe(IDLE);
  });

  it("writes what comes before the sector that cannot be written", () => {
    failing({ ...rule, operation: "write", error: R.ATA_ERROR_IDNF });
    command(R.ATA_SET_MULTIPLE, 0, 4);
    finish();
    command(R.ATA_WRITE_MULTIPLE, 10, 4);
    for (let i = 0; i < 1024; i++) bus.write(P, 2, 0x5555);
    finish();
    expect([read(R.ATA_STATUS), read(R.ATA_ERROR), address()]).toEqual([IDLE | R.ATA_STATUS_ERR, R.ATA_ERROR_IDNF, 12]);
    expect([10, 11, 12, 13].map((sector) => disk.bytes[sector * 512])).toEqual([0x55, 0x55, 12, 13]);
  });

  it("fails to flush, for ever or until it does not", () => {
    failing({ ...rule, operation: "flush", lba: 0, error: R.ATA_ERROR_ABRT, times: 1 });
    command(R.ATA_FLUSH);
    finish();
    expect([read(R.ATA_STATUS) & R.ATA_STATUS_ERR, disk.flushes]).toEqual([R.ATA_STATUS_ERR, 0]);
    command(R.ATA_FLUSH);
    finish();
    expect([read(R.ATA_STATUS) & R.ATA_STATUS_ERR, disk.flushes]).toEqual([0, 1]);
  });
});
