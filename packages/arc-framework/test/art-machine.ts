/**
 * A machine with sigma0 and ART, whose processes are scripts in place of P3s and user code.
 *
 * Here: modules, asking ART the way a P3 does, what scripts have noted. Not here: P3 itself.
 * @module
 */
import { COMPLETE_FPAGE, globalId, threadNumber } from "@kintsugi/microkernel";
import { createArt } from "../src/art/art.ts";
import { artImageSize } from "../src/art/art-memory.ts";
import { P3_PERSISTENT_MEMORY } from "../src/protocol/address-space.ts";
import { ART_PROCESS_START, ART_PROCESS_STARTED } from "../src/protocol/art.ts";
import { STATUS_OK } from "../src/protocol/status.ts";
import {
  ART_FIRST_SERVICE_THREAD,
  PROCESS_FIRST_THREAD,
  PROGRAM_ART,
  PROGRAM_P3,
  PROGRAM_SIGMA0,
} from "../src/protocol/thread-numbers.ts";
import type { CutProbe } from "../src/server/cut-point.ts";
import type { Handler, Part, Request } from "../src/server/request.ts";
import { type HandlerFunction, type ResidentObserver, ResidentServer } from "../src/server/resident-server.ts";
import { packText, unpackText } from "../src/server/text.ts";
import { createSigma0, sigma0ImageSize } from "../src/sigma0/sigma0.ts";
import { RAM_SIZE, ResidentMachine } from "./resident-machine.ts";

export const MODULES: readonly { readonly commandLine: string; readonly bytes: Uint8Array }[] = [
  { commandLine: "init start args=one two", bytes: new Uint8Array(9000).map((_, i) => i & 0xff) },
  { commandLine: "driver server device", bytes: new Uint8Array(5000).fill(2) },
  { commandLine: "child", bytes: new Uint8Array(100).fill(3) },
  { commandLine: "letter.txt", bytes: Uint8Array.from("Dear reader", (c) => c.charCodeAt(0)) },
];

/** A process as its script sees it. */
export interface Process {
  readonly s: Request;
  readonly pid: number;
  /** Thread id of its service thread. */
  readonly art: number;
  readonly words: readonly number[];
  /** Asks ART; the words of the reply. */
  ask(label: number, ...words: readonly number[]): Part<readonly number[]>;
  asks(label: number, text: string): Part<readonly number[]>;
  /** Sends without waiting for an answer. */
  tell(label: number, ...words: readonly number[]): Part<number>;
}

export type Script = (process: Process) => Part<unknown>;

export interface ArtMachineOptions {
  /** What a process does once it has started, by the name of its program. Its P3 waits for ever behind that. */
  readonly scripts: Readonly<Record<string, Script>>;
  /** What it says of its start; success when left out. */
  readonly started?: Readonly<Record<string, readonly number[]>>;
  /** What it answers to requests, by label. */
  readonly handlers?: ReadonlyMap<number, HandlerFunction>;
  readonly modules?: typeof MODULES;
  readonly probe?: CutProbe;
  readonly observer?: ResidentObserver;
}

export function artThreadOf(pid: number): number {
  return globalId(ART_FIRST_SERVICE_THREAD + pid - 1, 1);
}

/** What scripts have noted. */
export type Notes = Record<string, unknown>;

/** Runs scripts that note things; what they noted. */
export function notesOf(scripts: (notes: Notes) => Readonly<Record<string, Script>>, probe?: CutProbe): Notes {
  const notes: Notes = {};
  artMachine({ scripts: scripts(notes), ...(probe && { probe }) }).run();
  return notes;
}

/** Writes a word of the process's memory. */
export const poke = (process: Process, address: number, value: number): Part<unknown> =>
  process.s.step((tx) => {
    tx.write(address, value);
    return [];
  });

/** Reads one. */
export function* peek({ s }: Process, address: number): Part<number> {
  return (yield* s.step((tx) => [tx.read(address)]))[0]!;
}

export function artMachine(options: ArtMachineOptions): ResidentMachine {
  const { probe, observer } = options;
  const server = { ...(probe && { probe }), ...(observer && { observer }) };
  function* start(s: Request): Handler {
    const pid = (threadNumber(s.thread) - PROCESS_FIRST_THREAD) / 2;
    const art = artThreadOf(pid);
    function* ask(label: number, ...words: readonly number[]): Part<readonly number[]> {
      const answer = yield* s.call(art, { label, words }, { accept: COMPLETE_FPAGE });
      if (answer.error !== 0) throw new Error(`ART did not answer ${label.toString(16)}: ${answer.error}`);
      return answer.words;
    }
    const words = yield* ask(ART_PROCESS_START);
    const [name] = unpackText(words.slice(6)).split(" ");
    const process: Process = {
      s,
      pid,
      art,
      words,
      ask,
      asks: (label, text) => ask(label, ...packText(text)),
      tell: (label, ...more) => s.send(art, { label, words: more }),
    };
    yield* ask(ART_PROCESS_STARTED, ...(options.started?.[name] ?? [STATUS_OK]));
    const script = options.scripts[name];
    if (script !== undefined) yield* script(process);
    return undefined;
  }
  return new ResidentMachine({
    images: [sigma0ImageSize(RAM_SIZE), artImageSize(RAM_SIZE)],
    modules: options.modules ?? MODULES,
    programs: () => {
      const handlers = options.handlers ?? new Map();
      const p3 = { name: "p3", threadMemory: () => P3_PERSISTENT_MEMORY, start, handlers };
      return new Map([
        [PROGRAM_SIGMA0, createSigma0(server)],
        [PROGRAM_ART, createArt(server)],
        [PROGRAM_P3, new ResidentServer(p3, server)],
      ]);
    },
  });
}
