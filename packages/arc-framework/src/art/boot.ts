/**
 * ART's boot: its tables, all memory from sigma0, modules, programs to start.
 *
 * Here: the main thread's way, in continuations, so that no journal has to hold all of it. After the
 * last program it waits for nothing more. Not here: making a process (`creation.ts`).
 *
 *     start → take memory, largest regions first → boot info → map each module → start each `start` module;
 *     after each PROCESS_STARTED a message from its service thread says to go on
 *
 * Reference: thesis 4.2.2 (ART holds all physical pages); docs/protocols.md, sections 2 and 10.
 * @module
 */
import {
  COMPLETE_FPAGE,
  FPAGE_RWX,
  fpageBits,
  globalId,
  isGlobal,
  itemSendBase,
  LABEL_SIGMA0,
  makeFpage,
  NIL_FPAGE,
  PAGE_BITS,
  PAGE_SIZE,
  SIGMA0_ANY_BASE,
  SIGMA0_THREAD_NUMBER,
} from "@kintsugi/microkernel";
import { STATUS_INVALID, STATUS_OK } from "../protocol/status.ts";
import { PROCESS_LIMIT } from "../protocol/thread-numbers.ts";
import { bootInfoAddress } from "../server/kip.ts";
import { type Answer, type Handler, type Part, type Request, reply } from "../server/request.ts";
import type { HandlerFunction } from "../server/resident-server.ts";
import { packText, unpackText } from "../server/text.ts";
import { type ArtMemory, G, M, REASON_BYTES } from "./art-memory.ts";
import { createProcess, makeArtThread } from "./creation.ts";
import { MODULE_START, moduleRow, readBootInfo } from "./modules.ts";
import { addRegion, markImmortal } from "./page-table.ts";
import { ART_MAIN, moduleName, readWords } from "./processes.ts";
import { WATCH, WATCH_LOOK, WATCH_PRIORITY } from "./watch.ts";

/** Continuations of the main thread. */
const TAKE_MEMORY = 2;
const READ_BOOT_INFO = 3;
const MAP_MODULE = 4;
const START_MODULE = 5;

const SIGMA0 = globalId(SIGMA0_THREAD_NUMBER, 1);
/** Largest region asked for: 256 MiB. */
const LARGEST_BITS = 28;
/** Regions taken before the journal is renewed. */
const REGIONS_PER_TURN = 16;
/** log2 of the largest aligned block that a module is asked for in. */
const MODULE_BLOCK_BITS = 20;

/** What a thread of ART does first: the main thread boots, the watch looks, the others wait. */
export function start(memory: ArtMemory): HandlerFunction {
  return function* (s: Request): Handler {
    if (s.thread === WATCH) return { become: { label: WATCH_LOOK } };
    if (s.thread !== ART_MAIN) return undefined;
    yield* s.step((tx) => {
      for (const [address, length] of memory.ranges) tx.pages.fill(address, length, 0);
      return [];
    });
    return { become: { label: TAKE_MEMORY, words: [LARGEST_BITS] } };
  };
}

/** @param watched whether programs are to be watched when all have been started */
export function bootContinuations(memory: ArtMemory, watched: boolean): [number, HandlerFunction][] {
  return [
    [TAKE_MEMORY, (s) => takeMemory(s, memory)],
    [READ_BOOT_INFO, (s) => readModules(s, memory)],
    [MAP_MODULE, (s) => mapModule(s, memory)],
    [START_MODULE, (s) => startModule(s, memory, watched)],
  ];
}

/** A service thread's message: the module with this index has been started, or could not be. */
export function continueBoot(): HandlerFunction {
  // Only threads of this space have local ids here.
  return (s: Request): Answer =>
    s.thread === ART_MAIN && !isGlobal(s.sender)
      ? { become: { label: START_MODULE, words: [s.word(1) + 1] } }
      : reply(STATUS_INVALID);
}

/** Asks sigma0 for an fpage. Returns the first frame, or -1. */
function* ask(s: Request, fpage: number): Part<number> {
  const request = { label: LABEL_SIGMA0, words: [fpage, 0] };
  const answer = yield* s.call(SIGMA0, request, { accept: COMPLETE_FPAGE });
  const [base, given] = answer.words;
  const refused = answer.error !== 0 || given === NIL_FPAGE || fpageBits(given) !== fpageBits(fpage);
  return refused ? -1 : itemSendBase(base) / PAGE_SIZE;
}

