/**
 * Proactive rejuvenation, around any policy: a server is renewed before it fails, while nobody waits for it.
 *
 * Here: when. Not here: the policy inside, which decides about failures; looking (`../p3/check-up.ts`). A restart at a quiet
 * moment finds no open request, so that nobody notices it; the server keeps its persistent memory.
 * Reference: thesis 3.3.1; Huang et al. 1995, Castelli et al. 2001 (periodic and prediction-based rejuvenation).
 * @module
 */
import { around, MILLISECOND, type RecoveryPolicy, SECOND, type Usage } from "./policy.ts";

/** Limits beyond which a server is renewed; what is left out does not count. */
export interface Rejuvenation {
  /** Cycles from a start to the renewal. */
  readonly period?: number;
  /** Pages of heap. */
  readonly heap?: number;
}

export const REJUVENATION: Rejuvenation = { period: 60 * SECOND, heap: 192 };

/** `policy`, with servers renewed at the latest when they reach a limit. */
export function withRejuvenation(policy: RecoveryPolicy, limits: Rejuvenation = REJUVENATION): RecoveryPolicy {
  const { period = Number.POSITIVE_INFINITY, heap = Number.POSITIVE_INFINITY } = limits;
  const rejuvenate = (usage: Usage) => {
    if (usage.heap >= heap) return { kind: "hot", because: `its heap has reached ${heap} pages` } as const;
    if (usage.age >= period)
      return { kind: "hot", because: `it has run for ${Math.round(period / MILLISECOND)} ms` } as const;
    return policy.rejuvenate?.(usage);
  };
  return around({ ...policy, rejuvenate }, (failure, history, program) => policy(failure, history, program));
}
