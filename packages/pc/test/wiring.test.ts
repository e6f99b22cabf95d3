/**
 * A whole PC: every chip at the ports that the README says, working together.
 *
 * Here: the wiring, and short programs that cross several chips. Not here: what one chip does (beside each chip).
 * @module
 */
import { beforeEach, describe, expect, it } from "vitest";
import * as pc from "../src/index.ts";

const MIB = 1 << 20;

let now: number;
let ram: Uint8Array;
let a20: boolean;
let resets: number;
let ports: pc.PortBus;
let memory: pc.MmioBus;
let pic: pc.I8259a;
let timed: pc.TimedChip[];
let kbc: pc.I8042;

function build(): void {
  now = 0;
  resets = 0;
  a20 = true;
  ram = new Uint8Array(MIB);
  const clock = { now: () => now };
  const dma = {
    read: (address: number, count: number) => Uint8Array.from({ length: count }, (_, i) => ram[address + i] ?? 0xff),
    write: (address: number, bytes: Uint8Array) => {
      for (const [i, byte] of bytes.entries()) if (address + i < ram.length) ram[address + i] = byte;
    },
  };
  const onReset = (): void => void resets++;
  const disk = {
    sectors: 2048,
    read: (lba: number, count: number) => new Uint8Array(count * 512).fill(lba),
    write: () => undefined,
    flush: () => undefined,
  };
  const video = new Uint8Array(MIB);
  pic = new pc.I8259a();
  const pit = new pc.I8254(clock, pic.line(pc.PIT_IRQ));
  const gate = new pc.SystemControl({ a20: { set: (level) => (a20 = level) }, onReset });
  kbc = new pc.I8042(clock, {
    keyboardIrq: pic.line(pc.KBC_KEYBOARD_IRQ),
    mouseIrq: pic.line(pc.KBC_MOUSE_IRQ),
    a20: gate.keyboardGate,
    onReset,
  });
  const time = { year: 2026, month: 1, day: 2, dayOfWeek: 6, hour: 3, minute: 4, second: 5 };
  const rtc = new pc.Mc146818(clock, pic.line(pc.RTC_IRQ), pc.cmosAfterSetup({ time, memory: MIB }));
  const uart = new pc.Uart16550(clock, pic.line(pc.UART_IRQ), () => undefined);
  const printer = new pc.Printer(() => undefined);
  const lpt = new pc.Lpt(clock, pic.line(pc.LPT_IRQ), printer);
  const power = new pc.PowerControl({ onPowerOff: () => undefined, onReset });
  const debug = new pc.DebugPorts({ onByte: () => undefined, onPost: () => undefined });
  const ide = new pc.PiixIde(
    clock,
    dma,
    [pic.line(pc.ATA_PRIMARY_IRQ), pic.line(pc.ATA_SECONDARY_IRQ)],
    [
      [{ kind: "disk", disk }, null],
      [{ kind: "cdrom", disc: null }, null],
    ],
  );
  const vga = new pc.Vga(clock, video, pc.VGA_STATE_IN_TEXT_MODE);
  const vbe = new pc.Vbe(vga, video);
  const host = new pc.PciHost([
    { device: 0, function: 0, is: new pc.I82441fx(() => undefined) },
    { device: 1, function: 0, is: new pc.PiixIsa() },
    { device: 1, function: 1, is: ide },
    { device: 2, function: 0, is: vbe },
  ]);
  timed = [pit, kbc, rtc, uart, lpt, ide];
  ports = new pc.PortBus(host.io);
  memory = new pc.MmioBus(host.memory);
  memory.claim({ first: pc.VGA_MEMORY, count: pc.VGA_MEMORY_SIZE }, vbe.window)._unsafeUnwrap();
  ports.claimDword(pc.PCI_ADDRESS_PORT, host.addressPort)._unsafeUnwrap();
  const claims: [pc.PortDevice, first: number, count: number, offset?: number][] = [
    [pic, 0x20, 2],
    [pic, 0xa0, 2, 2],
    [pic, 0x4d0, 2, 4],
    [pit, 0x40, 4],
    [pit, 0x61, 1, 4],
    [kbc, pc.KBC_DATA_PORT, 1],
    [kbc, pc.KBC_COMMAND_PORT, 1, 1],
    [gate, pc.PORT92_PORT, 1],
    [debug, pc.DEBUG_CONSOLE_PORT, 1],
    [debug, pc.DEBUG_POST_PORT, 1, 1],
    [rtc, pc.RTC_INDEX_PORT, 2],
    [new pc.I8237a(dma), pc.DMA_PORT, pc.DMA_PORT_COUNT],
    [uart, pc.UART_PORT, pc.UART_PORT_COUNT],
    [lpt, pc.LPT_PORT, pc.LPT_PORT_COUNT],
    [power, pc.POWER_RESET_PORT, 1],
    [power, pc.POWER_EXIT_PORT, 1, 1],
    [host.dataPort, pc.PCI_DATA_PORT, pc.PCI_DATA_PORT_COUNT],
    [ide.channels[0], pc.ATA_PRIMARY_PORT, pc.ATA_PORT_COUNT],
    [ide.channels[0], pc.ATA_PRIMARY_CONTROL_PORT, 1, pc.ATA_CONTROL],
    [ide.channels[1], pc.ATA_SECONDARY_PORT, pc.ATA_PORT_COUNT],
    [ide.channels[1], pc.ATA_SECONDARY_CONTROL_PORT, 1, pc.ATA_CONTROL],
    [vga, pc.VGA_PORT, pc.VGA_PORT_COUNT],
    [vbe, pc.VBE_PORT, pc.VBE_PORT_COUNT],
  ];
  const pages = claims.find(([chip]) => chip instanceof pc.I8237a)![0];
  claims.push([pages, pc.DMA_SECOND_PORT, pc.DMA_SECOND_PORT_COUNT, pc.DMA_SECOND]);
  claims.push([pages, pc.DMA_PAGE_PORT, pc.DMA_PAGE_PORT_COUNT, pc.DMA_PAGE]);
  for (const [chip, first, count, offset = 0] of claims) ports.claim({ first, count, offset }, chip)._unsafeUnwrap();
}

