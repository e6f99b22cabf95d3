/**
 * 8042: the keyboard controller of a PC, with keyboard and PS/2 mouse.
 *
 * Here: output buffer, commands, translation, interrupts, the gate of A20, the reset line.
 * Not here: the devices (`keyboard.ts`, `mouse.ts`). A byte from a device takes KBC_BYTE_TIME on its wire;
 * the controller's own answers and bytes to a device take none, so the input buffer is never full.
 * IBM PS/2 Hardware Interface Technical Reference (1988), "Keyboard and Auxiliary Device Controller".
 * @module
 */
import type { Clock, TimedChip } from "../clock.ts";
import type { IrqLine } from "../irq-line.ts";
import type { PortDevice } from "../port-device.ts";
import { Keyboard } from "./keyboard.ts";
import { Mouse } from "./mouse.ts";
import type { Ps2Device } from "./ps2-device.ts";
import * as R from "./registers.ts";
import { type KeyCode, translate } from "./scan-codes.ts";
import { I8042_STATE_AT_RESET, type I8042State } from "./state.ts";

/** Eleven bits at 12.5 kHz, in ns. */
export const KBC_BYTE_TIME = 880_000;

/** What the controller drives. */
export interface I8042Outputs {
  readonly keyboardIrq: IrqLine;
  readonly mouseIrq: IrqLine;
  /** The gate of address line 20. */
  readonly a20: IrqLine;
  /** The processor is to be reset. */
  onReset(): void;
}

type Fields = { -readonly [K in keyof Omit<I8042State, "keyboard" | "mouse" | "memory">]: I8042State[K] };

export class I8042 implements PortDevice, TimedChip {
  readonly #clock: Clock;
  readonly #outputs: I8042Outputs;
  readonly #keyboard: Keyboard;
  readonly #mouse: Mouse;
  readonly #memory: Uint8Array;
  readonly #state: Fields;

  constructor(clock: Clock, outputs: I8042Outputs, state: I8042State = I8042_STATE_AT_RESET) {
    const { keyboard, mouse, memory, ...rest } = state;
    this.#clock = clock;
    this.#outputs = outputs;
    this.#keyboard = new Keyboard(keyboard);
    this.#mouse = new Mouse(mouse);
    this.#memory = Uint8Array.from(memory);
    this.#state = rest;
  }

  /** A copy, the devices' with it, as of the last access or `advance`; a chip built from it goes on there. */
  get state(): I8042State {
    const memory = [...this.#memory];
    return { ...this.#state, memory, keyboard: this.#keyboard.state, mouse: this.#mouse.state };
  }

  /** A key goes down. Gives false if its code was lost: the keyboard does not scan, or its buffer is full. */
  press(key: KeyCode): boolean {
    return this.#key(key, true);
  }

  /** A key goes up; the answer is that of `press`. */
  release(key: KeyCode): boolean {
    return this.#key(key, false);
  }

  /** The keyboard has sent everything: the right moment for a host that types. */
  get keyboardIdle(): boolean {
    return !this.#keyboard.ready && this.#state.output === null;
  }

  /** The mouse moves by counts: right, up, wheel towards the user positive; `buttons` (KBC_BUTTON_…) are now held. */
  moveMouse(dx: number, dy: number, dz: number, buttons: number): void {
    const now = this.#clock.now();
    this.advance(now);
    this.#mouse.move(dx, dy, dz, buttons);
    this.#update(now);
  }

  read(offset: number): number {
    const now = this.#clock.now();
    this.advance(now);
    if (offset === R.KBC_DATA) return this.#readData(now);
    return offset === R.KBC_COMMAND ? this.#status() : 0xff;
  }

  /** The status. */
  peek(offset: number): number {
    return offset === R.KBC_COMMAND ? this.#status() : -1;
  }

  write(offset: number, value: number): void {
    const now = this.#clock.now();
    this.advance(now);
    const state = this.#state;
    if (offset === R.KBC_COMMAND) {
      state.status |= R.KBC_STATUS_COMMAND;
      state.command = null;
      this.#command(value);
    } else if (offset === R.KBC_DATA) {
      const { command } = state;
      state.status &= ~R.KBC_STATUS_COMMAND;
      state.command = null;
      if (command === null) this.#writeKeyboard(value);
      else this.#parameter(command, value);
    }
    this.#update(now);
  }

  nextEvent(): number {
    return this.#state.arrivesAt ?? Number.POSITIVE_INFINITY;
  }

  advance(now: number): void {
    for (let at = this.#state.arrivesAt; at !== null && at <= now; at = this.#state.arrivesAt) {
      const sender = this.#sender();
      this.#state.arrivesAt = null;
      if (sender !== null) this.#receive(sender);
      this.#update(at);
    }
  }

  get #mode(): number {
    return this.#memory[0];
  }

  #key(key: KeyCode, down: boolean): boolean {
    const now = this.#clock.now();
    this.advance(now);
    const kept = this.#keyboard.key(key, down);
    this.#update(now);
    return kept;
  }

