/**
 * Reporting a recovery to ART, once, when as much of it is over as P3 can see.
 *
 * Here: sending what the timeline holds. Not here: taking times (`timeline.ts`).
 * Reference: docs/protocols.md sections 7 (RECOVERY_REPORT) and 9.
 * @module
 */
import { ART_RECOVERY_REPORT } from "../protocol/art.ts";
import type { Part, Request } from "../server/request.ts";
import type { RecoveryObserver } from "./observer.ts";
import { getWord, setWord } from "./state.ts";
import { recordWords } from "./timeline.ts";

/** Sends the record of the recovery that is going on, if there is one; it is over then. */
export function* report(s: Request, observer: RecoveryObserver): Part<undefined> {
  const [due, art, ...words] = yield* s.step((tx) =>
    getWord(tx, "recovering") === 0 ? [0] : [1, getWord(tx, "art"), ...recordWords(tx)],
  );
  if (due === 0) return undefined;
  observer.reported?.(words);
  yield* s.call(art!, { label: ART_RECOVERY_REPORT, words });
  yield* s.step((tx) => {
    setWord(tx, "recovering", 0);
    return [];
  });
  return undefined;
}
