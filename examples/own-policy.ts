/**
 * A recovery policy of one's own: patient with hangs, strict with everything else.
 *
 *     npm start -- --policy examples/own-policy.ts
 *     npm run kintsugi -- policy explain examples/own-policy.ts
 */
import type { RecoveryPolicy } from "@kintsugi/arc-framework";

const policy: RecoveryPolicy = (failure, history, program) => {
  if (!program.server) return { kind: "remove", because: "I keep servers only" };
  if (!program.ready || program.refused) return { kind: "cold", because: "there is nothing to recover from" };
  if (failure.kind === "hang") return { kind: "hot", because: "it was slow, give it a second", delay: 100_000_000 };
  if (history.failures > 2) return { kind: "hot", because: "this request is bad", quarantine: true };
  return { kind: "handler", because: "its memory may well be good" };
};

export default policy;
