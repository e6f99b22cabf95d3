/**
 * 8259A pair: the fifteen interrupts of a PC, a slave on input 2 of a master.
 *
 * Here: the wiring of the two, the acknowledge cycle, the edge/level control registers.
 * Not here: one 8259A (`pic.ts`). MCS-80/85 mode, buffered mode and other cascades are not modelled.
 * Intel 8259A data sheet (231468-003), "Cascade Mode"; Intel 82371SB (PIIX3), "Edge/Level Control Registers".
 * @module
 */
import type { IrqLine } from "../irq-line.ts";
import type { PortDevice } from "../port-device.ts";
import { PIC_STATE_AT_RESET, Pic, type PicState } from "./pic.ts";
import {
  PIC_CASCADE_IRQ,
  PIC_MASTER_COMMAND,
  PIC_MASTER_DATA,
  PIC_MASTER_ELCR,
  PIC_MASTER_ELCR_MASK,
  PIC_SLAVE_COMMAND,
  PIC_SLAVE_DATA,
  PIC_SLAVE_ELCR,
  PIC_SLAVE_ELCR_MASK,
} from "./registers.ts";

/** Plain, versioned state of both. */
export interface I8259aState {
  readonly version: 1;
  readonly master: PicState;
  readonly slave: PicState;
}

export const I8259A_STATE_AT_RESET: I8259aState = {
  version: 1,
  master: PIC_STATE_AT_RESET,
  slave: PIC_STATE_AT_RESET,
};

/** Master and slave. A line's level is set through {@link I8259a.line}, the processor's end is `pending` and `acknowledge`. */
export class I8259a implements PortDevice {
  readonly #master: Pic;
  readonly #slave: Pic;

  constructor(state: I8259aState = I8259A_STATE_AT_RESET) {
    this.#master = new Pic(PIC_MASTER_ELCR_MASK, state.master);
    this.#slave = new Pic(PIC_SLAVE_ELCR_MASK, state.slave);
  }

  /** A copy, with the levels of the input lines: whoever drives them need not set them again. */
  get state(): I8259aState {
    return { version: 1, master: this.#master.state, slave: this.#slave.state };
  }

  /** The INTR output to the processor. */
  get pending(): boolean {
    return this.#master.int;
  }

  /**
   * The input of an interrupt.
   * @throws RangeError for a number that is none of 0..15, and for 2, which is the cascade
   */
  line(irq: number): IrqLine {
    if (!Number.isInteger(irq) || irq < 0 || irq > 15 || irq === PIC_CASCADE_IRQ)
      throw new RangeError(`no device can be wired to IRQ ${irq}`);
    return { set: (level: boolean) => this.#setInput(irq, level) };
  }

  /** The processor's acknowledge cycle (INTA): gives the vector, 0..255, of a spurious level 7 if nothing waits. */
  acknowledge(): number {
    const level = this.#master.acknowledge();
    // A spurious 7 is the master's own; only a real request of input 2 addresses the slave.
    if (level !== PIC_CASCADE_IRQ) return this.#master.vector(level);
    const vector = this.#slave.vector(this.#slave.acknowledge());
    // The slave's INT falls in the cycle, so that a request still waiting there makes a new edge.
    this.#master.set(PIC_CASCADE_IRQ, false);
    this.#cascade();
    return vector;
  }

  read(offset: number): number {
    const value = this.#read(offset);
    this.#cascade();
    return value;
  }

  /** The masks, where no poll is due. */
  peek(offset: number): number {
    if (offset === PIC_MASTER_DATA) return this.#master.peekData();
    return offset === PIC_SLAVE_DATA ? this.#slave.peekData() : -1;
  }

  write(offset: number, value: number): void {
    if (offset === PIC_MASTER_COMMAND) this.#master.writeCommand(value);
    else if (offset === PIC_MASTER_DATA) this.#master.writeData(value);
    else if (offset === PIC_SLAVE_COMMAND) this.#slave.writeCommand(value);
    else if (offset === PIC_SLAVE_DATA) this.#slave.writeData(value);
    else if (offset === PIC_MASTER_ELCR) this.#master.elcr = value;
    else if (offset === PIC_SLAVE_ELCR) this.#slave.elcr = value;
    this.#cascade();
  }

  #setInput(irq: number, level: boolean): void {
    if (irq < 8) {
      this.#master.set(irq, level);
      return;
    }
    this.#slave.set(irq - 8, level);
    this.#cascade();
  }

  /** A poll of the slave is an acknowledge, and so reads too can change its INT. */
  #read(offset: number): number {
    if (offset === PIC_MASTER_COMMAND) return this.#master.readCommand();
    if (offset === PIC_MASTER_DATA) return this.#master.readData();
    if (offset === PIC_SLAVE_COMMAND) return this.#slave.readCommand();
    if (offset === PIC_SLAVE_DATA) return this.#slave.readData();
    if (offset === PIC_MASTER_ELCR) return this.#master.elcr;
    return offset === PIC_SLAVE_ELCR ? this.#slave.elcr : 0xff;
  }

  #cascade(): void {
    this.#master.set(PIC_CASCADE_IRQ, this.#slave.int);
  }
}
