import { globalId, periodCode } from "@kintsugi/microkernel";
import { describe, expect, it } from "vitest";
import { type Notes, notesOf, type Process, peek, poke, type Script } from "../../test/art-machine.ts";
import { CrashOnce } from "../../test/resident-machine.ts";
import * as label from "../protocol/art.ts";
import * as status from "../protocol/status.ts";

const OK = status.STATUS_OK;
const PAGE = 4096;
/** A private page, one behind it that nobody touches, and one of the session region. */
const PRIVATE = 0x20000000;
const SHARED = 0x18000000;
const PAGES = 40;
const p3 = (pid: number): number => globalId(128 + 2 * pid, 1);
const user = (pid: number): number => globalId(129 + 2 * pid, 1);

const isClone = ({ words }: Process): boolean => (words[3]! & label.PROCESS_FLAG_CLONE) !== 0;

describe("a cloned process", () => {
  const scenario = (notes: Notes): Readonly<Record<string, Script>> => ({
    *init(p) {
      if (isClone(p)) {
        notes.pid = p.pid;
        notes.inherited = yield* peek(p, PRIVATE);
        yield* poke(p, PRIVATE, 13);
        yield* p.s.sleep(0x7ff);
        notes.own = yield* peek(p, PRIVATE);
        notes.far = yield* peek(p, PRIVATE + (PAGES - 1) * PAGE);
        notes.room = (yield* p.ask(label.ART_ALLOCATE, PRIVATE, 1))[0];
        // What its parent shares is not the clone's.
        notes.shared = (yield* p.ask(label.ART_ALLOCATE, SHARED, 1))[0];
        yield* p.tell(label.ART_PROCESS_ENDED, 5, 0, 0, 0);
        return;
      }
      for (let at = 0; at < PAGES; at += 8) yield* p.ask(label.ART_ALLOCATE, PRIVATE + at * PAGE, 8);
      yield* p.ask(label.ART_ALLOCATE, SHARED, 1);
      yield* poke(p, PRIVATE, 11);
      yield* poke(p, PRIVATE + (PAGES - 1) * PAGE, 99);
      notes.clone = yield* p.ask(label.ART_NEW_TASK, p3(1));
      yield* poke(p, PRIVATE, 12);
      notes.exit = yield* p.ask(label.ART_WAIT, 2);
      notes.kept = yield* peek(p, PRIVATE);
      yield* poke(p, PRIVATE + PAGE, 1);
      // The pages that only the clone had are free: there is room for as many again, and again.
      for (let i = 0; i < 3; i++) {
        notes.again = yield* p.ask(label.ART_NEW_TASK, p3(1));
        yield* p.ask(label.ART_WAIT, 2);
      }
    },
  });
  const expected = {
    pid: 2,
    inherited: 12,
    own: 13,
    far: 99,
    room: status.STATUS_INVALID,
    shared: OK,
    clone: [OK, 2],
    exit: [OK, 5, 0, 0, 0],
    kept: 12,
    again: [OK, 2],
  };

  it("has its parent's memory, and neither sees what the other writes", () => {
    expect(notesOf(scenario)).toEqual({ ...expected, inherited: expect.any(Number) });
  });

  it("survives a crash of ART at any cut point", () => {
    const count = new CrashOnce("art");
    const golden = notesOf(scenario, count.probe);
    expect(golden).toEqual({ ...expected, inherited: expect.any(Number) });
    const stride = process.env.KINTSUGI_LONG === undefined ? Math.ceil(count.cuts / 40) : 1;
    expect(count.cuts).toBeGreaterThan(1000);
    for (let at = 0; at < count.cuts; at += stride)
      expect([at, notesOf(scenario, new CrashOnce("art", at).probe)]).toEqual([at, golden]);
  }, 1_800_000);

  it("is made of the caller only, of no server, and of nobody else's", () => {
    const notes = notesOf((notes) => ({
      *init(p) {
        yield* p.asks(label.ART_EXECUTE, "driver");
        notes.other = yield* p.ask(label.ART_NEW_TASK, p3(2));
        notes.user = yield* p.ask(label.ART_NEW_TASK, user(1));
        notes.nobody = yield* p.ask(label.ART_NEW_TASK, 0);
      },
      *driver(p) {
        notes.server = yield* p.ask(label.ART_NEW_TASK, p3(2));
      },
    }));
    const refused = [status.STATUS_REFUSED];
    expect(notes).toEqual({ other: refused, user: refused, nobody: refused, server: refused });
  });

  it("is refused when there is no room for it, and everybody else goes on", () => {
    const notes = notesOf((notes) => ({
      *init(p) {
        if (isClone(p)) {
          yield* p.s.receive(p.art);
          return;
        }
        yield* p.ask(label.ART_ALLOCATE, PRIVATE, 1);
        let made = 0;
        for (notes.last = OK; notes.last === OK; made++) [notes.last] = yield* p.ask(label.ART_NEW_TASK, p3(1));
        notes.many = made > 10;
        yield* poke(p, PRIVATE, 21);
        notes.mine = yield* peek(p, PRIVATE);
        notes.killed = yield* p.ask(label.ART_KILL, 2);
        notes.again = (yield* p.ask(label.ART_NEW_TASK, p3(1)))[0];
      },
    }));
    expect(notes).toEqual({ last: status.STATUS_NO_MEMORY, many: true, mine: 21, killed: [OK], again: OK });
  });

  it("is not left half made when its parent is killed meanwhile", () => {
    for (let microseconds = 1; microseconds < 900; microseconds += 40) {
      const notes = notesOf((notes) => ({
        *init(p) {
          if (isClone(p)) return;
          for (let at = 0; at < PAGES; at += 8) yield* p.ask(label.ART_ALLOCATE, PRIVATE + at * PAGE, 8);
          yield* p.asks(label.ART_EXECUTE, "child");
          for (;;) yield* p.ask(label.ART_NEW_TASK, p3(1));
        },
        *child(p) {
          yield* p.s.sleep(periodCode(microseconds));
          notes.killed = yield* p.ask(label.ART_KILL, 1);
          yield* p.s.sleep(periodCode(10_000));
          const ends = new Set<number>();
          for (let pid = 3; pid < 20; pid++) ends.add((yield* p.ask(label.ART_KILL, pid))[0]!);
          notes.ends = [...ends].sort();
        },
      }));
      // Every clone is whole, and ends; none is starting for ever.
      expect([microseconds, notes]).toEqual([microseconds, { killed: [OK], ends: [OK, status.STATUS_NOT_FOUND] }]);
    }
  });
});
