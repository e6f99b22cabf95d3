// Sessions between resident programs, each a process with its own P3: the TypeScript side of guest/session.h.
import { describe, expect, it } from "vitest";
import { createArt } from "../src/art/art.ts";
import { artImageSize } from "../src/art/art-memory.ts";
import { buildElf } from "../src/elf/build.ts";
import { createP3 } from "../src/p3/p3.ts";
import { undertaker } from "../src/p3/undertaker.ts";
import { PERSISTENT_AREA } from "../src/protocol/address-space.ts";
import { ART_EXECUTE, ART_LOOKUP, ART_WAIT } from "../src/protocol/art.ts";
import { P3_EXIT, P3_READY } from "../src/protocol/p3.ts";
import { STATUS_INVALID, STATUS_NOT_FOUND, STATUS_OK } from "../src/protocol/status.ts";
import { PROGRAM_ART, PROGRAM_P3, PROGRAM_SIGMA0, PROGRAM_UNDERTAKER } from "../src/protocol/thread-numbers.ts";
import type { CutProbe } from "../src/server/cut-point.ts";
import { THREAD_MEMORY_SIZE } from "../src/server/journal.ts";
import { type Handler, type Part, type Request, reply } from "../src/server/request.ts";
import { ResidentServer } from "../src/server/resident-server.ts";
import { packText } from "../src/server/text.ts";
import { ask, pagerOf, Session } from "../src/session/session.ts";
import { SESSION_TABLE_SIZE, SessionServer } from "../src/session/session-server.ts";
import { createSigma0, sigma0ImageSize } from "../src/sigma0/sigma0.ts";
import { CrashOnce, RAM_SIZE, ResidentMachine } from "./resident-machine.ts";

const TABLE = PERSISTENT_AREA + THREAD_MEMORY_SIZE;
const KEY = 11;
const WORDS = 300;

/** A program without code: persistent memory for the journal, and what the server needs. */
const PROGRAM = buildElf(0x20000000, [
  { address: 0x20000000, bytes: new Uint8Array(16).fill(0x90), rights: 5 },
  {
    address: PERSISTENT_AREA,
    bytes: new Uint8Array(4),
    memorySize: THREAD_MEMORY_SIZE + SESSION_TABLE_SIZE,
    rights: 6,
    persistent: true,
  },
]);

/** Adds up what is put, and fills what is got; counts the sessions that end. */
function adder(notes: Record<string, unknown>): SessionServer {
  const sessions: SessionServer = new SessionServer(TABLE, {
    *connect(s, session) {
      yield* s.step((tx) => {
        tx.write(sessions.userWord(session, 0), 1000);
        return [];
      });
      return reply(STATUS_OK);
    },
    *put(s, session, [count = 0]) {
      const [sum] = yield* s.step((tx) => {
        let total = tx.read(sessions.userWord(session, 0));
        for (let i = 0; i < count; i++) total += tx.read(session.base + 4 * i);
        tx.write(sessions.userWord(session, 0), total);
        return [total];
      });
      return reply(STATUS_OK, sum!);
    },
    *get(s, session, [first = 0, count = 0]) {
      const bytes = new Uint8Array(Int32Array.from({ length: count }, (_, i) => first + i).buffer);
      yield* s.step((tx) => {
        tx.pages.write(session.base, bytes);
        return [];
      });
      return reply(STATUS_OK);
    },
    *disconnect(s) {
      yield* s.step(() => []);
      notes.ended = true;
      return reply(STATUS_OK);
    },
  });
  return sessions;
}

