/**
 * One 8259A: eight inputs, priorities, command words.
 *
 * Here: everything that master and slave do alike. Not here: how they are wired (`chip.ts`).
 * Intel 8259A data sheet (231468-003); the section is named where a rule is not obvious.
 * An input must stay high until it is acknowledged, else level 7 is delivered in its place.
 * @module
 */
import {
  PIC_ICW1_IC4,
  PIC_ICW1_INIT,
  PIC_ICW1_LTIM,
  PIC_ICW1_SNGL,
  PIC_ICW2_VECTOR,
  PIC_ICW4_AEOI,
  PIC_ICW4_SFNM,
  PIC_OCW2_EOI,
  PIC_OCW2_LEVEL,
  PIC_OCW2_R,
  PIC_OCW2_SL,
  PIC_OCW3_ESMM,
  PIC_OCW3_P,
  PIC_OCW3_RIS,
  PIC_OCW3_RR,
  PIC_OCW3_SELECT,
  PIC_OCW3_SMM,
  PIC_POLL_INTERRUPT,
} from "./registers.ts";

/** Plain state of one 8259A. Bit n belongs to input n. */
export interface PicState {
  /** Levels of the inputs. */
  readonly inputs: number;
  /** Rising edges not yet acknowledged, of inputs that are still high. */
  readonly edges: number;
  readonly isr: number;
  readonly imr: number;
  /** Inputs that ELCR makes level-triggered. */
  readonly elcr: number;
  readonly icw1: number;
  /** T7..T3 of the vector. */
  readonly icw2: number;
  readonly icw3: number;
  readonly icw4: number;
  /** The initialisation word that the data port expects (2, 3, 4), or 0 for OCW1. */
  readonly icwNext: number;
  /** The level of lowest priority. */
  readonly lowest: number;
  readonly rotateOnAeoi: boolean;
  readonly specialMask: boolean;
  /** A command-port read gives the ISR, else the IRR. */
  readonly readIsr: boolean;
  /** The next read is a poll. */
  readonly poll: boolean;
}

/** Everything masked until ICW1: the data sheet leaves power-on undefined. */
export const PIC_STATE_AT_RESET: PicState = {
  inputs: 0,
  edges: 0,
  isr: 0,
  imr: 0xff,
  elcr: 0,
  icw1: 0,
  icw2: 0,
  icw3: 0,
  icw4: 0,
  icwNext: 0,
  lowest: 7,
  rotateOnAeoi: false,
  specialMask: false,
  readIsr: false,
  poll: false,
};

/** No level. */
const NONE = -1;

export class Pic {
  readonly #state: { -readonly [K in keyof PicState]: PicState[K] };
  readonly #elcrMask: number;

  /** `elcrMask`: the inputs that ELCR can make level-triggered. */
  constructor(elcrMask: number, state: PicState) {
    this.#elcrMask = elcrMask;
    this.#state = { ...state };
  }