  #status(): number {
    const { status, output, outputFromAux } = this.#state;
    const full = output === null ? 0 : R.KBC_STATUS_OBF | (outputFromAux ? R.KBC_STATUS_AUX : 0);
    return status | R.KBC_STATUS_UNLOCKED | full;
  }

  #readData(now: number): number {
    const state = this.#state;
    const byte = state.output ?? this.#memory[1];
    // The port goes on showing the last byte; the memory behind the command byte keeps it.
    this.#memory[1] = byte;
    state.output = null;
    this.#update(now);
    return byte;
  }

  #command(value: number): void {
    const { outputPort } = this.#state;
    if (value >= R.KBC_PULSE_OUTPUT) {
      if ((value & R.KBC_OUTPUT_NRESET) === 0) this.#outputs.onReset();
      return;
    }
    if (value >= R.KBC_READ_MEMORY && value < R.KBC_READ_MEMORY + 0x20) {
      this.#put(this.#memory[value & 0x1f], false);
      return;
    }
    if (value >= R.KBC_WRITE_MEMORY && value < R.KBC_WRITE_MEMORY + 0x20) this.#state.command = value;
    switch (value) {
      case R.KBC_DISABLE_AUX:
        this.#setMode(this.#mode | R.KBC_MODE_AUX_DISABLE);
        break;
      case R.KBC_ENABLE_AUX:
        this.#setMode(this.#mode & ~R.KBC_MODE_AUX_DISABLE);
        break;
      case R.KBC_DISABLE_KEYBOARD:
        this.#setMode(this.#mode | R.KBC_MODE_KEYBOARD_DISABLE);
        break;
      case R.KBC_ENABLE_KEYBOARD:
        this.#setMode(this.#mode & ~R.KBC_MODE_KEYBOARD_DISABLE);
        break;
      case R.KBC_TEST_AUX:
      case R.KBC_TEST_KEYBOARD:
        this.#put(R.KBC_INTERFACE_GOOD, false);
        break;
      case R.KBC_SELF_TEST:
        this.#state.status |= R.KBC_STATUS_SYSTEM;
        this.#put(R.KBC_SELF_TEST_PASSED, false);
        break;
      case R.KBC_READ_INPUT_PORT:
        this.#put(R.KBC_INPUT_PORT, false);
        break;
      case R.KBC_READ_OUTPUT_PORT: {
        const { output, outputFromAux } = this.#state;
        const full = outputFromAux ? R.KBC_OUTPUT_AUX_FULL : R.KBC_OUTPUT_KEYBOARD_FULL;
        this.#put(outputPort | (output === null ? 0 : full), false);
        break;
      }
      case R.KBC_WRITE_OUTPUT_PORT:
      case R.KBC_WRITE_KEYBOARD_BUFFER:
      case R.KBC_WRITE_AUX_BUFFER:
      case R.KBC_WRITE_AUX:
        this.#state.command = value;
        return;
      default: // What the controller does not know it ignores.
    }
  }

  #parameter(command: number, value: number): void {
    switch (command) {
      case R.KBC_WRITE_MEMORY:
        this.#setMode(value);
        break;
      case R.KBC_WRITE_OUTPUT_PORT:
        this.#writeOutputPort(value);
        break;
      case R.KBC_WRITE_KEYBOARD_BUFFER:
        this.#put(value, false);
        break;
      case R.KBC_WRITE_AUX_BUFFER:
        this.#put(value, true);
        break;
      case R.KBC_WRITE_AUX:
        this.#setMode(this.#mode & ~R.KBC_MODE_AUX_DISABLE);
        this.#mouse.write(value);
        break;
      default:
        this.#memory[command & 0x1f] = value;
    }
  }

  /** Talking to the keyboard starts its clock again. */
  #writeKeyboard(value: number): void {
    this.#setMode(this.#mode & ~R.KBC_MODE_KEYBOARD_DISABLE);
    this.#keyboard.write(value);
  }

  #setMode(mode: number): void {
    this.#memory[0] = mode;
    const system = (mode & R.KBC_MODE_SYSTEM) === 0 ? 0 : R.KBC_STATUS_SYSTEM;
    this.#state.status = (this.#state.status & ~R.KBC_STATUS_SYSTEM) | system;
  }

  #writeOutputPort(value: number): void {
    const before = this.#state.outputPort;
    this.#state.outputPort = (value & R.KBC_OUTPUT_A20) | R.KBC_OUTPUT_NRESET;
    const gate = (value & R.KBC_OUTPUT_A20) !== 0;
    if (gate !== ((before & R.KBC_OUTPUT_A20) !== 0)) this.#outputs.a20.set(gate);
    if ((value & R.KBC_OUTPUT_NRESET) === 0) this.#outputs.onReset();
  }

  /** A new byte in a full buffer takes the place of the old one; a line that is high falls first, to rise again. */
  #put(byte: number, aux: boolean): void {
    this.#state.output = null;
    this.#updateInterrupts();
    this.#state.output = byte;
    this.#state.outputFromAux = aux;
    this.#updateInterrupts();
  }

  /** Who sends next, once the output buffer is empty. */
  #sender(): Ps2Device | null {
    if (this.#state.output !== null) return null;
    if (this.#keyboard.ready && (this.#mode & R.KBC_MODE_KEYBOARD_DISABLE) === 0) return this.#keyboard;
    return this.#mouse.ready && (this.#mode & R.KBC_MODE_AUX_DISABLE) === 0 ? this.#mouse : null;
  }

  #receive(sender: Ps2Device): void {
    const byte = sender.take();
    const plain = sender === this.#mouse || (this.#mode & R.KBC_MODE_TRANSLATE) === 0;
    const code = plain ? byte : translate(byte, this.#state.breaks);
    if (!plain) this.#state.breaks = code === null;
    if (code !== null) this.#put(code, sender === this.#mouse);
  }

  #update(now: number): void {
    this.#updateInterrupts();
    if (this.#sender() === null) this.#state.arrivesAt = null;
    else this.#state.arrivesAt ??= now + KBC_BYTE_TIME;
  }

  #updateInterrupts(): void {
    const state = this.#state;
    const full = state.output !== null;
    const keyboard = full && !state.outputFromAux && (this.#mode & R.KBC_MODE_KEYBOARD_INTERRUPT) !== 0;
    const mouse = full && state.outputFromAux && (this.#mode & R.KBC_MODE_AUX_INTERRUPT) !== 0;
    if (keyboard !== state.keyboardInterrupt) {
      state.keyboardInterrupt = keyboard;
      this.#outputs.keyboardIrq.set(keyboard);
    }
    if (mouse !== state.mouseInterrupt) {
      state.mouseInterrupt = mouse;
      this.#outputs.mouseIrq.set(mouse);
    }
  }
}
