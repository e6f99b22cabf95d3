/**
 * Storms: threads that do nothing but call the kernel, under a thread that wakes up each millisecond.
 *
 * Here: the scenes, and what is measured in them. Not here: what must hold (→ storms.test.ts), a table of the figures (→ bench/l4-storms.ts).
 * @module
 */
import {
  ACCEPT_COMPLETE,
  ANY_THREAD,
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

const URGENT = globalId(60, 1);
const STORM: readonly ThreadId[] = [61, 62, 63, 64].map((n) => globalId(n, 1));
const REGION = 0x300000;
/** Cycles. */
export const MILLISECOND = 100_000;
/** Times that the urgent thread wakes up. */
export const WAKES = 50;

/** Rows and frames that nobody has. */
export interface Free {
  readonly threads: number;
  readonly nodes: number;
  readonly frames: number;
}

export function free(machine: Machine): Free {
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

/** What a storm leaves behind. */
export interface Storm {
  /** How late the urgent thread was each time, in cycles. */
  readonly late: readonly number[];
  readonly machine: Machine;
  /** What the storm did: calls that are its purpose. */
  readonly calls: number;
}

/** Those who storm, with the urgent thread above them, until that has woken up {@link WAKES} times and a while on. */
function storm(bodies: readonly Body[], own: boolean, counts: () => number): Storm {
  const late: number[] = [];
  const urgent: Body = function* (c) {
    for (let i = 0; i < WAKES; i++) {
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
  machine.kernel.run((WAKES + 20) * MILLISECOND);
  return { late, machine, calls: counts() };
}

/** Four threads that never call the kernel. */
export function spinners(): Storm {
  let turns = 0;
  const spinner: Body = function* (c) {
    for (;;) {
      c.charge(1000);
      turns++;
      yield RESIDENT_AGAIN;
    }
  };
  return storm([spinner, spinner, spinner, spinner], false, () => turns);
}

/** Three clients of a server, each in a space of its own. */
export function messages(): Storm {
  let calls = 0;
  const client = (to: ThreadId): Body =>
    function* (c) {
      for (;;) {
        yield* message(c, to, to, { words: [1, 2, 3] });
        calls += 2;
      }
    };
  const server: Body = function* (c) {
    let got = yield* message(c, 0, ANY_THREAD);
    for (;;) got = yield* message(c, got.from, ANY_THREAD, { words: got.words });
  };
  return storm([server, client(STORM[0]), client(STORM[0]), client(STORM[0])], true, () => calls);
}

/** Two that map and grant sixteen pages and take them back, and two that take them. It ends by itself. */
export function mappings(): Storm {
  let calls = 0;
  const giver = (to: ThreadId, item: (base: number) => number): Body =>
    function* (c) {
      for (let i = 0; i < 400; i++, calls += 2) {
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
  return storm([giver(STORM[1], mapItem), taker, giver(STORM[3], grantItem), taker], true, () => calls);
}

/** A bomb's course: what was free before, when nothing was left, and after all of it was deleted again. */
export interface Bomb extends Storm {
  readonly errors: readonly number[];
  readonly counts: readonly [before: Free, full: Free, after: Free];
}

/** The root task makes threads in spaces of their own until the kernel has no more, then deletes them. */
export function bomb(): Bomb {
  const made: ThreadId[] = [];
  const errors: number[] = [];
  const counts: Free[] = [];
  const late: number[] = [];
  const neighbour: Body = function* (c) {
    for (;;) {
      const due = c.now() + MILLISECOND;
      yield* message(c, 0, c.thread, { time: timeouts(TIME_NEVER, 1000) });
      late.push(c.now() - due);
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
    counts.push(free(machine));
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
  const [before, full, after] = counts;
  return { late, machine, calls: made.length, errors, counts: [before, full, after] };
}
