/**
 * A script: what is typed at a PC, and when.
 *
 * Here: awaiting texts, times and quiet, one step after another; keys go down and up. Steps are looked at whenever the machine
 * has stopped at a tick of the clock: the same run, the same moments. Not here: what texts mean (→ typed-text.ts).
 * @module
 */
import type { KeyCode } from "@kintsugi/pc";
import { TextWatch } from "./text-watch.ts";
import { bytesOf, keysOf, type Stroke } from "./typed-text.ts";

export type ScriptStep =
  /** Until COM1 has sent the text since the step before, or a new row of the screen has it. */
  | { readonly kind: "await"; readonly text: string }
  /** At a time in cycles; null: at once behind an await, else when the guest is quiet. */
  | { readonly kind: "type"; readonly strokes: readonly Stroke[]; readonly at: number | null };

/** Where text is typed; "auto": COM1 if the guest has sent something there, else the keyboard. */
export type TypeTarget = "auto" | "serial" | "keyboard";

/** What a script sees of a machine, and does to it. */
export interface Typist {
  readonly cycles: number;
  /** Cycles that were not spent waiting. */
  readonly busy: number;
  /** Grows with every byte for COM1, and with every write to the display. */
  readonly shown: number;
  readonly serialUsed: boolean;
  screen(): readonly string[];
  serial(bytes: readonly number[]): void;
  readonly keyboardIdle: boolean;
  press(key: KeyCode): boolean;
  release(key: KeyCode): boolean;
}

/** A guest that shows nothing is taken for waiting: so long if it halts most of the time, or else so much longer. */
export const QUIET: number = 50_000_000;
export const QUIET_WITHOUT_HALT: number = 500_000_000;

interface KeyEvent {
  readonly key: KeyCode;
  readonly down: boolean;
}

export class Script {
  readonly #steps: readonly ScriptStep[];
  readonly #target: TypeTarget;
  #next = 0;
  #watch: TextWatch | undefined;
  #found = false;
  /** Occurrences of the awaited text on the screen when the step began. */
  #before = 0;
  /** Key events still to come. */
  #keys: KeyEvent[] = [];
  /** The keyboard would not take the first of them. */
  #lost = false;
  /** What was shown when the step began, and when that was last seen to grow. */
  #begun: number;
  #seen = { shown: -1, cycles: 0, busy: 0 };

  /** `running`: the guest was there before the script, and need not show anything first. */
  constructor(steps: readonly ScriptStep[], target: TypeTarget, running = false) {
    this.#steps = steps;
    this.#target = target;
    this.#begun = running ? -1 : 0;
    this.#begin();
  }

  /** Nothing is left to do. */
  get done(): boolean {
    return this.#next >= this.#steps.length && this.#keys.length === 0;
  }

  /** It will go on although the guest does nothing any more: all that it waits for is time. */
  goesOnWithout(machine: Pick<Typist, "shown" | "keyboardIdle">): boolean {
    const step = this.#steps[this.#next];
    if (this.#keys.length > 0) return machine.keyboardIdle && !this.#lost;
    return step?.kind === "type" && (step.at !== null || this.#next > 0 || machine.shown !== this.#begun);
  }

  /** What it waits for, in words; for a run that ends before the script. */
  get waiting(): string {
    const step = this.#steps[this.#next];
    if (step?.kind === "await") return `'${step.text}' never came`;
    return step === undefined ? "" : "not everything was typed";
  }

  /** A byte that COM1 has sent. */
  sent(byte: number): void {
    if (this.#watch?.found(byte)) this.#found = true;
  }

  /** Does what is due. */
  tick(machine: Typist): void {
    if (this.#keys.length > 0) {
      this.#key(machine);
      return;
    }
    while (this.#next < this.#steps.length && this.#keys.length === 0 && this.#due(machine)) {
      const step = this.#steps[this.#next++];
      if (step.kind === "type") this.#type(machine, step.strokes);
      this.#begin();
      this.#start(machine);
    }
  }

  #begin(): void {
    const step = this.#steps[this.#next];
    this.#watch = step?.kind === "await" ? new TextWatch(step.text) : undefined;
    this.#found = false;
  }

  #start(machine: Typist): void {
    const step = this.#steps[this.#next];
    this.#begun = machine.shown;
    this.#seen = { shown: machine.shown, cycles: machine.cycles, busy: machine.busy };
    if (step?.kind === "await") this.#before = occurrences(machine.screen(), step.text);
  }

  #due(machine: Typist): boolean {
    const step = this.#steps[this.#next];
    if (step.kind === "await") return this.#found || this.#onScreen(machine, step.text);
    if (step.at !== null) return machine.cycles >= step.at;
    return this.#steps[this.#next - 1]?.kind === "await" || this.#quiet(machine);
  }

  /** More often than when the step began, or as the end of the last row: a prompt, if rows have moved up. */
  #onScreen(machine: Typist, text: string): boolean {
    if (machine.shown === this.#begun && this.#next > 0) return false;
    const rows = machine.screen();
    if (occurrences(rows, text) > this.#before) return true;
    return rows.findLast((row) => row !== "")?.endsWith(text.trimEnd()) === true;
  }

  #quiet(machine: Typist): boolean {
    const { shown, cycles, busy } = machine;
    if (shown !== this.#seen.shown) this.#seen = { shown, cycles, busy };
    if (shown === this.#begun && this.#next === 0) return false;
    const passed = cycles - this.#seen.cycles;
    return passed >= QUIET_WITHOUT_HALT || (passed >= QUIET && busy - this.#seen.busy < passed / 2);
  }

  #type(machine: Typist, strokes: readonly Stroke[]): void {
    const serial = this.#target === "serial" || (this.#target === "auto" && machine.serialUsed);
    if (serial) machine.serial(bytesOf(strokes));
    else
      for (const keys of strokes.map(keysOf)) {
        this.#keys.push(...keys.map((key) => ({ key, down: true })));
        this.#keys.push(...keys.toReversed().map((key) => ({ key, down: false })));
      }
  }

  /** One key event, when the guest has taken those before; one that the keyboard loses is made again. */
  #key(machine: Typist): void {
    const [event] = this.#keys;
    if (!machine.keyboardIdle) return;
    this.#lost = !(event.down ? machine.press(event.key) : machine.release(event.key));
    if (!this.#lost) this.#keys.shift();
  }
}

function occurrences(rows: readonly string[], text: string): number {
  return rows.reduce((count, row) => count + row.split(text).length - 1, 0);
}
