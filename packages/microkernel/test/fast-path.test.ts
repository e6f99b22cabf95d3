import { expect, it } from "vitest";
import { ANY_THREAD, globalId, Kernel, messageTag, TAG_PROPAGATED, type ThreadId, timeouts } from "../src/index.ts";
import { fastIpc } from "../src/ipc/fast-path.ts";
import { startIpc } from "../src/ipc/rendezvous.ts";
import { donateTo } from "../src/object/ready-queue.ts";
import { findGlobal, setUtcbWord } from "../src/object/thread.ts";
import { Arena, findArena } from "../src/table/arena.ts";
import { H } from "../src/table/layout.ts";
import { type Body, launch, localOf, Machine, message, NEVER, ROOT, restartControl } from "./fixture.ts";
import { pingpongMachine } from "./pingpong.ts";

const A = globalId(60, 1);

interface Case {
  readonly words: number;
  readonly to?: ThreadId;
  readonly from?: ThreadId;
  /** Whom the partner waits for. */
  readonly waits?: ThreadId;
  readonly space?: ThreadId;
  readonly timeouts?: number;
  readonly flags?: number;
  readonly items?: number;
  readonly supervised?: boolean;
  readonly busy?: boolean;
}

/** The root is about to send to A, which waits. */
function scene(one: Case): Arena {
  const partner: Body = function* (c) {
    yield* message(c, 0, one.busy ? c.thread : (one.waits ?? ANY_THREAD));
  };
  const root: Body = function* (c) {
    yield* launch(c, A, one.space === undefined ? 1 : 0, one.space);
    if (one.supervised === true) yield* restartControl(c, A, 0x300000, ROOT);
    yield* message(c, 0, ROOT, { time: timeouts(0, (5 << 10) | 500) });
    for (let i = 1; i < 64; i++) c.setMr(i, 1000 + i);
    for (;;) yield 0;
  };
  const machine = new Machine(
    new Map([
      [ROOT, root],
      [A, partner],
    ]),
  );
  machine.kernel.run(10_000_000);
  const a = new Arena({ ...machine.options, observer: {} }, findArena(machine.options.memory)._unsafeUnwrap());
  expect(a.get(H.current)).toBe(findGlobal(a, ROOT));
  return a;
}

const words = (a: Arena): Uint8Array => a.memory.ram;

function both(one: Case): { fast: Arena; taken: boolean; slow: Arena; before: Uint8Array } {
  const tag = messageTag(0x77, one.words, one.items ?? 0) | (one.flags ?? 0);
  const call = [one.to ?? A, one.from ?? one.to ?? A, one.timeouts ?? NEVER] as const;
  const fast = scene(one);
  const row = findGlobal(fast, ROOT);
  setUtcbWord(fast, row, 0, tag);
  const before = words(fast).slice();
  const taken = fastIpc(fast, row, ...call, tag);
  const slow = scene(one);
  setUtcbWord(slow, row, 0, tag);
  const woken = startIpc(slow, row, ...call);
  if (woken !== 0) donateTo(slow, woken);
  return { fast, taken, slow, before };
}

it.each<Case>([
  ...[0, 1, 2, 3, 4, 5, 16, 63].map((words) => ({ words })),
  { words: 5, from: ANY_THREAD },
  { words: 5, from: ANY_THREAD, timeouts: timeouts(0x400, 0) },
  { words: 5, waits: ROOT },
  { words: 5, to: localOf(1) },
  { words: 5, space: A },
  { words: 5, space: A, waits: ROOT, from: ANY_THREAD },
])("leaves the memory that the phases would leave: %j", (one) => {
  const { fast, taken, slow } = both(one);
  expect(taken).toBe(true);
  expect(Buffer.compare(words(fast), words(slow))).toBe(0);
  expect(fast.now()).toBe(slow.now());
});

it.each<Case>([
  { words: 3, busy: true },
  { words: 3, flags: TAG_PROPAGATED },
  { words: 3, items: 2 },
  { words: 3, to: globalId(99, 1) },
  { words: 3, to: ROOT },
  { words: 3, from: ROOT },
  { words: 3, timeouts: timeouts(0, (1 << 10) | 100) },
  { words: 3, waits: globalId(48, 1) },
  { words: 3, supervised: true },
])("does nothing in any other case: %j", (one) => {
  const { fast, taken, before } = both(one);
  expect(taken).toBe(false);
  expect(Buffer.compare(words(fast), before)).toBe(0);
});

it.each([true, false])("a run leaves what the same number of single steps leaves, inside a space: %s", (local) => {
  const whole = pingpongMachine(5, local);
  const stepped = pingpongMachine(5, local);
  let messages = 0;
  const kernels = [whole, stepped].map(({ options }) =>
    Kernel.attach({ ...options, observer: { transferred: () => messages++ } })._unsafeUnwrap(),
  );
  for (const until of [1, 99_999, 300_001, 300_002, 434_567]) {
    kernels[0].run(until);
    while (kernels[1].step(until) === null);
    expect(kernels[0].exportState()).toEqual(kernels[1].exportState());
    expect(Buffer.compare(whole.options.memory.ram, stepped.options.memory.ram)).toBe(0);
  }
  expect(messages).toBeGreaterThan(2000);
});
