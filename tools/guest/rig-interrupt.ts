/**
 * An interrupt line of a device on the rig, and as much of an interrupt controller as one line needs.
 *
 * Here: an edge is kept until it is taken; the line is masked from then until its handler has acknowledged.
 * Not here: a chip that drives it (→ the tests).
 * @module
 */
import type { IrqLine } from "../../packages/pc/src/index.ts";
import type { RigDevices } from "./rig-surroundings.ts";

export class InterruptWire implements Pick<RigDevices, "takeInterrupt" | "acknowledge"> {
  /** What the chip drives. */
  readonly line: IrqLine = { set: (high) => this.#set(high) };
  readonly #irq: number;
  readonly #arrives: () => boolean;
  #edge = false;
  #level = false;
  #masked = false;

  /** @param arrives asked at each edge: whether it gets through; all do when left out */
  constructor(irq: number, arrives: () => boolean = () => true) {
    this.#irq = irq;
    this.#arrives = arrives;
  }

  readonly takeInterrupt = (): number => {
    if (!this.#edge || this.#masked) return -1;
    this.#edge = false;
    this.#masked = true;
    return this.#irq;
  };

  readonly acknowledge = (): void => {
    this.#masked = false;
  };

  #set(high: boolean): void {
    if (high && !this.#level) this.#edge ||= this.#arrives();
    this.#level = high;
  }
}
