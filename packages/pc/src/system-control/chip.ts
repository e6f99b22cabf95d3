/**
 * System control port A, and the place where the two gates of A20 meet.
 *
 * Here: port 92, the OR of its A20 bit and the keyboard controller's output. Not here: the address line itself.
 * IBM PS/2 Hardware Interface Technical Reference (1988), "System Control Port A".
 * @module
 */
import type { IrqLine } from "../irq-line.ts";
import type { PortDevice } from "../port-device.ts";
import { PORT92_CONTROL, PORT92_FAST_A20, PORT92_FAST_INIT } from "./registers.ts";

/** What the port drives. */
export interface SystemControlOutputs {
  /** Address line 20 as the processor's bus has it: high lets it through. */
  readonly a20: IrqLine;
  /** The processor, and nothing else, is to be reset. */
  onReset(): void;
}

/** Plain, versioned state. */
export interface SystemControlState {
  readonly version: 1;
  readonly control: number;
  /** Level of the keyboard controller's gate. */
  readonly keyboardA20: boolean;
}

/** The keyboard controller's gate is high after a reset, and so A20 is let through. */
export const SYSTEM_CONTROL_STATE_AT_RESET: SystemControlState = { version: 1, control: 0, keyboardA20: true };

/** Port 92, and A20 as the OR of its bit and the keyboard controller's gate. */
export class SystemControl implements PortDevice {
  readonly #outputs: SystemControlOutputs;
  #control: number;
  #keyboardA20: boolean;

  constructor(outputs: SystemControlOutputs, state: SystemControlState = SYSTEM_CONTROL_STATE_AT_RESET) {
    this.#outputs = outputs;
    this.#control = state.control;
    this.#keyboardA20 = state.keyboardA20;
  }

  /** A copy, with the level of the keyboard controller's gate: nobody need set it again. */
  get state(): SystemControlState {
    return { version: 1, control: this.#control, keyboardA20: this.#keyboardA20 };
  }

  /** Address line 20 is let through. */
  get a20(): boolean {
    return this.#keyboardA20 || (this.#control & PORT92_FAST_A20) !== 0;
  }

  /** The input for the gate of the keyboard controller. */
  get keyboardGate(): IrqLine {
    return { set: (level) => this.#change(this.#control, level) };
  }

  read(offset: number): number {
    return offset === PORT92_CONTROL ? this.#control : 0xff;
  }

  write(offset: number, value: number): void {
    if (offset !== PORT92_CONTROL) return;
    const starts = (value & ~this.#control & PORT92_FAST_INIT) !== 0;
    this.#change(value & (PORT92_FAST_INIT | PORT92_FAST_A20), this.#keyboardA20);
    if (starts) this.#outputs.onReset();
  }

  #change(control: number, keyboardA20: boolean): void {
    const before = this.a20;
    this.#control = control;
    this.#keyboardA20 = keyboardA20;
    if (this.a20 !== before) this.#outputs.a20.set(this.a20);
  }
}
