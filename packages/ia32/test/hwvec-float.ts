// The float registers in hwvec vectors: putting them into a processor and comparing them afterwards.
//
// Here: `fpu` of FORMAT.md: 80-bit and 128-bit numbers as hex digits, most significant first. Tolerances: 1 = two units
// of the last place of an x87 transcendental, 2 = an approximation of 12 bits.
import { FCW, FLOAT_REGISTER_COUNT, FSW, FTW, MXCSR, type Processor, R0 } from "../src/index.ts";

export interface FloatState {
  readonly cw: number;
  readonly sw: number;
  readonly tw: number;
  readonly mx: number;
  readonly r: readonly string[];
  readonly x: readonly string[];
}
export interface FloatChange {
  readonly cw?: number;
  readonly sw?: number;
  readonly tw?: number;
  readonly mx?: number;
  readonly r?: Record<number, string>;
  readonly x?: Record<number, string>;
}

export interface Difference {
  readonly tier: "A" | "B";
  readonly what: string;
}

const NEUTRAL: FloatState = {
  cw: 0x37f,
  sw: 0,
  tw: 0,
  mx: 0x1f80,
  r: Array(8).fill("0".repeat(20)),
  x: Array(8).fill("0".repeat(32)),
};
/** Stack fault flag's neighbours: TOP, ES, B, SF and conditions count for tier A; exception flags and C1 for tier B. */
const TIER_A_STATUS = 0x7d00;
/** What transcendental results may differ in: UE, PE, C1. */
const ROUNDING_FLAGS = 0x230;
const EXCEPTIONS = 0x3f;

function setNumber(registers: Int32Array, index: number, hex: string): void {
  for (let word = 0, end = hex.length; end > 0; word++, end -= 8)
    registers[index + word] = Number.parseInt(hex.slice(Math.max(0, end - 8), end), 16);
}

function numberOf(registers: Int32Array, index: number, digits: 20 | 32): string {
  let hex = "";
  for (let word = 0; word * 8 < digits; word++)
    hex = (registers[index + word] >>> 0).toString(16).padStart(8, "0") + hex;
  return hex.slice(-digits);
}

export function setFloatState(processor: Processor, state: FloatState = NEUTRAL): void {
  const registers = processor.floatRegisters;
  registers.fill(0, 0, FLOAT_REGISTER_COUNT);
  for (let i = 0; i < 8; i++) {
    setNumber(registers, 4 * i, state.x[i]);
    setNumber(registers, R0 + 4 * i, state.r[i]);
  }
  registers[FCW] = state.cw;
  registers[FSW] = state.sw;
  registers[FTW] = state.tw;
  registers[MXCSR] = state.mx;
}

/** Two 80-bit numbers of one sign lie within `units` of the last place. */
function near80(a: string, b: string, units: bigint): boolean {
  const [x, y] = [BigInt(`0x${a}`), BigInt(`0x${b}`)];
  const line = (value: bigint): bigint => (((value >> 64n) & 0x7fffn) << 63n) + (value & ((1n << 63n) - 1n));
  const distance = line(x) - line(y);
  return x >> 79n === y >> 79n && distance <= units && -distance <= units;
}

const float32 = new DataView(new ArrayBuffer(4));
function real32(hex: string): number {
  float32.setUint32(0, Number.parseInt(hex, 16));
  return float32.getFloat32(0);
}
function near128(a: string, b: string): boolean {
  for (let i = 0; i < 32; i += 8) {
    const [x, y] = [real32(a.slice(i, i + 8)), real32(b.slice(i, i + 8))];
    if (!Object.is(x, y) && !(Math.abs(x - y) <= (Math.abs(x) * 3) / 4096)) return false;
  }
  return true;
}

export interface FloatVector {
  readonly i: { readonly fpu?: FloatState };
  readonly o: { readonly fpu?: FloatChange };
  /** Bits of the status word that are undefined. */
  readonly us?: number;
  readonly tol?: 1 | 2;
}

/** Differences of the float registers from what the silicon left. */
export function compareFloatState(processor: Processor, vector: FloatVector): Difference[] {
  const before = vector.i.fpu;
  if (before === undefined) return [];
  const change = vector.o.fpu ?? {};
  const registers = processor.floatRegisters;
  const differences: Difference[] = [];
  const differ = (tier: "A" | "B", what: string, wanted: number | string, got: number | string): void => {
    const [w, g] = [wanted, got].map((value) => (typeof value === "string" ? value : (value >>> 0).toString(16)));
    differences.push({ tier, what: `${what}: expected ${w}, got ${g}` });
  };
  const cw = change.cw ?? before.cw;
  if (cw !== registers[FCW]) differ("A", "FCW", cw, registers[FCW]);
  const tw = change.tw ?? before.tw;
  if (tw !== registers[FTW]) differ("A", "FTW", tw, registers[FTW]);
  const sw = change.sw ?? before.sw;
  const status = (sw ^ registers[FSW]) & 0xffff & ~(vector.us ?? 0) & (vector.tol ? ~ROUNDING_FLAGS : -1);
  if (status !== 0) differ(status & TIER_A_STATUS ? "A" : "B", "FSW", sw, registers[FSW]);
  const mx = change.mx ?? before.mx;
  if (mx !== registers[MXCSR]) differ((mx ^ registers[MXCSR]) & ~EXCEPTIONS ? "A" : "B", "MXCSR", mx, registers[MXCSR]);
  for (let i = 0; i < 8; i++) {
    const r = change.r?.[i] ?? before.r[i];
    const gotR = numberOf(registers, R0 + 4 * i, 20);
    if (r !== gotR && !(vector.tol === 1 && near80(r, gotR, 2n))) differ("A", `R${i}`, r, gotR);
    const x = change.x?.[i] ?? before.x[i];
    const gotX = numberOf(registers, 4 * i, 32);
    if (x !== gotX && !(vector.tol === 2 && near128(x, gotX))) differ("A", `XMM${i}`, x, gotX);
  }
  return differences;
}
