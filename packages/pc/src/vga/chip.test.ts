/**
 * The VGA by its registers and its memory, as a program sees it.
 *
 * Here: sequences of its manual, planes, modes, wide writes against narrow ones. Not here: rebuilding (→ test/rebuild.test.ts).
 * Over 300 lines: each group of registers needs its cases.
 */
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { PortBus } from "../bus/port-bus.ts";
import { Vga } from "./chip.ts";
import { fillTextMemory } from "./font.ts";
import * as R from "./registers.ts";
import { VGA_STATE_AT_RESET, VGA_STATE_IN_TEXT_MODE, type VgaState } from "./state.ts";

let now: number;
let memory: Uint8Array;
let vga: Vga;
let bus: PortBus;

function build(state: VgaState = VGA_STATE_IN_TEXT_MODE): void {
  now = 0;
  memory = new Uint8Array(R.VGA_PLANES_SIZE);
  vga = new Vga({ now: () => now }, memory, state);
  bus = new PortBus();
  bus.claim({ first: R.VGA_PORT, count: R.VGA_PORT_COUNT }, vga)._unsafeUnwrap();
}

beforeEach(() => build());

const sequencer = (index: number, value: number): void => bus.write(0x3c4, 2, index | (value << 8));
const graphics = (index: number, value: number): void => bus.write(0x3ce, 2, index | (value << 8));
const crtc = (index: number, value: number): void => bus.write(0x3d4, 2, index | (value << 8));

/** A mode as tables of firmware write it: miscellaneous, sequencer, CRTC, graphics, attribute. */
function setMode(misc: number, sequence: number[], crt: number[], graphic: number[], attributes: number[]): void {
  bus.write(0x3c2, 1, misc);
  for (const [i, value] of sequence.entries()) sequencer(i, value);
  crtc(0x11, 0);
  for (const [i, value] of crt.entries()) crtc(i, value);
  for (const [i, value] of graphic.entries()) graphics(i, value);
  bus.read(0x3da, 1);
  for (const [i, value] of attributes.entries()) {
    bus.write(0x3c0, 1, i);
    bus.write(0x3c0, 1, value);
  }
  bus.write(0x3c0, 1, 0x20);
  bus.write(0x3c8, 1, 0);
  // A palette in which entry n is red n, green 63 - n, blue 0.
  for (let i = 0; i < 256; i++) for (const value of [i & 63, 63 - (i & 63), 0]) bus.write(0x3c9, 1, value);
}

const CRTC_480 = [
  0x5f, 0x4f, 0x50, 0x82, 0x54, 0x80, 0x0b, 0x3e, 0, 0x40, 0, 0, 0, 0, 0, 0, 0xea, 0x8c, 0xdf, 0x28, 0, 0xe7, 4, 0xe3,
  0xff,
];
const CRTC_200 = [
  0x5f, 0x4f, 0x50, 0x82, 0x54, 0x80, 0xbf, 0x1f, 0, 0x41, 0, 0, 0, 0, 0, 0, 0x9c, 0x8e, 0x8f, 0x28, 0x40, 0x96, 0xb9,
  0xa3, 0xff,
];
const CRTC_CGA = [
  0x2d, 0x27, 0x28, 0x90, 0x2b, 0x80, 0xbf, 0x1f, 0, 0xc1, 0, 0, 0, 0, 0, 0, 0x9c, 0x8e, 0x8f, 0x14, 0, 0x96, 0xb9,
  0xa2, 0xff,
];
const IDENTITY = Array.from({ length: 16 }, (_, i) => i);

const mode12 = (): void =>
  setMode(0xe3, [3, 1, 15, 0, 6], CRTC_480, [0, 0, 0, 0, 0, 0, 5, 15, 0xff], [...IDENTITY, 1, 0, 15, 0, 0]);
const mode13 = (): void =>
  setMode(0x63, [3, 1, 15, 0, 14], CRTC_200, [0, 0, 0, 0, 0, 0x40, 5, 15, 0xff], [...IDENTITY, 0x41, 0, 15, 0, 0]);
