/**
 * OTP's rest-for-one and one-for-all: a server that fails takes others along, all of them cold.
 *
 * Here: the policies. Not here: the limit around them (`intensity.ts`), who the others are (`siblings.ts`).
 * A server that fails before it is ready is started once more alone: the others stand still or do not rely on it yet.
 * Reference: OTP design principles, "Restart Strategy".
 * @module
 */
import { onlyServers } from "./only-servers.ts";
import { firstOf, type RecoveryPolicy } from "./policy.ts";
import { readyFirst } from "./ready-first.ts";
import type { Siblings } from "./siblings.ts";

const BECAUSE: Readonly<Record<Siblings, string>> = { later: "rest-for-one", all: "one-for-all" };

function together(siblings: Siblings): RecoveryPolicy {
  return firstOf([onlyServers, readyFirst, () => ({ kind: "group", because: BECAUSE[siblings], siblings })]);
}

/** The servers that were started after the one that failed are restarted with it. */
export const restForOne: RecoveryPolicy = together("later");
/** All servers are restarted. */
export const oneForAll: RecoveryPolicy = together("all");
