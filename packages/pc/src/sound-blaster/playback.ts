/**
 * The transfers of a Sound Blaster 16: DMA through the FIFO to the converter, in time.
 *
 * Here: begin, pause, continue, end; what has been heard, and for how long nothing was. Not here: commands and
 * interrupts (`chip.ts`), one transfer's arithmetic (`transfer.ts`), the recording (`tape.ts`).
 * One transfer of bytes and one of words can run, of which one sounds: the later one.
 * @module
 */
import type { TimedChip } from "../clock.ts";
import type { DmaReadResult, DmaWriteResult } from "../i8237a/chip.ts";
import type { SbPlaybackState } from "./state.ts";
import type { SoundBlock } from "./tape.ts";
import * as T from "./transfer.ts";

const NANOSECONDS = 1_000_000_000;
/** What direct output's level is recorded at, and for how long at most. */
const DIRECT_RATE = 44_100;
const DIRECT_HOLD = 10_000_000;
const LOWEST_RATE = 4_000;
const HIGHEST_RATE = 48_000;

/** The DMA controller as the card sees it: what is asked for on a channel, and what comes. */
export interface DmaRequests {
  /** Up to `count` bytes from memory: fewer at the terminal count, none while the channel is closed. */
  readMemory(channel: number, count: number): DmaReadResult;
  /** Offers bytes to memory; the result says how many it took. */
  writeMemory(channel: number, bytes: Uint8Array): DmaWriteResult;
}

/** What the transfers need of the rest of the card. */
export interface SbPlaybackWires {
  readonly dma: DmaRequests;
  /** The channel of transfers of bytes, or of words. */
  channel(words: boolean): number | undefined;
  /** A block has come to its end. */
  blockEnd(words: boolean): void;
  /** Frames have sounded. */
  play(block: SoundBlock): void;
}

type Fields<S> = { -readonly [K in keyof S]: S[K] };

export class SbPlayback implements TimedChip {
  readonly #wires: SbPlaybackWires;
  readonly #state: Fields<Omit<SbPlaybackState, "bytes" | "words">>;
  #bytes: T.SbTransfer | null;
  #words: T.SbTransfer | null;

  constructor(wires: SbPlaybackWires, state: SbPlaybackState) {
    this.#wires = wires;
    const { bytes, words, ...rest } = state;
    this.#state = rest;
    this.#bytes = T.copyTransfer(bytes);
    this.#words = T.copyTransfer(words);
  }

