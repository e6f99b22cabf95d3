/**
 * Comparing what a processor did with what the silicon did.
 *
 * Here: registers, flags and float state by tier, with the tolerances that a test allows. Not here: memory, which only
 * the machine can read (→ hwvec-machine.ts), nor what is not compared (→ waivers.ts).
 * @module
 */
import { type FloatState, INITIAL_FLOAT, SEGMENT_REGISTERS, SELECTORS, type Vector } from "./hwvec-format.ts";
import type { Difference } from "./score.ts";
import { APPROXIMATION, COMPARED_FLAGS, TRANSCENDENTAL_STATUS, TRANSCENDENTAL_ULPS } from "./waivers.ts";

/** What a processor holds after a test. */
export interface Outcome {
  readonly registers: ArrayLike<number>;
  readonly ip: number;
  readonly flags: number;
  /** In the order of their encoding. */
  readonly selectors: readonly number[];
  readonly float: FloatState;
  /** Vector, error code, CR2. */
  readonly exception: readonly [number, number, number] | null;
}

/** FSW: C0 to C3 and TOP but for C1; the rest are exception flags, error summary, C1. */
const FSW_TIER_A = 0x7d00;
const MXCSR_FLAGS = 0x3f;

/** Everything but memory. */
export function compareRegisters(vector: Vector, got: Outcome): Difference[] {
  const { i, o } = vector;
  const wanted = o.x ?? null;
  if (wanted?.[0] !== got.exception?.[0])
    return [{ tier: "A", what: `exception expected ${wanted ?? "none"}, got ${got.exception ?? "none"}` }];
  const differences: Difference[] = [];
  const check = (tier: "A" | "B", what: string, expected: number, actual: number, mask = -1): void => {
    if (((expected ^ actual) & mask) !== 0)
      differences.push({ tier, what: `${what} expected ${hex(expected)}, got ${hex(actual)}` });
  };
  if (wanted && got.exception) {
    check("B", "error code", wanted[1], got.exception[1]);
    if (wanted[0] === 14) check("B", "CR2", wanted[2] ?? 0, got.exception[2]);
  }
  for (let n = 0; n < 8; n++) check("A", `r${n}`, o.r?.[n] ?? i.r[n], got.registers[n]);
  check("A", "EIP", o.ip, got.ip);
  check("A", "EFLAGS", o.fl ?? i.fl, got.flags, COMPARED_FLAGS & ~(vector.uf ?? 0));
  SEGMENT_REGISTERS.forEach((name, n) => {
    check("A", name, o.sg?.[name] ?? i.sg?.[name] ?? SELECTORS[name], got.selectors[n]);
  });
  if (i.fpu !== undefined) differences.push(...compareFloat(vector, got.float));
  return differences;
}

function compareFloat({ i, o, us, tol }: Vector, got: FloatState): Difference[] {
  const differences: Difference[] = [];
  const before = i.fpu ?? INITIAL_FLOAT;
  const change = o.fpu ?? {};
  const check = (tier: "A" | "B", what: string, expected: number, actual: number, mask: number): void => {
    if (((expected ^ actual) & mask) !== 0)
      differences.push({ tier, what: `${what} expected ${hex(expected)}, got ${hex(actual)}` });
  };
  const sw = change.sw ?? before.sw;
  const mx = change.mx ?? before.mx;
  const defined = 0xffff & ~(us ?? 0);
  check("A", "FCW", change.cw ?? before.cw, got.cw, 0xffff);
  check("A", "tags", change.tw ?? before.tw, got.tw, 0xff);
  check("A", "FSW", sw, got.sw, defined & FSW_TIER_A);
  check("B", "FSW flags", sw, got.sw, defined & ~FSW_TIER_A & ~(tol === undefined ? 0 : TRANSCENDENTAL_STATUS));
  check("A", "MXCSR", mx, got.mx, ~MXCSR_FLAGS);
  check("B", "MXCSR flags", mx, got.mx, MXCSR_FLAGS);
  for (let n = 0; n < 8; n++) {
    const r = change.r?.[n] ?? before.r[n];
    if (r !== got.r[n] && !(tol === 1 && extendedNear(r, got.r[n])))
      differences.push({ tier: "A", what: `R${n} expected ${r}, got ${got.r[n]}` });
    const x = change.x?.[n] ?? before.x[n];
    if (x !== got.x[n] && !(tol === 2 && singlesNear(x, got.x[n])))
      differences.push({ tier: "A", what: `XMM${n} expected ${x}, got ${got.x[n]}` });
  }
  return differences;
}

const SIGNIFICAND = (1n << 63n) - 1n;

/** At most so many units in the last place apart, with equal signs. */
function extendedNear(expected: string, got: string): boolean {
  const [a, b] = [BigInt(`0x${expected}`), BigInt(`0x${got}`)];
  const place = (value: bigint): bigint => (((value >> 64n) & 0x7fffn) << 63n) + (value & SIGNIFICAND);
  const distance = place(a) - place(b);
  return a >> 79n === b >> 79n && distance <= TRANSCENDENTAL_ULPS && distance >= -TRANSCENDENTAL_ULPS;
}

function singlesNear(expected: string, got: string): boolean {
  const view = new DataView(new ArrayBuffer(4));
  const single = (digits: string): number => {
    view.setUint32(0, Number.parseInt(digits, 16));
    return view.getFloat32(0);
  };
  for (let at = 0; at < 32; at += 8) {
    const [a, b] = [single(expected.slice(at, at + 8)), single(got.slice(at, at + 8))];
    if (!Object.is(a, b) && !(Math.abs(a - b) <= Math.abs(a) * APPROXIMATION)) return false;
  }
  return true;
}

function hex(value: number): string {
  return (value >>> 0).toString(16);
}
