/**
 * Structs: named fields in the order given, without padding, little-endian.
 *
 * Here: offsets, size, and reading and writing a whole record as a plain object.
 * Not here: what a field is (`field.ts`); rows of 32-bit fields for hot code (`table.ts`).
 * There is no implicit padding: a field that would lie across its natural alignment is refused, so
 * that a layout on a disk shows every byte that it has.
 * @module
 */
import { alignmentOf, checkField, type FieldKind, type FieldValue, readField, sizeOf, writeField } from "./field.ts";

/** Field names and kinds, in the order in which they lie in memory. */
export type Fields = Readonly<Record<string, FieldKind>>;

/** A record as a plain object: a number per scalar field, a list of words per array. */
export type RecordOf<F extends Fields> = { readonly [K in keyof F]: FieldValue<F[K]> };

/** A layout of bytes with named fields. It is data and functions over a view; it keeps nothing. */
export interface Struct<F extends Fields> {
  readonly fields: F;
  /** Bytes from the first field to the end of the last. */
  readonly size: number;
  /** Byte offset of each field from the start of the record. */
  readonly offsets: { readonly [K in keyof F]: number };
  /**
   * The record whose first byte is `at`.
   * @throws RangeError when it does not lie wholly inside `view`
   */
  read(view: DataView, at: number): RecordOf<F>;
  /**
   * Writes the fields given, and no other byte. Nothing is written when something is refused.
   * @throws RangeError when the record does not lie wholly inside `view`, for a value that its field
   * cannot hold, or for a name that is no field
   */
  write(view: DataView, at: number, values: Partial<RecordOf<F>>): void;
}

/**
 * Lays out fields one after the other.
 * @throws RangeError for no fields, an unknown kind, a field across its natural alignment, or a name
 * that is a number (JavaScript would move it to the front)
 */
export function struct<const F extends Fields>(fields: F): Struct<F> {
  const names = Object.keys(fields) as (keyof F & string)[];
  if (names.length === 0) throw new RangeError("a struct has at least one field");
  const offsets = {} as Record<keyof F, number>;
  let size = 0;
  for (const name of names) {
    if (/^[0-9]+$/.test(name)) throw new RangeError(`field ${name}: a name must not be a number`);
    const kind = fields[name];
    if (size % alignmentOf(kind) !== 0) throw new RangeError(`field ${name}: ${kind} at offset ${size} is misaligned`);
    offsets[name] = size;
    size += sizeOf(kind);
  }

  function checkPlace(view: DataView, at: number): void {
    if (!Number.isInteger(at) || at < 0 || at + size > view.byteLength)
      throw new RangeError(`a record of ${size} bytes at ${at} leaves a view of ${view.byteLength}`);
  }

  return Object.freeze({
    fields,
    size,
    offsets: Object.freeze(offsets),
    read(view: DataView, at: number): RecordOf<F> {
      checkPlace(view, at);
      return Object.fromEntries(
        names.map((name) => [name, readField(fields[name], view, at + offsets[name])]),
      ) as RecordOf<F>;
    },
    write(view: DataView, at: number, values: Partial<RecordOf<F>>): void {
      checkPlace(view, at);
      const given = Object.entries(values) as [keyof F & string, number | readonly number[]][];
      for (const [name, value] of given) {
        if (!Object.hasOwn(fields, name)) throw new RangeError(`no field ${name}`);
        checkField(fields[name], value);
      }
      for (const [name, value] of given) writeField(fields[name], view, at + offsets[name], value);
    },
  });
}
