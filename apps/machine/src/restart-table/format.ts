/**
 * The restart table as text.
 *
 * Here: columns and their headings. Not here: what is in them (`observe.ts`).
 * @module
 */
import type { RestartRow } from "./observe.ts";

/** Headings, and the field under each. */
const COLUMNS: readonly (readonly [string, keyof RestartRow])[] = [
  ["level", "level"],
  ["thread id", "thread"],
  ["space", "space"],
  ["text", "text"],
  ["data", "data"],
  ["heap", "heap"],
  ["stack", "stack"],
  ["persistent", "persistent"],
  ["shared", "sharedServer"],
  ["at client", "sharedClient"],
  ["session", "session"],
  ["open", "open"],
  ["queued", "queued"],
  ["later", "later"],
];

const WIDTH = 11;

/** The table's lines, the heading first. */
export function tableLines(rows: readonly RestartRow[]): string[] {
  const line = (words: readonly string[]): string =>
    words
      .map((word) => word.padEnd(WIDTH))
      .join("")
      .trimEnd();
  return [
    line(COLUMNS.map(([heading]) => heading)),
    ...rows.map((row) => line(COLUMNS.map(([, field]) => row[field]))),
  ];
}
