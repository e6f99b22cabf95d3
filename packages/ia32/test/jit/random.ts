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

  /** Two words of a binary64, or two binary32 numbers, of the kind that makes floating-point arithmetic interesting. */
  numbers(): [low: number, high: number] {
    const view = new DataView(new ArrayBuffer(8));
    const exponent = this.pick([0, 0, 1, -1, 3, 30, -30, 60, -126, -149, 127, -1022, -1074, 1023, 200]);
    const fraction = this.once(3) ? 1 : this.once(2) ? 1 + this.below(64) / 64 : 1 + (this.word() >>> 0) / 2 ** 32;
    const number = this.pick([1, -1]) * fraction * 2 ** exponent;
    const special = this.pick([
      0,
      -0,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      Number.NaN,
      number,
      number,
      number,
    ]);
    if (this.once(2)) view.setFloat64(0, special, true);
    else {
      view.setFloat32(0, special, true);
      view.setFloat32(4, number, true);
    }
    // Now and then a signalling NaN, or the number next to it.
    const high = view.getInt32(4, true);
    return [view.getInt32(0, true) ^ (this.once(12) ? 1 : 0), this.once(40) ? (high & ~0x80000) | 0x7ff00001 : high];
  }
}
