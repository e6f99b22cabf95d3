/**
 * Numbers for campaigns that try some of many: always the same ones.
 *
 * Here: a linear congruential sequence (Numerical Recipes, 7.1). Not here: what is tried (→ the tests).
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
