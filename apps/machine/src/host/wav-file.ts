/**
 * A recording of the sound card: a WAV file, written in order.
 *
 * Here: the file is emptied when the first frame sounds, and not touched before; its header is right after each block.
 * Not here: what a WAV file's bytes are, and the card (→ @kintsugi/pc).
 * @module
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { type SoundBlock, WAV_HEADER_SIZE, WavTape } from "@kintsugi/pc";

export class WavFile {
  readonly path: string;
  readonly #tape: WavTape = new WavTape();
  #descriptor: number | undefined;
  #end = WAV_HEADER_SIZE;

  constructor(path: string) {
    this.path = path;
  }

  /** Seconds recorded in this run. */
  get seconds(): number {
    return this.#tape.frames / (this.#tape.rate || 1);
  }

  record(block: SoundBlock): void {
    this.#descriptor ??= openSync(this.path, "w");
    const bytes = this.#tape.record(block);
    this.#write(bytes, this.#end);
    this.#end += bytes.length;
    this.#write(this.#tape.header(), 0);
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #write(bytes: Uint8Array, position: number): void {
    let written = 0;
    while (written < bytes.length)
      written += writeSync(this.#descriptor as number, bytes, written, bytes.length - written, position + written);
  }
}
