import { beforeEach, describe, expect, it } from "vitest";
import { MmioBus } from "../bus/mmio-bus.ts";
import { PortBus } from "../bus/port-bus.ts";
import type { MmioDevice } from "../mmio-device.ts";
import { I82441fx, PiixIsa, type ShadowArea } from "./chip-set.ts";
import { ConfigSpace, type ConfigSpaceState, type PciHeader } from "./config-space.ts";
import { type PciFunction, PciHost } from "./host.ts";
import * as R from "./registers.ts";

const log: string[] = [];
const device = (name: string): MmioDevice => ({
  read: (offset, size) => {
    log.push(`${name} read ${offset} ${size}`);
    return 0x42;
  },
  write: (offset, size, value) => void log.push(`${name} write ${offset} ${size} ${value}`),
});

const HEADER: PciHeader = {
  vendorId: 0x1234,
  deviceId: 0x1111,
  classCode: 0x030000,
  revision: 2,
  interruptPin: 1,
  bars: [
    { bar: 0, space: "memory", size: 0x1000000, device: device("memory") },
    { bar: 4, space: "io", size: 16, device: device("io") },
  ],
  rom: { size: 0x8000, device: device("rom") },
};

class Card implements PciFunction {
  readonly #config: ConfigSpace;
  constructor(state?: ConfigSpaceState) {
    this.#config = new ConfigSpace(HEADER, state);
  }
  get state(): ConfigSpaceState {
    return this.#config.state;
  }
  get windows(): ConfigSpace["windows"] {
    return this.#config.windows;
  }
  readConfig(offset: number, size: 1 | 2 | 4): number {
    return this.#config.read(offset, size);
  }
  writeConfig(offset: number, size: 1 | 2 | 4, value: number): void {
    this.#config.write(offset, size, value);
  }
}

let shadow: readonly ShadowArea[];
let ports: PortBus;
let memory: MmioBus;
let card: Card;

function build(state?: ConfigSpaceState): void {
  card = new Card(state);
  const host = new PciHost([
    { device: 2, function: 0, is: card },
    { device: 0, function: 0, is: new I82441fx((areas) => (shadow = areas)) },
    { device: 1, function: 0, is: new PiixIsa() },
  ]);
  ports = new PortBus(host.io);
  ports.claimDword(R.PCI_ADDRESS_PORT, host.addressPort)._unsafeUnwrap();
  ports.claim({ first: R.PCI_DATA_PORT, count: R.PCI_DATA_PORT_COUNT }, host.dataPort)._unsafeUnwrap();
  memory = new MmioBus(host.memory);
  log.length = 0;
}

beforeEach(() => build());

const select = (device: number, offset: number): void =>
  ports.write(R.PCI_ADDRESS_PORT, 4, (0x80000000 | (device << 11) | (offset & 0xfc)) >>> 0);
function read(device: number, offset: number, size: 1 | 2 | 4): number {
  select(device, offset);
  return ports.read(R.PCI_DATA_PORT + (offset & 3), size);
}
function write(device: number, offset: number, size: 1 | 2 | 4, value: number): void {
  select(device, offset);
  ports.write(R.PCI_DATA_PORT + (offset & 3), size, value);
}

describe("mechanism 1", () => {
  it("finds the functions that are there, by bytes, words and dwords", () => {
    const ids = [0, 1, 2, 3].map((slot) => read(slot, 0, 4).toString(16));
    expect(ids).toEqual(["12378086", "70008086", "11111234", "ffffffff"]);
    expect([read(0, R.PCI_DEVICE_ID, 2), read(0, 0x0b, 1), read(2, R.PCI_REVISION, 4)]).toEqual([
      0x1237, 6, 0x03000002,
    ]);
  });

  it("keeps its address, and is shut without the enable bit or off bus 0", () => {
    select(2, 0x10);
    expect(ports.read(R.PCI_ADDRESS_PORT, 4)).toBe(0x80001010);
    ports.write(R.PCI_ADDRESS_PORT, 4, 0x00001003);
    expect([ports.read(R.PCI_ADDRESS_PORT, 4), ports.read(R.PCI_DATA_PORT, 4)]).toEqual([0x1000, 0xffffffff]);
    ports.write(R.PCI_ADDRESS_PORT, 4, 0x80011000);
    expect(ports.read(R.PCI_DATA_PORT, 2)).toBe(0xffff);
  });

  it("is not touched by narrow accesses to its address", () => {
    select(2, 0);
    ports.write(R.PCI_ADDRESS_PORT + 1, 1, 0xff);
    ports.write(R.PCI_ADDRESS_PORT, 2, 0);
    expect(ports.read(R.PCI_ADDRESS_PORT, 4)).toBe(0x80001000);
  });
});

