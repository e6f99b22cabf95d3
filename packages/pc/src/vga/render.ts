/**
 * The picture: what a VGA's registers and memory put on the screen.
 *
 * Here: text and graphics modes as a pure function. Not here: the memory window, VBE modes (`vbe/`).
 * Lines that only repeat are left out, so mode 13h is 320 by 200. Nothing blinks, there is no border, and panning
 * moves by whole characters. IBM PS/2 Hardware Interface Technical Reference, "Video Subsystem".
 * @module
 */
import * as R from "./registers.ts";
import type { VgaState } from "./state.ts";
import { dotsPerCharacter, lineCompare, verticalEnd } from "./timing.ts";

/** A picture: four bytes a pixel, red first, alpha 255. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8Array;
}

/** The colours of the palette as dwords of RGBA bytes; `bits` is how many a component has. */
export function paletteColours({ palette }: Pick<VgaState, "palette">, bits: 6 | 8): Uint32Array {
  const component = (value: number): number => (bits === 8 ? value : ((value & 63) << 2) | ((value & 63) >> 4));
  return Uint32Array.from({ length: 256 }, (_, i) => {
    const [red, green, blue] = [palette[3 * i], palette[3 * i + 1], palette[3 * i + 2]].map(component);
    return (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0;
  });
}

/** The picture of these registers over these planes (a dword holds the four bytes of an address). */
export function renderVga(at: VgaState, planes: Uint32Array, bits: 6 | 8 = 6): Picture {
  const text = (at.graphics[R.VGA_GRAPHICS_MISC] & R.VGA_GRAPHICS_MISC_GRAPHICS) === 0;
  const frame = new Frame(at, planes, text, paletteColours(at, bits));
  const off =
    (at.sequencer[R.VGA_SEQUENCER_CLOCKING] & R.VGA_CLOCKING_OFF) !== 0 ||
    (at.attributeIndex & R.VGA_ATTRIBUTE_PICTURE) === 0;
  if (off) frame.pixels.fill(0xff000000);
  else for (let line = 0; line < frame.height; line++) frame.line(line);
  return { width: frame.width, height: frame.height, rgba: new Uint8Array(frame.pixels.buffer) };
}

/** From the address counter to an offset in the planes; `row` is the line of a character, or of a pixel. */
export function planeAddress({ crtc }: Pick<VgaState, "crtc">, counter: number, row: number): number {
  const mode = crtc[R.VGA_CRTC_MODE];
  let address = counter;
  if ((crtc[R.VGA_CRTC_UNDERLINE] & R.VGA_UNDERLINE_DWORD) !== 0) address = (counter << 2) | ((counter >> 14) & 3);
  else if ((mode & R.VGA_CRTC_MODE_BYTE) === 0)
    address = (counter << 1) | ((counter >> ((mode & R.VGA_CRTC_MODE_WRAP15) !== 0 ? 15 : 13)) & 1);
  if ((mode & R.VGA_CRTC_MODE_NROW0) === 0) address = (address & ~0x2000) | ((row & 1) << 13);
  if ((mode & R.VGA_CRTC_MODE_NROW1) === 0) address = (address & ~0x4000) | ((row & 2) << 13);
  return address & 0xffff;
}

class Frame {
  readonly #at: VgaState;
  readonly #planes: Uint32Array;
  readonly #text: boolean;
  /** Colours of the sixteen attributes, and of the 256 DAC entries. */
  readonly #sixteen: Uint32Array;
  readonly #colours: Uint32Array;
  /** Scan lines that a line of the picture stands for, rows of a character or of a pixel. */
  readonly #repeat: number;
  readonly #rows: number;
  readonly #columns: number;
  readonly #dots: number;
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint32Array;

  constructor(at: VgaState, planes: Uint32Array, text: boolean, colours: Uint32Array) {
    const { crtc } = at;
    const maximum = crtc[R.VGA_CRTC_MAXIMUM_SCAN];
    const doubled = (maximum & R.VGA_MAXIMUM_SCAN_DOUBLE) === 0 ? 1 : 2;
    const nrow = R.VGA_CRTC_MODE_NROW0 | R.VGA_CRTC_MODE_NROW1;
    const plain = !text && (crtc[R.VGA_CRTC_MODE] & nrow) === nrow;
    const rows = (maximum & 31) + 1;
    this.#at = at;
    this.#planes = planes;
    this.#text = text;
    this.#colours = colours.map((_, i) => colours[i & at.dacMask]);
    this.#sixteen = Uint32Array.from({ length: 16 }, (_, i) => this.#colours[dacIndex(at, i)]);
    this.#repeat = plain ? doubled * rows : doubled;
    this.#rows = plain ? 1 : rows;
    this.#columns = crtc[R.VGA_CRTC_HORIZONTAL_END] + 1;
    this.#dots = text ? dotsPerCharacter(at) : (at.graphics[R.VGA_GRAPHICS_MODE] & R.VGA_MODE_256) !== 0 ? 4 : 8;
    this.width = this.#columns * this.#dots;
    this.height = Math.ceil(verticalEnd(at) / this.#repeat);
    this.pixels = new Uint32Array(this.width * this.height);
  }

  line(line: number): void {
    const { crtc } = this.#at;
    // Below the line compare the second part of a split screen begins at address 0.
    const split = Math.ceil((lineCompare(this.#at) + 1) / this.#repeat);
    const start = (crtc[R.VGA_CRTC_START_HIGH] << 8) | crtc[R.VGA_CRTC_START_LOW];
    const [first, y] = line >= split ? [0, line - split] : [start, line];
    const row = y % this.#rows;
    const counter = first + Math.floor(y / this.#rows) * 2 * crtc[R.VGA_CRTC_OFFSET];
    for (let column = 0; column < this.#columns; column++) {
      const at = line * this.width + column * this.#dots;
      const data = this.#planes[planeAddress(this.#at, counter + column, row)];
      if (this.#text) this.#character(at, data, row, (counter + column) & 0xffff);
      else this.#eight(at, data);
    }
  }

  #character(at: number, data: number, row: number, counter: number): void {
    const { crtc, attribute: registers } = this.#at;
    const mode = registers[R.VGA_ATTRIBUTE_MODE];
    const code = data & 0xff;
    const attribute = (data >>> 8) & 0xff;
    const font = fontOffset(this.#at, (attribute & 8) !== 0);
    const glyph = (this.#planes[(font + code * 32 + row) & 0xffff] >>> 16) & 0xff;
    const position = (crtc[R.VGA_CRTC_CURSOR_HIGH] << 8) | crtc[R.VGA_CRTC_CURSOR_LOW];
    const cursorStart = crtc[R.VGA_CRTC_CURSOR_START];
    const inCursor = row >= (cursorStart & 31) && row <= (crtc[R.VGA_CRTC_CURSOR_END] & 31);
    const cursor = counter === position && inCursor && (cursorStart & R.VGA_CURSOR_OFF) === 0;
    const paper = (attribute >> 4) & ((mode & R.VGA_ATTRIBUTE_MODE_BLINK) !== 0 ? 7 : 15);
    const ink = this.#sixteen[attribute & 15];
    const background = this.#sixteen[paper];
    // The ninth column of line graphics is the eighth again; of the rest it is empty.
    const joins = (mode & R.VGA_ATTRIBUTE_MODE_LINE_GRAPHICS) !== 0 && code >= 0xc0 && code <= 0xdf;
    const dots = cursor ? 0x1ff : (glyph << 1) | (joins ? glyph & 1 : 0);
    for (let x = 0; x < this.#dots; x++) this.pixels[at + x] = (dots & (0x100 >> x)) !== 0 ? ink : background;
  }

  /** The pixels of one address: eight of four bits, eight of two bits, or four of eight. */
  #eight(at: number, data: number): void {
    const mode = this.#at.graphics[R.VGA_GRAPHICS_MODE];
    if ((mode & R.VGA_MODE_256) !== 0) {
      for (let x = 0; x < 4; x++) this.pixels[at + x] = this.#colours[(data >>> (8 * x)) & 0xff];
      return;
    }
    const interleave = (mode & R.VGA_MODE_INTERLEAVE) !== 0;
    for (let x = 0; x < 8; x++) this.pixels[at + x] = this.#sixteen[interleave ? twoBits(data, x) : fourBits(data, x)];
  }
}

/** Bit 7 - x of each plane, plane 0 lowest. */
function fourBits(data: number, x: number): number {
  const bits = data >>> (7 - x);
  return (bits & 1) | ((bits >>> 7) & 2) | ((bits >>> 14) & 4) | ((bits >>> 21) & 8);
}

/** Pairs of bits: four pixels of planes 0 and 2, then four of planes 1 and 3. */
function twoBits(data: number, x: number): number {
  const shift = (x < 4 ? 0 : 8) + 6 - 2 * (x & 3);
  return ((data >>> shift) & 3) | (((data >>> (shift + 16)) & 3) << 2);
}

/** Where in plane 2 the font of a character is: two maps, chosen by bit 3 of the attribute. */
function fontOffset({ sequencer }: VgaState, second: boolean): number {
  const map = sequencer[R.VGA_SEQUENCER_CHARACTER_MAP];
  const select = second ? ((map >> 2) & 3) | ((map >> 3) & 4) : (map & 3) | ((map >> 2) & 4);
  return (select & 3) * 0x4000 + (select >> 2) * 0x2000;
}

/** The DAC entry of one of sixteen colours. */
function dacIndex({ attribute }: VgaState, colour: number): number {
  const entry = attribute[colour & attribute[R.VGA_ATTRIBUTE_PLANES] & 15] & 0x3f;
  const select = attribute[R.VGA_ATTRIBUTE_COLOUR_SELECT];
  const p54 = (attribute[R.VGA_ATTRIBUTE_MODE] & R.VGA_ATTRIBUTE_MODE_P54) !== 0;
  return ((select & 0x0c) << 4) | (p54 ? ((select & 3) << 4) | (entry & 15) : entry);
}
