/**
 * The AT's way to tell of x87 errors: interrupt request 13 from FERR#, and IGNNE# back to the processor.
 *
 * Here: a latch that FERR# sets and a write to port F0 clears; that write also asserts IGNNE#, so that the handler may
 * use the x87, until FERR# is gone. Not here: the pins' other ends. Intel 82371SB (PIIX3), "Coprocessor Error"; SDM Vol. 1, D.2.
 * @module
 */
import type { IrqLine } from "../irq-line.ts";
import type { PortDevice } from "../port-device.ts";

/** What the logic drives. */
export interface FloatErrorOutputs {
  /** Interrupt request 13. */
  readonly irq: IrqLine;
  /** The processor's IGNNE#; high is asserted. */
  readonly ignne: IrqLine;
}

/** Plain, versioned state. */
export interface FloatErrorState {
  readonly version: 1;
  /** FERR# is asserted. */
  readonly ferr: boolean;
  readonly ignne: boolean;
}

export const FLOAT_ERROR_STATE_AT_RESET: FloatErrorState = { version: 1, ferr: false, ignne: false };

/** One register, at offset 0: any write acknowledges; it reads as ones. */
export class FloatError implements PortDevice {
  readonly #outputs: FloatErrorOutputs;
  #state: FloatErrorState;

  constructor(outputs: FloatErrorOutputs, state: FloatErrorState = FLOAT_ERROR_STATE_AT_RESET) {
    this.#outputs = outputs;
    this.#state = state;
  }

  /** A copy. The levels of the outputs belong to whoever listens. */
  get state(): FloatErrorState {
    return { ...this.#state };
  }

  /** The processor's FERR#; high is asserted. */
  get ferr(): IrqLine {
    return {
      set: (level) => {
        if (level === this.#state.ferr) return;
        this.#state = { ...this.#state, ferr: level };
        if (level) this.#outputs.irq.set(true);
        else this.#setIgnne(false);
      },
    };
  }

  read(): number {
    return 0xff;
  }

  write(): void {
    this.#outputs.irq.set(false);
    if (this.#state.ferr) this.#setIgnne(true);
  }

  #setIgnne(level: boolean): void {
    if (level === this.#state.ignne) return;
    this.#state = { ...this.#state, ignne: level };
    this.#outputs.ignne.set(level);
  }
}
