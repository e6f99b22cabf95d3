/**
 * The state of a VGA: all its registers, without its memory.
 *
 * Here: the shape, the values after a reset and in the text mode of firmware. Not here: the video memory, which is
 * given from outside and kept there as RAM is. IBM PS/2 Hardware Interface Technical Reference, "Video Subsystem".
 * @module
 */
import { VGA_ATTRIBUTE_PICTURE } from "./registers.ts";

/** Plain, versioned state. */
export interface VgaState {
  readonly version: 1;
  readonly misc: number;
  readonly feature: number;
  readonly sequencerIndex: number;
  /** 8 registers. */
  readonly sequencer: readonly number[];
  readonly crtcIndex: number;
  /** 32 registers. */
  readonly crtc: readonly number[];
  readonly graphicsIndex: number;
  /** 16 registers. */
  readonly graphics: readonly number[];
  /** With the bit that gives the palette to the picture. */
  readonly attributeIndex: number;
  /** The next write to the attribute port is data. */
  readonly attributeData: boolean;
  /** 32 registers. */
  readonly attribute: readonly number[];
  readonly dacMask: number;
  readonly dacIndex: number;
  /** 0 red, 1 green, 2 blue comes next. */
  readonly dacComponent: number;
  /** The index was set for reading. */
  readonly dacReads: boolean;
  /** 256 entries of red, green, blue, as written. */
  readonly palette: readonly number[];
  /** What the last read left in the latches, a byte a plane, plane 0 lowest. */
  readonly latches: number;
}

const zeros = (count: number): number[] => new Array<number>(count).fill(0);
const filled = (count: number, ...values: number[]): number[] => [...values, ...zeros(count - values.length)];

export const VGA_STATE_AT_RESET: VgaState = {
  version: 1,
  misc: 0,
  feature: 0,
  sequencerIndex: 0,
  sequencer: zeros(8),
  crtcIndex: 0,
  crtc: zeros(32),
  graphicsIndex: 0,
  graphics: zeros(16),
  attributeIndex: 0,
  attributeData: false,
  attribute: zeros(32),
  dacMask: 0xff,
  dacIndex: 0,
  dacComponent: 0,
  dacReads: false,
  palette: zeros(768),
  latches: 0,
};

/** The 64 colours of the EGA: two bits a component, the lower in bits 3 to 5. */
function egaColours(): number[] {
  const component = (index: number, high: number, low: number): number =>
    ((index >> high) & 1) * 42 + ((index >> low) & 1) * 21;
  const colours: number[] = [];
  for (let i = 0; i < 64; i++) colours.push(component(i, 2, 5), component(i, 1, 4), component(i, 0, 3));
  return colours;
}

/** Mode 3, 80 by 25 in 16 colours, as firmware leaves it; the font is what plane 2 of the memory holds. */
export const VGA_STATE_IN_TEXT_MODE: VgaState = {
  ...VGA_STATE_AT_RESET,
  misc: 0x67,
  sequencer: filled(8, 0x03, 0x00, 0x03, 0x00, 0x02),
  crtc: filled(
    32,
    ...[0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0x00, 0x4f, 0x0d, 0x0e],
    ...[0x00, 0x00, 0x00, 0x00, 0x9c, 0x8e, 0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff],
  ),
  graphics: filled(16, 0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x0e, 0x00, 0xff),
  attributeIndex: VGA_ATTRIBUTE_PICTURE,
  attribute: filled(
    32,
    ...[0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x14, 0x07, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f],
    ...[0x0c, 0x00, 0x0f, 0x08, 0x00],
  ),
  palette: filled(768, ...egaColours()),
};

/** The registers while a chip works on them. */
export type VgaFields = {
  -readonly [K in keyof VgaState]: VgaState[K] extends readonly number[] ? number[] : VgaState[K];
};

/** A copy that shares nothing. */
export function copyVgaState(state: VgaState): VgaFields {
  return {
    ...state,
    sequencer: [...state.sequencer],
    crtc: [...state.crtc],
    graphics: [...state.graphics],
    attribute: [...state.attribute],
    palette: [...state.palette],
  };
}
