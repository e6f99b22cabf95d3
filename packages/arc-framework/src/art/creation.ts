/**
 * Making a process: service thread, P3 and user thread, and their spaces.
 *
 * Here: from a module to a P3 that runs. Not here: the rest of the start, which P3 does and reports.
 * Reference: thesis, appendix B (Space, new task); docs/protocols.md, section 4.
 * @module
 */
import {
  EXREGS_IP,
  EXREGS_RECEIVE,
  EXREGS_SEND,
  EXREGS_SET_HALT,
  EXREGS_SP,
  globalId,
  makeFpage,
  NIL_THREAD,
  PAGE_BITS,
  SIGMA0_THREAD_NUMBER,
  STANDARD_KIP_AREA,
  STANDARD_UTCB_AREA,
  STANDARD_UTCB_AREA_BITS,
  type ThreadId,
  UTCB_SIZE,
} from "@kintsugi/microkernel";
import {
  PROCESS_FLAG_DEVICE,
  PROCESS_FLAG_DISK,
  PROCESS_FLAG_SERVER,
  PROGRAM_PRIORITY,
  SERVER_PRIORITY,
} from "../protocol/art.ts";
import {
  STATUS_BUSY,
  STATUS_FAILED,
  STATUS_NO_MEMORY,
  STATUS_NOT_FOUND,
  STATUS_OK,
  STATUS_REFUSED,
} from "../protocol/status.ts";
import { PROCESS_TWIN_THREAD, PROGRAM_ART, PROGRAM_P3, PROGRAM_UNDERTAKER } from "../protocol/thread-numbers.ts";
import { type Handler, type Part, type Request, reply } from "../server/request.ts";
import { packText } from "../server/text.ts";
import type { Transaction } from "../server/transaction.ts";
import { ARGUMENT_BYTES, type ArtMemory, DISK_MODULE, M, P } from "./art-memory.ts";
import { isCaller, type Service } from "./caller.ts";
import { MODULE_PROGRAM_SHIFT } from "./modules.ts";
import {
  ART_MAIN,
  alivePids,
  enter,
  findModule,
  freePid,
  PROCESS_FREE,
  p3Thread,
  processName,
  serverName,
  serviceThread,
  userThread,
} from "./processes.ts";

/** sigma0 and ART's main thread run at 255. */
const SERVICE_PRIORITY = 200;
const P3_PRIORITY = 150;

const NO_UTCB = -1;
const KIP_FPAGE = makeFpage(STANDARD_KIP_AREA, PAGE_BITS, 0);
const UTCB_FPAGE = makeFpage(STANDARD_UTCB_AREA, STANDARD_UTCB_AREA_BITS, 0);
/** Breaks off the wait for the start message and starts at IP and SP. */
const START = EXREGS_SEND | EXREGS_RECEIVE | EXREGS_SP | EXREGS_IP | EXREGS_SET_HALT;

/** Who wants the process. */
export interface Starter {
  /** Command line: program and arguments. */
  readonly commandLine: string;
  /** Pid of the process that executes it, 0 for ART itself. */
  readonly parent: number;
  /** Thread that was asked, and the client that waits for it. */
  readonly starter: ThreadId;
  readonly startClient: ThreadId;
}

/** Makes a process and starts its P3. Returns status and pid; the starter is told later how loading went. */
export function* createProcess(
  s: Request,
  memory: ArtMemory,
  wanted: Starter,
): Part<{ readonly status: number; readonly pid: number }> {
  const [status, pid, p3, user, flags, program] = yield* s.step((tx) => claim(tx, memory, wanted));
  if (status !== STATUS_OK) return { status, pid: 0 };
  const priority = flags! & PROCESS_FLAG_SERVER ? SERVER_PRIORITY : PROGRAM_PRIORITY;
  if (!(yield* makeThreads(s, memory, { pid: pid!, p3: p3!, user: user!, program: program!, priority })))
    return { status: STATUS_NO_MEMORY, pid: 0 };
  yield* startP3(s, pid!, p3!);
  return { status: STATUS_OK, pid: pid! };
}