describe("a function", () => {
  it("tells the size of a base address, and has only what bits it has", () => {
    const bars = [0, 1, 4].map((bar) => {
      write(2, R.PCI_BAR0 + 4 * bar, 4, 0xffffffff);
      return read(2, R.PCI_BAR0 + 4 * bar, 4);
    });
    expect(bars).toEqual([0xff000000, 0, 0xfffffff1]);
    write(2, 0, 4, 0);
    write(2, R.PCI_COMMAND, 2, 0xffff);
    write(2, R.PCI_INTERRUPT_LINE, 2, 0xffff);
    expect([read(2, 0, 4), read(2, R.PCI_COMMAND, 2), read(2, R.PCI_INTERRUPT_LINE, 2)]).toEqual([
      0x11111234, 7, 0x01ff,
    ]);
  });

  it("decodes its windows once enabled, wherever they are put", () => {
    write(2, R.PCI_BAR0, 4, 0xe0000000);
    write(2, R.PCI_BAR0 + 16, 4, 0xc000);
    expect([memory.read(0xe0000004, 4), ports.read(0xc004, 1)]).toEqual([0xffffffff, 0xff]);
    write(2, R.PCI_COMMAND, 1, R.PCI_COMMAND_IO | R.PCI_COMMAND_MEMORY);
    expect([memory.read(0xe0000004, 4), ports.read(0xc004, 1)]).toEqual([0x42, 0x42]);
    ports.write(0xc008, 4, 7);
    build(card.state);
    memory.write(0xe0ffffff, 1, 9);
    write(2, R.PCI_BAR0, 4, 0xd0000000);
    memory.write(0xe0ffffff, 1, 9);
    expect(log).toEqual(["memory write 16777215 1 9"]);
  });

  it("shows its ROM when that is enabled too", () => {
    write(2, R.PCI_COMMAND, 1, R.PCI_COMMAND_MEMORY);
    write(2, R.PCI_ROM_BAR, 4, 0xfffffffe);
    expect(read(2, R.PCI_ROM_BAR, 4)).toBe(0xffff8000);
    write(2, R.PCI_ROM_BAR, 4, 0xfebf0000);
    expect(memory.read(0xfebf0000, 1)).toBe(0xff);
    write(2, R.PCI_ROM_BAR, 4, 0xfebf0000 | R.PCI_ROM_ENABLE);
    expect([memory.read(0xfebf0000, 1), log]).toEqual([0x42, ["rom read 0 1"]]);
  });

  it("is refused where another is", () => {
    const is = new PiixIsa();
    const slot = { device: 1, function: 0, is };
    expect(() => new PciHost([slot, slot])).toThrow(RangeError);
    expect(() => new PciHost([{ device: 32, function: 0, is }])).toThrow(RangeError);
  });
});

describe("the chip set", () => {
  it("tells which parts of the firmware's area are RAM", () => {
    write(0, R.PCI_PAM0, 1, 0xff);
    write(0, R.PCI_PAM0 + 1, 1, 0x21);
    const changed = shadow.filter((area) => area.readRam || area.writeRam);
    expect(changed).toEqual([
      { first: 0xf0000, size: 0x10000, readRam: true, writeRam: true },
      { first: 0xc0000, size: 0x4000, readRam: true, writeRam: false },
      { first: 0xc4000, size: 0x4000, readRam: false, writeRam: true },
    ]);
    expect([shadow.length, read(0, R.PCI_PAM0, 1)]).toEqual([13, 0x33]);
  });

  it("keeps the routing of interrupts", () => {
    expect(read(1, R.PCI_PIRQ_ROUTE, 4)).toBe(0x80808080);
    write(1, R.PCI_PIRQ_ROUTE, 4, 0xff0b0a05);
    expect(read(1, R.PCI_PIRQ_ROUTE, 4)).toBe(0x8f0b0a05);
  });
});
