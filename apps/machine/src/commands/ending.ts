/**
 * How a run's end reads: its message and its exit code.
 *
 * Here: pure text. Not here: who prints it (→ start.ts, boot.ts).
 * @module
 */
import type { FinalFigures } from "../host/worker-protocol.ts";
import type { LogEnd } from "../run/input-log.ts";
import type { RunEnd } from "../run/run.ts";
import { EXIT_DEADLOCK, EXIT_DIFFERS, EXIT_LIMIT, EXIT_RESETS } from "./exit-codes.ts";
import { virtualTime } from "./virtual-time.ts";

export interface Ending {
  readonly code: number;
  /** Empty when there is nothing to say. */
  readonly message: string;
}

/** `lastTyped`: what the guest was given last, for the user who looks for the reason. */
export function endingOf(end: RunEnd, figures: FinalFigures, lastTyped: string): Ending {
  const when = `after ${virtualTime(figures.cycles)}`;
  switch (end.reason) {
    case "powerOff":
      return { code: end.code, message: "" };
    case "left":
      return { code: 0, message: `left the machine ${when}` };
    case "replayed":
      return { code: 0, message: `the record ends ${when}` };
    case "limit":
      return { code: EXIT_LIMIT, message: `the limit was reached ${when}; --limit gives more` };
    case "resets":
      return { code: EXIT_RESETS, message: `${end.count} resets in a row, the last because: ${end.last}` };
    case "deadlock": {
      const typed = lastTyped === "" ? "nothing was typed" : `the last line typed was '${lastTyped}'`;
      return {
        code: EXIT_DEADLOCK,
        message: `deadlock ${when}: the guest waits, no event is pending and nothing is left to type (${typed}); end the script with poweroff`,
      };
    }
  }
}

/** What a replay found, compared with the end of its record. */
export function replayEnding(ending: Ending, figures: FinalFigures, recorded: LogEnd | undefined): Ending {
  if (recorded === undefined) return { code: ending.code, message: "the record has no end to compare with" };
  const differences = [
    recorded.at === figures.cycles ? "" : `${figures.cycles} cycles instead of ${recorded.at}`,
    recorded.instructions === figures.instructions
      ? ""
      : `${figures.instructions} instructions instead of ${recorded.instructions}`,
    recorded.hash === figures.hash ? "" : `hash ${figures.hash} instead of ${recorded.hash}`,
  ].filter((text) => text !== "");
  if (differences.length > 0) return { code: EXIT_DIFFERS, message: `the replay differs: ${differences.join("; ")}` };
  return {
    code: ending.code,
    message: `the replay agrees: ${figures.instructions} instructions, hash ${figures.hash}`,
  };
}
