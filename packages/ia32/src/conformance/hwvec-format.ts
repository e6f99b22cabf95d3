/**
 * The hwvec format: one line of JSON is one test, recorded on a real processor.
 *
 * Here: the shape of a line, reading lines with clear errors, the memory and the registers that all tests start from.
 * Not here: running them (→ hwvec-machine.ts), comparing (→ hwvec-compare.ts). Reference: FORMAT.md beside the vectors.
 * @module
 */
import { err, ok, type Result } from "neverthrow";

/** A linear address and bytes in hexadecimal. */
export type Bytes = readonly [address: number, hex: string];

/** Float state: 80-bit registers by physical number as 20 digits, XMM registers as 32 digits. */
export interface FloatState {
  readonly cw: number;
  readonly sw: number;
  readonly tw: number;
  readonly mx: number;
  readonly r: readonly string[];
  readonly x: readonly string[];
}

/** The float registers that a test changes. */
export interface FloatChange {
  readonly cw?: number;
  readonly sw?: number;
  readonly tw?: number;
  readonly mx?: number;
  readonly r?: Readonly<Record<number, string>>;
  readonly x?: Readonly<Record<number, string>>;
}

/** Selectors that differ from `SELECTORS`. */
export type Selectors = Readonly<Partial<Record<SegmentRegister, number>>>;

/** One test. */
export interface Vector {
  /** Form. */
  readonly f: string;
  /** Instruction bytes in hexadecimal. */
  readonly b: string;
  /** Before. */
  readonly i: {
    /** EAX ECX EDX EBX ESP EBP ESI EDI. */
    readonly r: readonly number[];
    readonly ip: number;
    readonly fl: number;
    readonly sg?: Selectors;
    readonly m?: readonly Bytes[];
    readonly fpu?: FloatState;
  };
  /** What differs from `i` afterwards. */
  readonly o: {
    readonly r?: Readonly<Record<number, number>>;
    readonly ip: number;
    readonly fl?: number;
    readonly sg?: Selectors;
    readonly m?: readonly Bytes[];
    readonly fpu?: FloatChange;
    /** Vector, error code, CR2. */
    readonly x?: readonly [number, number, number?];
  };
  /** Recorded without single steps, up to an INT3: one instruction, or a sequence. */
  readonly run?: "one" | "seq";
  /** EFLAGS bits that are undefined for this test. */
  readonly uf?: number;
  /** FSW bits that are. */
  readonly us?: number;
  /** Memory that is. */
  readonly mm?: readonly (readonly [address: number, length: number])[];
  /** Results are approximate: x87 transcendental, or RCP and RSQRT. */
  readonly tol?: 1 | 2;
}

/** A segment register. */
export type SegmentRegister = "es" | "cs" | "ss" | "ds" | "fs" | "gs";
/** In the order of their encoding. */
export const SEGMENT_REGISTERS: readonly SegmentRegister[] = ["es", "cs", "ss", "ds", "fs", "gs"];
export const SELECTORS: Readonly<Record<SegmentRegister, number>> = {
  es: 0x2b,
  cs: 0x23,
  ss: 0x2b,
  ds: 0x2b,
  fs: 0,
  gs: 0,
};

/** The float state of a test that says nothing of it. */
export const INITIAL_FLOAT: FloatState = {
  cw: 0x37f,
  sw: 0,
  tw: 0,
  mx: 0x1f80,
  r: Array.from({ length: 8 }, () => "0".repeat(20)),
  x: Array.from({ length: 8 }, () => "0".repeat(32)),
};

export const PAGE = 4096;
export const CODE_REGION = 0x10000000;

/** Everything that is mapped, in pages. */
export const REGIONS: readonly { readonly linear: number; readonly pages: number; readonly writable: boolean }[] = [
  { linear: 0, pages: 32, writable: true },
  { linear: CODE_REGION, pages: 2, writable: true },
  { linear: 0x20000000, pages: 4, writable: true },
  { linear: 0x20008000, pages: 1, writable: false },
  { linear: 0x30000000, pages: 4, writable: true },
];

/** The byte that is at a linear address before a test's own bytes. */
export function fill(linear: number): number {
  return linear >= CODE_REGION && linear < CODE_REGION + 2 * PAGE ? 0xcc : Math.imul(linear, 0x9e3779b1) >>> 24;
}

/** The bytes that hexadecimal digits stand for. */
export function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length >>> 1 }, (_, n) => Number.parseInt(hex.slice(2 * n, 2 * n + 2), 16));
}

/** All tests of a file's text; the error names the line. */
export function parseVectors(text: string): Result<readonly Vector[], string> {
  const vectors: Vector[] = [];
  for (const [index, line] of text.trimEnd().split("\n").entries()) {
    const vector = parseLine(line);
    if (vector === undefined) return err(`line ${index + 1} is no hwvec test`);
    vectors.push(vector);
  }
  return ok(vectors);
}

function parseLine(line: string): Vector | undefined {
  try {
    const vector = JSON.parse(line) as Partial<Vector> | null;
    const { f, b, i, o } = vector ?? {};
    if (typeof f !== "string" || typeof b !== "string" || !/^([0-9a-f]{2})*$/i.test(b)) return undefined;
    if (i?.r?.length !== 8 || !i.r.every(Number.isInteger)) return undefined;
    if (![i.ip, i.fl, o?.ip].every(Number.isInteger)) return undefined;
    return vector as Vector;
  } catch {
    return undefined;
  }
}