const out = (port: number, ...bytes: number[]): void => bytes.forEach((byte) => void ports.write(port, 1, byte));
const outd = (port: number, value: number): void => ports.write(port, 4, value);

/** Time passes from event to event until an interrupt waits; gives its vector. */
function interrupt(): number {
  while (!pic.pending) {
    now = Math.min(...timed.map((chip) => chip.nextEvent()));
    for (const chip of timed) chip.advance(now);
  }
  return pic.acknowledge();
}

beforeEach(() => {
  build();
  // Vectors 20 to 2f, everything masked but the cascade.
  out(0x20, 0x11);
  out(0x21, 0x20, 0x04, 0x01, 0xfb);
  out(0xa0, 0x11);
  out(0xa1, 0x28, 0x02, 0x01, 0xff);
});

describe("a PC", () => {
  it("has its functions on the PCI bus", () => {
    const found: string[] = [];
    for (let devfn = 0; devfn < 256; devfn++) {
      outd(0xcf8, 0x80000000 + (devfn << 8));
      const id = ports.read(0xcfc, 4);
      if (id !== 0xffffffff) found.push(`${devfn >> 3}.${devfn & 7} ${id.toString(16)}`);
    }
    expect(found).toEqual(["0.0 12378086", "1.0 70008086", "1.1 70108086", "2.0 11111234"]);
  });

  it("reads a sector into memory by DMA, and tells by vector 2e", () => {
    outd(0xcf8, 0x80000920);
    outd(0xcfc, 0xc000);
    outd(0xcf8, 0x80000904);
    ports.write(0xcfc, 2, 5);
    ram.set([0x00, 0x80, 0, 0, 0x00, 0x02, 0x00, 0x80], 0x1000);
    outd(0xc004, 0x1000);
    out(0xa1, 0xbf);
    out(0x1f6, 0xe0);
    for (const [i, value] of [1, 7, 0, 0].entries()) out(0x1f2 + i, value);
    out(0x1f7, pc.ATA_READ_DMA);
    out(0xc000, 9);
    expect(interrupt()).toBe(0x2e);
    expect([ram[0x8000], ram[0x81ff], ram[0x8200], ports.read(0xc002, 1)]).toEqual([7, 7, 0, 4]);
  });

  it("tells of a key by vector 21, of the time by vector 28, of the timer by vector 20", () => {
    out(0x64, pc.KBC_WRITE_MEMORY);
    out(0x60, pc.KBC_MODE_KEYBOARD_INTERRUPT | pc.KBC_MODE_TRANSLATE);
    out(0x21, 0xf9);
    expect([interrupt(), ports.read(0x60, 1)]).toEqual([0x21, pc.KBC_BAT_PASSED]);
    out(0x20, 0x20);
    kbc.press("KeyK");
    expect([interrupt(), ports.read(0x60, 1)]).toEqual([0x21, 0x25]);
    out(0x20, 0x20);
    out(0x21, 0xfb);
    out(0xa1, 0xfe);
    out(0x70, pc.RTC_B);
    out(0x71, pc.RTC_B_24_HOUR | pc.RTC_B_UIE);
    expect(interrupt()).toBe(0x28);
    out(0x70, pc.RTC_SECONDS);
    expect([ports.read(0x71, 1), now]).toEqual([0x06, 1_000_000_000]);
    out(0xa0, 0x20);
    out(0x20, 0x20);
    out(0xa1, 0xff);
    out(0x21, 0xfe);
    out(0x43, 0x34);
    out(0x40, 0x00, 0x10);
    expect(interrupt()).toBe(0x20);
  });

  it("opens and shuts A20 by either of two ways, and resets by three", () => {
    out(0x64, pc.KBC_WRITE_OUTPUT_PORT);
    out(0x60, 0xdd);
    expect(a20).toBe(false);
    out(0x92, pc.PORT92_FAST_A20);
    expect(a20).toBe(true);
    out(0x64, 0xfe);
    out(0x92, pc.PORT92_FAST_INIT);
    out(0xcf9, 2, 6);
    expect(resets).toBe(3);
  });

  it("shows text at b8000, and a frame buffer where it is put", () => {
    memory.write(0xb8000, 4, 0x07420741);
    expect(memory.read(0xb8002, 2)).toBe(0x0742);
    outd(0xcf8, 0x80001010);
    outd(0xcfc, 0xfd000000);
    outd(0xcf8, 0x80001004);
    ports.write(0xcfc, 2, 2);
    expect(memory.read(0xfd000000, 2)).toBe(0x0741);
    expect(memory.read(0xfd100000, 4)).toBe(0xffffffff);
  });
});
