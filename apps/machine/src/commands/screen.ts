/**
 * The machine's text screen on the host: at the end of a run, or drawn on a terminal as it changes.
 *
 * Here: pure text. Not here: who writes it (→ boot.ts, start.ts).
 * @module
 */
import type { TextScreen } from "../chips.ts";

const COLUMNS = 80;
const ROWS = 25;

/** The rows down to the last that is not blank. */
export function screenLines({ rows }: TextScreen): string {
  const last = rows.findLastIndex((row) => row !== "");
  return rows
    .slice(0, last + 1)
    .map((row) => `${row}\n`)
    .join("");
}

/** What draws the screen in the upper left corner of an ANSI terminal, the cursor where it is. */
export function screenDrawing({ rows, cursor }: TextScreen): string {
  const lines = Array.from({ length: ROWS }, (_, n) => `\x1b[${n + 1};1H${rows[n] ?? ""}\x1b[K`);
  return `${lines.join("")}\x1b[${Math.floor(cursor / COLUMNS) + 1};${(cursor % COLUMNS) + 1}H`;
}

/** Clears the terminal before the first drawing. */
export const SCREEN_BEGIN = "\x1b[2J";
/** The cursor goes below the screen, for what the host says next. */
export const SCREEN_END: string = `\x1b[${ROWS};1H\r\n`;