const mode4 = (): void =>
  setMode(0x63, [3, 9, 3, 0, 2], CRTC_CGA, [0, 0, 0, 0, 0, 0x30, 15, 0, 0xff], [...IDENTITY, 1, 0, 3, 0, 0]);

/** The red component of a pixel, in six bits: the palette entry in the modes above. */
function entries(x: number, y: number, count: number): number[] {
  const { width, rgba } = vga.render();
  return Array.from({ length: count }, (_, i) => rgba[4 * (y * width + x + i)] >> 2);
}
const window = (address: number): number => vga.window.read(address - R.VGA_MEMORY, 1);
function put(address: number, ...bytes: number[]): void {
  for (const [i, byte] of bytes.entries()) vga.window.write(address - R.VGA_MEMORY + i, 1, byte);
}

describe("text", () => {
  it("is 720 by 400, characters in plane 0, attributes in plane 1, the font in plane 2", () => {
    put(0xb8000, 0x41, 0x1e);
    expect([memory[0], memory[1], window(0xb8000), window(0xb8001)]).toEqual([0x41, 0x1e, 0x41, 0x1e]);
    // Loading a font: plane 2, sequential, at a0000.
    sequencer(2, 4);
    sequencer(4, 7);
    graphics(4, 2);
    graphics(5, 0);
    graphics(6, 4);
    put(0xa0000 + 0x41 * 32 + 3, 0x81);
    crtc(0x0a, 0x20);
    const { width, height, rgba } = vga.render();
    const pixel = (x: number, y: number): number[] => [...rgba.subarray(4 * (y * width + x), 4 * (y * width + x) + 4)];
    expect([width, height]).toEqual([720, 400]);
    expect([pixel(0, 3), pixel(1, 3), pixel(7, 3), pixel(8, 3)]).toEqual([
      [255, 255, 85, 255],
      [0, 0, 170, 255],
      [255, 255, 85, 255],
      [0, 0, 170, 255],
    ]);
    expect(pixel(0, 2)).toEqual([0, 0, 170, 255]);
  });

  it("line graphics reach into the ninth column, and the cursor covers it", () => {
    put(0xb8000, 0xc4, 0x07, 0x20, 0x07);
    memory[4 * (0xc4 * 32) + 2] = 0xff;
    crtc(0x0f, 1);
    const { rgba } = vga.render();
    const red = (x: number, y: number): number => rgba[4 * (y * 720 + x)];
    expect([red(7, 0), red(8, 0), red(9, 0), red(9, 13), red(17, 14), red(9, 15)]).toEqual([170, 170, 0, 170, 170, 0]);
  });

  it("is there with the font of firmware, and reads back as characters", () => {
    fillTextMemory(memory);
    expect([vga.text().length, vga.text().join("")]).toEqual([25, ""]);
    put(0xb8000 + 160, 0x48, 7, 0x69, 7, 0, 7, 0xfb, 7);
    expect(vga.text()[1]).toBe("Hi √");
    const { width, rgba } = vga.render();
    const rows = Array.from({ length: 16 }, (_, y) =>
      Array.from({ length: 8 }, (_, x) => (rgba[4 * ((16 + y) * width + x)] > 0 ? "#" : ".")).join(""),
    );
    expect(rows.slice(2, 13)).toEqual([
      "........",
      ...["#....#", "#....#", "#....#", "#....#", "######", "#....#", "#....#", "#....#", "#....#"].map(
        (r) => `.${r}.`,
      ),
      "........",
    ]);
    graphics(6, 1);
    expect(vga.text()).toEqual([]);
  });

  it("scrolls by the start address", () => {
    put(0xb8000 + 160, 0x20, 0x40);
    crtc(0x0d, 80);
    crtc(0x0a, 0x20);
    expect(vga.render().rgba[0]).toBe(170);
  });
});

