import { describe, expect, it } from "vitest";
import {
  ANY_THREAD,
  globalId,
  PREEMPT_DELAY,
  PREEMPT_PENDING,
  PREEMPT_SIGNAL,
  periodCode,
  RESIDENT_AGAIN,
  type ResidentContext,
  TCR_EXCEPTION_HANDLER,
  TCR_FLAGS,
  type ThreadId,
  TIME_NEVER,
  timeouts,
} from "../src/index.ts";
import { type Body, launch, Machine, message, type Received, ROOT, schedule, threadSwitch } from "./fixture.ts";
import { violations } from "./invariants.ts";

const SPINNER = globalId(60, 1);
const RIVAL = globalId(61, 1);
const PRIORITY = 100;
const MILLISECOND = 100_000;

const milliseconds = (n: number): number => timeouts(TIME_NEVER, periodCode(n * 1000));

/** Uses `n` milliseconds up, in steps of a tenth. */
function* spin(c: ResidentContext, n: number, each?: () => Generator<number, void>): Generator<number, void> {
  for (const end = c.now() + n * MILLISECOND; c.now() < end; ) {
    c.charge(MILLISECOND / 10);
    yield RESIDENT_AGAIN;
    if (each !== undefined) yield* each();
  }
}

interface Setting {
  readonly flags: number;
  /** Milliseconds. */
  readonly slice?: number;
  readonly quantum?: number;
  readonly delay?: number;
  readonly sensitive?: number;
  /** When somebody more urgent wakes up, for a millisecond; never if missing. */
  readonly rivalAt?: number;
  /** The spinner gives way when it sees that it should. */
  readonly polite?: boolean;
}

/**
 * A spinner for 25 ms, its exception handler and scheduler, which is more urgent than everybody, and a rival. What the
 * handler hears: milliseconds since the start, label, words.
 */
function run(setting: Setting, answer?: (c: ResidentContext, got: Received) => Generator<number, void>) {
  const heard: { at: number; label: number; words: readonly number[] }[] = [];
  const rivalRan: number[] = [];
  let start = 0;
  const since = (c: ResidentContext): number => Math.round((c.now() - start) / MILLISECOND);
  const spinner: Body = function* (c) {
    c.setTcr(TCR_EXCEPTION_HANDLER, ROOT);
    c.setTcr(TCR_FLAGS, setting.flags);
    const look = function* (): Generator<number, void> {
      if ((c.tcr(TCR_FLAGS) & PREEMPT_PENDING) === 0) return;
      c.setTcr(TCR_FLAGS, setting.flags & ~PREEMPT_DELAY);
      yield* threadSwitch(c, 0);
      c.setTcr(TCR_FLAGS, setting.flags);
    };
    yield* spin(c, 25, setting.polite === true ? look : undefined);
    yield* message(c, ROOT, 0, { label: 1 });
  };
  const rival: Body = function* (c) {
    if (setting.rivalAt === undefined) return;
    yield* message(c, 0, c.thread, { time: milliseconds(setting.rivalAt) });
    rivalRan.push(since(c));
    yield* spin(c, 1);
  };
  const root: Body = function* (c) {
    yield* launch(c, RIVAL, 1);
    yield* launch(c, SPINNER, 2);
    yield* schedule(c, RIVAL, { priority: PRIORITY + 1 });
    const { slice = 50, quantum } = setting;
    yield* schedule(c, SPINNER, {
      priority: PRIORITY,
      preemption: ((setting.sensitive ?? PRIORITY + 1) << 16) | ((setting.delay ?? 0) * 1000),
      time: (periodCode(slice * 1000) << 16) | (quantum === undefined ? TIME_NEVER : periodCode(quantum * 1000)),
    });
    start = c.now();
    for (;;) {
      const got = yield* message(c, 0, ANY_THREAD);
      heard.push({ at: since(c), label: got.tag >>> 16, words: got.words });
      if (answer !== undefined) yield* answer(c, got);
    }
  };
  const machine = new Machine(
    new Map<ThreadId, Body>([
      [ROOT, root],
      [SPINNER, spinner],
      [RIVAL, rival],
    ]),
  );
  for (let steps = 0; machine.kernel.step(1e9) === null; steps++) expect(steps).toBeLessThan(5000);
  expect(violations(machine.options)).toEqual([]);
  return { heard, rivalRan, machine };
}

