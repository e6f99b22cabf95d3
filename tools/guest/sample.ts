/**
 * What campaigns try: some of many, always the same ones, or all of a stretch.
 *
 * Here: a linear congruential sequence (Numerical Recipes, 7.1), pairs of crashes, what a loss leaves. Not here: what is tried (→ the tests).
 * @module
 */

/** `count` numbers below `limit`; others for another seed. */
export function* sample(limit: number, count: number, seed: number = 1): Generator<number> {
  let state = seed;
  for (let n = 0; n < count; n++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state % limit;
  }
}

/**
 * Pairs of crashes: the first at each of the given instructions, the second at every instruction of what the program does then,
 * or at so many of them.
 * @param instructions of a run with these crashes, the first one counted
 */
export function* pairs(
  firsts: readonly number[],
  instructions: (crashes: readonly number[]) => number,
  most: number = Number.POSITIVE_INFINITY,
): Generator<readonly [number, number]> {
  for (const first of firsts) {
    const rest = instructions([first]) - first;
    for (let second = 1; second < rest; second += Math.max(1, Math.floor(rest / most))) yield [first, second];
  }
}

/** Whether `part` is `whole`, or what is left of it when some of its letters are taken away. */
export function isLeftOf(part: string, whole: string): boolean {
  let at = 0;
  for (const letter of part) {
    at = whole.indexOf(letter, at) + 1;
    if (at === 0) return false;
  }
  return true;
}
