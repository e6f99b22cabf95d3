/**
 * The parent's side of the machine's thread.
 *
 * Here: the memory and the display's, which outlive any thread that runs on them; starting, feeding and killing the
 * thread. Not here: what the effects do to the outside world (→ commands/). A thread is never started before the old one is gone, and the
 * control area is filled with 0xA5 before every power-on, so that nothing can be read from it that the power cut took.
 * @module
 */
import { Worker } from "node:worker_threads";
import { allocateMemory, CONTROL_AREA_SIZE, POWER_WORD } from "@kintsugi/ia32";
import { DISPLAY_SIZE } from "../memory-map.ts";
import type { Effect, FromWorker, ToWorker, WorkerStart } from "./worker-protocol.ts";

/** What the parent does with what the machine posts. `effects` returns when it has written them out. */
export interface ThreadEvents {
  effects(effects: readonly Effect[]): void | Promise<void>;
}

export type ThreadEnd = Exclude<FromWorker, { kind: "effects" }> | { readonly kind: "killed" };

export class MachineThread {
  readonly #worker: Worker;
  readonly #memory: WebAssembly.Memory;
  /** Settles when the machine has ended and everything it posted is written; rejects on our own bugs. */
  readonly ended: Promise<ThreadEnd>;

  constructor(start: WorkerStart, events: ThreadEvents) {
    this.#memory = start.memory;
    poison(start.memory);
    const file = import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js";
    this.#worker = new Worker(new URL(file, import.meta.url), { workerData: start });
    let writing: Promise<void> = Promise.resolve();
    this.ended = new Promise<ThreadEnd>((resolve, reject) => {
      this.#worker.on("message", (message: FromWorker) => {
        writing = writing.then(async () => {
          if (message.kind !== "effects") return resolve(message);
          await events.effects(message.effects);
          this.#post({ kind: "written", batches: 1 });
        });
        writing.catch((error) => {
          void this.#worker.terminate(); // nobody would take what it posts any more
          reject(error);
        });
      });
      this.#worker.on("error", reject);
      // Messages that were posted before the exit have been queued on `writing` by now.
      this.#worker.on("exit", () => writing.then(() => resolve({ kind: "killed" }), reject));
    });
  }

  type(bytes: Uint8Array): void {
    this.#post({ kind: "type", bytes });
  }

  lines(lines: readonly string[], ended: boolean): void {
    this.#post({ kind: "lines", lines, ended });
  }

  leave(): void {
    this.#post({ kind: "leave" });
  }

  /** Cuts the power: the thread is gone when this settles, and the memory never moves again. */
  async kill(): Promise<void> {
    Atomics.store(new Int32Array(this.#memory.buffer as SharedArrayBuffer), POWER_WORD >> 2, 1);
    await this.#worker.terminate();
  }

  #post(message: ToWorker): void {
    this.#worker.postMessage(message);
  }
}

/** Memory for one machine; the same memory serves every thread that ever runs this machine. */
export function machineMemory(ramSize: number): WebAssembly.Memory {
  return allocateMemory(ramSize);
}

/** A display's memory, dark, for as many threads. */
export function displayMemory(): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(DISPLAY_SIZE));
}

/** Makes the control area unreadable, as after a power cut. */
export function poison(memory: WebAssembly.Memory): void {
  new Uint8Array(memory.buffer as SharedArrayBuffer, 0, CONTROL_AREA_SIZE).fill(0xa5);
}
