/**
 * Crash-only microreboot: a server that fails is started from nothing, at once, and nothing is ever recovered.
 *
 * Here: the policy. Not here: the limit around it (`intensity.ts`).
 * Reference: Candea and Fox, crash-only software (HotOS 2003).
 * @module
 */
import { onlyServers } from "./only-servers.ts";
import { firstOf, type RecoveryPolicy } from "./policy.ts";

export const crashOnly: RecoveryPolicy = firstOf([onlyServers, () => ({ kind: "cold", because: "crash-only" })]);
