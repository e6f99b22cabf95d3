/**
 * Scores of a conformance run: how many tests of each form passed, by tier.
 *
 * Here: counting, the summary that `--json` prints, and the lines for people. Not here: running tests (→ hwvec.ts, moo.ts,
 * testfloat.ts).
 * Tier A is what every program sees; tier B adds what only handlers and careful arithmetic see (error codes, CR2, sticky
 * flags). A test that fails A fails B.
 * @module
 */

/** One way in which a test came out differently. */
export interface Difference {
  readonly tier: "A" | "B";
  readonly what: string;
}

/** Tests that passed, of all. */
export interface Tally {
  passed: number;
  total: number;
}

/** The score of one form of instructions. */
export interface FormScore {
  readonly tierA: Tally;
  readonly tierB: Tally;
}

/** The last line of `--json`. */
export interface Summary extends FormScore {
  readonly forms: Readonly<Record<string, FormScore>>;
}

/** Counts tests by form and tier. */
export class Score {
  readonly #forms: Map<string, FormScore & { first?: string }> = new Map();
  readonly #waived: Map<string, number> = new Map();

  /** Counts one test; no differences means passed. `test` says which one it was. */
  add(form: string, differences: readonly Difference[], test: string): void {
    let score = this.#forms.get(form);
    if (score === undefined) {
      score = { tierA: { passed: 0, total: 0 }, tierB: { passed: 0, total: 0 } };
      this.#forms.set(form, score);
    }
    score.tierA.total++;
    score.tierB.total++;
    if (differences.every(({ tier }) => tier === "B")) score.tierA.passed++;
    if (differences.length === 0) score.tierB.passed++;
    else score.first ??= `${test}: ${differences.map(({ what }) => what).join("; ")}`;
  }

  /** Counts one test that cannot hold, which is in no tally (→ waivers.ts). */
  waive(reason: string): void {
    this.#waived.set(reason, (this.#waived.get(reason) ?? 0) + 1);
  }

  /** The totals and the forms. */
  get summary(): Summary {
    const total = (tier: "tierA" | "tierB"): Tally => {
      const sum = { passed: 0, total: 0 };
      for (const score of this.#forms.values()) {
        sum.passed += score[tier].passed;
        sum.total += score[tier].total;
      }
      return sum;
    };
    const forms = [...this.#forms].map(([form, { tierA, tierB }]) => [form, { tierA, tierB }] as const);
    return { tierA: total("tierA"), tierB: total("tierB"), forms: Object.fromEntries(forms) };
  }

  /** The first failure of each form that has one. */
  get failures(): readonly string[] {
    return [...this.#forms].flatMap(([form, { first }]) => (first === undefined ? [] : [`${form}: ${first}`]));
  }

  /** Every test of tier A passed, and there was one. */
  get complete(): boolean {
    const { passed, total } = this.summary.tierA;
    return total > 0 && passed === total;
  }

  /** A line for each form, with its first failure, what was not counted, then the totals. */
  get lines(): readonly string[] {
    const { tierA, tierB, forms } = this.summary;
    const line = (name: string, score: FormScore, first?: string): string =>
      `${name}: A ${text(score.tierA)}, B ${text(score.tierB)}${first === undefined ? "" : ` – ${first}`}`;
    return [
      ...Object.keys(forms).map((form) => line(form, forms[form], this.#forms.get(form)?.first)),
      ...[...this.#waived].map(([reason, count]) => `not counted: ${count} (${reason})`),
      line("all", { tierA, tierB }),
    ];
  }
}

function text({ passed, total }: Tally): string {
  return `${passed}/${total}`;
}
