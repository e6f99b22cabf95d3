/**
 * Group restart: a server that starts cold, and the clients that agreed to be restarted with it.
 *
 * Here: stopping the members before the server forgets them, letting them go on after it is ready, telling the others.
 * Also OTP's way: servers that start one after the other, each when the one before it is ready.
 * Not here: who belongs to the group (`../policy/group.ts`, `siblings.ts`), restarting one process (`../p3`).
 * Members are restarted at the temperatures that they asked for. A member is stopped first, its IPC broken off: no answer of the server's old life can reach its new one.
 * Reference: thesis 4.4.2; docs/protocols.md section 7.
 * @module
 */
import { periodCode, TIME_ZERO } from "@kintsugi/microkernel";
import { type RestartGroup, restartGroup, TEMPERATURE_NAMES } from "../policy/group.ts";
import { restartOrder, SIBLINGS, type Siblings } from "../policy/siblings.ts";
import { PROCESS_FLAG_SERVER } from "../protocol/art.ts";
import { P3_GROUP_GO, P3_GROUP_NOTIFY, P3_GROUP_STOP } from "../protocol/p3.ts";
import { STATUS_OK, STATUS_REFUSED } from "../protocol/status.ts";
import { PROCESS_LIMIT } from "../protocol/thread-numbers.ts";
import { type Handler, type Part, type Request, reply } from "../server/request.ts";
import type { WordReader } from "../server/table.ts";
import { type ArtMemory, P } from "./art-memory.ts";
import { isCaller, type Service } from "./caller.ts";
import { alivePids, isAlive, p3Thread, serviceThread, userThread } from "./processes.ts";
import { relationsOf } from "./relations.ts";

/** How long a P3 may be busy before its process is left out of the group: it gets an error instead. */
const PATIENCE = periodCode(1_000_000);

/** GROUP_STOP: → the members' user threads. They stand still from now on. */
export function groupStop(memory: ArtMemory): Service {
  return function* (s: Request, pid: number): Handler {
    const siblings = SIBLINGS[s.word(1) - 1];
    if (siblings !== undefined) return yield* stopSiblings(s, memory, pid, siblings);
    const [status, memberCount, ...pids] = yield* s.step((tx) => {
      if (!isCaller(memory, tx, s)) return [STATUS_REFUSED];
      const { members, told } = groupOf(memory, tx, pid);
      const alive = (other: number): boolean => isAlive(memory, tx, other);
      const living = members.filter((member) => alive(member.pid));
      for (const { pid: member, temperature } of living) {
        memory.processes.set(tx, member - 1, P.restartAs, TEMPERATURE_NAMES.indexOf(temperature));
        memory.processes.set(tx, member - 1, P.stoppedFor, pid);
      }
      return [STATUS_OK, living.length, ...living.map((member) => member.pid), ...told.filter(alive)];
    });
    if (status !== STATUS_OK) return reply(status!);
    const stopped: number[] = [];
    for (const member of pids.slice(0, memberCount)) {
      const [p3, user] = yield* s.step((tx) => [p3Thread(memory, tx, member), userThread(memory, tx, member)]);
      const answer = yield* s.call(p3!, { label: P3_GROUP_STOP, words: [pid] }, { sendTimeout: PATIENCE });
      if (answer.error === 0 && answer.words[0] === STATUS_OK) stopped.push(user!);
    }
    for (const other of pids.slice(memberCount)) {
      const [p3] = yield* s.step((tx) => [p3Thread(memory, tx, other)]);
      yield* s.call(p3!, { label: P3_GROUP_NOTIFY, words: [pid] }, { sendTimeout: PATIENCE });
    }
    return reply(STATUS_OK, ...stopped);
  };
}

function groupOf(memory: ArtMemory, tx: WordReader, pid: number): RestartGroup {
  const field = (other: number, index: number): number => memory.processes.get(tx, other - 1, index);
  const before: number[] = [];
  for (let root = field(pid, P.memberOf); root !== 0 && !before.includes(root); root = field(root, P.memberOf))
    before.push(root);
  return restartGroup(pid, relationsOf(memory, tx, pid), (other) => field(other, P.age), before);
}

/** GROUP_GO: the members that were stopped for the caller are restarted. */
export function groupGo(memory: ArtMemory): Service {
  return function* (s: Request, pid: number): Handler {
    yield* releaseGroup(s, memory, pid);
    return reply(STATUS_OK);
  };
}

