/**
 * The picture of a VBE mode: pixels of 8 to 32 bits in a row.
 *
 * Here: from memory to RGBA as a pure function. Not here: the registers (`chip.ts`), VGA modes (`vga/`).
 * Bochs VBE display interface, "VBE_DISPI_INDEX_BPP".
 * @module
 */
import type { Picture } from "../vga/render.ts";

/** Where the picture is, and how. */
export interface LinearMode {
  readonly width: number;
  readonly height: number;
  readonly bpp: number;
  /** Byte of the first pixel, and bytes from line to line. */
  readonly start: number;
  readonly pitch: number;
}

/** Bytes of a pixel; 0 for a depth that is none. */
export function bytesPerPixel(bpp: number): number {
  return [8, 15, 16, 24, 32].includes(bpp) ? (bpp + 7) >> 3 : 0;
}

const five = (value: number): number => ((value & 31) << 3) | ((value & 31) >> 2);
const six = (value: number): number => ((value & 63) << 2) | ((value & 63) >> 4);

/** The picture; `colours` are the palette as RGBA dwords, for 8 bits. What is beyond the memory is black. */
export function renderLinear(mode: LinearMode, memory: Uint8Array, colours: Uint32Array): Picture {
  const { width, height, bpp, start, pitch } = mode;
  const pixels = new Uint32Array(width * height);
  const size = bytesPerPixel(bpp);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      let value = 0;
      for (let i = 0; i < size; i++) value |= (memory[start + y * pitch + x * size + i] ?? 0) << (8 * i);
      pixels[y * width + x] = colour(value, bpp, colours);
    }
  return { width, height, rgba: new Uint8Array(pixels.buffer) };
}

function colour(value: number, bpp: number, colours: Uint32Array): number {
  if (bpp === 8) return colours[value];
  let [red, green, blue] = [(value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff];
  if (bpp === 15) [red, green, blue] = [five(value >> 10), five(value >> 5), five(value)];
  else if (bpp === 16) [red, green, blue] = [five(value >> 11), six(value >> 5), five(value)];
  return (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0;
}
