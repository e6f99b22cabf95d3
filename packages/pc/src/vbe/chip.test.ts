import { beforeEach, describe, expect, it } from "vitest";
import { MmioBus } from "../bus/mmio-bus.ts";
import { PortBus } from "../bus/port-bus.ts";
import { PciHost } from "../pci/host.ts";
import { PCI_BAR0, PCI_COMMAND, PCI_COMMAND_MEMORY, PCI_ROM_BAR } from "../pci/registers.ts";
import { Vga } from "../vga/chip.ts";
import { VGA_MEMORY, VGA_MEMORY_SIZE } from "../vga/registers.ts";
import { VGA_STATE_IN_TEXT_MODE } from "../vga/state.ts";
import { Vbe } from "./chip.ts";
import * as R from "./registers.ts";

const LFB = 0xe0000000;
const SIZE = 1 << 20;

let bytes: Uint8Array;
let vbe: Vbe;
let ports: PortBus;
let memory: MmioBus;

beforeEach(() => {
  bytes = new Uint8Array(SIZE);
  vbe = new Vbe(new Vga({ now: () => 0 }, bytes, VGA_STATE_IN_TEXT_MODE), bytes);
  const host = new PciHost([{ device: 2, function: 0, is: vbe }]);
  ports = new PortBus(host.io);
  ports.claim({ first: R.VBE_PORT, count: R.VBE_PORT_COUNT }, vbe)._unsafeUnwrap();
  memory = new MmioBus(host.memory);
  memory.claim({ first: VGA_MEMORY, count: VGA_MEMORY_SIZE }, vbe.window)._unsafeUnwrap();
  vbe.writeConfig(PCI_BAR0, 4, LFB);
  vbe.writeConfig(PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
});

function read(index: number): number {
  ports.write(0x1ce, 2, index);
  return ports.read(0x1cf, 2);
}
function write(index: number, value: number): void {
  ports.write(0x1ce, 2, index);
  ports.write(0x1cf, 2, value);
}
function setMode(width: number, height: number, bpp: number, flags: number = R.VBE_LFB_ENABLED): void {
  write(R.VBE_ENABLE, 0);
  write(R.VBE_XRES, width);
  write(R.VBE_YRES, height);
  write(R.VBE_BPP, bpp);
  write(R.VBE_ENABLE, R.VBE_ENABLED | flags);
}
const pixel = (x: number, y: number): number[] => {
  const { width, rgba } = vbe.render();
  return [...rgba.subarray(4 * (y * width + x), 4 * (y * width + x) + 3)];
};

describe("VBE", () => {
  it("tells its version, its memory and what it can do", () => {
    expect([read(R.VBE_ID), read(R.VBE_MEMORY_64K), read(20)]).toEqual([R.VBE_ID5, 16, 0xffff]);
    write(R.VBE_ID, R.VBE_ID0);
    write(R.VBE_ID, 0x1234);
    write(R.VBE_ENABLE, R.VBE_GETCAPS);
    expect([R.VBE_ID, R.VBE_XRES, R.VBE_YRES, R.VBE_BPP].map(read)).toEqual([R.VBE_ID0, 2560, 1600, 32]);
    expect(ports.read(0x1d0, 2)).toBe(32);
  });

  it("shows the VGA's picture until it is enabled, and again after", () => {
    expect(vbe.render().width).toBe(720);
    setMode(320, 200, 32);
    expect([vbe.render().width, vbe.render().height]).toEqual([320, 200]);
    write(R.VBE_ENABLE, 0);
    expect(vbe.render().width).toBe(720);
  });

  it.each([
    [32, 4, 0x00112233, [0x11, 0x22, 0x33]],
    [24, 4, 0x00112233, [0x11, 0x22, 0x33]],
    [16, 2, (31 << 11) | (32 << 5) | 1, [255, 130, 8]],
    [15, 2, (31 << 10) | (16 << 5) | 1, [255, 132, 8]],
    [8, 1, 4, [170, 0, 0]],
  ] as const)("shows pixels of %i bits from the frame buffer", (bpp, size, value, expected) => {
    setMode(64, 4, bpp);
    const bytesEach = (bpp + 7) >> 3;
    memory.write(LFB + (64 * 2 + 5) * bytesEach, size, value);
    expect([pixel(5, 2), pixel(4, 2)]).toEqual([expected, [0, 0, 0]]);
  });

  it("shows the memory bank by bank at a0000", () => {
    setMode(640, 480, 8, 0);
    write(R.VBE_BANK, 2);
    memory.write(0xa0010, 4, 0x04030201);
    expect([...bytes.subarray(0x20010, 0x20014)]).toEqual([1, 2, 3, 4]);
    expect([memory.read(0xa0012, 2), memory.read(0xb8000, 1)]).toEqual([0x0403, 0xff]);
    write(R.VBE_BANK, 16);
    expect(read(R.VBE_BANK)).toBe(2);
  });

  it("pans over a virtual screen as high as the memory allows", () => {
    setMode(64, 4, 8);
    write(R.VBE_VIRTUAL_WIDTH, 128);
    write(R.VBE_X_OFFSET, 8);
    write(R.VBE_Y_OFFSET, 1);
    memory.write(LFB + 128 + 8, 1, 4);
    expect([pixel(0, 0), read(R.VBE_VIRTUAL_HEIGHT)]).toEqual([[170, 0, 0], SIZE / 128]);
  });

  it("clears the picture when it is enabled, unless told not to", () => {
    setMode(64, 4, 8);
    memory.write(LFB, 1, 4);
    setMode(64, 4, 8, R.VBE_NOCLEARMEM);
    expect(memory.read(LFB, 1)).toBe(4);
    setMode(64, 4, 8);
    expect(memory.read(LFB, 1)).toBe(0);
  });

  it("does not change its mode while enabled, nor take depths that are none", () => {
    setMode(64, 4, 8);
    write(R.VBE_XRES, 128);
    write(R.VBE_BPP, 32);
    expect([read(R.VBE_XRES), read(R.VBE_BPP)]).toEqual([64, 8]);
    setMode(64, 4, 9);
    expect(read(R.VBE_BPP)).toBe(8);
  });

  it("has its firmware as an expansion ROM, filled up with ones", () => {
    const rom = Uint8Array.from({ length: 3000 }, (_, i) => i);
    const card = new Vbe(new Vga({ now: () => 0 }, bytes), bytes, rom);
    card.writeConfig(PCI_ROM_BAR, 4, 0xffffffff);
    expect(card.readConfig(PCI_ROM_BAR, 4)).toBe(0xfffff001);
    card.writeConfig(PCI_ROM_BAR, 4, 0xfebf0001);
    card.writeConfig(PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    const [{ device }] = card.windows;
    device.write(0, 4, 0);
    expect([device.read(0, 4), device.read(2999, 2)]).toEqual([0x03020100, 0xff00 | (2999 & 0xff)]);
  });

  it("takes only memory of a size that a PCI window can have", () => {
    const vga = new Vga({ now: () => 0 }, bytes);
    expect(() => new Vbe(vga, new Uint8Array(0x50000))).toThrow(RangeError);
  });
});