/** An exception's answer: the same registers. */
function* reply(c: ResidentContext, got: Received): Generator<number, void> {
  if (got.tag >>> 16 === 0xffc0) yield* message(c, got.from, 0, { words: [...got.words] });
}

describe("a preemption", () => {
  it("by somebody more urgent is reported when the thread runs again, with the time when it happened", () => {
    const { heard, rivalRan } = run({ flags: PREEMPT_SIGNAL, rivalAt: 5 });
    expect(rivalRan).toEqual([5]);
    expect(heard.map(({ at, label }) => [at, label])).toEqual([
      [6, 0xffd0],
      [25, 1],
    ]);
    const [low, high] = heard[0].words;
    expect(high).toBe(0);
    expect(low).toBeGreaterThan(5000);
    expect(low).toBeLessThan(6500);
  });

  it("by the end of the slice is reported, too, even if nobody else wants to run", () => {
    const { heard } = run({ flags: PREEMPT_SIGNAL, slice: 5 });
    expect(heard.map(({ at }) => at)).toEqual([5, 10, 15, 20, 25]);
  });

  it("is nobody's business without the flag", () => {
    const { heard, rivalRan } = run({ flags: 0, rivalAt: 5, slice: 5 });
    expect([heard.map(({ label }) => label), rivalRan]).toEqual([[1], [5]]);
  });
});

describe("a delayed preemption", () => {
  const flags = PREEMPT_SIGNAL | PREEMPT_DELAY;
  it("comes when the delay is over, as an exception that clears the flag", () => {
    const { heard, rivalRan } = run({ flags, delay: 10, rivalAt: 5 }, reply);
    expect(heard.map(({ at, label }) => [at, label])).toEqual([
      [15, 0xffc0],
      [25, 1],
    ]);
    expect(heard[0].words).toHaveLength(12);
    expect(rivalRan).toEqual([15]);
  });

  it("comes when the slice is over, if that is sooner", () => {
    const { heard } = run({ flags, delay: 10, rivalAt: 5, slice: 8 }, reply);
    expect(heard[0]).toMatchObject({ at: 8, label: 0xffc0 });
  });

  it("is none against somebody above the sensitive priority, or without a maximum delay", () => {
    const low = run({ flags, delay: 10, rivalAt: 5, sensitive: PRIORITY });
    expect([low.rivalRan, low.heard[0].label]).toEqual([[5], 0xffd0]);
    const none = run({ flags, delay: 0, rivalAt: 5 }, reply);
    expect([none.rivalRan, none.heard[0].label]).toEqual([[5], 0xffc0]);
  });

  it("ends politely with ThreadSwitch: the rival runs, and nobody hears of it", () => {
    const { heard, rivalRan } = run({ flags, delay: 10, rivalAt: 5, polite: true });
    expect([rivalRan, heard.map(({ label }) => label)]).toEqual([[5], [1]]);
  });

  it("is silent without the signal flag", () => {
    const { heard, rivalRan } = run({ flags: PREEMPT_DELAY, delay: 10, rivalAt: 5 });
    expect([rivalRan, heard.map(({ label }) => label)]).toEqual([[15], [1]]);
  });
});

describe("a total quantum", () => {
  it("stops the thread when it is used up, until its scheduler gives it another one", () => {
    const again = function* (c: ResidentContext, got: Received): Generator<number, void> {
      if (got.tag >>> 16 !== 0xffd0) return;
      yield* message(c, 0, c.thread, { time: milliseconds(20) });
      expect((yield* schedule(c, SPINNER, { time: timeouts(periodCode(5000), TIME_NEVER) })).result).toBe(3);
    };
    const { heard } = run({ flags: 0, quantum: 10 }, again);
    expect(heard.map(({ at, label }) => [at, label])).toEqual([
      [10, 0xffd0],
      [30, 1],
    ]);
  });

  it("is for ever if nobody gives another one", () => {
    const { heard, machine } = run({ flags: 0, quantum: 10 });
    expect(heard.map(({ label }) => label)).toEqual([0xffd0]);
    expect(machine.kernel.threadInfo(SPINNER)?.state).toBe(3);
  });
});
