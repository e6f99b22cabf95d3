/**
 * The policies that come with the framework, by name.
 *
 * Here: names, and one line on each for people. Not here: the policies. A machine's configuration says one of these
 * names, or the path of a module whose default export is a policy.
 * @module
 */
import { withBackOff } from "./back-off.ts";
import { withChangedEnvironment } from "./changed-environment.ts";
import { crashOnly } from "./crash-only.ts";
import { delayed } from "./delayed.ts";
import { escalation } from "./escalation.ts";
import { withIntensity } from "./intensity.ts";
import { oneForAll, restForOne } from "./one-for-all.ts";
import { only } from "./only.ts";
import { type RecoveryPolicy, SECOND } from "./policy.ts";
import { withQuarantine } from "./quarantine.ts";
import { decide } from "./reference.ts";
import { withRejuvenation } from "./rejuvenation.ts";
import { withRollback } from "./rollback.ts";

/** A policy and what people are told of it. */
export interface NamedPolicy {
  /** One line: what it does. */
  readonly about: string;
  readonly policy: RecoveryPolicy;
}

/** OTP's default: one restart in five seconds. */
const OTP_INTENSITY = { intensity: 1, period: 5 * SECOND };

export const POLICIES: ReadonlyMap<string, NamedPolicy> = new Map<string, NamedPolicy>([
  ["reference", { about: "hot as long as it helps, then cold, then removal", policy: decide }],
  [
    "escalation",
    { about: "the thesis's: handler, hot, warm, cold and group restart in turn, then reboot", policy: escalation() },
  ],
  [
    "quarantine",
    { about: "as reference, but a poisoned request is answered with an error", policy: withQuarantine(decide) },
  ],
  ["back-off", { about: "as reference, each restart after a longer wait", policy: withBackOff(decide) }],
  [
    "rejuvenation",
    {
      about: "as reference, and a server is renewed each 60 s, or when its heap grows",
      policy: withRejuvenation(decide),
    },
  ],
  ["delayed", { about: "as reference, a bad access gets a page of zeroes until the answer", policy: delayed(decide) }],
  [
    "rollback",
    { about: "as reference, the pages that a request has written go back first", policy: withRollback(decide) },
  ],
  [
    "changed-environment",
    {
      about: "as quarantine, but the second and third try are padded or patient",
      policy: withChangedEnvironment(withQuarantine(decide, 4)),
    },
  ],
  ...(["handler", "hot", "warm", "group"] as const).map((level): [string, NamedPolicy] => [
    `only-${level}`,
    { about: `always ${level}, and no limit`, policy: only(level) },
  ]),
  ["crash-only", { about: "always cold: nothing is ever recovered", policy: crashOnly }],
  [
    "one-for-one",
    {
      about: "OTP's: cold, given up after 2 failures of any in 5 s",
      policy: withIntensity(crashOnly, { ...OTP_INTENSITY, of: "supervisor" }),
    },
  ],
  [
    "rest-for-one",
    {
      about: "OTP's: with it all servers started later, cold; reboot after 2 failures in 5 s",
      policy: otp(restForOne),
    },
  ],
  ["one-for-all", { about: "OTP's: all servers, cold; reboot after 2 failures in 5 s", policy: otp(oneForAll) }],
]);

/** A supervisor of all servers that gives up takes the machine with it. */
function otp(policy: RecoveryPolicy): RecoveryPolicy {
  return withIntensity(policy, { ...OTP_INTENSITY, giveUp: "reboot", of: "supervisor" });
}
