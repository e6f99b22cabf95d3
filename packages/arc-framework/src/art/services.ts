/**
 * What processes ask of ART through their P3s: programs, files, the machine.
 *
 * Here: 0x2xx and the end of a process, one function each. Not here: memory (`memory.ts`), interrupts (`interrupts.ts`),
 * starting (`creation.ts`, `starting.ts`), recovery records (`records.ts`).
 * Reference: docs/protocols.md, section 7.
 * @module
 */
import { FAILURE_KILLED, NIL_THREAD, periodCode } from "@kintsugi/microkernel";
import {
  AGREEMENT_NONE,
  AGREEMENT_NOTIFY,
  AGREEMENT_RESTART_COLD,
  ART_BYTES_PER_READ,
  PROCESS_FLAG_SERVER,
} from "../protocol/art.ts";
import { P3_RESTART } from "../protocol/p3.ts";
import {
  STATUS_BUSY,
  STATUS_FAILED,
  STATUS_INVALID,
  STATUS_NOT_FOUND,
  STATUS_OK,
  STATUS_REFUSED,
} from "../protocol/status.ts";
import { type Handler, type Request, reply } from "../server/request.ts";
import { packBytes, packText, unpackText } from "../server/text.ts";
import { type ArtMemory, G, M, P, REASON_BYTES } from "./art-memory.ts";
import { isCaller, type Service } from "./caller.ts";
import { createProcess, serverOf } from "./creation.ts";
import {
  alivePids,
  findModule,
  isAlive,
  isPid,
  PROCESS_ENDED,
  PROCESS_FREE,
  PROCESS_RUNNING,
  PROCESS_STARTING,
  p3Thread,
  processName,
  readWords,
  stateOf,
  userThread,
} from "./processes.ts";
import { connect } from "./relations.ts";
import { endProcess } from "./removal.ts";

/** Port that ends the run, with the exit code as the byte written (pc: POWER_EXIT_PORT). */
const EXIT_PORT = 0xf4;
/** How long a P3 may be busy before the kill of its server is called off. */
const RESTART_PATIENCE = periodCode(1_000_000);

const textOf = (s: Request): string => unpackText(s.words.slice(0, s.count));

/** LOOKUP name: → thread id of the server of that name. */
export function lookup(memory: ArtMemory): Service {
  return function* (s: Request): Handler {
    const [thread] = yield* s.step((tx) => {
      const pid = serverOf(tx, memory, textOf(s));
      return [pid !== 0 && stateOf(memory, tx, pid) === PROCESS_RUNNING ? userThread(memory, tx, pid) : NIL_THREAD];
    });
    return thread === NIL_THREAD ? reply(STATUS_NOT_FOUND) : reply(STATUS_OK, thread);
  };
}

/** CONNECT agreement, name: → thread id of the server; ART remembers whose client the caller is. */
export function connectTo(memory: ArtMemory): Service {
  return function* (s: Request, pid: number): Handler {
    const agreement = s.word(1) >>> 0;
    if (s.count < 2 || agreement > AGREEMENT_RESTART_COLD) return reply(STATUS_INVALID);
    const name = unpackText(s.words.slice(1, s.count));
    const [status, thread] = yield* s.step((tx) => {
      if (!isCaller(memory, tx, s)) return [STATUS_REFUSED, NIL_THREAD];
      const mayBeRestarted = memory.processes.get(tx, pid - 1, P.flags) & PROCESS_FLAG_SERVER;
      if (agreement !== AGREEMENT_NONE && agreement !== AGREEMENT_NOTIFY && mayBeRestarted === 0)
        return [STATUS_REFUSED, NIL_THREAD];
      const server = serverOf(tx, memory, name);
      if (server === 0 || stateOf(memory, tx, server) !== PROCESS_RUNNING) return [STATUS_NOT_FOUND, NIL_THREAD];
      connect(memory, tx, server, pid, agreement);
      return [STATUS_OK, userThread(memory, tx, server)];
    });
    return status === STATUS_OK ? reply(STATUS_OK, thread!) : reply(status!);
  };
}

/** EXECUTE command line: → pid, once the program is loaded. */
export function execute(memory: ArtMemory): Service {
  return function* (s: Request, pid: number): Handler {
    const commandLine = textOf(s);
    const { status } = yield* createProcess(s, memory, {
      commandLine,
      parent: pid,
      starter: s.thread,
      startClient: s.sender,
    });
    return status === STATUS_OK ? undefined : reply(status);
  };
}

/** WAIT pid: → exit status, failure kind, detail, address, when the program has ended. */
export function wait(memory: ArtMemory): Service {
  return function* (s: Request, pid: number): Handler {
    const child = s.word(1);
    if (!isPid(child) || child === pid) return reply(STATUS_INVALID);
    const words = yield* s.step((tx) => {
      const { processes } = memory;
      const state = stateOf(memory, tx, child);
      if (state === PROCESS_FREE) return [STATUS_NOT_FOUND];
      if (state !== PROCESS_ENDED) {
        if (!isCaller(memory, tx, s)) return [STATUS_REFUSED];
        processes.set(tx, pid - 1, P.waitsFor, child);
        processes.set(tx, pid - 1, P.waitClient, s.sender);
        return [];
      }
      if (processes.get(tx, child - 1, P.parent) === pid) processes.set(tx, child - 1, P.state, PROCESS_FREE);
      const exit = [P.exitStatus, P.exitKind, P.exitDetail, P.exitAddress];
      return [STATUS_OK, ...exit.map((field) => processes.get(tx, child - 1, field))];
    });
    return words.length === 0 ? undefined : { words };
  };
}

