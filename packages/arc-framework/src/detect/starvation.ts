/**
 * CPU starvation: a program is ready and gets no time, because more urgent ones take it all.
 *
 * Here: from two looks at all threads to who starves; pure. Not here: looking (`../art/watch.ts`).
 * A program that is as it was at the last look has not run. One that is ready all the same, while a more urgent one is ready,
 * starves; the most urgent one is to blame: nobody can take time from it.
 * Reference: thesis 3.3.1 ("errors wasting resources, such as memory leaks, CPU starvation, and dead locks").
 * @module
 */

/** What one look shows of a program. */
export interface Look {
  readonly pid: number;
  /** It could run. */
  readonly ready: boolean;
  /** A number made of its registers. */
  readonly fingerprint: number;
  readonly priority: number;
}

/** Pids that have not run since the look before although they could. @param before fingerprints by pid */
export function starving(looks: readonly Look[], before: ReadonlyMap<number, number>): readonly number[] {
  const ready = looks.filter((look) => look.ready);
  const top = Math.max(0, ...ready.map(({ priority }) => priority));
  return ready
    .filter(({ pid, fingerprint, priority }) => priority < top && before.get(pid) === fingerprint)
    .map(({ pid }) => pid);
}

/** The most urgent program that could run, 0 for none; of several the first. */
export function mostUrgent(looks: readonly Look[]): number {
  const ready = looks.filter((look) => look.ready);
  return ready.toSorted((a, b) => b.priority - a.priority)[0]?.pid ?? 0;
}
