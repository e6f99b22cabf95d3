/**
 * The oracle of the property tests: exact numbers as fractions of BigInts, rounded as IEEE 754 says.
 *
 * Here: decoding, rounding by definition (all modes, tininess after rounding), the formats, and the numbers that
 * tests draw. Slow and plain, sharing nothing with the arithmetic under test.
 * @module
 */
import fc from "fast-check";
import { createFloatContext, type FloatContext, HIGH, LOW, SIGN_EXPONENT } from "../../src/softfloat/context.ts";

/** numerator / denominator, negative or not; the sign counts for zero, too. */
export interface Exact {
  readonly negative: boolean;
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** A binary format; `significand` is the width of its field, which for 80 bits can exceed the precision. */
export interface Format {
  readonly precision: number;
  readonly bias: number;
  readonly significand: number;
  readonly explicit: boolean;
}

export const BINARY32: Format = { precision: 24, bias: 127, significand: 24, explicit: false };
export const BINARY64: Format = { precision: 53, bias: 1023, significand: 53, explicit: false };
/** The 80-bit format under precision control. */
export const extended = (precision: number): Format => ({ precision, bias: 16383, significand: 64, explicit: true });

/** A rounded number as one integer of the format's bits, with the exceptions (and C1) that x87 reports. */
export interface Rounded {
  readonly bits: bigint;
  readonly flags: number;
}

const bitLength = (n: bigint): number => n.toString(2).length;
const shift = (n: bigint, by: number): bigint => (by >= 0 ? n << BigInt(by) : n >> BigInt(-by));

/** The value of finite bits. */
export function decode(format: Format, bits: bigint): Exact {
  const stored = BigInt(format.significand - (format.explicit ? 0 : 1));
  const field = Number((bits >> stored) & BigInt(2 * format.bias + 1));
  const fraction = bits & ((1n << stored) - 1n);
  const significand = format.explicit || field === 0 ? fraction : fraction | (1n << stored);
  const exponent = Math.max(field, 1) - format.bias - (format.significand - 1);
  const negative = bits >> (stored + BigInt(bitLength(BigInt(2 * format.bias + 1)))) === 1n;
  return exponent >= 0
    ? { negative, numerator: shift(significand, exponent), denominator: 1n }
    : { negative, numerator: significand, denominator: 1n << BigInt(-exponent) };
}

/** floor(value / 2^unit), and whether what is left is nothing (0), less than (1), equal to (2) or more than half (3). */
function cut(value: Exact, unit: number): [bigint, number] {
  const numerator = value.numerator * (unit < 0 ? 1n << BigInt(-unit) : 1n);
  const denominator = value.denominator * (unit > 0 ? 1n << BigInt(unit) : 1n);
  const rest = numerator % denominator;
  const twice = 2n * rest;
  return [numerator / denominator, rest === 0n ? 0 : twice < denominator ? 1 : twice === denominator ? 2 : 3];
}

/** Whether the magnitude goes up, in RC's numbering. */
function goesUp(mode: number, negative: boolean, whole: bigint, rest: number): boolean {
  if (mode === 0) return rest === 3 || (rest === 2 && whole % 2n === 1n);
  return rest !== 0 && mode !== 3 && (mode === 1) === negative;
}

/** Rounds a value other than zero. */
export function round(format: Format, mode: number, value: Exact): Rounded {
  const { precision, bias, significand } = format;
  let power = bitLength(value.numerator) - bitLength(value.denominator);
  if (cut(value, power)[0] === 0n) power--;
  const [freeWhole, freeRest] = cut(value, power - precision + 1);
  const freeUp = goesUp(mode, value.negative, freeWhole, freeRest);
  const tiny = power + (freeUp && freeWhole + 1n === 1n << BigInt(precision) ? 1 : 0) < 1 - bias;
  const unit = Math.max(power, 1 - bias) - precision + 1;
  const [whole, rest] = cut(value, unit);
  const up = goesUp(mode, value.negative, whole, rest);
  let n = whole + (up ? 1n : 0n);
  let field = unit + precision - 1 + bias;
  if (n === 1n << BigInt(precision)) {
    n >>= 1n;
    field++;
  }
  if (n < 1n << BigInt(precision - 1)) field = 0;
  let flags = (rest === 0 ? 0 : 0x20) | (up ? 0x200 : 0) | (tiny && rest !== 0 ? 0x10 : 0);
  if (field >= 2 * bias + 1) {
    const infinite = goesUp(mode, value.negative, 1n, 3);
    flags = 0x28 | (infinite ? 0x200 : 0);
    field = infinite ? 2 * bias + 1 : 2 * bias;
    n = infinite ? 1n << BigInt(precision - 1) : (1n << BigInt(precision)) - 1n;
  }
  let fraction = n << BigInt(significand - precision);
  const stored = BigInt(significand - (format.explicit ? 0 : 1));
  if (!format.explicit) fraction &= (1n << stored) - 1n;
  const exponentBits = BigInt(bitLength(BigInt(2 * bias + 1)));
  const sign = value.negative ? 1n << (stored + exponentBits) : 0n;
  return { bits: sign | (BigInt(field) << stored) | fraction, flags };
}

export const plus = (a: Exact, b: Exact): Exact => {
  const left = (a.negative ? -a.numerator : a.numerator) * b.denominator;
  const right = (b.negative ? -b.numerator : b.numerator) * a.denominator;
  const total = left + right;
  return { negative: total < 0n, numerator: total < 0n ? -total : total, denominator: a.denominator * b.denominator };
};
export const negated = (a: Exact): Exact => ({ ...a, negative: !a.negative });
export const times = (a: Exact, b: Exact): Exact => ({
  negative: a.negative !== b.negative,
  numerator: a.numerator * b.numerator,
  denominator: a.denominator * b.denominator,
});
export const over = (a: Exact, b: Exact): Exact => ({
  negative: a.negative !== b.negative,
  numerator: a.numerator * b.denominator,
  denominator: a.denominator * b.numerator,
});

/** Words of bits, most significant first: 3 for 80 bits, 2 for 64, 1 for 32. */
export function words80(bits: bigint): [number, number, number] {
  return [Number(bits >> 64n), Number(BigInt.asIntN(32, bits >> 32n)), Number(BigInt.asIntN(32, bits))];
}
export function words64(bits: bigint): [number, number] {
  return [Number(BigInt.asIntN(32, bits >> 32n)), Number(BigInt.asIntN(32, bits))];
}
export const word32 = (bits: bigint): number => Number(BigInt.asIntN(32, bits));

const low64 = (c: FloatContext): bigint =>
  (BigInt.asUintN(32, BigInt(c.w[HIGH])) << 32n) | BigInt.asUintN(32, BigInt(c.w[LOW]));
/** The result of an operation as bits. */
export const result80 = (c: FloatContext): bigint => (BigInt(c.w[SIGN_EXPONENT]) << 64n) | low64(c);
export const result64 = (c: FloatContext): bigint => low64(c);

/** A context with everything masked that rounds by `mode`. */
export function contextOf(mode: number, precision = 64): FloatContext {
  const c = createFloatContext();
  c.w[2] = mode;
  c.w[3] = precision;
  return c;
}

/** Significands full of chance, of ones, or of zeros in the middle. */
const significandOf = (width: number): fc.Arbitrary<bigint> => {
  const top = 1n << BigInt(width);
  return fc.oneof(
    fc.bigInt({ min: 0n, max: top - 1n }),
    fc.tuple(fc.nat(width), fc.nat(width)).map(([i, j]) => ((1n << BigInt(i)) ^ (1n << BigInt(j))) % top),
    fc
      .tuple(fc.nat(width), fc.nat(width))
      .map(([i, j]) => (top - 1n) ^ (((1n << BigInt(i)) | (1n << BigInt(j))) % top)),
  );
};

/** Finite numbers other than zero: any exponent, the ends of the range, and often near 1 so that operands meet. */
export function finite(format: Format): fc.Arbitrary<bigint> {
  const { bias } = format;
  const stored = format.significand - (format.explicit ? 0 : 1);
  const exponentBits = BigInt(bitLength(BigInt(2 * bias + 1)));
  const field = fc.oneof(
    { weight: 3, arbitrary: fc.integer({ min: bias - 70, max: bias + 70 }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 70 }) },
    { weight: 1, arbitrary: fc.integer({ min: 2 * bias - 70, max: 2 * bias }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 2 * bias }) },
  );
  return fc
    .tuple(fc.boolean(), field, significandOf(stored))
    .map(([negative, exponent, fraction]) => {
      const integer = format.explicit && exponent !== 0 ? 1n << 63n : 0n;
      const magnitude = (BigInt(exponent) << BigInt(stored)) | fraction | integer;
      const denormalTop = format.explicit && exponent === 0 ? ~(1n << 63n) : -1n;
      return (negative ? 1n << (BigInt(stored) + exponentBits) : 0n) | (magnitude & denormalTop);
    })
    .filter((bits) => decode(format, bits).numerator !== 0n);
}

export const modes: fc.Arbitrary<number> = fc.integer({ min: 0, max: 3 });
export const precisions: fc.Arbitrary<number> = fc.constantFrom(24, 53, 64);