/** PROCESS_INFO index: → pid, thread, pager, scheduling state, restarts, pages, flags, name. */
export function processInfo(memory: ArtMemory): Service {
  return function* (s: Request): Handler {
    const index = s.word(1);
    const [pid, user, pager, restarts, pages, flags, ...name] = yield* s.step((tx) => {
      const found = alivePids(memory, tx)[index];
      if (found === undefined) return [0];
      const row = [P.restarts, P.pages, P.flags].map((field) => memory.processes.get(tx, found - 1, field));
      const name = packText(processName(memory, tx, found));
      return [found, userThread(memory, tx, found), p3Thread(memory, tx, found), ...row, ...name];
    });
    if (pid === 0) return reply(STATUS_NOT_FOUND);
    const { state } = yield* s.schedule(user, -1);
    return reply(STATUS_OK, pid, user, pager, state, restarts, pages, flags, ...name);
  };
}

/** KILL pid: removes a program; a server is restarted by its P3. */
export function kill(memory: ArtMemory): Service {
  return function* (s: Request, pid: number): Handler {
    const victim = s.word(1);
    if (!isPid(victim)) return reply(STATUS_INVALID);
    // A process ends itself by EXIT; its P3 waits for us and could not restart it now.
    if (victim === pid) return reply(STATUS_REFUSED);
    const [status, server, p3] = yield* s.step((tx) => {
      if (stateOf(memory, tx, victim) === PROCESS_STARTING) return [STATUS_BUSY];
      if (!isAlive(memory, tx, victim)) return [STATUS_NOT_FOUND];
      const flags = memory.processes.get(tx, victim - 1, P.flags);
      return [STATUS_OK, flags & PROCESS_FLAG_SERVER, p3Thread(memory, tx, victim)];
    });
    if (status !== STATUS_OK) return reply(status);
    if (server === 0)
      return yield* endProcess(s, memory, victim, { status: 0, kind: FAILURE_KILLED, detail: 0, address: 0 }, true);
    const answer = yield* s.call(p3, { label: P3_RESTART }, { sendTimeout: RESTART_PATIENCE });
    if (answer.error !== 0) return reply((answer.error & 1) === 0 ? STATUS_BUSY : STATUS_FAILED);
    return reply(answer.words[0] ?? STATUS_FAILED);
  };
}

/** PROCESS_ENDED exit status, kind, detail, address: no reply, the caller goes with its process. */
export function processEnded(memory: ArtMemory): Service {
  return (s: Request, pid: number): Handler => {
    const exit = { status: s.word(1), kind: s.word(2), detail: s.word(3), address: s.word(4) };
    return endProcess(s, memory, pid, exit, false);
  };
}

/** FILE_INFO index: → size, name. */
export function fileInfo(memory: ArtMemory): Service {
  return function* (s: Request): Handler {
    const index = s.word(1) >>> 0;
    const words = yield* s.step((tx) => {
      if (index >= memory.globals.get(tx, 0, G.modules)) return [];
      const name = readWords(tx, memory.modules.address(index, M.name), 8);
      return [memory.modules.get(tx, index, M.size), ...name];
    });
    return words.length === 0 ? reply(STATUS_NOT_FOUND) : reply(STATUS_OK, ...words);
  };
}

/** FILE_FIND name: → index, size. */
export function fileFind(memory: ArtMemory): Service {
  return function* (s: Request): Handler {
    const [index, size] = yield* s.step((tx) => {
      const found = findModule(memory, tx, textOf(s));
      return found < 0 ? [found] : [found, memory.modules.get(tx, found, M.size)];
    });
    return index < 0 ? reply(STATUS_NOT_FOUND) : reply(STATUS_OK, index, size);
  };
}

/** FILE_READ index, offset: → count, bytes; 0 at the end and behind it. */
export function fileRead(memory: ArtMemory): Service {
  return function* (s: Request): Handler {
    const index = s.word(1) >>> 0;
    const offset = s.word(2) >>> 0;
    const [status, ...words] = yield* s.step((tx) => {
      if (index >= memory.globals.get(tx, 0, G.modules)) return [STATUS_NOT_FOUND];
      const count = Math.min(ART_BYTES_PER_READ, Math.max(0, memory.modules.get(tx, index, M.size) - offset));
      if (count === 0) return [STATUS_OK, 0];
      return [STATUS_OK, count, ...packBytes(tx.readBytes(memory.modules.get(tx, index, M.start) + offset, count))];
    });
    return reply(status, ...words);
  };
}

/** POWER_OFF exit code: the machine stops; no reply. */
export function powerOff(): Service {
  return function* (s: Request): Handler {
    yield* s.step((tx) => {
      tx.portWrite(EXIT_PORT, 1, s.word(1) & 0xff);
      return [];
    });
    return undefined;
  };
}

/** REBOOT text: the machine is reset, and keeps the text as the reason; no reply. */
export function reboot(): Service {
  return (s: Request): Handler => s.die(textOf(s).slice(0, REASON_BYTES - 1));
}

/** BOOT_INFO: → reset count, reason of the last reset. */
export function bootInfo(memory: ArtMemory): Service {
  return function* (s: Request): Handler {
    const words = yield* s.step((tx) => {
      const reason = readWords(tx, memory.globals.address(0, G.reason), 32);
      while (reason.length > 0 && reason[reason.length - 1] === 0) reason.pop();
      return [memory.globals.get(tx, 0, G.resets), ...reason];
    });
    return reply(STATUS_OK, ...words);
  };
}