  get state(): SbPlaybackState {
    return { ...this.#state, bytes: T.copyTransfer(this.#bytes), words: T.copyTransfer(this.#words) };
  }

  nextEvent(): number {
    return Math.min(this.#due(this.#bytes), this.#due(this.#words));
  }

  advance(now: number): void {
    for (let at = this.nextEvent(); at <= now; at = this.nextEvent()) {
      const transfer = this.#due(this.#bytes) === at ? this.#bytes : this.#words;
      this.#finishChunk(transfer as T.SbTransfer, at);
    }
  }

  /** Ends everything; silence counts from the first time on. */
  reset(now: number, rate: number): void {
    for (const transfer of [this.#bytes, this.#words]) if (transfer !== null) this.#end(transfer, now);
    this.#endDirect(now);
    if (!this.#state.heard) this.#state.quietSince = now;
    this.#state.heard = true;
    this.#state.rate = rate;
    this.#state.rateOfSamples = false;
  }

  /** Units per second: frames, or samples of which a stereo frame has two. Transfers under way change with it. */
  setRate(rate: number, ofSamples: boolean, now: number): void {
    const running = [this.#bytes, this.#words].filter((transfer) => transfer !== null).filter(({ paused }) => !paused);
    for (const transfer of running) this.#split(transfer, now);
    this.#state.rate = Math.min(HIGHEST_RATE, Math.max(LOWEST_RATE, Math.round(rate)));
    this.#state.rateOfSamples = ofSamples;
    for (const transfer of running) this.#run(transfer, now);
  }

  /** Begins a transfer, or lets it follow the auto-init one that runs, when its block ends. */
  start(order: T.SbTransferOrder, now: number): void {
    const same = order.words ? this.#words : this.#bytes;
    if (same?.auto && !same.paused) {
      same.next = order;
      return;
    }
    if (same !== null) this.#end(same, now);
    const other = order.words ? this.#bytes : this.#words;
    if (other !== null && sounds(order) && sounds(other)) this.#end(other, now);
    if (sounds(order)) this.#endDirect(now);
    const transfer = T.beginTransfer(order, now);
    if (order.words) this.#words = transfer;
    else this.#bytes = transfer;
    this.#fetch(transfer, now);
  }

  pause(words: boolean, now: number): void {
    const transfer = words ? this.#words : this.#bytes;
    if (transfer === null || transfer.paused) return;
    this.#split(transfer, now);
    transfer.paused = true;
    if (sounds(transfer)) this.#endSilence(now);
  }

  continue(words: boolean, now: number): void {
    const transfer = words ? this.#words : this.#bytes;
    if (!transfer?.paused) return;
    transfer.paused = false;
    this.#run(transfer, now);
  }

  /** A transfer ends with its block. */
  exit(words: boolean): void {
    const transfer = words ? this.#words : this.#bytes;
    if (transfer !== null) transfer.ending = true;
  }

  /** A level of 16 bits that holds until the next one comes. */
  direct(level: number, now: number): void {
    if ([this.#bytes, this.#words].some((transfer) => transfer !== null && sounds(transfer))) return;
    this.#endDirect(now);
    this.#endSilence(now);
    this.#state.direct = { level, since: now };
  }

  #rate({ stereo }: T.SbTransferOrder): number {
    const { rate, rateOfSamples } = this.#state;
    return rateOfSamples && stereo ? Math.round(rate / 2) : rate;
  }

  #due(transfer: T.SbTransferState | null): number {
    if (transfer === null || transfer.paused) return Number.POSITIVE_INFINITY;
    return T.frameTime(transfer, this.#rate(transfer), transfer.chunk);
  }

  /** The FIFO has sounded, or a stall's time is over. */
  #finishChunk(transfer: T.SbTransfer, at: number): void {
    const rate = this.#rate(transfer);
    if (!transfer.stalled) this.#sound(transfer, transfer.chunk, rate);
    T.countPlayed(transfer, rate, transfer.chunk);
    transfer.fifo = [];
    transfer.chunk = 0;
    if (transfer.left === 0) {
      const { auto, ending, next, words } = transfer;
      this.#wires.blockEnd(words);
      if (next !== null || !auto || ending) {
        this.#end(transfer, at);
        if (next !== null) this.start(next, at);
        return;
      }
      transfer.left = transfer.frames;
    }
    this.#fetch(transfer, at);
  }

  /** Fills the FIFO. Where DMA gives nothing, it is asked again after the time of as many frames. */
  #fetch(transfer: T.SbTransfer, at: number): void {
    const got = this.#move(transfer, Math.min(T.SB_FIFO_FRAMES, transfer.left));
    transfer.stalled = got === 0;
    transfer.chunk = got || T.SB_FIFO_FRAMES;
    transfer.left -= got;
    if (transfer.stalled && sounds(transfer)) this.#state.quietSince ??= at;
  }

  /** Moves frames between memory and FIFO; how many. */
  #move(transfer: T.SbTransfer, frames: number): number {
    if (transfer.direction === "silence") {
      transfer.fifo = new Array<number>(2 * frames).fill(0);
      return frames;
    }
    const channel = this.#wires.channel(transfer.words);
    if (channel === undefined) return 0;
    const { dma } = this.#wires;
    const size = frames * T.frameBytes(transfer);
    let moved = 0;
    if (transfer.direction === "input") {
      const silence = T.silenceBytes(transfer, frames);
      for (let count = -1; count !== 0 && moved < size; moved += count)
        count = dma.writeMemory(channel, silence.subarray(moved)).count;
    } else {
      const bytes = new Uint8Array(size);
      for (let count = -1; count !== 0 && moved < size; moved += count) {
        const part = dma.readMemory(channel, size - moved).bytes;
        bytes.set(part, moved);
        count = part.length;
      }
      transfer.fifo = T.samplesOf(transfer, bytes.subarray(0, moved));
    }
    return Math.floor(moved / T.frameBytes(transfer));
  }

  /** What the FIFO still has begins to sound now. */
  #run(transfer: T.SbTransfer, now: number): void {
    transfer.since = now;
    transfer.played = 0;
    if (transfer.stalled && sounds(transfer)) this.#state.quietSince ??= now;
  }

  /** Gives away the frames of the FIFO that have sounded. */
  #split(transfer: T.SbTransfer, now: number): void {
    if (transfer.stalled) return;
    const rate = this.#rate(transfer);
    const played = T.framesPlayed(transfer, rate, now);
    this.#sound(transfer, played, rate);
    T.countPlayed(transfer, rate, played);
    transfer.fifo.splice(0, 2 * played);
    transfer.chunk -= played;
  }

  /** A transfer is over, or given up in the middle. */
  #end(transfer: T.SbTransfer, now: number): void {
    if (!transfer.paused && transfer.chunk > 0) this.#split(transfer, now);
    if (transfer.words) this.#words = null;
    else this.#bytes = null;
    if (sounds(transfer)) this.#state.quietSince ??= now;
  }

  #sound(transfer: T.SbTransfer, frames: number, rate: number): void {
    if (frames === 0 || !sounds(transfer)) return;
    const at = T.frameTime(transfer, rate, 0);
    this.#endSilence(at);
    this.#emit(at, rate, transfer.fifo.slice(0, 2 * frames));
  }

  #emit(at: number, rate: number, samples: readonly number[]): void {
    const { idle } = this.#state;
    this.#state.idle = 0;
    this.#wires.play({ at, rate, idle, samples });
  }

  #endSilence(now: number): void {
    const state = this.#state;
    if (state.quietSince !== null) state.idle += now - state.quietSince;
    state.quietSince = null;
  }

  #endDirect(now: number): void {
    const { direct } = this.#state;
    if (direct === null) return;
    const end = Math.min(now, direct.since + DIRECT_HOLD);
    const frames = framesUntil(end) - framesUntil(direct.since);
    if (frames > 0) this.#emit(direct.since, DIRECT_RATE, new Array<number>(2 * frames).fill(direct.level));
    this.#state.direct = null;
    this.#state.quietSince = end;
  }
}

function sounds({ direction }: T.SbTransferOrder): boolean {
  return direction !== "input";
}

/** Frames of direct output's rate since time began. */
function framesUntil(now: number): number {
  return Math.floor(now / NANOSECONDS) * DIRECT_RATE + Math.floor(((now % NANOSECONDS) * DIRECT_RATE) / NANOSECONDS);
}
