import { expect, it } from "vitest";
import {
  ACCEPT_COMPLETE,
  ANY_THREAD,
  ERROR_OUT_OF_MEMORY,
  FPAGE_RWX,
  globalId,
  grantItem,
  makeFpage,
  mapItem,
  RESIDENT_AGAIN,
  type ThreadId,
  TIME_NEVER,
  timeouts,
  UNMAP_FLUSH,
} from "../src/index.ts";
import { Arena, findArena } from "../src/table/arena.ts";
import { H, K, N, T } from "../src/table/layout.ts";
import {
  type Body,
  KIP_FPAGE,
  launch,
  Machine,
  MEGABYTE,
  message,
  ROOT,
  schedule,
  spaceControl,
  threadControl,
  UTCB_FPAGE,
  unmap,
  utcbOf,
  write8,
} from "./fixture.ts";
import { violations } from "./invariants.ts";

const URGENT = globalId(60, 1);
const STORM: readonly ThreadId[] = [61, 62, 63, 64].map((n) => globalId(n, 1));
const REGION = 0x300000;
const MILLISECOND = 100_000;

/** Rows and frames that nobody has. */
function free(machine: Machine): Record<string, number> {
  const a = new Arena({ ...machine.options, observer: {} }, findArena(machine.options.memory)._unsafeUnwrap());
  const count = (head: number, next: (row: number) => number): number => {
    let n = 0;
    for (let row = a.get(head); row !== 0; row = next(row)) n++;
    return n;
  };
  return {
    threads: count(H.freeThread, (row) => a.threads.get(row, T.freeNext)),
    nodes: count(H.freeNode, (row) => a.nodes.get(row, N.next)),
    frames: count(H.freeKernelFrame, (row) => a.kernelFrames.get(row, K.next)),
  };
}

/** Those who storm, under a thread that wakes up each millisecond: how late it was, in cycles. */
function storm(bodies: readonly Body[], own: boolean): { late: number[]; machine: Machine } {
  const late: number[] = [];
  const urgent: Body = function* (c) {
    for (let i = 0; i < 50; i++) {
      const due = c.now() + MILLISECOND;
      yield* message(c, 0, c.thread, { time: timeouts(TIME_NEVER, 1000) });
      late.push(c.now() - due);
    }
  };
  const root: Body = function* (c) {
    for (let i = 0; i < 16; i++) yield* write8(c, REGION + i * 0x1000, i);
    yield* launch(c, URGENT, 1);
    yield* schedule(c, URGENT, { priority: 200 });
    for (const [n, id] of STORM.entries()) yield* launch(c, id, own ? 0 : n + 2, own ? id : ROOT);
    yield* schedule(c, ROOT, { priority: 50 });
  };
  const machine = new Machine(
    new Map<ThreadId, Body>([[ROOT, root], [URGENT, urgent], ...STORM.map((id, n) => [id, bodies[n]] as const)]),
    8 * MEGABYTE,
    2 * MEGABYTE,
  );
  machine.kernel.run(70 * MILLISECOND);
  expect(violations(machine.options)).toEqual([]);
  expect(late).toHaveLength(50);
  return { late, machine };
}

/** One step of whoever ran, and the way out of the wait. */
const LATENCY = 3000;

it("spinners do not delay what is more urgent", () => {
  const spinner: Body = function* (c) {
    for (;;) {
      c.charge(1000);
      yield RESIDENT_AGAIN;
    }
  };
  expect(Math.max(...storm([spinner, spinner, spinner, spinner], false).late)).toBeLessThan(LATENCY);
});

it("a storm of messages does not, either", () => {
  const client = (to: ThreadId): Body =>
    function* (c) {
      for (;;) yield* message(c, to, to, { words: [1, 2, 3] });
    };
  const server: Body = function* (c) {
    let got = yield* message(c, 0, ANY_THREAD);
    for (;;) got = yield* message(c, got.from, ANY_THREAD, { words: got.words });
  };
  const { late, machine } = storm([server, client(STORM[0]), client(STORM[0]), client(STORM[0])], true);
  expect(Math.max(...late)).toBeLessThan(LATENCY);
  expect(machine.events.filter((event) => event.startsWith("transferred")).length).toBeGreaterThan(3000);
});

it("a storm of mappings does not, and gives everything back", () => {
  const giver = (to: ThreadId, item: (base: number) => number): Body =>
    function* (c) {
      for (let i = 0; i < 400; i++) {
        const fpage = makeFpage(REGION, 16, FPAGE_RWX);
        yield* message(c, to, 0, { items: [item(REGION), fpage], time: timeouts(0x400, 0x400) });
        yield* unmap(c, i % 3 === 0 ? UNMAP_FLUSH : 0, [fpage]);
      }
    };
  const taker: Body = function* (c) {
    for (;;) {
      c.setBr(0, ACCEPT_COMPLETE);
      yield* message(c, 0, ANY_THREAD);
    }
  };
  const { late, machine } = storm([giver(STORM[1], mapItem), taker, giver(STORM[3], grantItem), taker], true);
  expect(Math.max(...late)).toBeLessThan(LATENCY);
  const before = free(machine);
  machine.kernel.run(500 * MILLISECOND);
  const after = free(machine);
  expect([after.threads, after.frames]).toEqual([before.threads, before.frames]);
  expect(violations(machine.options)).toEqual([]);
});

it("a bomb of threads and spaces ends with error 8, others live on, and deleting them gives all of it back", () => {
  const made: ThreadId[] = [];
  const errors: number[] = [];
  const counts: Record<string, number>[] = [];
  const pulse: number[] = [];
  const neighbour: Body = function* (c) {
    for (;;) {
      yield* message(c, 0, c.thread, { time: timeouts(TIME_NEVER, 1000) });
      pulse.push(c.now());
    }
  };
  let machine: Machine;
  const root: Body = function* (c) {
    yield* launch(c, URGENT, 1);
    counts.push(free(machine));
    for (let n = 100; errors.length < 20; n++) {
      const id = globalId(n, 1);
      const created = yield* threadControl(c, id, id, ROOT, 0, -1);
      if (created.result === 1) made.push(id);
      else errors.push(created.error);
      if (created.result === 0) continue;
      const area = yield* spaceControl(c, id, KIP_FPAGE, UTCB_FPAGE);
      const active = area.result === 1 ? yield* threadControl(c, id, id, ROOT, ROOT, utcbOf(0)) : area;
      if (active.result === 0) errors.push(active.error);
      yield* message(c, 0, ROOT, { time: timeouts(TIME_NEVER, 100) });
    }
    for (const id of made) yield* threadControl(c, id, 0, 0, 0, -1);
    counts.push(free(machine));
    yield* message(c, 0, ROOT);
  };
  machine = new Machine(
    new Map([
      [ROOT, root],
      [URGENT, neighbour],
    ]),
    8 * MEGABYTE,
    MEGABYTE,
  );
  machine.kernel.run(100 * MILLISECOND);
  expect(new Set(errors)).toEqual(new Set([ERROR_OUT_OF_MEMORY]));
  expect(made.length).toBeGreaterThan(20);
  expect(counts[1]).toEqual(counts[0]);
  expect(pulse.length).toBeGreaterThan(60);
  expect(violations(machine.options)).toEqual([]);
});
