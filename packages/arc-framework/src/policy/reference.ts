/**
 * The reference policy: hot as long as it helps, then cold, then removal.
 *
 * Here: the rules in their order. Not here: the rules.
 * Reference: thesis 4.4.1, Table 4.1; 4.5.1 for `Recover`.
 * @module
 */
import { onlyServers } from "./only-servers.ts";
import { poisonedRequest } from "./poisoned-request.ts";
import { firstOf, type RecoveryPolicy, type Rule } from "./policy.ts";
import { readyFirst } from "./ready-first.ts";
import { limited } from "./restart-limit.ts";

/** The rules of {@link decide}: the first with something to say is followed. */
export const RULES: readonly Rule[] = [onlyServers, limited(readyFirst), limited(poisonedRequest)];

/** The policy that P3 follows unless it is given another. */
export const decide: RecoveryPolicy = firstOf(RULES);
