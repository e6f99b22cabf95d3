/**
 * The thesis's recursive escalation: each level in turn, from the finest to the coarsest, until one works.
 *
 * Here: the order, and how often each level is tried. Not here: what a level renews (`policy.ts`, `../plan`).
 * Reference: thesis 4.4 (levels "applied recursively from finer to coarser"), 4.4.2 ("Escalation and Propagation").
 * @module
 */
import { onlyServers } from "./only-servers.ts";
import { type Action, firstOf, LEVELS, type Level, type RecoveryPolicy } from "./policy.ts";
import { readyFirst } from "./ready-first.ts";

/** How often each level is tried in a row, before the next one. 0 leaves a level out. */
export type Attempts = Readonly<Record<Level, number>>;

/** One attempt at each level may be bad luck; two are not. What a warm restart renews beside a hot one is only the kernel's. */
export const ATTEMPTS: Attempts = { handler: 1, hot: 2, warm: 1, cold: 2, group: 1 };

/** Handler, hot, warm, cold, group, as often as `attempts` says while the program does not get on; then the machine is rebooted. */
export function escalation(attempts: Attempts = ATTEMPTS): RecoveryPolicy {
  return firstOf([
    onlyServers,
    (failure, history, program) => {
      const unready = readyFirst(failure, history, program);
      const levels = unready === undefined ? LEVELS : (["cold", "group"] as const);
      for (const level of levels)
        if (history.tried[level] < attempts[level]) return attempt(level, history.tried[level], attempts);
      return { kind: "reboot", because: "no restart of the process helped" };
    },
  ]);
}

function attempt(level: Level, tried: number, attempts: Attempts): Action {
  return { kind: level, because: `attempt ${tried + 1} of ${attempts[level]} at this level` };
}