  get state(): PicState {
    return { ...this.#state };
  }

  /** The INT output: some request is not masked and above everything in service. */
  get int(): boolean {
    return this.#request() !== NONE;
  }

  get elcr(): number {
    return this.#state.elcr;
  }

  set elcr(value: number) {
    this.#state.elcr = value & this.#elcrMask;
  }

  /** Drives input `level` (0..7) high or low. */
  set(level: number, high: boolean): void {
    const state = this.#state;
    const bit = 1 << level;
    if (!high) {
      state.inputs &= ~bit;
      state.edges &= ~bit;
    } else if ((state.inputs & bit) === 0) {
      state.inputs |= bit;
      state.edges |= bit;
    }
  }

  /** The interrupt acknowledge cycle: takes the highest request in service and gives its level; 7 if it has gone. */
  acknowledge(): number {
    const level = this.#request();
    if (level === NONE) return 7;
    this.#take(level);
    return level;
  }

  /** The vector that this 8259A puts on the bus for a level. */
  vector(level: number): number {
    return this.#state.icw2 | level;
  }

  readCommand(): number {
    if (this.#state.poll) return this.#poll();
    return this.#state.readIsr ? this.#state.isr : this.#requests();
  }

  readData(): number {
    return this.#state.poll ? this.#poll() : this.#state.imr;
  }

  /** What readData() gives where that is no poll, else −1. */
  peekData(): number {
    return this.#state.poll ? -1 : this.#state.imr;
  }

  writeCommand(value: number): void {
    if ((value & PIC_ICW1_INIT) !== 0) this.#initialise(value);
    else if ((value & PIC_OCW3_SELECT) !== 0) this.#ocw3(value);
    else this.#ocw2(value);
  }

  writeData(value: number): void {
    const state = this.#state;
    switch (state.icwNext) {
      case 0:
        state.imr = value;
        break;
      case 2:
        state.icw2 = value & PIC_ICW2_VECTOR;
        state.icwNext = (state.icw1 & PIC_ICW1_SNGL) === 0 ? 3 : this.#afterIcw3();
        break;
      case 3:
        state.icw3 = value;
        state.icwNext = this.#afterIcw3();
        break;
      default:
        state.icw4 = value;
        state.icwNext = 0;
    }
  }

  #afterIcw3(): number {
    return (this.#state.icw1 & PIC_ICW1_IC4) !== 0 ? 4 : 0;
  }

  /** "Initialization Command Words 1 and 2": the list of what ICW1 resets, and the ISR with it. */
  #initialise(icw1: number): void {
    const { inputs, elcr, icw2, icw3 } = this.#state;
    Object.assign(this.#state, PIC_STATE_AT_RESET, { inputs, elcr, icw1, icw2, icw3, imr: 0, icwNext: 2 });
  }

  /** "End of Interrupt", "Automatic Rotation", "Specific Rotation". */
  #ocw2(value: number): void {
    const state = this.#state;
    const rotate = (value & PIC_OCW2_R) !== 0;
    const specific = (value & PIC_OCW2_SL) !== 0;
    if ((value & PIC_OCW2_EOI) === 0) {
      if (!specific) state.rotateOnAeoi = rotate;
      else if (rotate) state.lowest = value & PIC_OCW2_LEVEL;
      return;
    }
    // "Special Mask Mode": an in-service bit that is masked is not cleared by a non-specific EOI.
    const level = specific ? value & PIC_OCW2_LEVEL : this.#highest(this.#inhibiting());
    if (level === NONE) return;
    state.isr &= ~(1 << level);
    if (rotate) state.lowest = level;
  }

  #ocw3(value: number): void {
    const state = this.#state;
    state.poll = (value & PIC_OCW3_P) !== 0;
    if ((value & PIC_OCW3_RR) !== 0) state.readIsr = (value & PIC_OCW3_RIS) !== 0;
    if ((value & PIC_OCW3_ESMM) !== 0) state.specialMask = (value & PIC_OCW3_SMM) !== 0;
  }

  /** "Poll Command": the next read is an acknowledge that answers with the level. */
  #poll(): number {
    this.#state.poll = false;
    const level = this.#request();
    if (level === NONE) return 0;
    this.#take(level);
    return PIC_POLL_INTERRUPT | level;
  }

  #take(level: number): void {
    const state = this.#state;
    const bit = 1 << level;
    state.edges &= ~bit;
    if ((state.icw4 & PIC_ICW4_AEOI) === 0) state.isr |= bit;
    else if (state.rotateOnAeoi) state.lowest = level;
  }

  /** The IRR: latched edges, and the plain levels of level-triggered inputs. */
  #requests(): number {
    const { inputs, edges, elcr, icw1 } = this.#state;
    const levelTriggered = (icw1 & PIC_ICW1_LTIM) !== 0 ? 0xff : elcr;
    return (edges & ~levelTriggered) | (inputs & levelTriggered);
  }

  /** The in-service bits that hold others back; in special mask mode not those that are masked. */
  #inhibiting(): number {
    const { isr, imr, specialMask } = this.#state;
    return specialMask ? isr & ~imr : isr;
  }

  /** The level to be delivered next, or NONE. */
  #request(): number {
    const state = this.#state;
    const requests = this.#requests() & ~state.imr;
    if (requests === 0) return NONE;
    const level = this.#highest(requests);
    const inService = this.#highest(this.#inhibiting());
    if (inService === NONE) return level;
    const ahead = this.#rank(level) - this.#rank(inService);
    // "Special Fully Nested Mode": a slave in service is not locked out, it may have something more urgent.
    const nested = (state.icw4 & PIC_ICW4_SFNM) !== 0 && (state.icw3 & (1 << level)) !== 0;
    return ahead < 0 || (ahead === 0 && nested) ? level : NONE;
  }

  /** 0 for the highest priority. */
  #rank(level: number): number {
    return (level - this.#state.lowest - 1) & 7;
  }

  #highest(bits: number): number {
    if (bits === 0) return NONE;
    let level = (this.#state.lowest + 1) & 7;
    while ((bits & (1 << level)) === 0) level = (level + 1) & 7;
    return level;
  }
}
