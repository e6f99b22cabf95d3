/**
 * Writes the input log while the machine runs.
 *
 * Here: the file, complete after every line, so that a killed run leaves a log that can be read up to there.
 * @module
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { type InputEntry, type LogEnd, type LogHeader, writeEnd, writeEntry, writeHeader } from "../run/input-log.ts";
import { UsageError } from "./options.ts";

export class Recorder {
  readonly #descriptor: number;

  constructor(path: string, header: LogHeader) {
    try {
      this.#descriptor = openSync(path, "w");
    } catch (error) {
      throw new UsageError(`--record ${path}: ${(error as Error).message}; check the path`);
    }
    writeSync(this.#descriptor, writeHeader(header));
  }

  taken(entry: InputEntry): void {
    writeSync(this.#descriptor, writeEntry(entry));
  }

  close(end?: LogEnd): void {
    if (end !== undefined) writeSync(this.#descriptor, writeEnd(end));
    closeSync(this.#descriptor);
  }
}
