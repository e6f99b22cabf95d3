// Nanoseconds per operation of the arithmetic, printed for information.
//
//   node packages/ia32/bench/softfloat.ts
import { add80 } from "../src/softfloat/add.ts";
import { createFloatContext, FLAGS, ROUNDING, UP } from "../src/softfloat/context.ts";
import { divide80 } from "../src/softfloat/divide.ts";
import { add32 } from "../src/softfloat/float32.ts";
import { add64, divide64, multiply64 } from "../src/softfloat/float64.ts";
import { multiply80 } from "../src/softfloat/multiply.ts";
import { squareRoot80 } from "../src/softfloat/square-root.ts";
import { arctangent80 } from "../src/softfloat/transcendental/arctangent.ts";
import { exponentialMinusOne80 } from "../src/softfloat/transcendental/exponential.ts";
import { logarithm80 } from "../src/softfloat/transcendental/logarithm.ts";
import { sine80 } from "../src/softfloat/transcendental/sine.ts";

const COUNT = 1024;
const INTEGER_BIT = -0x80000000;
const c = createFloatContext();
const a = new Int32Array(COUNT);
const b = new Int32Array(COUNT);
for (let i = 0, seed = 1; i < COUNT; i++) {
  a[i] = seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
  b[i] = seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
}

/** Runs an operation over all operands until it is warm, and then once more by the clock. */
function measure(name: string, rounds: number, operation: (i: number) => void): void {
  let start = 0n;
  for (let pass = 0; pass < 3; pass++) {
    start = process.hrtime.bigint();
    for (let round = 0; round < rounds; round++)
      for (let i = 0; i < COUNT; i++) {
        c.w[FLAGS] = 0;
        operation(i);
      }
  }
  const each = Number(process.hrtime.bigint() - start) / (rounds * COUNT);
  console.log(`${name.padEnd(24)} ${each.toFixed(1).padStart(8)} ns`);
}

const ONE = 0x3fff;
const high = (x: Int32Array, i: number): number => x[i] | INTEGER_BIT;
const high64 = (x: Int32Array, i: number): number => 0x3ff00000 | (x[i] & 0xfffff);
const dyadic = (operation: typeof add80) => (i: number) =>
  operation(c, ONE + (i & 7), high(a, i), b[i], ONE, high(b, i), a[i]);
const dyadic64 = (operation: typeof add64) => (i: number) => operation(c, high64(a, i), b[i], high64(b, i), a[i]);

measure("FADD, 80 bits", 300, dyadic(add80));
measure("FMUL", 300, dyadic(multiply80));
measure("FDIV", 300, dyadic(divide80));
measure("FSQRT", 300, (i) => squareRoot80(c, ONE, high(a, i), b[i]));
measure("ADDSS", 300, (i) => add32(c, 0x3f800000 | (a[i] & 0x7fffff), 0x3f000000 | (b[i] & 0x7fffff)));
measure("ADDSD", 300, dyadic64(add64));
measure("MULSD", 300, dyadic64(multiply64));
measure("DIVSD", 300, dyadic64(divide64));
c.w[ROUNDING] = UP;
measure("MULSD, rounding up", 300, dyadic64(multiply64));
measure("FSIN", 50, (i) => sine80(c, ONE - 1 + (i & 3), high(a, i), b[i]));
measure("F2XM1", 50, (i) => exponentialMinusOne80(c, ONE - 2, high(a, i), b[i]));
measure("FYL2X", 50, dyadic(logarithm80));
measure("FPATAN", 50, dyadic(arctangent80));
