import { describe, expect, it } from "vitest";
import { add80 } from "../../softfloat/add.ts";
import { compare80 } from "../../softfloat/compare.ts";
import {
  C1,
  createFloatContext,
  FLAGS,
  type FloatContext,
  HIGH,
  LOW,
  PE,
  ROUNDING,
  SIGN_EXPONENT,
  setControlWord,
} from "../../softfloat/context.ts";
import { store32, store64, widen32, widen64 } from "../../softfloat/convert-real.ts";
import { divide80 } from "../../softfloat/divide.ts";
import { fromInteger64, roundToInteger80, toInteger64 } from "../../softfloat/integer.ts";
import { multiply80 } from "../../softfloat/multiply.ts";
import { squareRoot80 } from "../../softfloat/square-root.ts";
import { COMPILED_TYPE, IMPORTS, TYPES } from "../imports.ts";
import { CodeWriter } from "../wasm/code-writer.ts";
import { moduleBytes } from "../wasm/module-writer.ts";
import { END, LOCAL_GET } from "../wasm/opcodes.ts";
import { CONTROL_WORD } from "./float-stack.ts";
import { FLOAT_FUNCTIONS, FLOAT_TYPES, type FloatFunction } from "./functions.ts";

/** Functions that do not round have no flags. */
type Answer = readonly [value: bigint, word: number, flags?: number];
type Number80 = readonly [significand: bigint, word: number];

const compiled = new CodeWriter().unsigned(0).op(LOCAL_GET, 1, END);
const bytes = moduleBytes({
  types: [...TYPES, ...FLOAT_TYPES],
  imports: IMPORTS,
  sharedMemory: false,
  functions: [...FLOAT_FUNCTIONS, { type: COMPILED_TYPE, name: "f", body: compiled }],
});
const memory = new WebAssembly.Memory({ initial: 1 });
const control = new DataView(memory.buffer);
const m: Record<string, unknown> = {
  memory,
  table: new WebAssembly.Table({ element: "anyfunc", initial: 0 }),
};
for (const { name } of IMPORTS) m[name] = () => 0;
const functions = new WebAssembly.Instance(new WebAssembly.Module(bytes), { m }).exports as Record<
  FloatFunction,
  (...values: (bigint | number)[]) => unknown
>;

/** Numbers by chance, many of them at edges: of significands, of exponents, and near one another. */
class Chance {
  #state: bigint;
  constructor(seed: bigint) {
    this.#state = seed;
  }
  bits(count: number): bigint {
    this.#state = BigInt.asUintN(64, this.#state * 6364136223846793005n + 1442695040888963407n);
    return this.#state >> BigInt(64 - count);
  }
  below(limit: number): number {
    return Number(this.bits(32) % BigInt(limit));
  }
  significand(): bigint {
    const top = 1n << 63n;
    const random = (this.bits(32) << 32n) | this.bits(32);
    switch (this.below(6)) {
      case 0:
        return top;
      case 1:
        return top | (top - 1n - this.bits(2));
      case 2:
        return top | (this.bits(24) << 39n);
      case 3:
        return top | (1n << this.bits(6));
      case 4:
        return BigInt.asUintN(64, (random | top) & -(1n << this.bits(6)));
      default:
        return top | random;
    }
  }
  number(): Number80 {
    const sign = this.below(2) << 15;
    const kind = this.below(40);
    if (kind === 0) return [0n, sign];
    if (kind === 1) return [this.significand(), sign | 0x7fff];
    if (kind === 2) return [this.bits(40), sign | this.below(2)];
    if (kind < 6) return [this.significand(), sign | (1 + this.below(3))];
    if (kind < 9) return [this.significand(), sign | (0x7ffe - this.below(3))];
    return [this.significand(), sign | (16383 - 68 + this.below(136))];
  }
}

const high = (value: bigint): number => Number(BigInt.asIntN(32, value >> 32n));
const low = (value: bigint): number => Number(BigInt.asIntN(32, value));
const words = ([significand, word]: Number80): [number, number, number] => [
  word & 0xffff,
  high(significand),
  low(significand),
];
const c: FloatContext = createFloatContext();
const result64 = (): bigint => BigInt.asUintN(64, (BigInt(c.w[HIGH]) << 32n) | BigInt(c.w[LOW] >>> 0));
const COUNT = 8000;

/** Default control, and every precision with every rounding. */
const CONTROL_WORDS = [0x37f, ...Array.from({ length: 16 }, (_, i) => 0x7f | (i << 8))];

/** Both follow a control word. */
function setControl(word: number): void {
  control.setInt32(CONTROL_WORD, word, true);
  setControlWord(c, word);
}

