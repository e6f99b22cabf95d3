/**
 * Keyboard: a PS/2 keyboard of 104 keys with scan code sets 1 and 2.
 *
 * Here: commands, LEDs, the buffer of 16 codes. Not here: translation (`chip.ts`), scan codes (`scan-codes.ts`).
 * Nothing repeats by itself: typematic is accepted and off. The self-test takes no time. Set 3 is refused.
 * IBM PS/2 Hardware Interface Technical Reference, "Keyboards", "Commands from the System".
 * @module
 */
import type { Ps2Device } from "./ps2-device.ts";
import * as R from "./registers.ts";
import { type KeyCode, set1, set2 } from "./scan-codes.ts";

/** Bytes of keys that wait; what comes on top is lost, and one overrun code tells of it. */
const BUFFER = 16;
const OVERRUN_SET1 = 0xff;
const OVERRUN_SET2 = 0x00;

/** Plain state. */
export interface KeyboardState {
  /** Answers waiting, then bytes of keys waiting; the oldest first. */
  readonly answers: readonly number[];
  readonly keys: readonly number[];
  /** Keys are looked at. */
  readonly scanning: boolean;
  readonly scanCodeSet: 1 | 2;
  readonly leds: number;
  /** The command whose parameter comes next. */
  readonly command: number | null;
  /** The last byte taken, for Resend. */
  readonly last: number;
}

export const KEYBOARD_STATE_AT_RESET: KeyboardState = {
  answers: [R.KBC_BAT_PASSED],
  keys: [],
  scanning: true,
  scanCodeSet: 2,
  leds: 0,
  command: null,
  last: 0,
};

export class Keyboard implements Ps2Device {
  #state: KeyboardState;

  constructor(state: KeyboardState) {
    this.#state = state;
  }

  get state(): KeyboardState {
    const { answers, keys } = this.#state;
    return { ...this.#state, answers: [...answers], keys: [...keys] };
  }

  get ready(): boolean {
    return this.#state.answers.length > 0 || this.#state.keys.length > 0;
  }

  take(): number {
    const { answers, keys } = this.#state;
    const last = answers[0] ?? keys[0] ?? 0;
    this.#set(answers.length > 0 ? { answers: answers.slice(1), last } : { keys: keys.slice(1), last });
    return last;
  }

  /** A key goes down or up. Gives false if its code was lost: scanning is off, or the buffer is full. */
  key(key: KeyCode, down: boolean): boolean {
    const { scanning, scanCodeSet, keys } = this.#state;
    if (!scanning) return false;
    const codes = scanCodeSet === 1 ? set1(key, down) : set2(key, down);
    const fits = keys.length + codes.length <= BUFFER;
    const overrun = scanCodeSet === 1 ? OVERRUN_SET1 : OVERRUN_SET2;
    if (fits) this.#set({ keys: [...keys, ...codes] });
    else if (keys.at(-1) !== overrun) this.#set({ keys: [...keys, overrun] });
    return fits;
  }

  write(byte: number): void {
    const { command } = this.#state;
    this.#set({ answers: [], command: null });
    if (command === null || byte >= R.KBC_KEYBOARD_SET_LEDS) this.#command(byte);
    else this.#parameter(command, byte);
  }

  #command(byte: number): void {
    const defaults = { keys: [], scanCodeSet: 2 } as const;
    switch (byte) {
      case R.KBC_KEYBOARD_SET_LEDS:
      case R.KBC_KEYBOARD_SCAN_CODE_SET:
      case R.KBC_DEVICE_SET_RATE:
        this.#set({ command: byte });
        break;
      case R.KBC_KEYBOARD_ECHO:
        this.#set({ answers: [R.KBC_KEYBOARD_ECHO] });
        return;
      case R.KBC_DEVICE_READ_ID:
        this.#answer(R.KBC_ACK, R.KBC_KEYBOARD_ID1, R.KBC_KEYBOARD_ID2);
        return;
      case R.KBC_DEVICE_ENABLE:
        this.#set({ keys: [], scanning: true });
        break;
      case R.KBC_DEVICE_DISABLE:
        this.#set({ ...defaults, scanning: false });
        break;
      case R.KBC_DEVICE_SET_DEFAULT:
        this.#set(defaults);
        break;
      case R.KBC_DEVICE_RESEND:
        this.#answer(this.#state.last);
        return;
      case R.KBC_DEVICE_RESET:
        this.#set({ ...KEYBOARD_STATE_AT_RESET, last: this.#state.last });
        this.#answer(R.KBC_ACK, R.KBC_BAT_PASSED);
        return;
      default:
        // f7..fd set the keys of set 3 and are acknowledged; everything else is no command.
        this.#answer(byte >= 0xf7 && byte <= 0xfd ? R.KBC_ACK : R.KBC_RESEND);
        return;
    }
    this.#answer(R.KBC_ACK);
  }

  #parameter(command: number, byte: number): void {
    if (command === R.KBC_KEYBOARD_SET_LEDS) this.#set({ leds: byte & 7 });
    if (command === R.KBC_KEYBOARD_SCAN_CODE_SET) {
      if (byte === 0) {
        this.#answer(R.KBC_ACK, this.#state.scanCodeSet);
        return;
      }
      if (byte !== 1 && byte !== 2) {
        this.#answer(R.KBC_RESEND);
        return;
      }
      this.#set({ scanCodeSet: byte, keys: [] });
    }
    this.#answer(R.KBC_ACK);
  }

  #answer(...bytes: number[]): void {
    this.#set({ answers: bytes });
  }

  #set(changes: Partial<KeyboardState>): void {
    this.#state = { ...this.#state, ...changes };
  }
}
