/**
 * What the CRTC says: the size of the picture, where the beam is at a time.
 *
 * Here: pure functions of registers and time. Not here: the picture (`render.ts`).
 * IBM PS/2 Hardware Interface Technical Reference, "Video Subsystem", "CRT Controller Registers".
 * @module
 */
import * as R from "./registers.ts";
import type { VgaState } from "./state.ts";

type Registers = Pick<VgaState, "misc" | "sequencer" | "crtc">;

/** Pixel clocks in kHz. */
const CLOCK_25 = 25_175;
const CLOCK_28 = 28_322;

/** A value of ten bits: register, and two bits of the overflow register. */
function ten(crtc: readonly number[], register: number, bit8: number, bit9: number): number {
  const overflow = crtc[R.VGA_CRTC_OVERFLOW];
  return crtc[register] | (((overflow >> bit8) & 1) << 8) | (((overflow >> bit9) & 1) << 9);
}

/** Scan lines with picture. */
export const verticalEnd = ({ crtc }: Pick<VgaState, "crtc">): number => ten(crtc, R.VGA_CRTC_VERTICAL_END, 1, 6) + 1;

/** The scan line after which addresses begin again at 0. */
export const lineCompare = ({ crtc }: Pick<VgaState, "crtc">): number =>
  crtc[R.VGA_CRTC_LINE_COMPARE] |
  (((crtc[R.VGA_CRTC_OVERFLOW] >> 4) & 1) << 8) |
  (((crtc[R.VGA_CRTC_MAXIMUM_SCAN] >> 6) & 1) << 9);

/** Dots of a character clock. */
export const dotsPerCharacter = ({ sequencer }: Pick<VgaState, "sequencer">): 8 | 9 =>
  (sequencer[R.VGA_SEQUENCER_CLOCKING] & R.VGA_CLOCKING_8_DOTS) !== 0 ? 8 : 9;

/** Status register 1 at a time in ns: whether there is picture, and whether the beam returns. */
export function beamStatus(at: Registers, now: number): number {
  const { crtc } = at;
  const half = (at.sequencer[R.VGA_SEQUENCER_CLOCKING] & R.VGA_CLOCKING_HALF) !== 0 ? 2 : 1;
  const clock = (at.misc & R.VGA_MISC_CLOCK28) !== 0 ? CLOCK_28 : CLOCK_25;
  /** ns of a character clock. */
  const character = (dotsPerCharacter(at) * half * 1_000_000) / clock;
  const characters = crtc[R.VGA_CRTC_HORIZONTAL_TOTAL] + 5;
  const lines = ten(crtc, R.VGA_CRTC_VERTICAL_TOTAL, 0, 5) + 2;
  const position = Math.floor(now / character) % (characters * lines);
  const line = Math.floor(position / characters);
  const column = position % characters;
  const start = ten(crtc, R.VGA_CRTC_RETRACE_START, 2, 7);
  // The end has four bits only: the first line after the start that has them.
  const width = (crtc[R.VGA_CRTC_RETRACE_END] - start) & 15 || 16;
  const returns = line >= start && line < start + width;
  const picture = line < verticalEnd(at) && column <= crtc[R.VGA_CRTC_HORIZONTAL_END];
  return (picture ? 0 : R.VGA_STATUS1_BLANK) | (returns ? R.VGA_STATUS1_RETRACE : 0);
}
