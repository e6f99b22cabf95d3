import { globalId } from "@kintsugi/microkernel";
import { describe, expect, it } from "vitest";
import { type Notes, notesOf, type Script } from "../../test/art-machine.ts";
import { CrashOnce } from "../../test/resident-machine.ts";
import * as label from "../protocol/art.ts";
import * as status from "../protocol/status.ts";
import { EXTRA_THREADS, PROCESS_EXTRA_THREAD } from "../protocol/thread-numbers.ts";

const [OK, REFUSED] = [status.STATUS_OK, status.STATUS_REFUSED];
const p3 = (pid: number): number => globalId(128 + 2 * pid, 1);
const user = (pid: number): number => globalId(129 + 2 * pid, 1);
const extra = (pid: number, place: number): number =>
  globalId(PROCESS_EXTRA_THREAD + (EXTRA_THREADS + 1) * pid + place, 1);

describe("threads of a process", () => {
  const scenario = (notes: Notes): Readonly<Record<string, Script>> => ({
    *init(p) {
      const made = [];
      for (let i = 0; i <= EXTRA_THREADS; i++) made.push(yield* p.ask(label.ART_NEW_THREAD, user(1)));
      notes.made = made;
      notes.spaces = [
        (yield* p.ask(label.ART_NEW_THREAD, p3(1)))[0],
        (yield* p.ask(label.ART_NEW_THREAD, user(2)))[0],
        (yield* p.ask(label.ART_NEW_THREAD, extra(1, 0)))[0],
      ];
      notes.deleted = [
        (yield* p.ask(label.ART_DELETE_THREAD, extra(1, 2), user(1)))[0],
        (yield* p.ask(label.ART_DELETE_THREAD, extra(1, 2), user(1)))[0],
        (yield* p.ask(label.ART_DELETE_THREAD, extra(1, 3), p3(1)))[0],
        (yield* p.ask(label.ART_DELETE_THREAD, user(1), user(1)))[0],
        (yield* p.ask(label.ART_DELETE_THREAD, p3(1), user(1)))[0],
      ];
      notes.again = yield* p.ask(label.ART_NEW_THREAD, user(1));
      notes.priorities = [
        (yield* p.ask(label.ART_PRIORITY, extra(1, 0), 50))[0],
        (yield* p.ask(label.ART_PRIORITY, user(1), 100))[0],
        (yield* p.ask(label.ART_PRIORITY, user(1), 101))[0],
        (yield* p.ask(label.ART_PRIORITY, user(1), 256))[0],
        (yield* p.ask(label.ART_PRIORITY, p3(1), 10))[0],
        (yield* p.ask(label.ART_PRIORITY, globalId(48, 1), 10))[0],
      ];
      yield* p.asks(label.ART_EXECUTE, "child");
      notes.task = yield* p.ask(label.ART_WAIT, 2);
    },
    *child(p) {
      notes.others = (yield* p.ask(label.ART_DELETE_TASK, user(1)))[0];
      yield* p.ask(label.ART_NEW_THREAD, user(2));
      yield* p.tell(label.ART_DELETE_TASK, user(2));
    },
  });
  const expected = {
    made: [...Array(EXTRA_THREADS).keys()]
      .map((place): number[] => [OK, extra(1, place)])
      .concat([[status.STATUS_NO_MEMORY]]),
    spaces: [REFUSED, REFUSED, REFUSED],
    deleted: [OK, status.STATUS_NOT_FOUND, REFUSED, REFUSED, status.STATUS_NOT_FOUND],
    again: [OK, extra(1, 2)],
    priorities: [OK, OK, REFUSED, status.STATUS_INVALID, REFUSED, REFUSED],
    others: REFUSED,
    task: [OK, 0, 0, 0, 0],
  };

  it("are made, ranked and deleted by its P3 alone, and go with it", () => {
    expect(notesOf(scenario)).toEqual(expected);
  });

  it("survive a crash of ART at any cut point", () => {
    const count = new CrashOnce("art");
    notesOf(scenario, count.probe);
    const stride = process.env.KINTSUGI_LONG === undefined ? Math.ceil(count.cuts / 40) : 1;
    expect(count.cuts).toBeGreaterThan(500);
    for (let at = 0; at < count.cuts; at += stride)
      expect([at, notesOf(scenario, new CrashOnce("art", at).probe)]).toEqual([at, expected]);
  }, 900_000);
});

describe("an interrupt", () => {
  it("goes to the thread that is named, comes back with its end, and can be given up", () => {
    const on = (number: number, line: number): number => (number << label.INTERRUPT_THREAD_SHIFT) | line;
    const notes = notesOf((notes) => ({
      *init(p) {
        yield* p.asks(label.ART_EXECUTE, "driver");
        notes.program = (yield* p.ask(label.ART_INTERRUPT_END, 5))[0];
      },
      *driver(p) {
        const number = extra(2, 0) >>> 14;
        notes.early = (yield* p.ask(label.ART_INTERRUPT, on(number, 5)))[0];
        yield* p.ask(label.ART_NEW_THREAD, user(2));
        notes.given = (yield* p.ask(label.ART_INTERRUPT, on(number, 5)))[0];
        notes.moved = (yield* p.ask(label.ART_INTERRUPT, on(user(2) >>> 14, 5)))[0];
        notes.back = (yield* p.ask(label.ART_INTERRUPT, on(number, 5)))[0];
        notes.gone = (yield* p.ask(label.ART_DELETE_THREAD, extra(2, 0), user(2)))[0];
        notes.ended = (yield* p.ask(label.ART_INTERRUPT_END, 5))[0];
        notes.twice = (yield* p.ask(label.ART_INTERRUPT_END, 5))[0];
        notes.line = (yield* p.ask(label.ART_INTERRUPT_END, 99))[0];
        notes.others = (yield* p.ask(label.ART_INTERRUPT, on(user(1) >>> 14, 5)))[0];
      },
    }));
    expect(notes).toEqual({
      program: status.STATUS_NOT_FOUND,
      early: REFUSED,
      given: OK,
      moved: OK,
      back: OK,
      gone: OK,
      ended: OK,
      twice: status.STATUS_NOT_FOUND,
      line: status.STATUS_NOT_FOUND,
      others: REFUSED,
    });
  });
});
