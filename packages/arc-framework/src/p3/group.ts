/**
 * A process as a member of a restart group: stopped when its server starts cold, restarted when that is ready.
 *
 * Here: what ART asks of the member's P3. Not here: the group (`../art/group.ts`), the restart (`recovery.ts`).
 * Reference: thesis 4.4.2; docs/protocols.md section 7.
 * @module
 */
import { EXREGS_HALT, EXREGS_RECEIVE, EXREGS_SEND, EXREGS_SET_HALT, RESTART_LOSSES } from "@kintsugi/microkernel";
import { RESTART_PAGE } from "../elf/layout.ts";
import type { Failure } from "../failure.ts";
import type { Temperature } from "../policy/group.ts";
import { onlyServers } from "../policy/only-servers.ts";
import { firstOf, type RecoveryPolicy } from "../policy/policy.ts";
import { readyFirst } from "../policy/ready-first.ts";
import { STATUS_OK } from "../protocol/status.ts";
import { type Handler, type Request, reply } from "../server/request.ts";
import { getWord } from "./state.ts";
import { endThreads } from "./threads.ts";

const KINDS = { hot: "hot", warm: "warm", cold: "group", alone: "cold" } as const;

/** A member is restarted as it asked, unless it has nothing to recover from. One that starts cold takes its own clients along. */
export function memberPolicy(temperature: Temperature): RecoveryPolicy {
  const kind = KINDS[temperature];
  return firstOf([onlyServers, readyFirst, () => ({ kind, because: "member of a restart group" })]);
}

/** What a member is restarted for. */
export function serverLost(pid: number): Failure {
  return { kind: "group", detector: "group", detail: pid, address: 0, instruction: 0 };
}

/** GROUP_STOP: whatever the program was waiting for, it does not get it. */
export function* stopMember(s: Request): Handler {
  yield* endThreads(s);
  const [user] = yield* s.step((tx) => [getWord(tx, "user")]);
  yield* s.exchangeRegisters(user!, EXREGS_SEND | EXREGS_RECEIVE | EXREGS_SET_HALT | EXREGS_HALT);
  return reply(STATUS_OK);
}

/** GROUP_NOTIFY: one loss more in the restart page. */
export function* notifyMember(s: Request): Handler {
  yield* s.step((tx) => {
    const losses = RESTART_PAGE.low + 4 * RESTART_LOSSES;
    tx.write(losses, tx.read(losses) + 1);
    return [];
  });
  return reply(STATUS_OK);
}
