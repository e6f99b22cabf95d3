/**
 * TextWatch: tells when a stream of bytes has shown a text.
 *
 * @module
 */

export class TextWatch {
  readonly #text: Uint8Array;
  /** The newest bytes, as many as the text has. */
  readonly #recent: number[] = [];

  constructor(text: string) {
    this.#text = new TextEncoder().encode(text);
  }

  /** Takes the next byte; true if it completes the text. */
  found(byte: number): boolean {
    this.#recent.push(byte);
    if (this.#recent.length > this.#text.length) this.#recent.shift();
    return this.#recent.length === this.#text.length && this.#recent.every((value, i) => value === this.#text[i]);
  }
}
