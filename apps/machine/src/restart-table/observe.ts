/**
 * What a restart leaves of a server: one real run for each level, with a word planted in every kind of memory.
 *
 * Here: the machine, what the witnesses print, read back. The witnesses are the programs
 * `keeper` and `keeper-client` (apps/programs). Not here: the table as text (`format.ts`).
 * Reference: architecture, "Restart table"; thesis 4.4.1, Table 4.1.
 * @module
 */
import { type ActionKind, LEVELS, only, PROCESS_FIRST_THREAD } from "@kintsugi/arc-framework";
import { allocateMemory } from "@kintsugi/ia32";
import { globalId } from "@kintsugi/microkernel";
import { guests } from "@kintsugi/programs";
import { bootModules, guestModule } from "../host/modules.ts";
import { Machine } from "../machine.ts";
import { textPage, UNUSED_TEXT } from "../program-text.ts";

/** The levels of the table, from the finest to the coarsest. */
export const TABLE_LEVELS: readonly ActionKind[] = [...LEVELS, "remove", "reboot"];

/** What became of something: it is as it was; it is as at a first start; it is no more. */
export type Fate = "kept" | "renewed" | "gone";
/** What became of a request: served, answered with an error in the server's name, or neither. */
export type Answer = "served" | "error" | "none";

/** A row of the table. */
export interface RestartRow {
  readonly level: ActionKind;
  /** The server's thread id, and its address space as the kernel knows it. */
  readonly thread: Fate;
  readonly space: Fate;
  readonly text: Fate;
  readonly heap: Fate;
  readonly data: Fate;
  readonly stack: Fate;
  readonly persistent: Fate;
  /** The shared page as the server sees it, and as the client does. */
  readonly sharedServer: Fate;
  readonly sharedClient: Fate;
  readonly session: Fate;
  /** The request during which the server failed; one that was queued behind it; one that came afterwards. */
  readonly open: Answer;
  readonly queued: Answer;
  readonly later: Answer;
}

const MAGIC = 7_777_777;
const RAM = 24 << 20;
/** serial, parallel, msh and keeper start in this order. */
const KEEPER = globalId(PROCESS_FIRST_THREAD + 2 * 4 + 1, 1);
const SECONDS = 100_000_000;

/** Runs the witnesses under one level. */
export function observeLevel(level: ActionKind): RestartRow {
  const serial: number[] = [];
  /** How much was printed when the machine was reset. */
  let resetAt: number | undefined;
  const keeper = guestModule("keeper", guests.keeper, "keeper start server");
  const modules = [...bootModules("exact"), keeper, guestModule("keeper-client", guests["keeper-client"])];
  const machine = Machine.powerOn({
    memory: allocateMemory(RAM),
    ramSize: RAM,
    modules,
    seed: 1,
    policy: only(level),
    outside: {
      serial: (byte) => serial.push(byte),
      paper: () => {},
      sound: () => {},
      event: ({ event }) => {
        if (event === "reset") resetAt = serial.length;
      },
    },
  }).match(
    (made) => made,
    (error) => {
      throw new Error(error.message);
    },
  );
  const settle = (): void => {
    const until = machine.cycles + 60 * SECONDS;
    while (machine.cycles < until) {
      const { kind } = machine.run(until);
      if (kind !== "limit" && kind !== "reset") return;
    }
  };
  settle();
  // A changed byte that no instruction of the run comes from.
  const text = textPage(machine.ram, keeper.bytes, "loaded");
  if (text === undefined) throw new Error("the text of 'keeper' is not in RAM");
  text[UNUSED_TEXT] ^= 0xff;
  const planted = text[UNUSED_TEXT];
  const before = machine.kernel.threadInfo(KEEPER)?.space;
  machine.type(new TextEncoder().encode(`run keeper-client remember ${MAGIC}\r`));
  settle();
  if (resetAt !== undefined) {
    // Nobody is left: what a new client of a new server is told is all there is.
    machine.type(new TextEncoder().encode("run keeper-client ask\r"));
    settle();
  }
  const output = String.fromCharCode(...serial.slice(0, resetAt));
  const reborn = resetAt === undefined ? undefined : String.fromCharCode(...serial.slice(resetAt));
  const after = machine.kernel.threadInfo(KEEPER)?.space;
  const textFate = after === undefined ? "gone" : text[UNUSED_TEXT] === planted ? "kept" : "renewed";
  return { ...rowOf(level, output, reborn, before, after), text: textFate };
}

/** `output` of the life in which the server failed; `reborn` of the next one, if there is one. */
function rowOf(
  level: ActionKind,
  output: string,
  reborn: string | undefined,
  before: number | undefined,
  after: number | undefined,
): Omit<RestartRow, "text"> {
  const [since, who] = reborn === undefined ? [output, "later"] : [reborn, "queued"];
  const last = memoryOf(since, who);
  const word = (name: string): Fate => (last === undefined ? "gone" : last[name] === MAGIC ? "kept" : "renewed");
  const spaceFate = after === before && reborn === undefined ? "kept" : "renewed";
  const [, client] = /page: shared (\d+)/.exec(output) ?? [];
  const [, session] = /session: status (\d+)/.exec(output) ?? [];
  return {
    level,
    thread: after === undefined ? "gone" : reborn === undefined ? "kept" : "renewed",
    space: after === undefined ? "gone" : spaceFate,
    heap: word("heap"),
    data: word("data"),
    stack: word("stack"),
    persistent: word("persistent"),
    sharedServer: last === undefined || last.sessions === 0 ? "gone" : word("shared"),
    sharedClient: client === undefined ? "gone" : Number(client) === MAGIC ? "kept" : "renewed",
    session: session === "0" ? "kept" : "gone",
    open: answerOf(output, "open"),
    queued: answerOf(output, "queued"),
    later: answerOf(since, who),
  };
}

/** The words that an answer told. */
function memoryOf(output: string, who: string): Readonly<Record<string, number>> | undefined {
  const [, words] = new RegExp(`^${who}: (heap .*?)\\r?$`, "m").exec(output) ?? [];
  if (words === undefined) return undefined;
  return Object.fromEntries([...words.matchAll(/(\w+) (\d+)/g)].map(([, name, value]) => [name, Number(value)]));
}

function answerOf(output: string, who: string): Answer {
  const [, first] = new RegExp(`^${who}: (\\w+)`, "m").exec(output) ?? [];
  if (first === "heap") return "served";
  return first === "status" ? "error" : "none";
}
