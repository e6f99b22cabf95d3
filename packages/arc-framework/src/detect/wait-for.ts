/**
 * The wait-for graph: who waits for whom, and who is stuck in a circle.
 *
 * Here: circles, and who of a circle is to blame; pure. Not here: finding out who waits (`../art/watch.ts`).
 * A thread waits for one other at most, so that circles never meet. Who runs too long is the leaf of the graph by itself:
 * its own time passes, while the time of those that wait for it stands still (`hang.ts`). A circle has no leaf; the one on whom
 * the fewest others rely is taken for it, and of these the youngest.
 * Reference: Coffman et al. 1971; thesis 3.3.1.
 * @module
 */

/** All circles of a graph: each pid waits for the one that it is mapped to. */
export function circles(waits: ReadonlyMap<number, number>): readonly (readonly number[])[] {
  const found: number[][] = [];
  const seen = new Set<number>();
  for (const start of waits.keys()) {
    const path: number[] = [];
    let at: number | undefined = start;
    while (at !== undefined && !seen.has(at)) {
      seen.add(at);
      path.push(at);
      at = waits.get(at);
    }
    const begin = at === undefined ? -1 : path.indexOf(at);
    if (begin >= 0) found.push(path.slice(begin));
  }
  return found;
}

/** What is known of a process besides whom it waits for. */
export interface Standing {
  /** Connections that were made to it. */
  readonly age: number;
  /** Its place in the order in which processes were started. */
  readonly order: number;
}

/** The pid of a circle that is restarted so that the others get on. */
export function leafOf(circle: readonly number[], standing: (pid: number) => Standing): number {
  const worse = (a: number, b: number): number =>
    standing(a).age - standing(b).age || standing(b).order - standing(a).order;
  return [...circle].sort(worse)[0]!;
}