/** Both threads of a process that has a row. */
interface NewThreads {
  readonly pid: number;
  readonly p3: ThreadId;
  readonly user: ThreadId;
  /** Host program of the user thread, 0 for none. */
  readonly program: number;
  readonly priority: number;
}

/** Makes them with their spaces. Without the memory for that the row is free again. */
export function* makeThreads(s: Request, memory: ArtMemory, wanted: NewThreads): Part<boolean> {
  const { pid, p3, user, program, priority } = wanted;
  const ready =
    (yield* makeServiceThread(s, memory, pid)) &&
    (yield* makeThread(s, p3, serviceThread(pid), PROGRAM_P3, P3_PRIORITY)) &&
    (yield* makeThread(s, user, p3, program, priority));
  if (ready) return true;
  yield* s.threadControl(user, NIL_THREAD, NIL_THREAD, NIL_THREAD, NO_UTCB);
  yield* s.threadControl(p3, NIL_THREAD, NIL_THREAD, NIL_THREAD, NO_UTCB);
  yield* s.step((tx) => {
    memory.processes.set(tx, pid - 1, P.state, PROCESS_FREE);
    return [];
  });
  return false;
}

/** Lets a P3 begin, supervised by its service thread. */
export function* startP3(s: Request, pid: number, p3: ThreadId): Part<undefined> {
  yield* s.restartControl(p3, 0, serviceThread(pid), 0);
  yield* s.exchangeRegisters(p3, START);
  return undefined;
}

/** What a name stands for; a name with a colon that no module has is a place on a disk, which the P3 will look for. */
function programOf(tx: Transaction, memory: ArtMemory, name: string): Program | undefined {
  const module = findModule(memory, tx, name);
  if (module >= 0) {
    const flags = memory.modules.get(tx, module, M.flags) & (PROCESS_FLAG_SERVER | PROCESS_FLAG_DEVICE);
    return { module, flags, name };
  }
  if (!name.includes(":")) return undefined;
  // Whoever can write to a disk decides what is in its /system: device memory is for what the boot loader has loaded.
  const server = serverName(name);
  if (server === undefined) return { module: DISK_MODULE, flags: PROCESS_FLAG_DISK, name };
  return { module: DISK_MODULE, flags: PROCESS_FLAG_DISK | PROCESS_FLAG_SERVER, name: server };
}

interface Program {
  readonly module: number;
  readonly flags: number;
  /** Of the process; a server is looked up by it. */
  readonly name: string;
}

/** Takes a row. Result: status, pid, P3, user thread, flags, resident program. */
function claim(tx: Transaction, memory: ArtMemory, wanted: Starter): number[] {
  const found = programOf(tx, memory, /^\S*/.exec(wanted.commandLine)?.[0] ?? "");
  if (found === undefined) return [STATUS_NOT_FOUND];
  const { module, flags } = found;
  if ((flags & PROCESS_FLAG_SERVER) !== 0 && serverOf(tx, memory, found.name) !== 0) return [STATUS_BUSY];
  const pid = freePid(memory, tx);
  if (pid === 0) return [STATUS_NO_MEMORY];
  const { parent, starter, startClient } = wanted;
  const argument = packText(wanted.commandLine.slice(0, ARGUMENT_BYTES - 1));
  enter(memory, tx, pid, {
    [P.module]: module,
    [P.flags]: flags,
    [P.parent]: parent,
    [P.starter]: starter,
    [P.startClient]: startClient,
    ...Object.fromEntries(argument.map((word, i) => [P.argument + i, word])),
  });
  const program = memory.modules.get(tx, module, M.flags) >>> MODULE_PROGRAM_SHIFT;
  return [STATUS_OK, pid, p3Thread(memory, tx, pid), userThread(memory, tx, pid), flags, program];
}

/** Pid of the server of this name that is alive, or 0. */
export function serverOf(tx: Transaction, memory: ArtMemory, name: string): number {
  const isServer = (pid: number): boolean => {
    const row = pid - 1;
    if ((memory.processes.get(tx, row, P.flags) & PROCESS_FLAG_SERVER) === 0) return false;
    return processName(memory, tx, pid) === name;
  };
  return alivePids(memory, tx).find(isServer) ?? 0;
}

