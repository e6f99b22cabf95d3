/**
 * The input log: what came from outside, stamped with the cycle count at which the machine took it.
 *
 * Here: its text form, one JSON value a line: a header (seed, sizes, hash of the image), the entries, and the run's end.
 * Not here: where the file is (→ host/), who replays it (→ operator.ts).
 * Seed + image + log = the run, bit for bit.
 * @module
 */
import { isSwitch, type Switch } from "@kintsugi/arc-framework";
import { err, ok, type Result } from "neverthrow";

/** What must be equal for a replay to be the same run. */
export interface LogHeader {
  readonly log: "kintsugi-input";
  readonly version: 1;
  readonly seed: number;
  /** RAM, in MiB. */
  readonly memory: number;
  /** Which parallel-port driver was aboard. */
  readonly parallel: string;
  /** Where the typist sat; at the serial line when left out. */
  readonly console?: "screen";
  /** Name of the recovery policy, or path of its module; "reference" when left out. */
  readonly policy?: string;
  /** Names of detectors that were switched off; none when left out. */
  readonly without?: readonly Switch[];
  /** Virtual milliseconds from one look of the watch to the next; none when left out. */
  readonly watch?: number;
  /** SHA-256 over the boot modules, names and bytes. */
  readonly image: string;
}

export type InputEntry =
  | { readonly kind: "type"; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: "leave"; readonly at: number };

/** How the recorded run ended; a replay must end the same way. */
export interface LogEnd {
  readonly at: number;
  readonly instructions: number;
  readonly hash: string;
}

export interface InputLog {
  readonly header: LogHeader;
  readonly entries: readonly InputEntry[];
  /** Missing when the recording was cut off. */
  readonly end?: LogEnd;
}

export interface LogError {
  readonly code: "bad-log";
  readonly message: string;
}

/** One line of the log, with its newline. */
export function writeHeader(header: LogHeader): string {
  return `${JSON.stringify(header)}\n`;
}

export function writeEntry(entry: InputEntry): string {
  if (entry.kind === "leave") return `{"at":${entry.at},"leave":true}\n`;
  return `{"at":${entry.at},"type":"${hexadecimal(entry.bytes)}"}\n`;
}

export function writeEnd(end: LogEnd): string {
  return `${JSON.stringify({ at: end.at, end: { instructions: end.instructions, hash: end.hash } })}\n`;
}

/** Reads a whole log; a cut-off last line is refused like any other damage. */
export function parseLog(text: string): Result<InputLog, LogError> {
  const lines = text.split("\n").filter((line) => line !== "");
  const header = json(lines[0] ?? "");
  if (!isHeader(header)) return bad(1, "is not the header of an input log of version 1");
  const entries: InputEntry[] = [];
  let end: LogEnd | undefined;
  let last = 0;
  for (const [index, line] of lines.entries()) {
    if (index === 0) continue;
    const value = json(line) as Record<string, unknown> | undefined;
    if (end !== undefined) return bad(index + 1, "stands after the end");
    const at = value?.at;
    if (value === undefined || !isCount(at)) return bad(index + 1, "has no cycle count 'at'");
    if (at < last) return bad(index + 1, `goes back in time (${at} after ${last})`);
    last = at;
    const typed = value.type;
    const ending = value.end as Record<string, unknown> | undefined;
    if (typeof typed === "string" && /^([0-9a-f]{2})+$/.test(typed)) {
      entries.push({ kind: "type", at, bytes: fromHexadecimal(typed) });
    } else if (value.leave === true) {
      entries.push({ kind: "leave", at });
    } else if (ending && isCount(ending.instructions) && typeof ending.hash === "string") {
      end = { at, instructions: ending.instructions, hash: ending.hash };
    } else {
      return bad(index + 1, "is no entry (type, leave or end)");
    }
  }
  return ok(end === undefined ? { header, entries } : { header, entries, end });
}

function isHeader(value: unknown): value is LogHeader {
  const header = value as LogHeader | undefined;
  return (
    header?.log === "kintsugi-input" &&
    header.version === 1 &&
    isCount(header.seed) &&
    isCount(header.memory) &&
    typeof header.parallel === "string" &&
    (header.console === undefined || header.console === "screen") &&
    (header.policy === undefined || typeof header.policy === "string") &&
    (header.without === undefined || (Array.isArray(header.without) && header.without.every(isSwitch))) &&
    (header.watch === undefined || (typeof header.watch === "number" && header.watch > 0)) &&
    typeof header.image === "string"
  );
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function json(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function bad(line: number, what: string): Result<never, LogError> {
  return err({ code: "bad-log", message: `line ${line} of the input log ${what}` });
}

function hexadecimal(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function fromHexadecimal(text: string): Uint8Array {
  return Uint8Array.from({ length: text.length / 2 }, (_, index) =>
    Number.parseInt(text.slice(2 * index, 2 * index + 2), 16),
  );
}
