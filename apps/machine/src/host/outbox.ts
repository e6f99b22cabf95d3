/**
 * What leaves the machine, gathered in order into effects.
 *
 * Here: joining bytes into chunks. A chunk of serial output ends at a line's end and wherever something else happens;
 * `flush(true)` also cuts an unfinished line. Without such cuts the chunks depend on the run alone, never on the host.
 * @module
 */
import type { SoundBlock } from "@kintsugi/pc";
import type { MachineEvent } from "../events.ts";
import type { Outside } from "../machine.ts";
import type { InputEntry } from "../run/input-log.ts";
import type { Effect } from "./worker-protocol.ts";

const LONGEST_CHUNK = 4096;
const NEWLINE = 10;

export class Outbox implements Outside {
  readonly #chunk: Uint8Array = new Uint8Array(LONGEST_CHUNK);
  #kind: "serial" | "paper" = "serial";
  #length = 0;
  #at = 0;
  #effects: Effect[] = [];

  serial(byte: number, at: number): void {
    this.#add("serial", byte, at);
    if (byte === NEWLINE) this.#close();
  }

  paper(byte: number): void {
    this.#add("paper", byte, 0);
  }

  sound(block: SoundBlock): void {
    this.#close();
    this.#effects.push({ kind: "sound", block });
  }

  disk(lba: number, bytes: Uint8Array): void {
    this.#close();
    this.#effects.push({ kind: "disk", lba, bytes });
  }

  event(event: MachineEvent): void {
    this.#close();
    this.#effects.push({ kind: "event", event });
  }

  taken(entry: InputEntry): void {
    this.#close();
    this.#effects.push({ kind: "taken", entry });
  }

  /** The effects since the last flush; `cut` includes a chunk that is still growing. */
  flush(cut: boolean): Effect[] {
    if (cut) this.#close();
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  #add(kind: "serial" | "paper", byte: number, at: number): void {
    if (this.#kind !== kind || this.#length === LONGEST_CHUNK) this.#close();
    if (this.#length === 0) this.#at = at;
    this.#kind = kind;
    this.#chunk[this.#length++] = byte;
  }

  #close(): void {
    if (this.#length === 0) return;
    const bytes = this.#chunk.slice(0, this.#length);
    this.#length = 0;
    this.#effects.push(this.#kind === "paper" ? { kind: "paper", bytes } : { kind: "serial", at: this.#at, bytes });
  }
}
