/**
 * The program's code, as far as its P3 has it loaded.
 *
 * Here: the bytes at a place. Not here: what they mean (`../detect/compiler-check.ts`).
 * @module
 */
import type { Transaction } from "../server/transaction.ts";
import { pageOf } from "./areas.ts";
import { isLoaded } from "./pages.ts";
import { areaAt, findAreaRow } from "./state.ts";

/** Bytes of an instruction that tell what it is. */
const BYTES = 4;

/** The bytes at an address, as many as the program's loaded pages of its file have of them. */
export function codeAt(tx: Transaction, address: number): readonly number[] {
  const bytes: number[] = [];
  for (let at = address; at < address + BYTES; at++) {
    const row = findAreaRow(tx, at);
    if (row < 0 || areaAt(tx, row).kind !== "image" || !isLoaded(tx, areaAt(tx, row), row, pageOf(at))) break;
    bytes.push(tx.readBytes(at, 1)[0]!);
  }
  return bytes;
}
