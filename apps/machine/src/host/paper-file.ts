/**
 * The printer's paper: a host file, written in order.
 *
 * Here: the file is emptied when the first byte of a run is printed, and not touched before. Not here: the printer
 * (→ @kintsugi/pc).
 * @module
 */
import { closeSync, openSync, writeSync } from "node:fs";

export class PaperFile {
  readonly path: string;
  #descriptor: number | undefined;
  #bytes = 0;

  constructor(path: string) {
    this.path = path;
  }

  /** Bytes printed in this run. */
  get bytes(): number {
    return this.#bytes;
  }

  print(bytes: Uint8Array): void {
    this.#descriptor ??= openSync(this.path, "w");
    let written = 0;
    while (written < bytes.length) written += writeSync(this.#descriptor, bytes, written);
    this.#bytes += bytes.length;
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}
