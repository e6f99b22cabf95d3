/**
 * The wire into COM1: typed bytes on their way to the receiver; or, at a keyboard, the pace of the one who types.
 *
 * Here: a queue of bytes, each arriving when the receiver is empty and at the earliest one character time, plus a
 * seeded hesitation, after the one before it; the seed thus chooses the interleaving of typing and running.
 * Not here: the receiver (→ @kintsugi/pc, typed-keys.ts), who types and when (→ run/operator.ts).
 * @module
 */
import { bits, step } from "./random.ts";

/** Ten bit times at 115,200 baud, in nanoseconds. */
export const CHARACTER_TIME = 86_806;
/** The longest hesitation before a character, in nanoseconds. */
export const LONGEST_HESITATION = 40_000;

/** What the line needs of a receiver. */
export interface Receiver {
  readonly receiverEmpty: boolean;
  /** It listens to the wire (and not to itself, as in loop mode). */
  readonly canReceive: boolean;
  receive(byte: number): boolean;
}

export interface SerialLineState {
  readonly version: 1;
  /** Bytes that have not arrived yet, first to last. */
  readonly queue: readonly number[];
  /** Earliest arrival of the first of them, nanoseconds. */
  readonly earliest: number;
  readonly random: number;
}

export class SerialLine {
  readonly #receiver: Receiver;
  readonly #queue: number[];
  #earliest: number;
  #random: number;

  constructor(receiver: Receiver, seed: number, state?: SerialLineState) {
    this.#receiver = receiver;
    this.#queue = [...(state?.queue ?? [])];
    this.#earliest = state?.earliest ?? 0;
    this.#random = state?.random ?? seed | 0;
  }

  get state(): SerialLineState {
    return { version: 1, queue: [...this.#queue], earliest: this.#earliest, random: this.#random };
  }

  /** Nothing is on its way and nothing waits unread in the receiver. */
  get empty(): boolean {
    return this.#queue.length === 0 && this.#receiver.receiverEmpty;
  }

  /** Puts bytes on the wire at `now` nanoseconds. */
  type(bytes: Iterable<number>, now: number): void {
    if (this.#queue.length === 0) this.#earliest = Math.max(this.#earliest, now + this.#hesitation());
    for (const byte of bytes) this.#queue.push(byte & 0xff);
  }

  /** When the next byte arrives, if the receiver is not read before: nanoseconds, or Infinity. */
  nextEvent(): number {
    return this.#queue.length > 0 && this.#ready ? this.#earliest : Number.POSITIVE_INFINITY;
  }

  /** Lets the byte that is due at `now` arrive; a receiver that is not empty makes the sender wait. */
  advance(now: number): void {
    if (this.#queue.length === 0 || now < this.#earliest || !this.#ready) return;
    this.#receiver.receive(this.#queue.shift() as number);
    this.#earliest = now + CHARACTER_TIME + this.#hesitation();
  }

  get #ready(): boolean {
    return this.#receiver.receiverEmpty && this.#receiver.canReceive;
  }

  #hesitation(): number {
    this.#random = step(this.#random);
    return bits(this.#random) % LONGEST_HESITATION;
  }
}
