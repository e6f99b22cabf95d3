/**
 * The process table: one row per pid.
 *
 * Here: states, ids, finding and taking rows. Not here: making threads (`creation.ts`), ending (`removal.ts`).
 *
 *     free → starting (threads made, P3 loads) → running → ending → ended (kept for its parent's WAIT) → free
 *
 * @module
 */
import { globalId, type ThreadId } from "@kintsugi/microkernel";
import {
  ART_FIRST_SERVICE_THREAD,
  ART_THREAD,
  PROCESS_FIRST_THREAD,
  PROCESS_LIMIT,
} from "../protocol/thread-numbers.ts";
import type { WordReader, WordWriter } from "../server/table.ts";
import { unpackText } from "../server/text.ts";
import { ARGUMENT_BYTES, type ArtMemory, DISK_MODULE, G, M, NAME_BYTES, P } from "./art-memory.ts";

export const PROCESS_FREE = 0;
export const PROCESS_STARTING = 1;
export const PROCESS_RUNNING = 2;
export const PROCESS_ENDING = 3;
export const PROCESS_ENDED = 4;

export const ART_MAIN: ThreadId = globalId(ART_THREAD, 1);

/** The service thread of a pid. */
export function serviceThread(pid: number): ThreadId {
  return globalId(ART_FIRST_SERVICE_THREAD + pid - 1, 1);
}

/** The P3 thread of the process that has this pid now. */
export function p3Thread({ processes }: ArtMemory, tx: WordReader, pid: number): ThreadId {
  return globalId(PROCESS_FIRST_THREAD + 2 * pid, processes.get(tx, pid - 1, P.version));
}

/** Its user thread. */
export function userThread({ processes }: ArtMemory, tx: WordReader, pid: number): ThreadId {
  return globalId(PROCESS_FIRST_THREAD + 2 * pid + 1, processes.get(tx, pid - 1, P.version));
}

export function stateOf({ processes }: ArtMemory, tx: WordReader, pid: number): number {
  return processes.get(tx, pid - 1, P.state);
}

/** Whether there is a process of this pid that is not about to go. */
export function isAlive(memory: ArtMemory, tx: WordReader, pid: number): boolean {
  const state = stateOf(memory, tx, pid);
  return state === PROCESS_STARTING || state === PROCESS_RUNNING;
}

export function isPid(pid: number): boolean {
  return pid >= 1 && pid <= PROCESS_LIMIT;
}

/** Pids of all processes that are alive, rising. */
export function alivePids(memory: ArtMemory, tx: WordReader): number[] {
  return Array.from({ length: PROCESS_LIMIT }, (_, row) => row + 1).filter((pid) => isAlive(memory, tx, pid));
}

/** The lowest pid that is free; else one that nobody has waited for; else 0. */
export function freePid(memory: ArtMemory, tx: WordReader): number {
  const { processes } = memory;
  const free = processes.find(tx, P.state, PROCESS_FREE);
  return 1 + (free >= 0 ? free : processes.find(tx, P.state, PROCESS_ENDED));
}

/** Makes the row of a new process; everything but version and service thread starts at zero. */
export function enter(memory: ArtMemory, tx: WordWriter, pid: number, fields: Readonly<Record<number, number>>): void {
  const { processes, globals } = memory;
  const row = pid - 1;
  const order = globals.get(tx, 0, G.entered) + 1;
  globals.set(tx, 0, G.entered, order);
  const version = nextVersion(processes.get(tx, row, P.version));
  const service = processes.get(tx, row, P.service);
  processes.clear(tx, row);
  processes.set(tx, row, P.version, version);
  processes.set(tx, row, P.service, service);
  processes.set(tx, row, P.state, PROCESS_STARTING);
  processes.set(tx, row, P.order, order);
  for (const [field, value] of Object.entries(fields)) processes.set(tx, row, Number(field), value);
}

/** Versions run from 1; the low six bits of a global id's version are never all zero. */
export function nextVersion(version: number): number {
  const next = (version + 1) & 0x3fff;
  return (next & 0x3f) === 0 ? next | 1 : next;
}

/** Name of a module. */
export function moduleName({ modules }: ArtMemory, tx: WordReader, module: number): string {
  return unpackText(readWords(tx, modules.address(module, M.name), 8));
}

/** A file of a disk's /system is a server, of the name of its last part: SERVER:/system/NAME. */
const SYSTEM_FILE = /^[^:]+:\/system\/([^/]+)$/;

/** The name that a server from this place on a disk has; undefined for a place of other programs. */
export function serverName(place: string): string | undefined {
  return SYSTEM_FILE.exec(place)?.[1]?.slice(0, NAME_BYTES - 1);
}

/** Name of a process: its module's, or the place on a disk that it comes from, or the server's name there. */
export function processName(memory: ArtMemory, tx: WordReader, pid: number): string {
  const { processes } = memory;
  const module = processes.get(tx, pid - 1, P.module);
  if (module !== DISK_MODULE) return moduleName(memory, tx, module);
  const [name = ""] = unpackText(readWords(tx, processes.address(pid - 1, P.argument), ARGUMENT_BYTES / 4)).split(" ");
  return serverName(name) ?? name.slice(0, NAME_BYTES - 1);
}

/** Index of the module of this name, or -1. */
export function findModule(memory: ArtMemory, tx: WordReader, name: string): number {
  const count = memory.globals.get(tx, 0, G.modules);
  for (let module = 0; module < count; module++) if (moduleName(memory, tx, module) === name) return module;
  return -1;
}

/** `count` words from `address` on. */
export function readWords(tx: WordReader, address: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => tx.read(address + 4 * i));
}