describe("graphics modes", () => {
  it("mode 12h: 640 by 480, a bit in each plane", () => {
    mode12();
    sequencer(2, 5);
    put(0xa0000 + 80, 0xc0);
    sequencer(2, 2);
    put(0xa0000 + 80, 0x40);
    expect([vga.render().width, vga.render().height, entries(0, 1, 3)]).toEqual([640, 480, [5, 7, 0]]);
  });

  it("mode 13h: 320 by 200, a byte a pixel", () => {
    mode13();
    put(0xa0000, 1, 2, 3, 4, 5);
    put(0xa0000 + 320 * 199 + 318, 8, 9);
    expect([vga.render().width, vga.render().height]).toEqual([320, 200]);
    expect([entries(0, 0, 6), entries(318, 199, 2), window(0xa0004)]).toEqual([[1, 2, 3, 4, 5, 0], [8, 9], 5]);
    // Chain 4: the plane is the low end of the address, and so plane 1 has the second pixel.
    expect([memory[0], memory[1], memory[4 * 4]]).toEqual([1, 2, 5]);
  });

  it("mode X: 320 pixels out of four planes without chain", () => {
    mode13();
    sequencer(4, 6);
    crtc(0x14, 0);
    crtc(0x17, 0xe3);
    sequencer(2, 8);
    put(0xa0000, 7, 9);
    expect(entries(0, 0, 8)).toEqual([0, 0, 0, 7, 0, 0, 0, 9]);
  });

  it("mode 4: 320 by 200 in two banks, two bits a pixel", () => {
    mode4();
    put(0xb8000, 0b00_01_10_11, 0b11_00_00_00);
    put(0xba000, 0b10_00_00_00);
    put(0xb8000 + 80, 0b01_00_00_00);
    expect([vga.render().width, vga.render().height]).toEqual([320, 200]);
    expect([entries(0, 0, 5), entries(0, 1, 2), entries(0, 2, 2)]).toEqual([
      [0, 1, 2, 3, 3],
      [2, 0],
      [1, 0],
    ]);
  });

  it("mode 6: 640 by 200 in two banks, a bit a pixel", () => {
    const crt = CRTC_CGA.with(0, 0x5f).with(1, 0x4f).with(2, 0x50).with(3, 0x82).with(4, 0x54).with(19, 0x28);
    setMode(0x63, [3, 1, 1, 0, 6], crt.with(23, 0xc2), [0, 0, 0, 0, 0, 0, 13, 0, 0xff], [...IDENTITY, 1, 0, 1, 0, 0]);
    put(0xb8000 + 79, 0b1010_0001);
    put(0xba000, 0b0100_0000);
    put(0xb8000 + 80, 0b1000_0000);
    expect([vga.render().width, vga.render().height]).toEqual([640, 200]);
    expect([entries(632, 0, 8), entries(0, 1, 3), entries(0, 2, 2)]).toEqual([
      [1, 0, 1, 0, 0, 0, 0, 1],
      [0, 1, 0],
      [1, 0],
    ]);
  });

  it("mode 0dh: 320 by 200, a bit in each plane", () => {
    const crt = CRTC_CGA.with(9, 0xc0).with(23, 0xe3);
    setMode(0x63, [3, 9, 15, 0, 6], crt, [0, 0, 0, 0, 0, 0, 5, 15, 0xff], [...IDENTITY, 1, 0, 15, 0, 0]);
    put(0xa0000 + 40 * 199 + 39, 0b0000_0011);
    sequencer(2, 2);
    put(0xa0000 + 40 * 199 + 39, 0b0000_0001);
    expect([vga.render().width, vga.render().height, entries(316, 199, 4)]).toEqual([320, 200, [0, 0, 13, 15]]);
  });

  it("a split screen begins again at address 0", () => {
    mode13();
    crtc(0x0c, 0x20);
    put(0xa0000, 33);
    expect([entries(0, 0, 1), entries(0, 100, 1)]).toEqual([[0], [0]]);
    crtc(0x18, 199);
    crtc(0x07, 0x0f);
    crtc(0x09, 0x01);
    expect([entries(0, 99, 1), entries(0, 100, 1)]).toEqual([[0], [33]]);
  });

  it("is black while the screen is off or the program has the palette", () => {
    mode13();
    put(0xa0000, 63);
    sequencer(1, 0x21);
    expect(entries(0, 0, 1)).toEqual([0]);
    sequencer(1, 1);
    expect(entries(0, 0, 1)).toEqual([63]);
    bus.read(0x3da, 1);
    bus.write(0x3c0, 1, 0);
    expect(vga.render().rgba.subarray(0, 4)).toEqual(Uint8Array.of(0, 0, 0, 255));
  });
});

