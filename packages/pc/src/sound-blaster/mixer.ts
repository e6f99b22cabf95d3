/**
 * The mixer of a Sound Blaster 16: volumes that read back, and which interrupt and DMA channels the card uses.
 *
 * Here: the register file behind index and data, and the older cards' names for the same volumes. Not here: mixing:
 * what is recorded is what the converter gives (`tape.ts`). Hardware Programming Guide, chapter 4, "CT1745".
 * @module
 */
import * as R from "./registers.ts";

/** Plain state. */
export interface SbMixerState {
  readonly index: number;
  /** Registers 30 to 47. */
  readonly levels: readonly number[];
  readonly irqSelect: number;
  readonly dmaSelect: number;
}

const FIRST = R.SB_MIXER_MASTER_LEFT;
const LEVELS_AT_RESET: readonly number[] = Array.from({ length: R.SB_MIXER_BASS_RIGHT + 1 - FIRST }, (_, i) => {
  const register = FIRST + i;
  if (register < R.SB_MIXER_CD_LEFT) return 0xc0;
  if (register === R.SB_MIXER_OUTPUT_SWITCHES) return 0x1f;
  if (register === R.SB_MIXER_INPUT_LEFT_SWITCHES) return 0x15;
  if (register === R.SB_MIXER_INPUT_RIGHT_SWITCHES) return 0x0b;
  return register < R.SB_MIXER_TREBLE_LEFT ? 0 : 0x80;
});

/** Lines of the bits of IRQ_SELECT. */
const LINES = [9, 5, 7, 10];

export const SB_MIXER_STATE_AT_RESET: SbMixerState = {
  index: 0,
  levels: LEVELS_AT_RESET,
  irqSelect: 1 << LINES.indexOf(R.SB_IRQ),
  dmaSelect: (1 << R.SB_DMA_BYTES) | (1 << R.SB_DMA_WORDS),
};

/** The older cards' registers, and the left one of the two that each stands for. */
const PAIRS: Readonly<Record<number, number>> = {
  [R.SB_MIXER_PRO_VOICE]: R.SB_MIXER_VOICE_LEFT,
  [R.SB_MIXER_PRO_MASTER]: R.SB_MIXER_MASTER_LEFT,
  [R.SB_MIXER_PRO_MIDI]: R.SB_MIXER_MIDI_LEFT,
  [R.SB_MIXER_PRO_CD]: R.SB_MIXER_CD_LEFT,
  [R.SB_MIXER_PRO_LINE]: R.SB_MIXER_LINE_LEFT,
};

/** Bits that a register has; the others read 0. */
function bitsOf(register: number): number {
  if (register <= R.SB_MIXER_MICROPHONE) return 0xf8;
  if (register === R.SB_MIXER_OUTPUT_SWITCHES) return 0x1f;
  if (register === R.SB_MIXER_INPUT_LEFT_SWITCHES || register === R.SB_MIXER_INPUT_RIGHT_SWITCHES) return 0x7f;
  if (register === 0x43) return 0x01;
  return register < R.SB_MIXER_TREBLE_LEFT ? 0xc0 : 0xf0;
}

export class SbMixer {
  index: number;
  #levels: number[];
  #irqSelect: number;
  #dmaSelect: number;

  constructor(state: SbMixerState) {
    this.index = state.index;
    this.#levels = [...state.levels];
    this.#irqSelect = state.irqSelect;
    this.#dmaSelect = state.dmaSelect;
  }

  get state(): SbMixerState {
    const { index } = this;
    return { index, levels: [...this.#levels], irqSelect: this.#irqSelect, dmaSelect: this.#dmaSelect };
  }

  /** The interrupt lines that the card drives. */
  get lines(): readonly number[] {
    return LINES.filter((_, bit) => (this.#irqSelect & (1 << bit)) !== 0);
  }

  /** The channel of transfers of bytes, or of words; words go over a byte channel where none of theirs is chosen. */
  channel(words: boolean): number | undefined {
    const chosen = (...channels: number[]): number | undefined =>
      channels.find((channel) => (this.#dmaSelect & (1 << channel)) !== 0);
    return (words ? chosen(5, 6, 7) : undefined) ?? chosen(0, 1, 3);
  }

  /** The register that `index` names; `irqStatus` is register 82. */
  read(irqStatus: number): number {
    const { index } = this;
    if (index === R.SB_MIXER_IRQ_STATUS) return irqStatus;
    if (index === R.SB_MIXER_IRQ_SELECT) return this.#irqSelect;
    if (index === R.SB_MIXER_DMA_SELECT) return this.#dmaSelect;
    if (index === R.SB_MIXER_PRO_MICROPHONE) return this.#level(R.SB_MIXER_MICROPHONE) >> 5;
    const left = PAIRS[index];
    if (left !== undefined) return (this.#level(left) & 0xf0) | (this.#level(left + 1) >> 4);
    return this.#levels[index - FIRST] ?? 0;
  }

  write(value: number): void {
    const { index } = this;
    const left = PAIRS[index];
    if (index === R.SB_MIXER_RESET) this.#levels = [...LEVELS_AT_RESET];
    else if (index === R.SB_MIXER_IRQ_SELECT) this.#irqSelect = value & 0x0f;
    else if (index === R.SB_MIXER_DMA_SELECT) this.#dmaSelect = value & 0xeb;
    else if (index === R.SB_MIXER_PRO_MICROPHONE) this.#setLevel(R.SB_MIXER_MICROPHONE, (value & 7) << 5);
    else if (left !== undefined) {
      this.#setLevel(left, value & 0xf0);
      this.#setLevel(left + 1, (value & 0x0f) << 4);
    } else if (index >= FIRST && index <= R.SB_MIXER_BASS_RIGHT) this.#setLevel(index, value);
  }

  #level(register: number): number {
    return this.#levels[register - FIRST] as number;
  }

  #setLevel(register: number, value: number): void {
    this.#levels[register - FIRST] = value & bitsOf(register);
  }
}
