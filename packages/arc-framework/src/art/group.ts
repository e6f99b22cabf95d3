/**
 * Group restart: a server that starts cold, and the clients that agreed to be restarted with it.
 *
 * Here: stopping the members before the server forgets them, letting them go on after it is ready, telling the others.
 * Not here: who belongs to the group (`../policy/group.ts`), restarting one process (`../p3`).
 * Members are restarted at the temperatures that they asked for. A member is stopped first, its IPC broken off: no answer of the server's old life can reach its new one.
 * Reference: thesis 4.4.2; docs/protocols.md section 7.
 * @module
 */
import { periodCode } from "@kintsugi/microkernel";
import { type RestartGroup, restartGroup, TEMPERATURE_NAMES } from "../policy/group.ts";
import { P3_GROUP_GO, P3_GROUP_NOTIFY, P3_GROUP_STOP } from "../protocol/p3.ts";
import { STATUS_OK, STATUS_REFUSED } from "../protocol/status.ts";
import { PROCESS_LIMIT } from "../protocol/thread-numbers.ts";
import { type Handler, type Part, type Request, reply } from "../server/request.ts";
import type { WordReader } from "../server/table.ts";
import { type ArtMemory, P } from "./art-memory.ts";
import { isCaller, type Service } from "./caller.ts";
import { isAlive, p3Thread, userThread } from "./processes.ts";
import { relationsOf } from "./relations.ts";

/** How long a P3 may be busy before its process is left out of the group: it gets an error instead. */
const PATIENCE = periodCode(1_000_000);

/** GROUP_STOP: → the members' user threads. They stand still from now on. */
export function groupStop(memory: ArtMemory): Service {
  return function* (s: Request, pid: number): Handler {
    const [status, memberCount, ...pids] = yield* s.step((tx) => {
      if (!isCaller(memory, tx, s)) return [STATUS_REFUSED];
      const { members, told } = groupOf(memory, tx, pid);
      const alive = (other: number): boolean => isAlive(memory, tx, other);
      const living = members.map((member) => member.pid).filter(alive);
      return [STATUS_OK, living.length, ...living, ...told.filter(alive)];
    });
    if (status !== STATUS_OK) return reply(status!);
    const stopped: number[] = [];
    for (const member of pids.slice(0, memberCount)) {
      const [p3, user] = yield* s.step((tx) => {
        memory.processes.set(tx, member - 1, P.stoppedFor, pid);
        return [p3Thread(memory, tx, member), userThread(memory, tx, member)];
      });
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
  const age = (other: number): number => memory.processes.get(tx, other - 1, P.age);
  return restartGroup(pid, relationsOf(memory, tx, pid), age);
}

/** GROUP_GO: the members that were stopped for the caller are restarted. */
export function groupGo(memory: ArtMemory): Service {
  return function* (s: Request, pid: number): Handler {
    yield* releaseGroup(s, memory, pid);
    return reply(STATUS_OK);
  };
}

/** Lets the members go on that were stopped for a process, the oldest first. */
export function* releaseGroup(s: Request, memory: ArtMemory, pid: number): Part<undefined> {
  const stopped = yield* s.step((tx) =>
    groupOf(memory, tx, pid)
      .members.filter((member) => isAlive(memory, tx, member.pid))
      .filter((member) => memory.processes.get(tx, member.pid - 1, P.stoppedFor) === pid)
      .flatMap(({ pid: member, temperature }) => [
        p3Thread(memory, tx, member),
        TEMPERATURE_NAMES.indexOf(temperature),
      ]),
  );
  for (let i = 0; i < stopped.length; i += 2) {
    const message = { label: P3_GROUP_GO, words: [pid, stopped[i + 1]!] };
    yield* s.call(stopped[i]!, message, { sendTimeout: PATIENCE });
  }
  yield* s.step((tx) => {
    for (let row = 0; row < PROCESS_LIMIT; row++)
      if (memory.processes.get(tx, row, P.stoppedFor) === pid) memory.processes.set(tx, row, P.stoppedFor, 0);
    return [];
  });
  return undefined;
}
