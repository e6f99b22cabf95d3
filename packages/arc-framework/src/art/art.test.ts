/**
 * ART as its clients, the P3s, see it; and that they see the same when it crashes.
 *
 * Here: memory, processes, files, interrupts. Not here: sharing, clones, threads, the page table (→ their tests).
 * Over 300 lines: a script and what it notes for each request.
 * @module
 */
import {
  FAILURE_EXCEPTION,
  FAILURE_KILLED,
  FAILURE_PAGE_FAULT,
  globalId,
  SCHEDULE_WAITING,
} from "@kintsugi/microkernel";
import { describe, expect, it } from "vitest";
import { type ArtMachineOptions, artMachine, artThreadOf, MODULES, type Script } from "../../test/art-machine.ts";
import { CrashOnce } from "../../test/resident-machine.ts";
import { P3_MODULE_AREA, P3_MODULE_AREA_SIZE } from "../protocol/address-space.ts";
import * as label from "../protocol/art.ts";
import { P3_RESTART } from "../protocol/p3.ts";
import { ACTION_HOT, RECOVERY_WORDS } from "../protocol/recovery-record.ts";
import * as status from "../protocol/status.ts";
import { reply } from "../server/request.ts";
import { packBytes, packText, unpackText } from "../server/text.ts";

const OK = status.STATUS_OK;
const PAGE = 4096;
const HERE = 0x20000000;

/** Runs scripts until nobody can go on. Notes are by name, because a script may be run again from its journal. */
function run(options: ArtMachineOptions) {
  const errors: unknown[] = [];
  const machine = artMachine({
    observer: { handlerRestart: (_server, _thread, error) => errors.push(error) },
    ...options,
  });
  const exit = machine.run();
  expect(errors).toEqual([]);
  expect(exit.kind).toBe("idle");
  return { machine };
}

/** Runs one script as init, and gives back what it noted. */
function asInit(init: (notes: Record<string, unknown>) => Script, others: Partial<ArtMachineOptions> = {}) {
  const notes: Record<string, unknown> = {};
  const result = run({ ...others, scripts: { ...others.scripts, init: init(notes) } });
  return { ...result, notes };
}

