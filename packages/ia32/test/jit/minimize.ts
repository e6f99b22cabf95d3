// Makes a failing program small: leaves out what it fails without.
//
// Here: trying. A candidate counts when it still differs, in whatever. Not here: running it (run.ts).
import { CODE_SIZE, DATA_SIZE } from "./places.ts";
import type { Environment, Item, Program, Step } from "./program.ts";
import type { Difference } from "./run.ts";

const EMPTY: Item = { bytes: [], fixups: [] };
/** Candidates at most. */
const TRIES = 3000;

type Test = (program: Program) => Difference | null;

/** Settings that a simpler machine has. */
const SIMPLER: readonly Partial<Environment>[] = [
  { paging: "off" },
  { paging: "plain" },
  { device: false },
  { demand: false },
  { large: false },
  { tablesOpen: false },
  { writeProtect: false },
  { alignmentMask: false },
  { aliasRights: 7 },
  { noExecute: false },
  { controlWord: 0x37f },
  { mxcsr: 0x1f80 },
  { codeFrames: Array.from({ length: CODE_SIZE / 4096 }, (_, i) => i) },
  { dataFrames: Array.from({ length: DATA_SIZE / 4096 }, (_, i) => i) },
  { codeRights: new Array(CODE_SIZE / 4096).fill(7) },
  { dataRights: new Array(DATA_SIZE / 4096).fill(7) },
];

class Minimizer {
  best: Program;
  #tries = 0;
  readonly #test: Test;

  constructor(program: Program, test: Test) {
    this.best = program;
    this.#test = test;
  }

  /** Keeps `candidate` if it still fails; steps behind the failing one go. */
  try(candidate: Program): boolean {
    if (++this.#tries > TRIES) return false;
    const difference = this.#test(candidate);
    if (difference === null) return false;
    this.best = { ...candidate, steps: candidate.steps.slice(0, difference.step + 1) };
    return true;
  }

  get exhausted(): boolean {
    return this.#tries > TRIES;
  }

  /** Leaves out stretches of `count` things, long ones first; `without` makes the program without those from `a` to `b` − 1. */
  remove(count: () => number, without: (a: number, b: number) => Program | null): boolean {
    let changed = false;
    for (let size = count() >>> 1 || 1; ; size >>>= 1) {
      for (let end = count(); end > 0 && !this.exhausted; end -= size) {
        const candidate = without(Math.max(0, end - size), end);
        if (candidate !== null && this.try(candidate)) changed = true;
      }
      if (size <= 1) return changed;
    }
  }

  items(): boolean {
    const places = (): [number, number][] =>
      this.best.blocks.flatMap(({ items }, block) =>
        items.flatMap(({ bytes }, item): [number, number][] => (bytes.length === 0 ? [] : [[block, item]])),
      );
    return this.remove(
      () => places().length,
      (a, b) => {
        const gone = places().slice(a, b);
        if (gone.length === 0) return null;
        const blocks = this.best.blocks.map(({ at, items }, block) => ({
          at,
          items: items.map((item, i) => (gone.some(([x, y]) => x === block && y === i) ? EMPTY : item)),
        }));
        return { ...this.best, blocks };
      },
    );
  }

  steps(): boolean {
    const { best } = this;
    let changed = this.remove(
      () => this.best.steps.length,
      (a, b) => (b - a >= this.best.steps.length ? null : this.#with(this.best.steps.toSpliced(a, b - a))),
    );
    for (let i = this.best.steps.length - 1; i >= 0 && !this.exhausted; i--) {
      const step = this.best.steps[i];
      if (step === undefined) continue;
      if (step.event !== null && this.try(this.#with(this.best.steps.with(i, { ...step, event: null }))))
        changed = true;
      const next = this.best.steps[i + 1];
      if (next !== undefined && next.event === null) {
        const merged = { ...this.best.steps[i], budget: step.budget + next.budget };
        if (this.try(this.#with(this.best.steps.toSpliced(i, 2, merged)))) changed = true;
      }
    }
    for (let i = 0; i < this.best.steps.length && !this.exhausted; i++) {
      for (let cut = this.best.steps[i].budget >>> 1; cut > 0 && i < this.best.steps.length; cut >>>= 1) {
        const step = this.best.steps[i];
        if (step.budget <= cut) continue;
        if (this.try(this.#with(this.best.steps.with(i, { ...step, budget: step.budget - cut })))) changed = true;
      }
    }
    return changed && this.best !== best;
  }

  environment(): boolean {
    let changed = false;
    for (const setting of SIMPLER) {
      const environment = { ...this.best.environment, ...setting };
      if (JSON.stringify(environment) === JSON.stringify(this.best.environment)) continue;
      if (setting.paging === "plain" && this.best.environment.paging === "off") continue;
      if (this.try({ ...this.best, environment })) changed = true;
    }
    return changed;
  }

  #with(steps: readonly Step[]): Program {
    return { ...this.best, steps };
  }
}

/** The smallest program found that still differs. */
export function minimize(program: Program, test: Test): Program {
  const minimizer = new Minimizer(program, test);
  if (!minimizer.try(program)) return program;
  for (let changed = true; changed && !minimizer.exhausted; ) {
    changed = minimizer.steps();
    if (minimizer.items()) changed = true;
    if (minimizer.environment()) changed = true;
  }
  return minimizer.best;
}
