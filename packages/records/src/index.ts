/**
 * @kintsugi/records: typed records over bytes that you supply.
 *
 * Here: the public names. Not here: any record. Reading order: `field.ts`, `struct.ts`, `table.ts`.
 * @module
 */
export {
  type FieldKind,
  type FieldValue,
  i32,
  type ScalarKind,
  u8,
  u16,
  u32,
  u64,
  type WordsKind,
  words,
} from "./field.ts";
export { type Fields, type RecordOf, type Struct, struct } from "./struct.ts";
export { Table, type WordIndices, wordIndices } from "./table.ts";
