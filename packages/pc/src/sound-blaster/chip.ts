/**
 * Sound Blaster 16: the digital sound processor (DSP 4.13) of a card, with its mixer.
 *
 * Here: ports, reset, commands, interrupts. Not here: transfers (`playback.ts`), volumes (`mixer.ts`), the recording
 * (`tape.ts`), the DMA controller.
 * Not modelled: ADPCM, MIDI, FM, what comes from outside (an input records silence), time per command.
 * An interrupt comes when the last frame of a block has sounded. Creative Labs, Sound Blaster Series Hardware
 * Programming Guide, chapters 2, 3, 6.
 * @module
 */
import type { Clock, TimedChip } from "../clock.ts";
import type { IrqLine } from "../irq-line.ts";
import type { PortDevice } from "../port-device.ts";
import { SbMixer } from "./mixer.ts";
import { type DmaRequests, SbPlayback } from "./playback.ts";
import * as R from "./registers.ts";
import { SOUND_BLASTER_STATE_AT_RESET, type SoundBlasterState } from "./state.ts";
import type { SoundBlock } from "./tape.ts";

/** From the end of the reset pulse until the DSP says so. */
export const SB_RESET_TIME = 100_000;

/** The interrupt lines that a card can be set to, by number: 5, 7, 9, 10. A missing one is not connected. */
export type SbIrqLines = Readonly<Partial<Record<number, IrqLine>>>;

/** Bytes that wait to be read at most; the oldest are lost. */
const OUTPUT_LIMIT = 64;
const OLDER_OUTPUT = { direction: "output", words: false, signed: false, stereo: false, auto: false } as const;
const OLDER_INPUT = { ...OLDER_OUTPUT, direction: "input" } as const;

/** Commands bx and cx. */
function isTransfer(command: number): boolean {
  return command >= R.SB_TRANSFER_16 && command <= R.SB_TRANSFER_8 + 0x0f;
}

/** Arguments of a command. */
function argumentsOf(command: number): number {
  if (isTransfer(command)) return 3;
  switch (command) {
    case R.SB_OUTPUT_8:
    case R.SB_INPUT_8:
    case R.SB_OUTPUT_RATE:
    case R.SB_INPUT_RATE:
    case R.SB_BLOCK_SIZE:
    case R.SB_SILENCE:
      return 2;
    case R.SB_DIRECT_OUTPUT:
    case R.SB_TIME_CONSTANT:
    case R.SB_IDENTIFY:
    case R.SB_WRITE_TEST:
      return 1;
    default:
      return 0;
  }
}

type Fields<S> = { -readonly [K in keyof S]: S[K] };

export class SoundBlaster16 implements PortDevice, TimedChip {
  readonly #clock: Clock;
  readonly #lines: SbIrqLines;
  readonly #mixer: SbMixer;
  readonly #playback: SbPlayback;
  readonly #state: Fields<Omit<SoundBlasterState, "mixer" | "playback">>;

