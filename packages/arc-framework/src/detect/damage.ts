/**
 * Detectors: checked memory whose sum is wrong, and an invariant that does not hold, as the program itself reports them.
 *
 * Here: from message to failure. Not here: summing (`guest/persistent.cpp`), asking (`guest/arc_server.cpp`).
 * Reference: docs/protocols.md section 7, DAMAGED; Choices' and OSIRIS's state checks.
 * @module
 */
import { type Detector, IN_RECOVERY } from "../failure.ts";
import { DAMAGE_CHECKSUM, DAMAGE_INVARIANT, P3_DAMAGED } from "../protocol/p3.ts";
import { type Detect, wordOf } from "./notice.ts";

const damage =
  (what: number, detector: Detector): Detect =>
  (notice) => {
    if (notice.label !== P3_DAMAGED || wordOf(notice, 1) !== what) return undefined;
    const detail = wordOf(notice, 2) === 0 ? 0 : IN_RECOVERY;
    return { kind: "corruption", detector, detail, address: 0, instruction: 0 };
  };

export const detectCheckedMemory: Detect = damage(DAMAGE_CHECKSUM, "checked-memory");
export const detectInvariant: Detect = damage(DAMAGE_INVARIANT, "invariant");