/** MR1: log2 of the size to ask for; smaller ones follow when there are no more of it. */
function* takeMemory(s: Request, memory: ArtMemory): Handler {
  let bits = s.word(1);
  for (let i = 0; i < REGIONS_PER_TURN && bits >= PAGE_BITS; i++) {
    const first = yield* ask(s, (SIGMA0_ANY_BASE & ~0x3ff) | (bits << 4) | FPAGE_RWX);
    if (first < 0) bits--;
    else {
      const size = 2 ** (bits - PAGE_BITS);
      const [fits] = yield* s.step((tx) => [addRegion(memory, tx, first, size) ? 1 : 0]);
      if (fits === 0) bits = 0;
    }
  }
  const done = bits < PAGE_BITS;
  return { become: done ? { label: READ_BOOT_INFO } : { label: TAKE_MEMORY, words: [bits] } };
}

/** Fills the table of modules. The boot info block says in its third word how long it is. */
function* readModules(s: Request, memory: ArtMemory): Handler {
  const [base] = yield* s.step((tx) => [bootInfoAddress(tx)]);
  yield* ask(s, makeFpage(base, PAGE_BITS, FPAGE_RWX));
  const [size] = yield* s.step((tx) => [tx.read(base + 8)]);
  for (let at = PAGE_SIZE; at < size; at += PAGE_SIZE) yield* ask(s, makeFpage(base + at, PAGE_BITS, FPAGE_RWX));
  yield* s.step((tx) => {
    markImmortal(memory, tx);
    const info = readBootInfo(tx, base);
    for (const [i, module] of info.modules.entries()) tx.pages.write(memory.modules.address(i, 0), moduleRow(module));
    memory.globals.set(tx, 0, G.modules, info.modules.length);
    memory.globals.set(tx, 0, G.resets, info.resets);
    const reason = packText(info.reason.slice(0, REASON_BYTES - 1));
    for (const [i, word] of reason.entries()) memory.globals.set(tx, 0, G.reason + i, word);
    return [];
  });
  return { become: { label: MAP_MODULE, words: [0] } };
}

/** MR1: index of the module whose pages are to be had from sigma0, in the largest aligned blocks. */
function* mapModule(s: Request, memory: ArtMemory): Handler {
  const index = s.word(1);
  const [known, start, size] = yield* s.step((tx) => {
    if (index >= memory.globals.get(tx, 0, G.modules)) return [0];
    return [1, memory.modules.get(tx, index, M.start), memory.modules.get(tx, index, M.size)];
  });
  if (known === 0) return { become: { label: START_MODULE, words: [0] } };
  for (let at = start; at < start + size; ) {
    let bits = PAGE_BITS;
    while (bits < MODULE_BLOCK_BITS && at % 2 ** (bits + 1) === 0 && at + 2 ** (bits + 1) <= start + size) bits++;
    yield* ask(s, makeFpage(at, bits, FPAGE_RWX));
    at += 2 ** bits;
  }
  return { become: { label: MAP_MODULE, words: [index + 1] } };
}

/** MR1: index of the first module to look at. Starts one; the message that it has started brings us back. */
function* startModule(s: Request, memory: ArtMemory, watched: boolean): Handler {
  const [index, ...words] = yield* s.step((tx) => {
    const count = memory.globals.get(tx, 0, G.modules);
    let found = s.word(1);
    while (found < count && (memory.modules.get(tx, found, M.flags) & MODULE_START) === 0) found++;
    if (found >= count) return [-1];
    const argument = unpackText(readWords(tx, memory.modules.address(found, M.argument), 32));
    return [found, ...packText(`${moduleName(memory, tx, found)} ${argument}`.trim())];
  });
  if (index < 0) {
    if (watched) yield* makeArtThread(s, WATCH, PROCESS_LIMIT + 1, WATCH_PRIORITY);
    return undefined;
  }
  const wanted = { commandLine: unpackText(words), parent: 0, starter: ART_MAIN, startClient: index };
  const { status } = yield* createProcess(s, memory, wanted);
  return status === STATUS_OK ? undefined : { become: { label: START_MODULE, words: [index + 1] } };
}