/** Stops the other servers, the last one first. Whoever asked is answered when all that start before it are ready. */
function* stopSiblings(s: Request, memory: ArtMemory, pid: number, siblings: Siblings): Handler {
  const [status, first, ...others] = yield* s.step((tx) => {
    if (!isCaller(memory, tx, s)) return [STATUS_REFUSED];
    const order = restartOrder(pid, serversOf(memory, tx), siblings);
    for (const [i, member] of order.entries()) {
      memory.processes.set(tx, member - 1, P.stoppedFor, order[i - 1] ?? 0);
      memory.processes.set(tx, member - 1, P.restartAs, TEMPERATURE_NAMES.indexOf("alone"));
    }
    if (order[0] !== pid) memory.processes.set(tx, pid - 1, P.groupClient, s.sender);
    // One that waits for its own turn stands still already.
    const running = (other: number): boolean =>
      other !== pid && memory.processes.get(tx, other - 1, P.groupClient) === 0;
    return [STATUS_OK, order[0]!, ...order.filter(running).reverse()];
  });
  if (status !== STATUS_OK) return reply(status!);
  for (const member of others) {
    const [p3] = yield* s.step((tx) => [p3Thread(memory, tx, member)]);
    yield* s.call(p3!, { label: P3_GROUP_STOP, words: [pid] }, { sendTimeout: PATIENCE });
  }
  if (first !== pid) {
    yield* letGo(s, memory, first!, pid);
    return undefined;
  }
  const users = yield* s.step((tx) => others.map((member) => userThread(memory, tx, member)));
  return reply(STATUS_OK, ...users);
}

/** Pids of all servers, in the order in which they were started. */
function serversOf(memory: ArtMemory, tx: WordReader): number[] {
  const field = (pid: number, index: number): number => memory.processes.get(tx, pid - 1, index);
  return alivePids(memory, tx)
    .filter((pid) => (field(pid, P.flags) & PROCESS_FLAG_SERVER) !== 0)
    .sort((a, b) => field(a, P.order) - field(b, P.order));
}

/** Lets the processes go on that were stopped for this one, the oldest first. */
export function* releaseGroup(s: Request, memory: ArtMemory, pid: number): Part<undefined> {
  const stopped = yield* s.step((tx) => {
    const field = (other: number, index: number): number => memory.processes.get(tx, other - 1, index);
    return alivePids(memory, tx)
      .filter((other) => field(other, P.stoppedFor) === pid)
      .sort((a, b) => field(b, P.age) - field(a, P.age) || a - b);
  });
  for (const member of stopped) yield* letGo(s, memory, member, pid);
  yield* s.step((tx) => {
    memory.processes.set(tx, pid - 1, P.memberOf, 0);
    for (let row = 0; row < PROCESS_LIMIT; row++)
      if (memory.processes.get(tx, row, P.stoppedFor) === pid) memory.processes.set(tx, row, P.stoppedFor, 0);
    return [];
  });
  return undefined;
}

/** A process is restarted, or, if it waits for its turn, goes on with its own restart. Behind one that does not listen the next follows. */
function* letGo(s: Request, memory: ArtMemory, member: number, after: number): Part<undefined> {
  const [p3, temperature, waiting, service, ...users] = yield* s.step((tx) => {
    const client = memory.processes.get(tx, member - 1, P.groupClient);
    memory.processes.set(tx, member - 1, P.groupClient, 0);
    const isCold = TEMPERATURE_NAMES[memory.processes.get(tx, member - 1, P.restartAs)] === "cold";
    memory.processes.set(tx, member - 1, P.memberOf, isCold ? after : 0);
    const others = client === 0 ? [] : serversOf(memory, tx).filter((pid) => pid !== member);
    return [
      p3Thread(memory, tx, member),
      memory.processes.get(tx, member - 1, P.restartAs),
      client,
      serviceThread(member),
      ...others.map((pid) => userThread(memory, tx, pid)),
    ];
  });
  if (waiting !== 0) {
    yield* s.send(waiting!, reply(STATUS_OK, ...users), { virtualSender: service!, sendTimeout: TIME_ZERO });
    return undefined;
  }
  const answer = yield* s.call(p3!, { label: P3_GROUP_GO, words: [after, temperature!] }, { sendTimeout: PATIENCE });
  if (answer.error !== 0) yield* releaseGroup(s, memory, member);
  return undefined;
}