/** One more thread in ART's own space, once for each pid: it serves whichever process has that pid. */
function* makeServiceThread(s: Request, memory: ArtMemory, pid: number): Part<boolean> {
  const [known] = yield* s.step((tx) => [memory.processes.get(tx, pid - 1, P.service)]);
  if (known === 1) return true;
  if (!(yield* makeArtThread(s, serviceThread(pid), pid, SERVICE_PRIORITY))) return false;
  yield* s.step((tx) => {
    memory.processes.set(tx, pid - 1, P.service, 1);
    return [];
  });
  return true;
}

/** A thread in ART's own space, which runs ART's code from its start; `utcb` is the number of its UTCB. */
export function* makeArtThread(s: Request, thread: ThreadId, utcb: number, priority: number): Part<boolean> {
  const sigma0 = globalId(SIGMA0_THREAD_NUMBER, 1);
  const at = STANDARD_UTCB_AREA + utcb * UTCB_SIZE;
  const { result } = yield* s.threadControl(thread, ART_MAIN, ART_MAIN, sigma0, at);
  if (result === 0) return false;
  yield* s.residentControl(thread, PROGRAM_ART);
  yield* s.schedule(thread, priority);
  yield* s.exchangeRegisters(thread, START);
  return true;
}

/**
 * RECREATE: the caller's program gets a new address space. Its user thread moves there: whoever queues for it or waits for
 * it does not notice. A twin stands for the new space meanwhile, for only a thread can name one.
 */
export function recreate(memory: ArtMemory): Service {
  return function* (s: Request, pid: number): Handler {
    const [user] = yield* s.step((tx) => [isCaller(memory, tx, s) ? userThread(memory, tx, pid) : NIL_THREAD]);
    if (user === NIL_THREAD) return reply(STATUS_REFUSED);
    const twin = globalId(PROCESS_TWIN_THREAD + pid, 1);
    const created = yield* s.threadControl(twin, twin, ART_MAIN, NIL_THREAD, NO_UTCB);
    if (created.result === 0) return reply(STATUS_NO_MEMORY);
    const space = yield* s.spaceControl(twin, KIP_FPAGE, UTCB_FPAGE);
    const moved = space.result === 0 ? space : yield* s.threadControl(user!, twin, NIL_THREAD, NIL_THREAD, NO_UTCB);
    yield* s.threadControl(twin, NIL_THREAD, NIL_THREAD, NIL_THREAD, NO_UTCB);
    return reply(moved.result === 0 ? STATUS_NO_MEMORY : STATUS_OK);
  };
}

/** UNDERTAKER on: what the caller's program's thread runs, once its P3 lets it go on. */
export function becomeUndertaker(memory: ArtMemory): Service {
  return function* (s: Request, pid: number): Handler {
    const [user, program] = yield* s.step((tx) => {
      const module = memory.processes.get(tx, pid - 1, P.module);
      const own = memory.modules.get(tx, module, M.flags) >>> MODULE_PROGRAM_SHIFT;
      return [isCaller(memory, tx, s) ? userThread(memory, tx, pid) : NIL_THREAD, own];
    });
    if (user === NIL_THREAD) return reply(STATUS_REFUSED);
    const { result } = yield* s.residentControl(user!, s.word(1) === 1 ? PROGRAM_UNDERTAKER : program!);
    return reply(result === 1 ? STATUS_OK : STATUS_FAILED);
  };
}

/** A thread in a new space of its own, active and waiting for its start. */
function* makeThread(s: Request, thread: ThreadId, pager: ThreadId, program: number, priority: number): Part<boolean> {
  const created = yield* s.threadControl(thread, thread, ART_MAIN, NIL_THREAD, NO_UTCB);
  if (created.result === 0) return false;
  const space = yield* s.spaceControl(thread, KIP_FPAGE, UTCB_FPAGE);
  if (space.result === 0) return false;
  const active = yield* s.threadControl(thread, thread, NIL_THREAD, pager, STANDARD_UTCB_AREA);
  if (active.result === 0) return false;
  if (program !== 0) yield* s.residentControl(thread, program);
  yield* s.schedule(thread, priority);
  return true;
}
