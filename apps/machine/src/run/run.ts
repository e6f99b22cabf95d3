/**
 * One run of the machine from power-on to its end, slice by slice.
 *
 * Here: who acts when – guest, operator, limit – and how a run ends. Not here: threads, files and terminals (→ host/),
 * what happens inside a slice (→ machine.ts). A run gives the same result however it is cut into slices.
 * @module
 */
import type { Machine } from "../machine.ts";
import type { InputEntry } from "./input-log.ts";
import type { Operator } from "./operator.ts";

export type RunEnd =
  | { readonly reason: "powerOff"; readonly code: number }
  | { readonly reason: "deadlock" }
  | { readonly reason: "limit" }
  | { readonly reason: "left" }
  /** The log has no more entries, or the run has left the path that it records. */
  | { readonly reason: "replayed" }
  | { readonly reason: "resets"; readonly count: number; readonly last: string };

/** What a run needs of a machine. */
export type Runnable = Pick<Machine, "cycles" | "inputEmpty" | "run" | "type">;

/** `running`: call slice again; `waiting`: only input from outside can change anything. */
export type RunState = "running" | "waiting" | "ended";

/** So many resets in a row without the guest ever becoming idle mean that booting again will not help. */
export const MAX_RESETS = 8;

export class Run {
  readonly machine: Runnable;
  readonly #operator: Operator;
  readonly #limit: number;
  readonly #record: (entry: InputEntry) => void;
  #resets = 0;
  #end: RunEnd | undefined;

  /** `limit`: cycle count at which the run ends; `record` gets everything that came from outside, as it is taken. */
  constructor(machine: Runnable, operator: Operator, limit: number, record: (entry: InputEntry) => void) {
    this.machine = machine;
    this.#operator = operator;
    this.#limit = limit;
    this.#record = record;
  }

  get end(): RunEnd | undefined {
    return this.#end;
  }

  /** Types bytes now, between two slices. */
  type(bytes: Uint8Array): void {
    if (this.#end !== undefined || bytes.length === 0) return;
    this.#record({ kind: "type", at: this.machine.cycles, bytes });
    this.machine.type(bytes);
  }

  /** Leaves the machine as it stands, between two slices. */
  leave(): void {
    if (this.#end !== undefined) return;
    this.#record({ kind: "leave", at: this.machine.cycles });
    this.#end = { reason: "left" };
  }

  /** Runs at most about `cycles` cycles. */
  slice(cycles: number): RunState {
    const stop = this.machine.cycles + cycles;
    while (this.#end === undefined) {
      const now = this.machine.cycles;
      if (now >= this.#operator.due) {
        if (this.#ask(now) === "waiting") return "waiting";
        continue;
      }
      if (now >= this.#limit) this.#end = { reason: "limit" };
      else if (now >= stop) return "running";
      else {
        const exit = this.machine.run(Math.min(stop, this.#operator.due, this.#limit));
        if (exit.kind === "powerOff") this.#end = { reason: "powerOff", code: exit.code };
        else if (exit.kind === "powerFail") return "waiting";
        else if (exit.kind === "reset") this.#countReset(exit.reason);
        else if (exit.kind === "idle") {
          this.#resets = 0;
          if (this.#ask(this.machine.cycles) === "waiting") return "waiting";
        }
      }
    }
    return "ended";
  }

  #ask(now: number): "acted" | "waiting" {
    const act = this.#operator.act(now, this.machine.inputEmpty);
    if (act.kind === "wait") return "waiting";
    if (act.kind === "type") this.type(act.bytes);
    else if (act.reason === "left") this.leave();
    else this.#end = { reason: act.reason };
    return "acted";
  }

  #countReset(reason: string): void {
    this.#resets++;
    if (this.#resets >= MAX_RESETS) this.#end = { reason: "resets", count: this.#resets, last: reason };
  }
}