describe("the graphics controller", () => {
  const planes = (offset = 0): number[] => [...memory.subarray(4 * offset, 4 * offset + 4)];
  beforeEach(() => {
    mode12();
    memory.set([0x0f, 0xf0, 0xaa, 0x55]);
  });

  it("write mode 0 rotates, sets and resets, combines with the latches, under the bit mask", () => {
    put(0xa0010, 0x81);
    expect(planes(0x10)).toEqual([0x81, 0x81, 0x81, 0x81]);
    graphics(3, 1);
    put(0xa0010, 0x81);
    expect(planes(0x10)).toEqual([0xc0, 0xc0, 0xc0, 0xc0]);
    graphics(3, 0);
    graphics(0, 0b0101);
    graphics(1, 0b0011);
    put(0xa0010, 0x3c);
    expect(planes(0x10)).toEqual([0xff, 0x00, 0x3c, 0x3c]);
    graphics(1, 0);
    window(0xa0000);
    for (const [select, expected] of [
      [0x08, [0x0f & 0x3c, 0xf0 & 0x3c, 0xaa & 0x3c, 0x55 & 0x3c]],
      [0x10, [0x0f | 0x3c, 0xf0 | 0x3c, 0xaa | 0x3c, 0x55 | 0x3c]],
      [0x18, [0x0f ^ 0x3c, 0xf0 ^ 0x3c, 0xaa ^ 0x3c, 0x55 ^ 0x3c]],
    ] as const) {
      graphics(3, select);
      put(0xa0010, 0x3c);
      expect(planes(0x10)).toEqual(expected);
    }
    graphics(3, 0);
    graphics(8, 0xf0);
    put(0xa0010, 0x00);
    expect(planes(0x10)).toEqual([0x0f, 0x00, 0x0a, 0x05]);
  });

  it("write mode 1 copies the latches, as far as the map mask goes", () => {
    graphics(5, 1);
    sequencer(2, 0b0110);
    window(0xa0000);
    put(0xa0010, 0x99);
    expect(planes(0x10)).toEqual([0, 0xf0, 0xaa, 0]);
  });

  it("write mode 2 spreads a colour, write mode 3 takes the byte as a mask", () => {
    graphics(5, 2);
    graphics(8, 0x3c);
    put(0xa0010, 0b1001);
    expect(planes(0x10)).toEqual([0x3c, 0, 0, 0x3c]);
    graphics(5, 3);
    graphics(8, 0xff);
    graphics(0, 0b0010);
    window(0xa0000);
    put(0xa0010, 0x18);
    expect(planes(0x10)).toEqual([0x07, 0xf8, 0xa2, 0x45]);
  });

  it("a wider access is its bytes, the lowest first, in whatever mode", () => {
    const byte = fc.nat(255);
    const bits = fc.oneof(fc.constant(0), byte);
    const registers = fc.record({
      memoryMode: fc.nat(15),
      mapMask: fc.nat(15),
      misc: fc.nat(15),
      bitMask: byte,
      mode: bits,
    });
    const logic = fc.record({ setReset: bits, enable: bits, rotate: bits });
    const place = fc.constantFrom(
      0x9ffff,
      0xa0000,
      0xa0001,
      0xaffff,
      0xb0002,
      0xb7fff,
      0xb8000,
      0xb8001,
      0xbfffe,
      0xbffff,
    );
    const access = fc.record({
      address: place,
      size: fc.constantFrom(2 as const, 4 as const),
      value: fc.nat(0xffffffff),
    });
    const property = fc.property(
      registers,
      logic,
      access,
      (at, { setReset, enable, rotate }, { address, size, value }) => {
        sequencer(2, at.mapMask);
        sequencer(4, at.memoryMode);
        for (const [i, set] of [setReset, enable].entries()) graphics(i, set);
        graphics(3, rotate);
        graphics(5, at.mode);
        graphics(6, at.misc);
        graphics(8, at.bitMask | (at.mode === 0 ? 0xff : 0));
        vga.window.write(address - R.VGA_MEMORY, size, value);
        const wide = memory.slice();
        memory.fill(0);
        put(address, ...Array.from({ length: size }, (_, i) => (value >>> (8 * i)) & 0xff));
        expect(Buffer.compare(wide, memory)).toBe(0);
        memory.fill(0);
      },
    );
    bus.write(0x3c2, 1, 0x63);
    memory.fill(0);
    fc.assert(property, { numRuns: 300 });
  });

  it("read mode 0 shows a plane, read mode 1 where the colour is", () => {
    const shown = [0, 1, 2, 3].map((plane) => {
      graphics(4, plane);
      return window(0xa0000);
    });
    expect(shown).toEqual([0x0f, 0xf0, 0xaa, 0x55]);
    graphics(5, 8);
    graphics(2, 0b0101);
    expect(window(0xa0000)).toBe(0x0f & ~0xf0 & 0xaa & ~0x55);
    graphics(7, 0b0001);
    expect(window(0xa0000)).toBe(0x0f);
  });

  it("answers only inside its window, and only when memory is enabled", () => {
    expect([window(0xb0000), window(0xa0000)]).toEqual([0xff, 0x0f]);
    bus.write(0x3c2, 1, 0x61);
    expect(window(0xa0000)).toBe(0xff);
  });
});