describe("ART and memory", () => {
  it("boots, starts the modules marked so, and tells each P3 what to run", () => {
    const { notes } = asInit(
      (notes) =>
        function* ({ s, words }) {
          notes.words = yield* s.step(() => words);
        },
    );
    expect(notes.words).toEqual([OK, 1, globalId(131, 1), 0, 0, 9000, ...packText("init one two")]);
  });

  it("gives zeroed pages of its own to each P3, where it wants them", () => {
    const work: (notes: Record<string, unknown>) => Script = (notes) =>
      function* ({ ask, s, pid }) {
        notes[`allocate ${pid}`] = (yield* ask(label.ART_ALLOCATE, HERE, 3)).slice(0, 1);
        notes[`found ${pid}`] = yield* s.step((tx) => [0, 1, 2].map((i) => tx.read(HERE + i * PAGE)));
        yield* s.step((tx) => {
          tx.pages.fill(HERE, 3 * PAGE, pid);
          return [];
        });
      };
    const { notes } = asInit(
      (notes) =>
        function* (process) {
          yield* process.asks(label.ART_EXECUTE, "child");
          yield* work(notes)(process);
          // The child has priority and has written all over its pages by now.
          notes.mine = yield* process.s.step((tx) => [tx.read(HERE), tx.read(HERE + 2 * PAGE)]);
        },
      { scripts: { child: work({}) } },
    );
    expect(notes).toEqual({
      "allocate 1": [OK],
      "found 1": [0, 0, 0],
      mine: [0x01010101, 0x01010101],
    });
  });

  it.each([
    ["no page", HERE, 0],
    ["too many pages", HERE, 17],
    ["half a page", HERE + 2, 1],
    ["page 0", 0, 1],
    ["behind the module area", P3_MODULE_AREA + P3_MODULE_AREA_SIZE, 1],
    ["the UTCB area", 0xbf000000 | 0, 1],
    ["beyond the end", 0xbefff000 | 0, 2],
    ["a negative count", HERE, -1],
  ])("refuses to allocate %s", (_what, address, count) => {
    const { notes } = asInit(
      (notes) =>
        function* ({ ask }) {
          notes.reply = yield* ask(label.ART_ALLOCATE, address, count);
        },
    );
    expect(notes.reply).toEqual([status.STATUS_INVALID]);
  });

  it("refuses pages where there are some, until they are released", () => {
    const { notes } = asInit(
      (notes) =>
        function* ({ ask, s }) {
          yield* ask(label.ART_ALLOCATE, HERE, 2);
          yield* s.step((tx) => {
            tx.pages.fill(HERE, 2 * PAGE, 7);
            return [];
          });
          notes.again = yield* ask(label.ART_ALLOCATE, HERE + PAGE, 2);
          notes.release = yield* ask(label.ART_RELEASE, HERE, 2);
          notes.fresh = (yield* ask(label.ART_ALLOCATE, HERE, 2))[0];
          notes.zero = yield* s.step((tx) => [tx.read(HERE), tx.read(HERE + PAGE)]);
        },
    );
    expect(notes).toEqual({ again: [status.STATUS_INVALID], release: [OK], fresh: OK, zero: [0, 0] });
  });

  it("says so when there is no memory left, and goes on with what comes back", () => {
    // Twelve children with 1.25 MiB each would be more than there is.
    const replies = new Map<number, number>();
    const { notes } = asInit(
      (notes) =>
        function* ({ ask, asks, s }) {
          for (let i = 0; i < 12; i++) {
            yield* asks(label.ART_EXECUTE, "child");
            yield* s.sleep(0x3ff);
          }
          yield* s.sleep(0x3ff);
          notes.kill = yield* ask(label.ART_KILL, 2);
          notes.again = yield* asks(label.ART_EXECUTE, "child");
        },
      {
        scripts: {
          *child({ ask, pid }) {
            let last = OK;
            for (let i = 0; i < 20 && last === OK; i++)
              last = (yield* ask(label.ART_ALLOCATE, HERE + i * 16 * PAGE, 16))[0];
            replies.set(pid, last);
          },
        },
      },
    );
    expect([...replies.values()].slice(0, 12)).toContain(status.STATUS_NO_MEMORY);
    // Pid 2 is kept: its parent has not waited for it.
    expect(notes).toEqual({ kill: [OK], again: [OK, 14] });
    expect(replies.get(14)).toBe(OK);
  });

  it("maps a P3's own module, read-only, and nothing else", () => {
    const { notes } = asInit(
      (notes) =>
        function* ({ ask, s }) {
          notes.reply = (yield* ask(label.ART_MODULE_MAP, 0, 1, 2))[0];
          notes.bytes = yield* s.step((tx) => [...packBytes(tx.readBytes(P3_MODULE_AREA + 8192, 4))]);
          notes.beyond = yield* ask(label.ART_MODULE_MAP, 0, 2, 2);
          notes.other = yield* ask(label.ART_MODULE_MAP, 1, 0, 1);
          notes.none = yield* ask(label.ART_MODULE_MAP, 99, 0, 1);
        },
    );
    expect(notes).toEqual({
      reply: OK,
      bytes: packBytes(MODULES[0].bytes.slice(8192, 8196)),
      beyond: [status.STATUS_INVALID],
      other: [status.STATUS_REFUSED],
      none: [status.STATUS_REFUSED],
    });
  });
});

