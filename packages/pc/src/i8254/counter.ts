/**
 * One counter of an 8254: six modes, driven by pulses of its clock.
 *
 * Here: the counting element, OUT, GATE. Not here: bytes and latches (`channel.ts`), time (`chip.ts`).
 * A pulse is `#pulse()`, one rule per mode as in the data sheet's waveforms. Pulses between two of
 * interest only count down, and are taken together. Intel 8254 data sheet (231164-005), "Mode
 * Definitions"; a count of 1 in modes 2 and 3 is illegal there and harmless here.
 * @module
 */

/** Plain state of a counter. */
export interface CounterState {
  /** 0..5. */
  readonly mode: number;
  readonly bcd: boolean;
  /** CR: the count last written whole, as 16 bits, or null if none since the control word. */
  readonly count: number | null;
  /** CE: pulses left, 0 standing for the most. In mode 3 it goes down by two. */
  readonly element: number;
  /** CE holds a count, so that pulses count. */
  readonly counting: boolean;
  /** The next pulse moves CR to CE. */
  readonly load: boolean;
  /** Modes 4 and 5: the strobe has not come since the last load. */
  readonly strobe: boolean;
  /** Mode 3: the count in CE was odd. */
  readonly odd: boolean;
  /** CR has not yet gone to CE. */
  readonly nullCount: boolean;
  readonly gate: boolean;
  readonly out: boolean;
}

/** The data sheet leaves power-on undefined: mode 0 without a count, OUT low. */
export const COUNTER_STATE_AT_RESET: CounterState = {
  mode: 0,
  bcd: false,
  count: null,
  element: 0,
  counting: false,
  load: false,
  strobe: false,
  odd: false,
  nullCount: true,
  gate: true,
  out: false,
};

export class Counter {
  readonly #state: { -readonly [K in keyof CounterState]: CounterState[K] };

  constructor(state: CounterState) {
    this.#state = { ...state };
  }

