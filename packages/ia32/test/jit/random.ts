// Chance from a seed: the same seed gives the same numbers everywhere.

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
    for (let i = 0; i < 4; i++) this.word();
  }

  /** 32 bits, signed. Mulberry32. */
  word(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return mixed ^ (mixed >>> 14);
  }

  /** 0 to `bound` − 1. */
  below(bound: number): number {
    return (this.word() >>> 0) % bound;
  }

  /** True once in `times`. */
  once(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)];
  }

  /** One of the values, as often as its weight says. */
  weighted<T>(values: readonly (readonly [weight: number, value: T])[]): T {
    let left = this.below(values.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, value] of values) {
      left -= weight;
      if (left < 0) return value;
    }
    throw new RangeError("no value has a weight");
  }

  /** A word of the kind that makes arithmetic interesting. */
  operand(): number {
    switch (this.below(6)) {
      case 0:
        return this.pick([0, 1, -1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, -0x80000000]);
      case 1:
        return this.below(256) - 128;
      case 2:
        return this.word() & 0xffff;
      case 3:
        return 1 << this.below(32);
      default:
        return this.word();
    }
  }
}
