/**
 * Proactive rejuvenation, around any policy: a server is renewed before it fails, while nobody waits for it.
 *
 * Here: when. Not here: the policy inside, which decides about failures; looking (`../p3/check-up.ts`). A restart at a quiet
 * moment finds no open request, so that nobody notices it; the server keeps its persistent memory. What it uses counts when it has
 * taken a request since it was started: a server that starts beyond a limit is not renewed for ever.
 * Reference: thesis 3.3.1; Huang et al. 1995, Castelli et al. 2001 (periodic and prediction-based rejuvenation).
 * @module
 */
import { type Action, around, MILLISECOND, type RecoveryPolicy, SECOND, type Usage } from "./policy.ts";

/** Limits beyond which a server is renewed; what is left out does not count. */
export interface Rejuvenation {
  /** Cycles from a start to the renewal. */
  readonly period?: number;
  /** Pages of heap. */
  readonly heap?: number;
  /** Page frames of all its memory that are in use. */
  readonly frames?: number;
  /** Threads besides its first one. */
  readonly threads?: number;
}

export const REJUVENATION: Rejuvenation = { period: 60 * SECOND, heap: 192 };

/** What a server may use too much of, and how that is said. */
const MEASURES: readonly (readonly ["heap" | "frames" | "threads", (limit: number) => string])[] = [
  ["heap", (limit) => `its heap has reached ${limit} pages`],
  ["frames", (limit) => `it has reached ${limit} page frames`],
  ["threads", (limit) => `it has reached ${limit} further threads`],
];

/** `policy`, with servers renewed at the latest when they reach a limit. */
export function withRejuvenation(policy: RecoveryPolicy, limits: Rejuvenation = REJUVENATION): RecoveryPolicy {
  const { period = Number.POSITIVE_INFINITY } = limits;
  const rejuvenate = (usage: Usage): Action | undefined => {
    const used = usage.served
      ? MEASURES.find(([name]) => usage[name] >= (limits[name] ?? Number.POSITIVE_INFINITY))
      : undefined;
    if (used !== undefined) return { kind: "hot", because: used[1](limits[used[0]] ?? 0) };
    if (usage.age >= period) return { kind: "hot", because: `it has run for ${Math.round(period / MILLISECOND)} ms` };
    return policy.rejuvenate?.(usage);
  };
  return around({ ...policy, rejuvenate }, (failure, history, program) => policy(failure, history, program));
}
