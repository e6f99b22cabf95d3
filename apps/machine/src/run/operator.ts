/**
 * Who sits at the machine's terminal: decides what is typed, and when.
 *
 * Here: the interface and its three implementations – a script, a person, a recorded log. Not here: how typed bytes
 * reach the guest (→ serial-line.ts), where they come from on the host (→ host/).
 * @module
 */
import type { InputEntry } from "./input-log.ts";

/** What an operator does when asked: types bytes, waits for somebody outside, or declares the run over. */
export type Act =
  | { readonly kind: "type"; readonly bytes: Uint8Array }
  | { readonly kind: "wait" }
  | { readonly kind: "end"; readonly reason: "deadlock" | "left" | "replayed" };

export interface Operator {
  /** Cycle count at which it must be asked, busy guest or not; Infinity: only when the guest is idle. */
  readonly due: number;
  /**
   * Asked at `due`, and whenever the guest is idle with no event pending.
   * `inputEmpty`: the guest has read everything that was typed; if it has not, it never will.
   */
  act(now: number, inputEmpty: boolean): Act;
}

const WAIT: Act = { kind: "wait" };
const CARRIAGE_RETURN = 13;

/** Types one line (and Return) each time the guest is idle; lines can be added while it runs. */
export class ScriptOperator implements Operator {
  readonly due: number = Number.POSITIVE_INFINITY;
  readonly #lines: string[];
  readonly #after: "deadlock" | "left";
  #ended: boolean;

  /** `after`: what it means that the guest is idle and nothing is left to type. */
  constructor(lines: readonly string[], options: { readonly ended: boolean; readonly after: "deadlock" | "left" }) {
    this.#lines = [...lines];
    this.#ended = options.ended;
    this.#after = options.after;
  }

  add(lines: readonly string[], ended: boolean): void {
    this.#lines.push(...lines);
    this.#ended = ended;
  }

  act(_now: number, inputEmpty: boolean): Act {
    if (!inputEmpty) return { kind: "end", reason: "deadlock" };
    const line = this.#lines.shift();
    if (line !== undefined) return { kind: "type", bytes: utf8(line) };
    return this.#ended ? { kind: "end", reason: this.#after } : WAIT;
  }
}

/** A person types when they like: their bytes come in through Run.type, never because the guest is idle. */
export class PersonOperator implements Operator {
  readonly due: number = Number.POSITIVE_INFINITY;

  act(): Act {
    return WAIT;
  }
}

/** Types what a log says at exactly the cycle counts it says. */
export class ReplayOperator implements Operator {
  readonly #entries: readonly InputEntry[];
  #next = 0;

  constructor(entries: readonly InputEntry[]) {
    this.#entries = entries;
  }

  get due(): number {
    return this.#entries[this.#next]?.at ?? Number.POSITIVE_INFINITY;
  }

  act(now: number): Act {
    const entry = this.#entries[this.#next];
    // Idle before the recorded moment, or past it: the run has left the recorded path, or the record ends here.
    if (entry === undefined || entry.at !== now) return { kind: "end", reason: "replayed" };
    this.#next++;
    return entry.kind === "type" ? { kind: "type", bytes: entry.bytes } : { kind: "end", reason: "left" };
  }
}

/** Script lines are text; the machine's line takes bytes. Return is typed after each line. */
function utf8(line: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of line) {
    const code = character.codePointAt(0) as number;
    if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63));
    else if (code < 0x1_0000) bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    else bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
  }
  bytes.push(CARRIAGE_RETURN);
  return Uint8Array.from(bytes);
}
