/**
 * TestFloat's output: sections of one function under one rounding, a line for each case.
 *
 * Here: reading with clear errors. A section begins with `# function options`; a line is operands, result and flags in
 * hexadecimal. Not here: the functions (→ testfloat-functions.ts), running them (→ testfloat-machine.ts).
 * Reference: Berkeley TestFloat 3, testfloat_gen and testsoftfloat.
 * @module
 */
import { err, ok, type Result } from "neverthrow";
import { type Format, FUNCTIONS, type TestFloatFunction } from "./testfloat-functions.ts";

/** One case, with numbers as words, least significant first. */
export interface TestFloatCase {
  readonly operands: readonly Uint32Array[];
  readonly result: string;
  readonly flags: number;
  readonly line: string;
}

/** Cases of one function under one rounding. */
export interface TestFloatSection {
  readonly heading: string;
  readonly name: string;
  readonly function: TestFloatFunction;
  /** FCW.RC and MXCSR.RC. */
  readonly rounding: number;
  /** FCW.PC. */
  readonly precision: number;
  readonly cases: readonly TestFloatCase[];
}

const ROUNDINGS: Readonly<Record<string, number>> = { near_even: 0, min: 1, max: 2, minMag: 3 };
const PRECISIONS: Readonly<Record<string, number>> = { 32: 0, 64: 2, 80: 3 };
const DEFAULT_PRECISION = 3;
/** Options that change nothing here: results that are not exact are flagged, tininess is detected after rounding. */
const SILENT = /^-(exact|notexact|tininess(after|before))$/;

/** Hexadecimal digits of a number. */
export const DIGITS: Readonly<Record<Format, number>> = { f32: 8, f64: 16, extF80: 20, i32: 8, i64: 16, truth: 1 };

function wordsOf(digits: string): Uint32Array {
  const count = Math.ceil(digits.length / 8);
  const padded = digits.padStart(count * 8, "0");
  return Uint32Array.from({ length: count }, (_, n) =>
    Number.parseInt(padded.slice(8 * (count - n - 1), 8 * (count - n)), 16),
  );
}

/** All sections of a file's text; the error names the line. */
export function parseTestFloat(text: string): Result<readonly TestFloatSection[], string> {
  const sections: TestFloatSection[] = [];
  let cases: TestFloatCase[] = [];
  for (const [index, line] of text.trimEnd().split("\n").entries()) {
    const where = `line ${index + 1}`;
    if (line.startsWith("#")) {
      cases = [];
      const section = sectionOf(line, cases);
      if (typeof section === "string") return err(`${where}: ${section}`);
      sections.push(section);
      continue;
    }
    const section = sections.at(-1);
    const found = section === undefined ? undefined : caseOf(line, section.function);
    if (found === undefined) return err(`${where} is no TestFloat case`);
    cases.push(found);
  }
  return ok(sections);
}

function sectionOf(heading: string, cases: readonly TestFloatCase[]): TestFloatSection | string {
  const [, name = "", ...options] = heading.trim().split(/ +/);
  const known = FUNCTIONS.get(name);
  if (known === undefined) return `${name || "nothing"} is no function that IA-32 has`;
  let rounding = 0;
  let precision = DEFAULT_PRECISION;
  for (const option of options) {
    if (option.startsWith("-r") && option.slice(2) in ROUNDINGS) rounding = ROUNDINGS[option.slice(2)];
    else if (option.startsWith("-precision") && option.slice(10) in PRECISIONS)
      precision = PRECISIONS[option.slice(10)];
    else if (!SILENT.test(option)) return `option ${option} is unknown`;
  }
  return { heading, name, function: known, rounding, precision, cases };
}

function caseOf(line: string, { operands, result }: TestFloatFunction): TestFloatCase | undefined {
  const fields = line.split(" ");
  const formats = [...operands, result];
  if (fields.length !== formats.length + 1 || !fields.every((field) => /^[0-9a-f]+$/i.test(field))) return undefined;
  if (!formats.every((format, n) => fields[n].length === DIGITS[format])) return undefined;
  return {
    operands: operands.map((_, n) => wordsOf(fields[n])),
    result: fields[operands.length].toUpperCase(),
    flags: Number.parseInt(fields[operands.length + 1], 16),
    line,
  };
}
