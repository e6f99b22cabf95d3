/**
 * Field kinds: how one named field lies in bytes, little-endian.
 *
 * Here: the kinds as plain strings, their size, alignment, range, reading and writing.
 * Not here: the order of fields (`struct.ts`), rows of them (`table.ts`).
 * A kind is a string literal, so that a list of fields is plain data that prints itself and that
 * `as const` gives an exact type (which declarations made file by file ask for).
 * @module
 */

/** A field of one number: unsigned 8, 16, 32 bits, or signed 32 bits. */
export type ScalarKind = "u8" | "u16" | "u32" | "i32";

/** An array of unsigned 32-bit words, `words[n]` with n ≥ 1. */
export type WordsKind = `words[${number}]`;

/** What a field can be. */
export type FieldKind = ScalarKind | WordsKind;

/** What a field reads as: a number, or the words in rising address order. */
export type FieldValue<K extends FieldKind> = K extends ScalarKind ? number : readonly number[];

export const u8: "u8" = "u8";
export const u16: "u16" = "u16";
export const u32: "u32" = "u32";
export const i32: "i32" = "i32";
/** 64 bits as two words, the low one first. */
export const u64: "words[2]" = "words[2]";

/**
 * An array of `count` 32-bit words.
 * @throws RangeError unless `count` is a whole number of at least 1
 */
export function words<const N extends number>(count: N): `words[${N}]` {
  if (!Number.isInteger(count) || count < 1) throw new RangeError(`words[${count}]: no such array`);
  return `words[${count}]`;
}

const SCALARS: Readonly<Record<ScalarKind, { readonly size: number; readonly low: number; readonly high: number }>> = {
  u8: { size: 1, low: 0, high: 0xff },
  u16: { size: 2, low: 0, high: 0xffff },
  u32: { size: 4, low: 0, high: 0xffffffff },
  i32: { size: 4, low: -0x80000000, high: 0x7fffffff },
};

/** The number of words of an array kind, or 0 for a scalar. */
function wordCount(kind: FieldKind): number {
  if (kind in SCALARS) return 0;
  const digits = /^words\[([1-9][0-9]*)\]$/.exec(kind);
  if (digits === null) throw new RangeError(`${kind}: no such field kind`);
  return Number(digits[1]);
}

/**
 * Size of a field in bytes.
 * @throws RangeError for a string that is no kind
 */
export function sizeOf(kind: FieldKind): number {
  const count = wordCount(kind);
  return count === 0 ? SCALARS[kind as ScalarKind].size : 4 * count;
}

/** Natural alignment of a field in bytes: its size, or 4 for an array of words. */
export function alignmentOf(kind: FieldKind): number {
  return wordCount(kind) === 0 ? SCALARS[kind as ScalarKind].size : 4;
}

/** The value of the field of this kind whose first byte is `at`. */
export function readField<K extends FieldKind>(kind: K, view: DataView, at: number): FieldValue<K> {
  return readAny(kind, view, at) as FieldValue<K>;
}

function readAny(kind: FieldKind, view: DataView, at: number): number | readonly number[] {
  switch (kind) {
    case "u8":
      return view.getUint8(at);
    case "u16":
      return view.getUint16(at, true);
    case "u32":
      return view.getUint32(at, true);
    case "i32":
      return view.getInt32(at, true);
    default:
      return Array.from({ length: wordCount(kind) }, (_, i) => view.getUint32(at + 4 * i, true));
  }
}

/**
 * Refuses a value that the field cannot hold: silent truncation would be a wrong byte on a disk.
 * @throws RangeError for a value that is no whole number, out of range, or an array of another length
 */
export function checkField(kind: FieldKind, value: number | readonly number[]): void {
  const count = wordCount(kind);
  if (typeof value === "number" ? count !== 0 : value.length !== count)
    throw new RangeError(`${kind} cannot hold ${String(value)}`);
  const { low, high } = SCALARS[count === 0 ? (kind as ScalarKind) : "u32"];
  for (const number of typeof value === "number" ? [value] : value)
    if (!Number.isInteger(number) || number < low || number > high)
      throw new RangeError(`${kind} cannot hold ${number}`);
}

/** Writes a value that {@link checkField} has let pass. */
export function writeField(kind: FieldKind, view: DataView, at: number, value: number | readonly number[]): void {
  if (typeof value !== "number") for (const [i, word] of value.entries()) view.setUint32(at + 4 * i, word, true);
  else if (kind === "u8") view.setUint8(at, value);
  else if (kind === "u16") view.setUint16(at, value, true);
  else view.setUint32(at, value, true);
}
