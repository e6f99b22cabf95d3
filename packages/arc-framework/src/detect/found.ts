/**
 * Detectors whose evidence lies beyond the program: ART has found it, and says so to its P3.
 *
 * Here: from that message to a failure. Not here: the looking (`wait-for.ts`, `starvation.ts`, `../art/watch.ts`).
 * Reference: docs/protocols.md section 7, FAILED.
 * @module
 */
import { DETECTOR_NAMES, type Detector, failureKind } from "../failure.ts";
import { P3_FAILED } from "../protocol/p3.ts";
import { type Detect, wordOf } from "./notice.ts";

/** The rule for what ART reports under this name. */
export function found(detector: Detector): Detect {
  return (notice) => {
    if (notice.label !== P3_FAILED || DETECTOR_NAMES[wordOf(notice, 2)] !== detector) return undefined;
    const kind = failureKind(wordOf(notice, 1));
    if (kind === undefined) return undefined;
    return { kind, detector, detail: wordOf(notice, 3), address: wordOf(notice, 4), instruction: 0 };
  };
}
