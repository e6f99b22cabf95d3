/**
 * The table of the experiments, as text and as a page of documentation.
 *
 * Here: rows of timing and quantity, a column for each fault. Not here: the runs (`observe.ts`).
 * @module
 */
import { FAULTS, type Outcome, QUANTITIES, TIMINGS } from "./observe.ts";

/** What the client sees, as a phrase. */
export function phrase({ answered, errors, state }: Outcome): string {
  if (state === "none") return answered + errors === 0 ? "nothing" : `${answered} answered, then nothing`;
  const failed = errors === 0 ? "" : `${errors} ${errors === 1 ? "error" : "errors"}, `;
  return errors === 0 && state === "kept" ? "nothing of it" : `${failed}state ${state}`;
}

/** Cells by rows: timing, quantity, one for each fault. */
function cells(outcomes: readonly Outcome[]): string[][] {
  return TIMINGS.flatMap((timing) =>
    QUANTITIES.map((quantity) => {
      const row = outcomes.filter((outcome) => outcome.timing === timing && outcome.quantity === quantity);
      return [timing, quantity, ...row.map(phrase)];
    }),
  );
}

const HEADINGS = ["timing", "quantity", ...FAULTS];

/** Lines for a terminal, the heading first. */
export function tableLines(outcomes: readonly Outcome[]): string[] {
  const rows = [HEADINGS, ...cells(outcomes)];
  const widths = HEADINGS.map((_, i) => Math.max(...rows.map((row) => row[i].length)) + 2);
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]))
      .join("")
      .trimEnd(),
  );
}

/** The page of documentation. */
export function page(outcomes: readonly Outcome[]): string {
  const line = (words: readonly string[]): string => `| ${words.join(" | ")} |`;
  return [
    "# Chapter 3 as experiments",
    "",
    "What a client sees of a fault in its server, by when the server is recovered and by how much of its state is kept: one real run for each",
    "cell, twelve requests each. Made by `npm run -s kintsugi -- experiments --page > docs/experiments.md`; a test holds it.",
    "",
    line(HEADINGS),
    line(HEADINGS.map(() => "---")),
    ...cells(outcomes).map(line),
    "",
    "- **proactive**: the watch has the server renewed when it has used half of its heap, while nobody waits for it; other faults meet the reactive",
    "  policy inside. **reactive**: a restart at the failure. **delayed**: a bad access gets a page of zeroes, the request is answered, then the server is restarted.",
    "- **complete**: a restart begins with nothing (cold). **checkpoint**: every third request a copy of the state in persistent memory, and a log of the requests since, which are done",
    "  once more; if that fails at the same request, the older copy and its log. **immediate**: the significant state is persistent, the last request is served once more. The last two give a",
    "  request up that fails three times (quarantine).",
    "- **leak**: 30 pages of heap with each request and never given back. **crash**: once, in the seventh request. **stray write**: once, into the state, behind the sixth; the seventh trips over it.",
    "  **missing page**: the seventh uses memory that nobody has allocated.",
    "- *nothing of it*: all twelve are answered, the state is what it would have been. *error*: answered with FAILED. *state lost*: sums begin anew, or requests are missing from them.",
    "",
    "Proactive recovery finds a quiet moment, so even a complete restart costs no request, only the state; it helps against what grows and against nothing else. Checkpoints alone survive damage to",
    "the state, because there is an older one; immediate recovery has only the latest. Delayed recovery alone answers a request whose fault comes back with every replay.",
    "",
  ].join("\n");
}