  /** `play` gets frames in order, a FIFO at a time, when they have sounded. */
  constructor(
    clock: Clock,
    lines: SbIrqLines,
    dma: DmaRequests,
    play: (block: SoundBlock) => void,
    state: SoundBlasterState = SOUND_BLASTER_STATE_AT_RESET,
  ) {
    this.#clock = clock;
    this.#lines = lines;
    const { mixer, playback, ...rest } = state;
    this.#state = rest;
    this.#mixer = new SbMixer(mixer);
    this.#playback = new SbPlayback(
      {
        dma,
        channel: (words) => this.#mixer.channel(words),
        blockEnd: (words) => this.#setPending(!words || this.#state.pending8, words || this.#state.pending16),
        play,
      },
      playback,
    );
  }

  /** A copy, as of the last access or `advance`. */
  get state(): SoundBlasterState {
    return { ...this.#state, mixer: this.#mixer.state, playback: this.#playback.state };
  }

  read(offset: number): number {
    this.advance(this.#clock.now());
    const state = this.#state;
    switch (offset) {
      case R.SB_MIXER_INDEX:
        return this.#mixer.index;
      case R.SB_MIXER_DATA:
        return this.#mixer.read((state.pending8 ? R.SB_IRQ_STATUS_8 : 0) | (state.pending16 ? R.SB_IRQ_STATUS_16 : 0));
      case R.SB_READ_DATA:
        return this.#readData();
      case R.SB_WRITE:
        return 0xff & ~R.SB_STATUS_BIT;
      case R.SB_READ_STATUS:
        this.#setPending(false, state.pending16);
        return (state.output.length > 0 ? R.SB_STATUS_BIT : 0) | (0xff & ~R.SB_STATUS_BIT);
      case R.SB_ACKNOWLEDGE_16:
        this.#setPending(state.pending8, false);
        return 0xff;
      default:
        return 0xff;
    }
  }

  write(offset: number, value: number): void {
    const now = this.#clock.now();
    this.advance(now);
    if (offset === R.SB_MIXER_INDEX) this.#mixer.index = value;
    else if (offset === R.SB_MIXER_DATA) this.#writeMixer(value);
    else if (offset === R.SB_RESET) this.#writeReset((value & 1) !== 0, now);
    else if (offset === R.SB_WRITE) this.#writeCommand(value, now);
  }

  nextEvent(): number {
    return this.#playback.nextEvent();
  }

  advance(now: number): void {
    this.#playback.advance(now);
    const state = this.#state;
    if (state.resetDoneAt === null || state.resetDoneAt > now) return;
    state.resetDoneAt = null;
    state.output = [R.SB_RESET_DONE];
  }

  #readData(): number {
    const state = this.#state;
    const [first = state.last, ...rest] = state.output;
    state.output = rest;
    state.last = first;
    return first;
  }

  #writeMixer(value: number): void {
    const before = this.#mixer.lines;
    this.#mixer.write(value);
    const after = this.#mixer.lines;
    if (!this.#asking) return;
    for (const line of before) if (!after.includes(line)) this.#lines[line]?.set(false);
    for (const line of after) if (!before.includes(line)) this.#lines[line]?.set(true);
  }

  #writeReset(level: boolean, now: number): void {
    const state = this.#state;
    const falling = state.resetting && !level;
    state.resetting = level;
    if (!falling) return;
    const { blockSize, playback, speaker } = SOUND_BLASTER_STATE_AT_RESET;
    Object.assign(state, { blockSize, speaker, command: null, args: [], output: [], resetDoneAt: now + SB_RESET_TIME });
    this.#playback.reset(now, playback.rate);
    this.#setPending(false, false);
  }

  #writeCommand(value: number, now: number): void {
    const state = this.#state;
    if (state.resetting || state.resetDoneAt !== null) return;
    if (state.command === null) state.command = value;
    else state.args = [...state.args, value];
    const { command, args } = state;
    if (args.length < argumentsOf(command)) return;
    state.command = null;
    state.args = [];
    const [first = 0, second = 0, third = 0] = args;
    if (isTransfer(command)) this.#transfer(command, first, 1 + (second | (third << 8)), now);
    else this.#command(command, first, second, now);
  }

  #command(command: number, first: number, second: number, now: number): void {
    const state = this.#state;
    const playback = this.#playback;
    const frames = 1 + (first | (second << 8));
    switch (command) {
      case R.SB_DIRECT_OUTPUT:
        playback.direct((first - 0x80) << 8, now);
        break;
      case R.SB_DIRECT_INPUT:
        this.#answer(0x80);
        break;
      case R.SB_OUTPUT_8:
        playback.start({ ...OLDER_OUTPUT, frames }, now);
        break;
      case R.SB_OUTPUT_HIGH_SPEED:
        playback.start({ ...OLDER_OUTPUT, frames: state.blockSize }, now);
        break;
      case R.SB_OUTPUT_8_AUTO:
      case R.SB_OUTPUT_HIGH_SPEED_AUTO:
        playback.start({ ...OLDER_OUTPUT, auto: true, frames: state.blockSize }, now);
        break;
      case R.SB_INPUT_8:
        playback.start({ ...OLDER_INPUT, frames }, now);
        break;
      case R.SB_INPUT_HIGH_SPEED:
        playback.start({ ...OLDER_INPUT, frames: state.blockSize }, now);
        break;
      case R.SB_INPUT_8_AUTO:
      case R.SB_INPUT_HIGH_SPEED_AUTO:
        playback.start({ ...OLDER_INPUT, auto: true, frames: state.blockSize }, now);
        break;
      case R.SB_SILENCE:
        playback.start({ ...OLDER_OUTPUT, direction: "silence", frames }, now);
        break;
      case R.SB_TIME_CONSTANT:
        playback.setRate(1_000_000 / (256 - first), true, now);
        break;
      case R.SB_OUTPUT_RATE:
      case R.SB_INPUT_RATE:
        playback.setRate((first << 8) | second, false, now);
        break;
      case R.SB_BLOCK_SIZE:
        state.blockSize = frames;
        break;
      case R.SB_PAUSE_8:
      case R.SB_PAUSE_16:
        playback.pause(command === R.SB_PAUSE_16, now);
        break;
      case R.SB_CONTINUE_8:
      case R.SB_CONTINUE_16:
        playback.continue(command === R.SB_CONTINUE_16, now);
        break;
      case R.SB_EXIT_8:
      case R.SB_EXIT_16:
        playback.exit(command === R.SB_EXIT_16);
        break;
      case R.SB_SPEAKER_ON:
      case R.SB_SPEAKER_OFF:
        state.speaker = command === R.SB_SPEAKER_ON;
        break;
      case R.SB_SPEAKER_STATUS:
        this.#answer(state.speaker ? 0xff : 0);
        break;
      case R.SB_IDENTIFY:
        this.#answer(~first & 0xff);
        break;
      case R.SB_VERSION:
        this.#answer(R.SB_VERSION_MAJOR, R.SB_VERSION_MINOR);
        break;
      case R.SB_WRITE_TEST:
        state.test = first;
        break;
      case R.SB_READ_TEST:
        this.#answer(state.test);
        break;
      case R.SB_REQUEST_IRQ_8:
        this.#setPending(true, state.pending16);
        break;
      case R.SB_REQUEST_IRQ_16:
        this.#setPending(state.pending8, true);
        break;
      default: // What the card does not know it ignores.
    }
  }

  #transfer(command: number, mode: number, samples: number, now: number): void {
    const stereo = (mode & R.SB_MODE_STEREO) !== 0;
    const direction = (command & R.SB_TRANSFER_INPUT) !== 0 ? "input" : "output";
    const words = command < R.SB_TRANSFER_8;
    const signed = (mode & R.SB_MODE_SIGNED) !== 0;
    const auto = (command & R.SB_TRANSFER_AUTO) !== 0;
    const frames = stereo ? Math.max(1, samples >> 1) : samples;
    this.#playback.start({ direction, words, signed, stereo, auto, frames }, now);
  }

  #answer(...bytes: number[]): void {
    this.#state.output = [...this.#state.output, ...bytes].slice(-OUTPUT_LIMIT);
  }

  get #asking(): boolean {
    return this.#state.pending8 || this.#state.pending16;
  }

  #setPending(pending8: boolean, pending16: boolean): void {
    const before = this.#asking;
    this.#state.pending8 = pending8;
    this.#state.pending16 = pending16;
    if (this.#asking === before) return;
    for (const line of this.#mixer.lines) this.#lines[line]?.set(!before);
  }
}