/** Compares answers with what the interpreter's arithmetic gives; at least `share` of the cases have one. */
function agree(share: number, once: (chance: Chance) => { answer: Answer; expected: () => Answer }): void {
  const chance = new Chance(0x1234_5678_9abcn);
  let answered = 0;
  for (let i = 0; i < COUNT; i++) {
    setControl(CONTROL_WORDS[i < COUNT / 2 ? 0 : i % CONTROL_WORDS.length]);
    c.w.fill(0, 0, 1);
    const { answer, expected } = once(chance);
    const [value, word] = expected();
    const flags = c.w[FLAGS];
    if (answer[1] < 0) continue;
    answered++;
    expect(flags & ~(PE | C1)).toBe(0);
    // Flags stand behind the number, or, where that is an integer or a real, in its place.
    const [, second, third = 0] = answer;
    expect([BigInt.asUintN(64, answer[0]).toString(16), (second | third).toString(16)]).toEqual([
      value.toString(16),
      (word | (flags << 16)).toString(16),
    ]);
  }
  expect(answered).toBeGreaterThan(share * COUNT);
}

describe("functions of x87 arithmetic", () => {
  const binary = { add: add80, multiply: multiply80, divide: divide80 } as const;
  for (const [name, operate] of Object.entries(binary) as [keyof typeof binary, typeof add80][])
    it(`${name}: results and flags of the interpreter`, () => {
      agree(0.5, (chance) => {
        const [a, b] = [chance.number(), chance.number()];
        return {
          answer: functions[name](...a, ...b) as Answer,
          expected: () => {
            operate(c, ...words(a), ...words(b));
            return [result64(), c.w[SIGN_EXPONENT]];
          },
        };
      });
    });

  it("differences of numbers that are close, and far apart", () => {
    agree(0.9, (chance) => {
      const a: Number80 = [chance.significand(), 16383 + chance.below(2)];
      const b: Number80 = [
        chance.significand(),
        (16383 + chance.below(2) - [0, 1, 2, 62, 63, 64, 65, 66, 127, 128][chance.below(10)]) | 0x8000,
      ];
      return {
        answer: functions.add(...a, ...b) as Answer,
        expected: () => {
          add80(c, ...words(a), ...words(b));
          return [result64(), c.w[SIGN_EXPONENT]];
        },
      };
    });
  });

  it("squareRoot: results and flags of the interpreter", () => {
    agree(0.3, (chance) => {
      const a = chance.number();
      return {
        answer: functions.squareRoot(...a) as Answer,
        expected: () => {
          squareRoot80(c, ...words(a));
          return [result64(), c.w[SIGN_EXPONENT]];
        },
      };
    });
  });

  it("narrow and widen: binary32 and binary64", () => {
    agree(0.5, (chance) => {
      const a = chance.number();
      return {
        answer: functions.narrow64(...a) as Answer,
        expected: () => {
          store64(c, ...words(a));
          return [result64(), 0];
        },
      };
    });
    agree(0.5, (chance) => {
      const a = chance.number();
      return {
        answer: functions.narrow32(...a) as Answer,
        expected: () => [BigInt(store32(c, ...words(a)) >>> 0), 0],
      };
    });
    agree(0.9, (chance) => {
      const real = (chance.bits(32) << 32n) | chance.bits(32);
      return {
        answer: functions.widen64(real) as Answer,
        expected: () => {
          widen64(c, high(real), low(real));
          return [result64(), c.w[SIGN_EXPONENT]];
        },
      };
    });
    agree(0.9, (chance) => {
      const real = chance.bits(32);
      return {
        answer: functions.widen32(real) as Answer,
        expected: () => {
          widen32(c, low(real));
          return [result64(), c.w[SIGN_EXPONENT]];
        },
      };
    });
  });

  it("integers", () => {
    agree(0.9, (chance) => {
      const integer = BigInt.asIntN(64, ((chance.bits(32) << 32n) | chance.bits(32)) >> chance.bits(6));
      return {
        answer: functions.fromInteger(integer) as Answer,
        expected: () => {
          fromInteger64(c, high(integer), low(integer));
          return [result64(), c.w[SIGN_EXPONENT]];
        },
      };
    });
    agree(0.5, (chance) => {
      const a = chance.number();
      return {
        answer: functions.toInteger(...a, c.w[ROUNDING] << 10) as Answer,
        expected: () => {
          toInteger64(c, ...words(a), c.w[ROUNDING]);
          return [result64(), 0];
        },
      };
    });
  });

  it("toIntegral: results and flags of the interpreter", () => {
    agree(0.7, (chance) => {
      const a = chance.number();
      return {
        answer: functions.toIntegral(...a) as Answer,
        expected: () => {
          roundToInteger80(c, ...words(a));
          return [result64(), c.w[SIGN_EXPONENT]];
        },
      };
    });
  });

  it("compare: the interpreter's relation", () => {
    const chance = new Chance(77n);
    let answered = 0;
    for (let i = 0; i < COUNT; i++) {
      const a = chance.number();
      const b = chance.below(4) === 0 ? ([a[0], a[1] ^ (chance.below(2) << 15)] as const) : chance.number();
      c.w[FLAGS] = 0;
      const expected = compare80(c, ...words(a), ...words(b), true);
      const answer = functions.compare(...a, ...b);
      if (answer === -1) continue;
      answered++;
      expect(c.w[FLAGS]).toBe(0);
      expect(answer).toBe(expected);
    }
    expect(answered).toBeGreaterThan(COUNT / 2);
  });
});