describe("the ports", () => {
  it("the attribute port takes index and data in turns, from the index on after status 1", () => {
    bus.read(0x3da, 1);
    bus.write(0x3c0, 1, 0x31);
    bus.write(0x3c0, 1, 0x77);
    expect([bus.read(0x3c0, 1), bus.read(0x3c1, 1)]).toEqual([0x31, 0x77]);
    bus.write(0x3c0, 1, 0x02);
    bus.read(0x3da, 1);
    bus.write(0x3c0, 1, 0x03);
    expect(vga.state.attributeIndex).toBe(3);
  });

  it("the DAC counts through red, green and blue", () => {
    bus.write(0x3c8, 1, 7);
    for (const value of [1, 2, 3, 4]) bus.write(0x3c9, 1, value);
    bus.write(0x3c7, 1, 7);
    expect([bus.read(0x3c7, 1), ...[0, 1, 2, 3].map(() => bus.read(0x3c9, 1)), bus.read(0x3c8, 1)]).toEqual([
      3, 1, 2, 3, 4, 8,
    ]);
  });

  it("the CRTC is where the miscellaneous register puts it, and protects its first registers", () => {
    crtc(0x0e, 0x12);
    expect([bus.read(0x3d5, 1), bus.read(0x3b5, 1)]).toEqual([0x12, 0xff]);
    bus.write(0x3c2, 1, 0x66);
    expect([bus.read(0x3d5, 1), bus.read(0x3b5, 1), bus.read(0x3cc, 1)]).toEqual([0xff, 0x12, 0x66]);
    bus.write(0x3c2, 1, 0x67);
    crtc(0, 0x55);
    crtc(7, 0x00);
    expect([vga.state.crtc[0], vga.state.crtc[7]]).toEqual([0x5f, 0x0f]);
  });

  it("retrace comes and goes seventy times a second in text mode", () => {
    const before: boolean[] = [];
    for (now = 0; now < 1_000_000_000; now += 20_000) before.push((bus.read(0x3da, 1) & R.VGA_STATUS1_RETRACE) !== 0);
    expect(before.filter((level, i) => level && !before[i - 1]).length).toBe(70);
    now = 0;
    expect(bus.read(0x3da, 1)).toBe(0);
  });

  it("after a reset nothing throws: the smallest picture is black", () => {
    build(VGA_STATE_AT_RESET);
    expect(vga.render()).toEqual({
      width: 9,
      height: 1,
      rgba: new Uint8Array(36).fill(0).map((_, i) => (i % 4 === 3 ? 255 : 0)),
    });
    expect(() => new Vga({ now: () => 0 }, new Uint8Array(4))).toThrow(RangeError);
  });
});
