/**
 * One level, whatever fails, however often: to measure what that level is worth.
 *
 * Here: the policies. Not here: limits (`intensity.ts`, `back-off.ts`), which may be put around them.
 * `only("hot")` is what Arc itself does: a restart that keeps persistent memory, and no limit.
 * @module
 */
import { onlyServers } from "./only-servers.ts";
import { type ActionKind, firstOf, type RecoveryPolicy } from "./policy.ts";
import { readyFirst } from "./ready-first.ts";

/** Always this action for a server that has something to recover from; else a cold start, or, of a program, removal. */
export function only(kind: ActionKind): RecoveryPolicy {
  return firstOf([onlyServers, readyFirst, () => ({ kind, because: `always ${kind}` })]);
}
