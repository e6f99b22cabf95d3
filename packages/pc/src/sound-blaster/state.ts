/**
 * The plain state of a Sound Blaster 16.
 *
 * Here: its shape, its value after power-on. Not here: what changes it (`chip.ts`, `playback.ts`).
 * @module
 */
import { SB_MIXER_STATE_AT_RESET, type SbMixerState } from "./mixer.ts";
import type { SbTransferState } from "./transfer.ts";

/** Plain state of the transfers, and of what of them has been heard. */
export interface SbPlaybackState {
  /** Units per second: of frames, or after TIME_CONSTANT of samples. */
  readonly rate: number;
  readonly rateOfSamples: boolean;
  readonly bytes: SbTransferState | null;
  readonly words: SbTransferState | null;
  /** The level that direct output holds, and from when on. */
  readonly direct: { readonly level: number; readonly since: number } | null;
  /** The card has been reset once: silence counts from then on. */
  readonly heard: boolean;
  /** Ns of silence that no block has told of yet, and since when there is more of it. */
  readonly idle: number;
  readonly quietSince: number | null;
}

/** Plain, versioned state. Times are virtual ns; null is "not now". */
export interface SoundBlasterState {
  readonly version: 1;
  readonly mixer: SbMixerState;
  readonly playback: SbPlaybackState;
  /** The reset bit as it was last written, and when the DSP will have finished its reset. */
  readonly resetting: boolean;
  readonly resetDoneAt: number | null;
  /** The command whose arguments are coming, and those that have come. */
  readonly command: number | null;
  readonly args: readonly number[];
  /** Bytes that wait to be read, and the one read last. */
  readonly output: readonly number[];
  readonly last: number;
  readonly speaker: boolean;
  readonly test: number;
  /** Samples of a block of the older auto-init commands. */
  readonly blockSize: number;
  /** Interrupts of 8-bit and of 16-bit transfers that are not acknowledged. */
  readonly pending8: boolean;
  readonly pending16: boolean;
}

export const SB_PLAYBACK_STATE_AT_RESET: SbPlaybackState = {
  rate: 22050,
  rateOfSamples: false,
  bytes: null,
  words: null,
  direct: null,
  heard: false,
  idle: 0,
  quietSince: null,
};

export const SOUND_BLASTER_STATE_AT_RESET: SoundBlasterState = {
  version: 1,
  mixer: SB_MIXER_STATE_AT_RESET,
  playback: SB_PLAYBACK_STATE_AT_RESET,
  resetting: false,
  resetDoneAt: null,
  command: null,
  args: [],
  output: [],
  last: 0xff,
  speaker: false,
  test: 0,
  blockSize: 2048,
  pending8: false,
  pending16: false,
};