describe("ART and processes", () => {
  const ending: Script = function* ({ tell }) {
    yield* tell(label.ART_PROCESS_ENDED, 7, 0, 0, 0);
  };

  it("tells who waits how a program ended", () => {
    const { notes } = asInit(
      (notes) =>
        function* ({ ask, asks }) {
          notes.pid = yield* asks(label.ART_EXECUTE, "child with arguments");
          notes.exit = yield* ask(label.ART_WAIT, 2);
          notes.gone = yield* ask(label.ART_WAIT, 2);
        },
      { scripts: { child: ending } },
    );
    expect(notes).toEqual({ pid: [OK, 2], exit: [OK, 7, 0, 0, 0], gone: [status.STATUS_NOT_FOUND] });
  });

  it("keeps the exit of a program for its parent until it asks", () => {
    const { notes } = asInit(
      (notes) =>
        function* ({ ask, asks, s }) {
          yield* asks(label.ART_EXECUTE, "child");
          yield* s.sleep(0x3ff); // The child has ended meanwhile.
          notes.alive = (yield* ask(label.ART_PROCESS_INFO, 1))[0];
          notes.exit = yield* ask(label.ART_WAIT, 2);
        },
      { scripts: { child: ending } },
    );
    expect(notes).toEqual({ alive: status.STATUS_NOT_FOUND, exit: [OK, 7, 0, 0, 0] });
  });

  it("hands on what is wrong with a program, and goes on", () => {
    const { notes } = asInit(
      (notes) =>
        function* ({ asks, ask }) {
          const [bad, ...text] = yield* asks(label.ART_EXECUTE, "child");
          notes.bad = [bad, unpackText(text)];
          notes.none = yield* asks(label.ART_EXECUTE, "nothing");
          notes.empty = yield* asks(label.ART_EXECUTE, "");
          notes.left = (yield* ask(label.ART_PROCESS_INFO, 1))[0];
        },
      { started: { child: [status.STATUS_BAD_PROGRAM, ...packText("not an ELF")] } },
    );
    expect(notes).toEqual({
      bad: [status.STATUS_BAD_PROGRAM, "not an ELF"],
      none: [status.STATUS_NOT_FOUND],
      empty: [status.STATUS_NOT_FOUND],
      left: status.STATUS_NOT_FOUND,
    });
  });

  it("kills a program, takes everything back and uses it again, many times over", () => {
    const greedy: Script = function* ({ ask }) {
      for (let i = 0; i < 13; i++) yield* ask(label.ART_ALLOCATE, HERE + i * 16 * PAGE, 16);
    };
    const turns = 17;
    // Seventeen children with 832 KiB each would be more than there is.
    const { notes } = asInit(
      (notes) =>
        function* ({ ask, asks, s }) {
          for (let i = 0; i < turns; i++) {
            const [executed, pid] = yield* asks(label.ART_EXECUTE, "child");
            yield* s.sleep(0x3ff);
            const [, , , , , , pages] = yield* ask(label.ART_PROCESS_INFO, 1);
            const [killed] = yield* ask(label.ART_KILL, pid);
            const exit = yield* ask(label.ART_WAIT, pid);
            notes[`${i}`] = [executed, pid, pages > 208, killed, ...exit];
          }
        },
      { scripts: { child: greedy } },
    );
    const each = [OK, 2, true, OK, OK, 0, FAILURE_KILLED, 0, 0];
    expect(Object.values(notes)).toEqual(new Array(turns).fill(each));
  });

  it("tells who waits when a P3 dies by a fault or gives up", () => {
    const deaths: Readonly<Record<string, Script>> = {
      fault: function* ({ s }) {
        yield* s.step((tx) => [tx.read(0x50000000)]);
      },
      store: function* ({ ask, s }) {
        yield* ask(label.ART_MODULE_MAP, 2, 0, 1);
        yield* s.step((tx) => {
          tx.pages.fill(P3_MODULE_AREA, 4, 0);
          return [];
        });
      },
    };
    for (const [name, expected] of Object.entries({
      fault: [OK, 0, FAILURE_PAGE_FAULT, 5, 0x50000000],
      store: [OK, 0, FAILURE_PAGE_FAULT, 2, P3_MODULE_AREA],
    })) {
      const { notes } = asInit(
        (notes) =>
          function* ({ ask, asks }) {
            yield* asks(label.ART_EXECUTE, "child");
            notes.exit = yield* ask(label.ART_WAIT, 2);
          },
        { scripts: { child: deaths[name] } },
      );
      expect(notes.exit).toEqual(expected);
    }
  });

  it("removes a process whose P3 cannot go on", () => {
    const notes: Record<string, unknown> = {};
    const machine = artMachine({
      scripts: {
        *init({ ask, asks }) {
          yield* asks(label.ART_EXECUTE, "child");
          notes.exit = yield* ask(label.ART_WAIT, 2);
        },
        // biome-ignore lint/correctness/useYield: it crashes before it could yield.
        *child() {
          throw new Error("a bug in P3");
        },
      },
    });
    machine.run();
    expect(notes.exit).toEqual([OK, 0, FAILURE_EXCEPTION, 0xff, 0]);
  });

  it("lists processes and finds servers", () => {
    const { notes } = asInit(
      (notes) =>
        function* ({ ask, asks }) {
          notes.before = yield* asks(label.ART_LOOKUP, "driver");
          yield* asks(label.ART_EXECUTE, "driver");
          notes.after = yield* asks(label.ART_LOOKUP, "driver");
          notes.program = yield* asks(label.ART_LOOKUP, "init");
          notes.twice = yield* asks(label.ART_EXECUTE, "driver");
          const [ok, pid, user, pager, state, restarts, pages, flags, ...name] = yield* ask(label.ART_PROCESS_INFO, 1);
          notes.info = [ok, pid, user, pager, state, restarts, pages > 0, flags, unpackText(name)];
          notes.end = yield* ask(label.ART_PROCESS_INFO, 2);
          notes.negative = yield* ask(label.ART_PROCESS_INFO, -1);
        },
    );
    const [pager, user] = [globalId(132, 1), globalId(133, 1)];
    expect(notes).toEqual({
      before: [status.STATUS_NOT_FOUND],
      after: [OK, user],
      program: [status.STATUS_NOT_FOUND],
      twice: [status.STATUS_BUSY],
      info: [
        OK,
        2,
        user,
        pager,
        SCHEDULE_WAITING,
        0,
        true,
        label.PROCESS_FLAG_SERVER | label.PROCESS_FLAG_DEVICE,
        "driver",
      ],
      end: [status.STATUS_NOT_FOUND],
      negative: [status.STATUS_NOT_FOUND],
    });
  });

  it("has a server restarted by its P3 when it is killed", () => {
    let restarts = 0;
    const { notes } = asInit(
      (notes) =>
        function* ({ ask, asks }) {
          yield* asks(label.ART_EXECUTE, "driver");
          notes.kill = yield* ask(label.ART_KILL, 2);
          notes.alive = (yield* asks(label.ART_LOOKUP, "driver"))[0];
          notes.self = yield* ask(label.ART_KILL, 1);
          notes.nobody = yield* ask(label.ART_KILL, 3);
          notes["no pid"] = yield* ask(label.ART_KILL, 0);
        },
      {
        handlers: new Map([
          [
            P3_RESTART,
            () => {
              restarts++;
              return reply(OK);
            },
          ],
        ]),
      },
    );
    expect(restarts).toBeGreaterThan(0);
    expect(notes).toEqual({
      kill: [OK],
      alive: OK,
      self: [status.STATUS_REFUSED],
      nobody: [status.STATUS_NOT_FOUND],
      "no pid": [status.STATUS_INVALID],
    });
  });

  it("calls a kill off when the server's P3 stays busy", () => {
    const { notes } = asInit(
      (notes) =>
        function* ({ ask, asks }) {
          yield* asks(label.ART_EXECUTE, "driver");
          notes.kill = yield* ask(label.ART_KILL, 2);
        },
      {
        scripts: {
          *driver({ s, art }) {
            yield* s.receive(art); // Its service thread never sends by itself.
          },
        },
      },
    );
    expect(notes.kill).toEqual([status.STATUS_BUSY]);
  });

  it("refuses whoever is not the P3 that a service thread serves", () => {
    const { notes } = asInit(
      (notes) =>
        function* ({ asks, s, ask }) {
          yield* asks(label.ART_EXECUTE, "child");
          const answer = yield* s.call(artThreadOf(2), { label: label.ART_PROCESS_ENDED, words: [0, 0, 0, 0] });
          notes.other = answer.words;
          const main = yield* s.call(globalId(50, 1), { label: 0x3f0, words: [0] });
          notes.boot = main.words;
          notes.unknown = yield* ask(0x2ff);
          notes.alive = (yield* ask(label.ART_PROCESS_INFO, 1))[1];
        },
    );
    expect(notes).toEqual({
      other: [status.STATUS_REFUSED],
      boot: [status.STATUS_INVALID],
      unknown: [status.STATUS_INVALID],
      alive: 2,
    });
  });
});