  get state(): CounterState {
    return { ...this.#state };
  }

  get out(): boolean {
    return this.#state.out;
  }

  get nullCount(): boolean {
    return this.#state.nullCount;
  }

  /** CE as the program reads it: 16 bits, or four decimal digits. */
  get element(): number {
    const { element, bcd } = this.#state;
    return bcd ? toBcd(element % 10_000) : element & 0xffff;
  }

  /** A control word: OUT takes the mode's first level, and nothing counts until a count is written. */
  program(mode: number, bcd: boolean): void {
    const { element, gate } = this.#state;
    Object.assign(this.#state, COUNTER_STATE_AT_RESET, { mode, bcd, element, gate, out: mode !== 0 });
  }

  /** The first of two bytes: in mode 0 it stops the counting. */
  beginCount(): void {
    if (this.#state.mode !== 0) return;
    this.#state.counting = false;
    this.#state.load = false;
    this.#state.out = false;
  }

  /** A whole new count, 16 bits. */
  writeCount(count: number): void {
    const state = this.#state;
    state.count = count;
    state.nullCount = true;
    if (state.mode === 0) this.beginCount();
    const atOnce = state.mode === 0 || state.mode === 4;
    // Modes 2 and 3 take a new count at the end of the (half) cycle, modes 1 and 5 at a trigger.
    if (atOnce || (!state.counting && isPeriodic(state.mode))) state.load = true;
  }

  /** Drives GATE. Its rising edge triggers modes 1, 2, 3 and 5; low stops modes 0, 2, 3 and 4. */
  setGate(gate: boolean): void {
    const state = this.#state;
    if (gate === state.gate) return;
    state.gate = gate;
    if (gate && state.count !== null && state.mode !== 0 && state.mode !== 4) state.load = true;
    if (!gate && isPeriodic(state.mode)) state.out = true;
  }

  /** Pulses until OUT can change, or Infinity when it cannot without the program. At least 1. */
  pulsesToEdge(): number {
    const { mode, load, out, strobe } = this.#state;
    if (load) return 1;
    if (!this.#moves || ((mode === 0 || mode === 1) && out)) return Number.POSITIVE_INFINITY;
    if ((mode === 4 || mode === 5) && out && !strobe) return Number.POSITIVE_INFINITY;
    return this.#plainPulses() + 1;
  }

  /** Takes this many pulses of the clock. */
  advance(pulses: number): void {
    let left = this.#withoutWholePeriods(pulses);
    while (left > 0) {
      if (!this.#moves && !this.#state.load) return;
      const edge = this.pulsesToEdge();
      const plain = Math.min(left, edge - 1);
      this.#countDown(plain);
      left -= plain;
      if (left === 0) return;
      this.#pulse();
      left--;
    }
  }

  /** A long time in mode 2 or 3 is as good as its remainder, once CE has the count that is in CR. */
  #withoutWholePeriods(pulses: number): number {
    const { mode, load, nullCount } = this.#state;
    const count = this.#count;
    if (!isPeriodic(mode) || !this.#moves || load || nullCount || count === 1) return pulses;
    return pulses % (count === 0 ? this.#most : count);
  }

  /** Pulses change CE. */
  get #moves(): boolean {
    const { mode, gate, counting } = this.#state;
    return counting && (gate || mode === 1 || mode === 5);
  }

  /** CR as a number of pulses, 0 standing for the most. */
  get #count(): number {
    const { count, bcd } = this.#state;
    return bcd ? fromBcd(count ?? 0) % 10_000 : (count ?? 0);
  }

  /** The number that 0 stands for. */
  get #most(): number {
    return this.#state.bcd ? 10_000 : 0x10000;
  }

  /** Pulses that do nothing but count down, before one that does more. */
  #plainPulses(): number {
    const { mode, element, out, odd } = this.#state;
    const left = element === 0 ? this.#most : element;
    switch (mode) {
      case 2:
        return Math.max(left - 2, 0);
      case 3:
        if (odd && out) return element / 2;
        return left / 2 - 1;
      default:
        return (mode === 4 || mode === 5) && !out ? 0 : left - 1;
    }
  }

  #countDown(pulses: number): void {
    if (pulses === 0) return;
    const by = (pulses % this.#most) * (this.#state.mode === 3 ? 2 : 1);
    const most = this.#most;
    this.#state.element = (((this.#state.element - by) % most) + most) % most;
  }

  #pulse(): void {
    const state = this.#state;
    if (state.load) {
      this.#load();
      if (state.mode === 1) state.out = false;
      else if (state.mode !== 0) state.out = true;
      return;
    }
    switch (state.mode) {
      case 2:
        this.#pulseRate();
        break;
      case 3:
        this.#pulseSquare();
        break;
      case 4:
      case 5:
        this.#pulseStrobe();
        break;
      default:
        this.#countDown(1);
        if (state.element === 0) state.out = true;
    }
  }

  /** Mode 2: OUT is low while CE is 1, and then CE is loaded anew. */
  #pulseRate(): void {
    const state = this.#state;
    if (state.element === 1) {
      this.#load();
      state.out = true;
      return;
    }
    this.#countDown(1);
    state.out = state.element !== 1;
  }

  /** Mode 3: down by two to zero; an odd count stays at zero for one pulse of the high half. */
  #pulseSquare(): void {
    const state = this.#state;
    const lingers = state.odd && state.out;
    const expires = lingers ? state.element === 0 : state.element === 2;
    if (!expires) {
      this.#countDown(1);
      return;
    }
    this.#load();
    state.out = !state.out;
  }

  /** Modes 4 and 5: OUT is low for the pulse at which CE becomes 0, once per load. */
  #pulseStrobe(): void {
    const state = this.#state;
    this.#countDown(1);
    state.out = !(state.strobe && state.element === 0);
    if (!state.out) state.strobe = false;
  }

  #load(): void {
    const state = this.#state;
    const count = this.#count;
    state.odd = state.mode === 3 && count % 2 === 1;
    state.element = state.odd ? count - 1 : count;
    state.load = false;
    state.nullCount = false;
    state.counting = true;
    state.strobe = state.mode === 4 || state.mode === 5;
  }
}

function isPeriodic(mode: number): boolean {
  return mode === 2 || mode === 3;
}

/** Digits above 9 count as what they are: the data sheet does not allow them. */
function fromBcd(value: number): number {
  return ((value >> 12) & 15) * 1000 + ((value >> 8) & 15) * 100 + ((value >> 4) & 15) * 10 + (value & 15);
}

function toBcd(value: number): number {
  const digit = (unit: number): number => Math.floor(value / unit) % 10;
  return (digit(1000) << 12) | (digit(100) << 8) | (digit(10) << 4) | digit(1);
}