function* talk(s: Request, notes: Record<string, unknown>): Part<undefined> {
  const p3 = yield* pagerOf(s);
  const found = yield* ask(s, p3, ART_LOOKUP, packText("server"));
  const peer = found.words[0]!;
  notes.stranger = (yield* new Session(peer, 99, 1, 0).get(s, 1, 1)).status;
  const session = yield* Session.connect(s, peer, KEY, 1);
  if (typeof session === "number") throw new Error(`not connected: ${session}`);
  const again = yield* Session.connect(s, peer, KEY, 1);
  notes.again = typeof again === "number" ? again : [again.base === session.base, again.pages];
  yield* s.step((tx) => {
    tx.pages.write(session.base, new Uint8Array(Int32Array.from({ length: WORDS }, (_, i) => i).buffer));
    return [];
  });
  notes.put = yield* session.put(s, WORDS);
  notes.begin = (yield* session.begin(s, 1)).status;
  notes.get = (yield* session.get(s, 500, WORDS)).status;
  notes.got = yield* s.step((tx) => [tx.read(session.base), tx.read(session.base + 4 * (WORDS - 1))]);
  notes.large = yield* Session.connect(s, peer, KEY + 1, 17);
  return undefined;
}

function run(probe?: CutProbe): Record<string, unknown> {
  const notes: Record<string, unknown> = {};
  const options = probe ? { probe } : {};
  const program = (name: string, start: (s: Request) => Handler, sessions?: SessionServer): ResidentServer =>
    new ResidentServer(
      { name, threadMemory: () => PERSISTENT_AREA, start, handlers: sessions?.handlers ?? new Map() },
      options,
    );
  const machine = new ResidentMachine({
    images: [sigma0ImageSize(RAM_SIZE), artImageSize(RAM_SIZE)],
    modules: [
      { commandLine: "server start server resident=6", bytes: PROGRAM },
      { commandLine: "parent start resident=7", bytes: PROGRAM },
      { commandLine: "client resident=8", bytes: PROGRAM },
    ],
    programs: () =>
      new Map([
        [PROGRAM_SIGMA0, createSigma0(options)],
        [PROGRAM_ART, createArt(options)],
        [PROGRAM_P3, createP3(options)],
        [PROGRAM_UNDERTAKER, undertaker],
        [
          6,
          program(
            "server",
            function* (s) {
              yield* ask(s, yield* pagerOf(s), P3_READY, []);
              return undefined;
            },
            adder(notes),
          ),
        ],
        [
          7,
          program("parent", function* (s) {
            const p3 = yield* pagerOf(s);
            const child = yield* ask(s, p3, ART_EXECUTE, packText("client"));
            const exit = yield* ask(s, p3, ART_WAIT, child.words);
            notes.exit = exit.words;
            return undefined;
          }),
        ],
        [
          8,
          program("client", function* (s) {
            yield* talk(s, notes);
            // It ends without a word to the server.
            yield* ask(s, yield* pagerOf(s), P3_EXIT, [3]);
            return undefined;
          }),
        ],
      ]),
  });
  notes.end = machine.run().kind;
  return notes;
}

const EXPECTED = {
  stranger: STATUS_NOT_FOUND,
  again: [true, 1],
  put: { status: STATUS_OK, words: [1000 + (WORDS * (WORDS - 1)) / 2] },
  begin: STATUS_OK,
  get: STATUS_OK,
  got: [500, 500 + WORDS - 1],
  large: STATUS_INVALID,
  ended: true,
  exit: [3, 0, 0, 0],
  end: "idle",
};

describe("sessions between resident programs", () => {
  it("share pages, keep words of the server's own, and end with the client", () => {
    expect(run()).toEqual(EXPECTED);
  });

  it.each(["server", "client", "p3", "art"])(
    "do not notice a crash of %s at any cut point",
    (name) => {
      const counter = new CrashOnce(name);
      run(counter.probe);
      expect(counter.cuts).toBeGreaterThan(100);
      const stride = process.env.KINTSUGI_LONG === undefined ? Math.ceil(counter.cuts / 6) : 1;
      for (let at = 0; at < counter.cuts; at += stride)
        expect([at, run(new CrashOnce(name, at).probe)]).toEqual([at, EXPECTED]);
    },
    1_800_000,
  );
});