describe("ART and the machine", () => {
  it("reads files", () => {
    const { notes } = asInit(
      (notes) =>
        function* ({ ask, asks }) {
          const [ok, size, ...name] = yield* ask(label.ART_FILE_INFO, 3);
          notes.info = [ok, size, unpackText(name)];
          notes.find = yield* asks(label.ART_FILE_FIND, "letter.txt");
          const [, count, ...bytes] = yield* ask(label.ART_FILE_READ, 3, 5);
          notes.read = [count, unpackText(bytes)];
          notes.long = (yield* ask(label.ART_FILE_READ, 0, 0))[1];
          notes.end = yield* ask(label.ART_FILE_READ, 3, 11);
          notes.behind = yield* ask(label.ART_FILE_READ, 3, -1);
          notes["no file"] = yield* ask(label.ART_FILE_READ, 4, 0);
          notes["no info"] = yield* ask(label.ART_FILE_INFO, -1);
          notes["no name"] = yield* asks(label.ART_FILE_FIND, "letter");
        },
    );
    expect(notes).toEqual({
      info: [OK, 11, "letter.txt"],
      find: [OK, 3, 11],
      read: [6, "reader"],
      long: 232,
      end: [OK, 0],
      behind: [OK, 0],
      "no file": [status.STATUS_NOT_FOUND],
      "no info": [status.STATUS_NOT_FOUND],
      "no name": [status.STATUS_NOT_FOUND],
    });
  });

  it("attaches interrupts to servers only, each line to one", () => {
    const { notes } = asInit(
      (notes) =>
        function* ({ ask, asks }) {
          notes.program = yield* ask(label.ART_INTERRUPT, 7);
          yield* asks(label.ART_EXECUTE, "driver");
        },
      {
        scripts: {
          *driver({ ask, s }) {
            const lines = [7, 7, 2, 16, -1];
            const words: number[] = [];
            for (const line of lines) words.push((yield* ask(label.ART_INTERRUPT, line))[0]);
            yield* s.step((tx) => {
              tx.pages.write(0x180000, Uint8Array.from(words));
              return [];
            });
          },
        },
      },
    );
    expect(notes.program).toEqual([status.STATUS_REFUSED]);
  });

  it("keeps the last recoveries", () => {
    const { notes } = asInit(
      (notes) =>
        function* ({ ask, asks }) {
          yield* asks(label.ART_EXECUTE, "child");
          const record = Array.from({ length: RECOVERY_WORDS }, (_, i) => 100 + i);
          record[4] = ACTION_HOT;
          notes.none = yield* ask(label.ART_RECOVERY_INFO, 0);
          for (let i = 0; i < 20; i++) {
            record[2] = i;
            notes.report = yield* ask(label.ART_RECOVERY_REPORT, ...record);
          }
          notes.short = yield* ask(label.ART_RECOVERY_REPORT, 1, 2);
          notes.latest = yield* ask(label.ART_RECOVERY_INFO, 0);
          notes.oldest = (yield* ask(label.ART_RECOVERY_INFO, 15))[3];
          notes.older = yield* ask(label.ART_RECOVERY_INFO, 16);
          notes.restarts = (yield* ask(label.ART_PROCESS_INFO, 0))[5];
          record[2] = 19;
          notes.expected = [OK, 1, ...record.slice(1)];
        },
    );
    expect(notes).toMatchObject({
      none: [status.STATUS_NOT_FOUND],
      report: [OK],
      short: [status.STATUS_INVALID],
      latest: notes.expected,
      oldest: 4,
      older: [status.STATUS_NOT_FOUND],
      restarts: 20,
    });
  });

  it("switches off through the exit port", () => {
    const { machine } = asInit(
      () =>
        function* ({ tell }) {
          yield* tell(label.ART_POWER_OFF, 0x103);
        },
    );
    expect(machine.portWrites).toContainEqual([0xf4, 1, 3]);
  });
});

