import { expect, it } from "vitest";
import {
  ACCEPT_COMPLETE,
  ERROR_OUT_OF_MEMORY,
  FPAGE_RWX,
  globalId,
  Kernel,
  LABEL_SIGMA0,
  makeFpage,
  mapItem,
  type ThreadId,
} from "../src/index.ts";
import { findGlobal } from "../src/object/thread.ts";
import { Arena, findArena } from "../src/table/arena.ts";
import { S, T } from "../src/table/layout.ts";
import {
  type Body,
  launch,
  Machine,
  MEGABYTE,
  message,
  ROOT,
  SIGMA0,
  threadControl,
  unmap,
  utcbOf,
} from "./fixture.ts";
import { violations } from "./invariants.ts";

const C0 = globalId(60, 1);
const C1 = globalId(61, 1);
const PAGE = 0x300000;
const QUOTA = 64 * 1024;
const SENDER_OVERFLOW = 8;
const RECEIVER_OVERFLOW = 9;

/** What a space costs now. */
function cost({ options }: Machine, id: ThreadId): number {
  const a = new Arena({ ...options, observer: {} }, findArena(options.memory)._unsafeUnwrap());
  return a.spaces.get(a.threads.get(findGlobal(a, id), T.space), S.memory);
}

const errors: number[] = [];
const taker: Body = function* (c) {
  c.setBr(0, ACCEPT_COMPLETE);
  for (;;) errors.push((yield* message(c, 0, ROOT)).error);
};

/** A root task that has one page, and two children with a quota each. */
function scene(body: (machine: () => Machine) => Body): Machine {
  errors.length = 0;
  let machine!: Machine;
  const root: Body = function* (c) {
    c.setBr(0, ACCEPT_COMPLETE);
    yield* message(c, SIGMA0, SIGMA0, { label: LABEL_SIGMA0, words: [makeFpage(PAGE, 12, 0), 0] });
    for (const id of [C0, C1]) yield* launch(c, id, 0, id);
    yield* body(() => machine)(c);
  };
  machine = new Machine(
    new Map([
      [ROOT, root],
      [C0, taker],
      [C1, taker],
    ]),
    8 * MEGABYTE,
    2 * MEGABYTE,
    { quota: QUOTA },
  );
  machine.kernel.run(1e9);
  expect(violations(machine.options)).toEqual([]);
  return machine;
}

it("a space gets no page beyond its quota: both sides of the message hear of it, others go on, and what it gives back it may have again", () => {
  const log: unknown[] = [];
  const machine = scene(
    (machine) =>
      function* (c) {
        const fpage = makeFpage(PAGE, 12, FPAGE_RWX);
        const give = (id: ThreadId, at: number) => message(c, id, 0, { items: [mapItem(at), fpage] });
        let count = 0;
        let sent = yield* give(C0, 0x10000000);
        for (; sent.error === 0 && count < 100; count++) sent = yield* give(C0, 0x10000000 + count * 0x400000); // a page table each
        log.push(sent.error);
        const full = cost(machine(), C0);
        expect(full).toBeLessThanOrEqual(QUOTA);
        expect(full).toBeGreaterThan(QUOTA - 2 * 4096);
        log.push((yield* give(C1, 0x10000000)).error, (yield* give(C0, 0x10001000)).error); // no table: there is room
        yield* unmap(c, 0, [fpage]);
        log.push(full - cost(machine(), C0) > 0, (yield* give(C0, 0x10000000)).error);
      },
  );
  expect(log).toEqual([SENDER_OVERFLOW, 0, 0, true, 0]);
  expect(errors.filter((one) => one !== 0)).toEqual([RECEIVER_OVERFLOW]);
  expect(cost(machine, C1)).toBeLessThan(cost(machine, C0));
});

it("threads cost their space, and error 8 ends them; those of spaces with privilege end with the arena only", () => {
  const log: number[] = [];
  let threads = 0;
  scene(
    (machine) =>
      function* (c) {
        const before = cost(machine(), C0);
        for (; log.length < 1; threads++) {
          const id = globalId(100 + threads, 1);
          const made = yield* threadControl(c, id, C0, ROOT, 0, -1);
          if (made.result === 0) log.push(made.error);
        }
        const full = cost(machine(), C0);
        expect(full).toBeLessThanOrEqual(QUOTA);
        expect(full - before).toBeGreaterThan(30_000);
        log.push((yield* threadControl(c, globalId(99, 1), ROOT, ROOT, 0, -1)).result);
        log.push((yield* threadControl(c, globalId(99, 1), C0, 0, 0, -1)).error); // it may not move there, either
        for (let n = 0; n < threads; n++) yield* threadControl(c, globalId(100 + n, 1), 0, 0, 0, -1);
        log.push((yield* threadControl(c, globalId(100, 1), C0, ROOT, ROOT, utcbOf(1))).result);
      },
  );
  expect(log).toEqual([ERROR_OUT_OF_MEMORY, 1, ERROR_OUT_OF_MEMORY, 1]);
});

it("a state whose spaces cost more than their quota is not taken in", () => {
  const machine = scene(
    () =>
      function* (c) {
        for (let n = 0; n < 4; n++)
          yield* message(c, C0, 0, { items: [mapItem(0x10000000 + n * 0x400000), makeFpage(PAGE, 12, FPAGE_RWX)] });
      },
  );
  const state = machine.kernel.exportState();
  expect(state.quota).toBe(QUOTA);
  const refused = Kernel.import(machine.options, { ...state, quota: 32 * 1024 }, 2 * MEGABYTE);
  expect(refused._unsafeUnwrapErr().code).toBe("no-room");
  const taken = Kernel.import(machine.options, state, 2 * MEGABYTE)._unsafeUnwrap();
  expect(taken.exportState()).toEqual(state);
});
