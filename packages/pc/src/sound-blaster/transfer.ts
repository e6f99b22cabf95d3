/**
 * One DMA transfer of a sound card: blocks of frames that come through the FIFO, each at its time.
 *
 * Here: a transfer's state, when frames begin, what bytes mean. Not here: commands and interrupts (`chip.ts`).
 * The FIFO is filled whenever it is empty, and so DMA runs up to `SB_FIFO_FRAMES` frames ahead of the converter.
 * Times are exact: frame n of a run begins at the first ns that is not before n / rate.
 * @module
 */

/** Frames that the FIFO takes at a time. */
export const SB_FIFO_FRAMES = 32;
const NANOSECONDS = 1_000_000_000;

/** What a command asks for. */
export interface SbTransferOrder {
  readonly direction: "output" | "input" | "silence";
  /** Samples of 16 bits; it is paused, ended and acknowledged by the commands of 16-bit transfers. */
  readonly words: boolean;
  readonly signed: boolean;
  readonly stereo: boolean;
  /** Block after block, until told to end. */
  readonly auto: boolean;
  /** Frames of a block. */
  readonly frames: number;
}

/** Plain state of a transfer under way. */
export interface SbTransferState extends SbTransferOrder {
  /** Frames of this block that are not in the FIFO yet. */
  readonly left: number;
  /** Frames in the FIFO, the one that sounds first; where `stalled`, frames' time until DMA is asked again. */
  readonly chunk: number;
  /** Their samples of 16 bits, left and right; none for input. */
  readonly fifo: readonly number[];
  /** DMA had nothing to give (its channel is masked, or has come to its end). */
  readonly stalled: boolean;
  /** When counting of frames began, in virtual ns, and frames since then before those in the FIFO. */
  readonly since: number;
  readonly played: number;
  readonly paused: boolean;
  /** It ends with this block. */
  readonly ending: boolean;
  /** What follows at the end of this block. */
  readonly next: SbTransferOrder | null;
}

export type SbTransfer = { -readonly [K in keyof Omit<SbTransferState, "fifo">]: SbTransferState[K] } & {
  fifo: number[];
};

/** A transfer that has fetched nothing yet. */
export function beginTransfer(order: SbTransferOrder, now: number): SbTransfer {
  const idle = { chunk: 0, fifo: [], stalled: false, played: 0, paused: false, ending: false, next: null };
  return { ...order, ...idle, left: order.frames, since: now };
}

/** A copy that shares nothing that changes. */
export function copyTransfer(transfer: SbTransferState | null): SbTransfer | null {
  return transfer === null ? null : { ...transfer, fifo: [...transfer.fifo] };
}

/** Bytes of a frame in memory. */
export function frameBytes({ words, stereo }: SbTransferOrder): number {
  return (words ? 2 : 1) * (stereo ? 2 : 1);
}

/** When frame `n` behind those played begins. */
export function frameTime(transfer: SbTransferState, rate: number, n: number): number {
  return transfer.since + Math.ceil(((transfer.played + n) * NANOSECONDS) / rate);
}

/** Whole frames of the FIFO that have sounded at `now`, which is before the last one's end. */
export function framesPlayed(transfer: SbTransferState, rate: number, now: number): number {
  return Math.floor(((now - frameTime(transfer, rate, 0)) * rate) / NANOSECONDS);
}

/** Counts frames as played; whole seconds move into `since`, so that counting stays exact for ever. */
export function countPlayed(transfer: SbTransfer, rate: number, frames: number): void {
  transfer.played += frames;
  transfer.since += Math.floor(transfer.played / rate) * NANOSECONDS;
  transfer.played %= rate;
}

/** Bytes of whole frames as samples of 16 bits, left and right. */
export function samplesOf(order: SbTransferOrder, bytes: Uint8Array): number[] {
  const samples: number[] = [];
  const one = (at: number): number => {
    if (!order.words) return (((bytes[at] as number) ^ (order.signed ? 0 : 0x80)) << 24) >> 16;
    const word = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
    return ((word ^ (order.signed ? 0 : 0x8000)) << 16) >> 16;
  };
  const size = frameBytes(order);
  for (let at = 0; at + size <= bytes.length; at += size)
    samples.push(one(at), order.stereo ? one(at + size / 2) : one(at));
  return samples;
}

/** Frames of silence as bytes: what an input records here. */
export function silenceBytes(order: SbTransferOrder, frames: number): Uint8Array {
  const bytes = new Uint8Array(frames * frameBytes(order));
  if (!order.signed) for (let at = order.words ? 1 : 0; at < bytes.length; at += order.words ? 2 : 1) bytes[at] = 0x80;
  return bytes;
}