describe("ART when it crashes", () => {
  /** A bit of everything; the notes are all that a client sees. */
  const scenario = (notes: Record<string, unknown>): Readonly<Record<string, Script>> => ({
    *init({ ask, asks, s }) {
      notes.allocate = (yield* ask(label.ART_ALLOCATE, HERE, 2))[0];
      notes.execute = yield* asks(label.ART_EXECUTE, "child 1");
      notes.wait = yield* ask(label.ART_WAIT, 2);
      notes.again = yield* asks(label.ART_EXECUTE, "driver");
      notes.lookup = yield* asks(label.ART_LOOKUP, "driver");
      notes.bad = yield* asks(label.ART_EXECUTE, "nothing");
      notes.release = yield* ask(label.ART_RELEASE, HERE, 1);
      notes.info = yield* ask(label.ART_PROCESS_INFO, 1);
      notes.read = yield* ask(label.ART_FILE_READ, 3, 0);
      notes.mine = yield* s.step((tx) => [tx.read(HERE + PAGE)]);
    },
    *child({ ask, tell }) {
      yield* ask(label.ART_ALLOCATE, HERE, 16);
      yield* tell(label.ART_PROCESS_ENDED, 9, 0, 0, 0);
    },
    *driver({ ask }) {
      notes.interrupt = yield* ask(label.ART_INTERRUPT, 5);
    },
  });

  const play = (probe?: CrashOnce["probe"]) => {
    const notes: Record<string, unknown> = {};
    const machine = artMachine({ scripts: scenario(notes), ...(probe && { probe }) });
    return { notes, machine, exit: machine.run() };
  };

  it("gives every client one right reply, at whatever cut point or store", () => {
    const counter = new CrashOnce("art");
    const reference = play(counter.probe);
    expect(reference.exit.kind).toBe("idle");
    expect(Object.keys(reference.notes)).toHaveLength(11);
    const stride = process.env.KINTSUGI_LONG ? 1 : 23;
    for (let at = 0; at < counter.cuts; at += stride) {
      const crashed = play(new CrashOnce("art", at).probe);
      expect([at, crashed.notes]).toEqual([at, reference.notes]);
      expect([at, crashed.exit.kind]).toEqual([at, "idle"]);
    }
  }, 1_200_000);

  it("goes on when everything but RAM is thrown away after every kernel step, in the same time", () => {
    const reference = play();
    const notes: Record<string, unknown> = {};
    const machine = artMachine({ scripts: scenario(notes) });
    expect(machine.runRebuilding().kind).toBe("idle");
    expect(notes).toEqual(reference.notes);
    expect(machine.cycles).toBe(reference.machine.cycles);
    expect(Buffer.compare(machine.memory.ram, reference.machine.memory.ram)).toBe(0);
  });
});
