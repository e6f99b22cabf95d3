/**
 * Who types on COM1: waits until the guest looks for a key.
 *
 * Here: bytes that are not on the wire yet, and when the next one goes there. Programs reset the receiver when they start to
 * use the port: a key that was typed before would be lost, as it would be for a person who does not wait for the prompt.
 * A guest looks for a key when it polls the line status without doing anything else, asks the kernel debugger, or has
 * nothing to do at all; after a second without any of these the key is typed anyway. Not here: the wire (→ ../serial-line.ts).
 * @module
 */

/** Reads of the line status in a row, without data and without output between them. */
const POLLS = 16;
/** Nanoseconds after which nobody waits any more. */
const PATIENCE = 1_000_000_000;

/** The wire that is typed on. */
export interface Wire {
  /** Nothing is on its way or unread. */
  readonly empty: boolean;
  type(bytes: Iterable<number>, now: number): void;
}

export class Typist {
  readonly #wire: Wire;
  readonly #bytes: number[] = [];
  #polls = 0;
  /** When the last key was typed, or the first one after none had come, nanoseconds. */
  #since = 0;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  /** Everything has been typed and read. */
  get empty(): boolean {
    return this.#bytes.length === 0 && this.#wire.empty;
  }

  type(bytes: Iterable<number>, now: number): void {
    if (this.#bytes.length === 0) this.#since = now;
    this.#bytes.push(...bytes);
  }

  /** The guest has read the line status. */
  polled(hasData: boolean, now: number): void {
    this.#polls = hasData ? 0 : this.#polls + 1;
    if (this.#polls >= POLLS) this.asked(now);
  }

  /** The guest has used the port otherwise. */
  used(): void {
    this.#polls = 0;
  }

  /** The guest wants a key now. True if one is typed. */
  asked(now: number): boolean {
    this.#polls = 0;
    if (this.#bytes.length === 0 || !this.#wire.empty) return false;
    this.#wire.type([this.#bytes.shift() as number], now);
    this.#since = now;
    return true;
  }

  /** Time has passed. */
  advance(now: number): void {
    if (now - this.#since >= PATIENCE) this.asked(now);
  }
}
