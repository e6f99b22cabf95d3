/**
 * The way from the program's addresses to the planes: the graphics controller.
 *
 * Here: where the window is, chain 4 and odd/even, write modes 0 to 3, read modes 0 and 1, latches.
 * Not here: the registers' ports (`chip.ts`), the picture (`render.ts`).
 * Byte 4n + p of the memory is byte n of plane p, so the four planes of an address are one dword.
 * IBM PS/2 Hardware Interface Technical Reference, "Video Subsystem", "Graphics Controller".
 * @module
 */
import type { AccessSize } from "../mmio-device.ts";
import * as R from "./registers.ts";
import type { VgaFields } from "./state.ts";

/** Four bits to four bytes of all zeros or all ones: plane 0 lowest. */
const EXPAND = Uint32Array.from({ length: 16 }, (_, bits) => {
  let bytes = 0;
  for (let plane = 0; plane < 4; plane++) if ((bits & (1 << plane)) !== 0) bytes |= 0xff << (8 * plane);
  return bytes;
});

/** First offset and size of the window, by the map field of the miscellaneous register. */
const MAPS = [
  { first: 0x00000, size: 0x20000 },
  { first: 0x00000, size: 0x10000 },
  { first: 0x10000, size: 0x08000 },
  { first: 0x18000, size: 0x08000 },
];

const PLANE_OFFSETS = 0xffff;

/** The address inside the window, or -1 outside of it. `offset` is from a0000. */
function inWindow(at: VgaFields, offset: number): number {
  if ((at.misc & R.VGA_MISC_RAM) === 0) return -1;
  const { first, size } = MAPS[(at.graphics[R.VGA_GRAPHICS_MISC] >> R.VGA_GRAPHICS_MISC_MAP_SHIFT) & 3];
  return offset >= first && offset < first + size ? offset - first : -1;
}

const chained = (at: VgaFields): boolean =>
  (at.sequencer[R.VGA_SEQUENCER_MEMORY_MODE] & R.VGA_MEMORY_MODE_CHAIN4) !== 0;

/** Reads a byte, which fills the latches. */
export function readWindow(at: VgaFields, planes: Uint32Array, offset: number): number {
  const address = inWindow(at, offset);
  if (address < 0) return 0xff;
  const mode = at.graphics[R.VGA_GRAPHICS_MODE];
  let plane = at.graphics[R.VGA_GRAPHICS_READ_MAP] & 3;
  let index = address;
  if (chained(at)) {
    plane = address & 3;
    index = address & ~3;
  } else if ((mode & R.VGA_MODE_ODD_EVEN) !== 0) {
    plane = (plane & 2) | (address & 1);
    index = address & ~1;
  }
  const latches = planes[index & PLANE_OFFSETS];
  at.latches = latches;
  if ((mode & R.VGA_MODE_READ1) === 0) return (latches >>> (8 * plane)) & 0xff;
  const compare = EXPAND[at.graphics[R.VGA_GRAPHICS_COMPARE] & 15];
  const differs = (latches ^ compare) & EXPAND[at.graphics[R.VGA_GRAPHICS_DONT_CARE] & 15];
  return ~(differs | (differs >>> 8) | (differs >>> 16) | (differs >>> 24)) & 0xff;
}

/** Writes bytes, the lowest first, through the write mode, the function, the bit mask and the map mask. */
export function writeWindow(at: VgaFields, planes: Uint32Array, offset: number, size: AccessSize, value: number): void {
  if ((at.misc & R.VGA_MISC_RAM) === 0) return;
  const { sequencer, graphics } = at;
  const map = MAPS[(graphics[R.VGA_GRAPHICS_MISC] >> R.VGA_GRAPHICS_MISC_MAP_SHIFT) & 3];
  const memoryMode = sequencer[R.VGA_SEQUENCER_MEMORY_MODE];
  const mapMask = sequencer[R.VGA_SEQUENCER_MAP_MASK] & 15;
  const straight = isStraight(graphics);
  const address = offset - map.first;
  const oddEven = (memoryMode & (R.VGA_MEMORY_MODE_CHAIN4 | R.VGA_MEMORY_MODE_SEQUENTIAL)) === 0;
  if (size === 2 && straight && oddEven && (address & 1) === 0 && address >= 0 && address < map.size) {
    // A character and its attribute, as systems write them: both are at one index.
    put(planes, address, mapMask, Math.imul(value & 0xff, 0x00010001) | Math.imul((value >>> 8) & 0xff, 0x01000100));
    return;
  }
  for (let i = address; i < address + size; i++, value >>>= 8) {
    if (i < 0 || i >= map.size) continue;
    const data = straight ? Math.imul(value & 0xff, 0x01010101) : result(at, value & 0xff);
    if (oddEven) put(planes, i & ~1, mapMask & ((i & 1) === 0 ? 0b0101 : 0b1010), data);
    else if ((memoryMode & R.VGA_MEMORY_MODE_CHAIN4) !== 0) put(planes, i & ~3, mapMask & (1 << (i & 3)), data);
    else put(planes, i, mapMask, data);
  }
}

/** Writes those of the four planes that `mask` has. */
function put(planes: Uint32Array, index: number, mask: number, data: number): void {
  const write = EXPAND[mask];
  const at = index & PLANE_OFFSETS;
  planes[at] = (planes[at] & ~write) | (data & write);
}

/** All planes get the byte as it is: text, and pictures that need nothing of the graphics controller. */
function isStraight(graphics: readonly number[]): boolean {
  if ((graphics[R.VGA_GRAPHICS_MODE] & R.VGA_MODE_WRITE) !== 0 || graphics[R.VGA_GRAPHICS_ROTATE] !== 0) return false;
  return graphics[R.VGA_GRAPHICS_BIT_MASK] === 0xff && (graphics[R.VGA_GRAPHICS_ENABLE_SET_RESET] & 15) === 0;
}

/** What the four planes get, before the map mask. */
function result(at: VgaFields, value: number): number {
  const { graphics, latches } = at;
  const rotate = graphics[R.VGA_GRAPHICS_ROTATE];
  const setReset = EXPAND[graphics[R.VGA_GRAPHICS_SET_RESET] & 15];
  const count = rotate & 7;
  const rotated = ((value >> count) | (value << (8 - count))) & 0xff;
  let bitMask = graphics[R.VGA_GRAPHICS_BIT_MASK];
  const mode = graphics[R.VGA_GRAPHICS_MODE] & R.VGA_MODE_WRITE;
  let data: number;
  switch (mode) {
    case 0: {
      const enable = EXPAND[graphics[R.VGA_GRAPHICS_ENABLE_SET_RESET] & 15];
      data = (Math.imul(rotated, 0x01010101) & ~enable) | (setReset & enable);
      break;
    }
    case 1:
      return latches;
    case 2:
      data = EXPAND[value & 15];
      break;
    default:
      bitMask &= rotated;
      data = setReset;
  }
  const functions = (rotate >> 3) & 3;
  if (functions === 1) data &= latches;
  else if (functions === 2) data |= latches;
  else if (functions === 3) data ^= latches;
  const mask = Math.imul(bitMask, 0x01010101);
  return (data & mask) | (latches & ~mask);
}
