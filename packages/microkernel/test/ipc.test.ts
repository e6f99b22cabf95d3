/**
 * IPC of untyped words: partners, timeouts, propagation, redirection, local and anonymous partners.
 *
 * Here: each rule by itself. Not here: map items (→ mapping.test.ts), strings (→ strings.test.ts), random calls (→ threads.test.ts).
 * Over 300 lines: a case for each rule of the manual, on one small machine.
 */
import { describe, expect, it } from "vitest";
import {
  ANY_LOCAL_THREAD,
  ANY_THREAD,
  globalId,
  type ResidentContext,
  STANDARD_UTCB_AREA,
  TAG_ERROR,
  TAG_PROPAGATED,
  TCR_INTENDED_RECEIVER,
  TCR_VIRTUAL_SENDER,
  type ThreadId,
  TIME_NEVER,
  TIME_ZERO,
  timeouts,
} from "../src/index.ts";
import {
  type Body,
  launch,
  localOf,
  Machine,
  message,
  NEVER,
  type Received,
  ROOT,
  spaceControl,
  spawn,
  threadControl,
  ZERO,
} from "./fixture.ts";
import { violations } from "./invariants.ts";

const A = globalId(60, 1);
const B = globalId(61, 1);
const C = globalId(62, 5);
const NOBODY = globalId(99, 1);
const MILLISECONDS_20 = (1 << 10) | 1000 | (4 << 10); // m = 1000, e = 5

/** Runs bodies until everybody waits; the root's is `root`. */
function run(root: Body, others: readonly (readonly [ThreadId, Body])[] = []): Machine {
  const machine = new Machine(new Map([[ROOT, root], ...others]));
  expect(machine.kernel.run(1e9).kind).toBe("idle");
  return machine;
}

/** A body that does one thing and keeps what it received. */
function once(seen: Received[], ...args: [ThreadId, ThreadId, Parameters<typeof message>[3]?]): Body {
  return function* (c) {
    seen.push(yield* message(c, ...args));
  };
}

describe("errors of an IPC without a partner", () => {
  const NO = TAG_ERROR;
  const cases: readonly (readonly [string, ThreadId, ThreadId, number, number, ThreadId])[] = [
    ["send to nobody", NOBODY, 0, NEVER, 4, 0],
    ["send to another version", C + 1, 0, NEVER, 4, 0],
    ["send to a local id that is none", STANDARD_UTCB_AREA + 0x1100, 0, NEVER, 4, 0],
    ["send to a crooked local id", STANDARD_UTCB_AREA + 0x140, 0, NEVER, 4, 0],
    ["call of an unattached interrupt", globalId(5, 1), globalId(5, 1), NEVER, 4, 0],
    ["receive from nobody", 0, NOBODY, NEVER, 5, 0],
    ["receive from an inactive thread", 0, C, NEVER, 5, 0],
    ["receive at once", 0, ROOT, ZERO, 3, 0],
    ["wait at once", 0, ANY_THREAD, ZERO, 3, 0],
    ["send to oneself at once", ROOT, 0, ZERO, 2, 0],
    ["wait 31 ms", 0, ANY_THREAD, timeouts(TIME_NEVER, MILLISECONDS_20), 3, ANY_THREAD],
    ["sleep 31 ms", 0, ROOT, timeouts(TIME_NEVER, MILLISECONDS_20), 3, ROOT],
    ["send to oneself for 31 ms", ROOT, 0, timeouts(MILLISECONDS_20, TIME_NEVER), 2, 0],
  ];
  it.each(cases)("%s", (_name, to, from, time, error, returned) => {
    const seen: Received[] = [];
    run(function* (c) {
      yield* threadControl(c, C, ROOT, ROOT, 0, -1);
      seen.push(yield* message(c, to, from, { time, label: 0x77 }));
    });
    expect(seen).toEqual([{ from: returned, tag: NO, error, words: [] }]);
  });

  it("neither send nor receive is nothing", () => {
    const seen: Received[] = [];
    run(once(seen, 0, 0));
    expect(seen).toEqual([{ from: 0, tag: 0, error: 0, words: [] }]);
  });

  it("a timeout takes as long as it says", () => {
    const times: number[] = [];
    run(function* (c) {
      times.push(c.now());
      yield* message(c, 0, ROOT, { time: timeouts(TIME_NEVER, MILLISECONDS_20) });
      times.push(c.now());
    });
    const waited = (times[1] - times[0]) / 100;
    expect(waited).toBeGreaterThanOrEqual(1000 * 32);
    expect(waited).toBeLessThan(1000 * 32 + 20);
  });

  it("the E flag of a sender's own tag is not an error", () => {
    const seen: Received[] = [];
    run(
      function* (c) {
        yield* launch(c, A);
        seen.push(yield* message(c, A, A, { flags: TAG_ERROR, label: 0xabc0 }));
      },
      [
        [
          A,
          function* (c) {
            const got = yield* message(c, 0, ANY_THREAD);
            seen.push(got);
            yield* message(c, got.from, 0, { label: 0xabcd });
          },
        ],
      ],
    );
    expect(seen.map(({ tag, error }) => [tag, error])).toEqual([
      [0xabc00000, 0],
      [0xabcd0000, 0],
    ]);
  });
});

describe("a rendezvous", () => {
  it("carries 63 words, and leaves the words beyond a shorter message", () => {
    const words = Array.from({ length: 63 }, (_, i) => i * 3);
    let inbox: number[] = [];
    run(
      function* (c) {
        yield* launch(c, A);
        yield* message(c, A, 0, { words });
        yield* message(c, A, 0, { words: [7] });
      },
      [
        [
          A,
          function* (c) {
            expect((yield* message(c, 0, ANY_THREAD)).words).toEqual(words);
            expect((yield* message(c, 0, ROOT)).words).toEqual([7]);
            inbox = [c.mr(1), c.mr(2), c.mr(63)];
          },
        ],
      ],
    );
    expect(inbox).toEqual([7, 3, 186]);
  });

  it("names the sender by its local id inside a space and by its global id outside", () => {
    const seen: Received[] = [];
    run(
      function* (c) {
        yield* launch(c, A);
        yield* launch(c, B, 0, B);
        seen.push(yield* message(c, 0, ANY_THREAD), yield* message(c, 0, ANY_THREAD));
      },
      [
        [A, once([], ROOT, 0, { label: 1 })],
        [B, once([], ROOT, 0, { label: 2 })],
      ],
    );
    expect(seen.map(({ from, tag }) => [from, tag >>> 16])).toEqual([
      [localOf(1), 1],
      [B, 2],
    ]);
  });

  it("takes senders in the order of their arrival", () => {
    const seen: number[] = [];
    run(
      function* (c) {
        for (const [i, id] of [B, A, C].entries()) yield* spawn(c, id, i + 1);
        for (const id of [B, A, C]) yield* message(c, id, 0, { words: [0, 0] });
        yield* message(c, 0, ROOT, { time: timeouts(TIME_NEVER, MILLISECONDS_20) });
        for (let i = 0; i < 3; i++) seen.push((yield* message(c, 0, ANY_THREAD)).tag >>> 16);
      },
      [
        [A, once([], ROOT, 0, { label: 1 })],
        [B, once([], ROOT, 0, { label: 2 })],
        [C, once([], ROOT, 0, { label: 3 })],
      ],
    );
    expect(seen).toEqual([2, 1, 3]);
  });

  it("a closed receive passes over others, who stay in order", () => {
    const seen: number[] = [];
    run(
      function* (c) {
        for (const [i, id] of [A, B, C].entries()) yield* launch(c, id, i + 1);
        yield* message(c, 0, ROOT, { time: timeouts(TIME_NEVER, MILLISECONDS_20) });
        for (const from of [B, ANY_THREAD, localOf(3)]) seen.push((yield* message(c, 0, from)).tag >>> 16);
      },
      [
        [A, once([], ROOT, 0, { label: 1 })],
        [B, once([], ROOT, 0, { label: 2 })],
        [C, once([], ROOT, 0, { label: 3 })],
      ],
    );
    expect(seen).toEqual([2, 1, 3]);
  });

  it("anylocalthread lets only the own space in", () => {
    const seen: number[] = [];
    run(
      function* (c) {
        yield* launch(c, B, 0, B);
        yield* launch(c, A);
        yield* message(c, 0, ROOT, { time: timeouts(TIME_NEVER, MILLISECONDS_20) });
        for (const from of [ANY_LOCAL_THREAD, ANY_THREAD]) seen.push((yield* message(c, 0, from)).tag >>> 16);
      },
      [
        [A, once([], ROOT, 0, { label: 1 })],
        [B, once([], ROOT, 0, { label: 2 })],
      ],
    );
    expect(seen).toEqual([1, 2]);
  });

  it("a sender whose timeout ends leaves the queue", () => {
    const seen: Received[] = [];
    run(
      function* (c) {
        yield* launch(c, A);
        yield* message(c, 0, ROOT, { time: timeouts(TIME_NEVER, (10 << 10) | 1000) });
        seen.push(yield* message(c, 0, ANY_THREAD, { time: ZERO }));
      },
      [[A, once(seen, ROOT, 0, { time: timeouts(MILLISECONDS_20, TIME_NEVER) })]],
    );
    expect(seen.map(({ error }) => error)).toEqual([2, 3]);
  });

  it("nothing comes between a reply and the wait after it", () => {
    const seen: string[] = [];
    const client: (name: string) => Body = (name) =>
      function* (c) {
        for (let i = 0; i < 3; i++) {
          const reply = yield* message(c, ROOT, ROOT, { label: i, time: NEVER });
          seen.push(`${name}${i}:${reply.error === 0 ? reply.tag >>> 16 : "failed"}`);
        }
      };
    run(
      function* (c) {
        yield* launch(c, A, 1);
        yield* launch(c, B, 2);
        let got = yield* message(c, 0, ANY_THREAD);
        for (;;) got = yield* message(c, got.from, ANY_THREAD, { label: 7, time: timeouts(TIME_ZERO, TIME_NEVER) });
      },
      [
        [A, client("a")],
        [B, client("b")],
      ],
    );
    expect(seen.sort()).toEqual(["a0:7", "a1:7", "a2:7", "b0:7", "b1:7", "b2:7"]);
  });
});

describe("propagation", () => {
  function* asIf(c: ResidentContext, virtual: ThreadId, to: ThreadId, from: ThreadId): Generator<number, Received> {
    c.setTcr(TCR_VIRTUAL_SENDER, virtual);
    return yield* message(c, to, from, { flags: TAG_PROPAGATED, label: 0x7a7a, words: [5] });
  }

  it("shows the virtual sender, and the actual one in its TCR; the reply goes straight back", () => {
    const log: unknown[] = [];
    run(
      function* (c) {
        yield* spawn(c, A, 1);
        yield* spawn(c, B, 2);
        yield* message(c, A, 0, { words: [0, 0] });
        yield* message(c, B, 0, { words: [0, 0] });
        const got = yield* message(c, 0, ANY_THREAD);
        log.push([got.from, got.tag, c.tcr(TCR_VIRTUAL_SENDER), got.words]);
        yield* message(c, got.from, 0, { label: 0x5151, words: [0x42] });
      },
      [
        [
          A, // the propagator: B waits for it alone
          function* (c) {
            yield* message(c, 0, B);
            yield* asIf(c, B, ROOT, 0);
          },
        ],
        [
          B,
          function* (c) {
            const reply = yield* message(c, A, A, { label: 9 });
            log.push([reply.from, reply.tag, reply.words]);
          },
        ],
      ],
    );
    expect(log).toEqual([
      [localOf(2), 0x7a7a1001, localOf(1), [5]],
      [localOf(0), 0x51510001, [0x42]],
    ]);
  });

  it("is dropped when neither the virtual sender nor the destination is in the space", () => {
    const log: unknown[] = [];
    run(
      function* (c) {
        yield* launch(c, A, 0, A);
        const got = yield* message(c, 0, ANY_THREAD);
        log.push(got.from, got.tag);
      },
      [
        [
          A,
          function* (c) {
            yield* asIf(c, globalId(48, 1), ROOT, 0);
          },
        ],
      ],
    );
    expect(log).toEqual([A, 0x7a7a0001]);
  });
});

describe("redirection", () => {
  const R = globalId(63, 1);
  const setRedirector = function* (c: ResidentContext, space: ThreadId, redirector: ThreadId) {
    return yield* spaceControl(c, space, 0, 0, redirector);
  };
  /** A calls B; both are strangers to the redirector R. */
  const scene = (
    redirector: Body,
    options: { server?: Body; time?: number; redirected?: readonly ThreadId[] } = {},
  ): { seen: Received[]; served: Received[]; machine: Machine } => {
    const seen: Received[] = [];
    const served: Received[] = [];
    const server: Body = function* (c) {
      const got = yield* message(c, 0, ANY_THREAD);
      served.push(got);
      yield* message(c, got.from, 0, { label: 0x33 });
    };
    const machine = run(
      function* (c) {
        for (const id of [R, B, A]) yield* spawn(c, id, 0, id);
        for (const id of options.redirected ?? [A]) yield* setRedirector(c, id, R);
        for (const id of [R, B, A]) yield* message(c, id, 0, { words: [0, 0] });
      },
      [
        [A, once(seen, B, B, { label: 0x22, words: [7], time: options.time ?? NEVER })],
        [B, options.server ?? server],
        [R, redirector],
      ],
    );
    return { seen, served, machine };
  };
  /** Passes each message on in the sender's name. */
  const forward = (log: unknown[]): Body =>
    function* (c) {
      for (;;) {
        const got = yield* message(c, 0, ANY_THREAD);
        const to = c.tcr(TCR_INTENDED_RECEIVER);
        log.push([got.from, got.tag, to, ...got.words]);
        c.setTcr(TCR_VIRTUAL_SENDER, got.from);
        const { label } = { label: got.tag >>> 16 };
        yield* message(c, to, 0, { flags: TAG_PROPAGATED, label, words: got.words });
      }
    };

  it("gives the redirector what leaves the space, with the intended receiver; passed on, the answer comes straight back", () => {
    const log: unknown[] = [];
    const { seen, served } = scene(forward(log));
    expect(log).toEqual([[A, 0x222001, B, 7]]);
    expect(served).toEqual([{ from: A, tag: 0x221001, error: 0, words: [7] }]);
    expect(seen).toEqual([{ from: B, tag: 0x330000, error: 0, words: [] }]);
  });

  it("works both ways at once: the answer is redirected, too", () => {
    const log: unknown[] = [];
    const { seen } = scene(forward(log), { redirected: [A, B] });
    expect(log).toEqual([
      [A, 0x222001, B, 7],
      [B, 0x332000, A],
    ]);
    expect(seen).toEqual([{ from: B, tag: 0x331000, error: 0, words: [] }]);
  });

  it("lets the redirector answer itself", () => {
    const { seen, served } = scene(function* (c) {
      const got = yield* message(c, 0, ANY_THREAD);
      yield* message(c, got.from, 0, { label: 0x44 });
    });
    expect([seen, served]).toEqual([[{ from: R, tag: 0x440000, error: 0, words: [] }], []]);
  });

  it("is complete only when both the receiver and the redirector wait", () => {
    const asleep: Body = function* (c) {
      yield* message(c, 0, c.thread);
    };
    const time = timeouts(MILLISECONDS_20, TIME_NEVER);
    for (const [redirector, server] of [
      [forward([]), asleep],
      [asleep, undefined],
    ] as const)
      expect(scene(redirector, { time, ...(server && { server }) }).seen.map(({ error }) => error)).toEqual([2]);
    const late: Body = function* (c) {
      yield* message(c, 0, c.thread, { time: timeouts(TIME_NEVER, (5 << 10) | 300) });
      yield* forward([])(c);
    };
    expect(scene(late, { time }).seen.map(({ tag }) => tag)).toEqual([0x330000]);
    const lateServer: Body = function* (c) {
      yield* message(c, 0, c.thread, { time: timeouts(TIME_NEVER, (5 << 10) | 300) });
      const got = yield* message(c, 0, ANY_THREAD);
      yield* message(c, got.from, 0, { label: 0x55 });
    };
    expect(scene(forward([]), { server: lateServer, time }).seen.map(({ tag }) => tag)).toEqual([0x550000]);
    expect(scene(late, { server: lateServer, time }).seen.map(({ tag }) => tag)).toEqual([0x550000]);
  });

  it("ends with error 2 for the sender when receiver or redirector vanish, and cannot name a stranger", () => {
    for (const victim of [R, B]) {
      const seen: Received[] = [];
      const refused: number[] = [];
      const machine = run(
        function* (c) {
          for (const id of [R, B, A]) yield* spawn(c, id, 0, id);
          refused.push((yield* setRedirector(c, A, NOBODY)).error);
          yield* setRedirector(c, A, R);
          yield* message(c, A, 0, { words: [0, 0] });
          yield* message(c, 0, ROOT, { time: timeouts(TIME_NEVER, MILLISECONDS_20) });
          yield* threadControl(c, victim, 0, 0, 0, -1);
          yield* message(c, B, 0, { words: [0, 0], time: ZERO });
        },
        [[A, once(seen, B, 0, { label: 1 })]],
      );
      expect([seen.map(({ error }) => error), refused]).toEqual([[4], [2]]);
      expect(violations(machine.options)).toEqual([]);
    }
  });
});

describe("the end of a partner", () => {
  it("gives queued senders and closed receivers error 2", () => {
    const seen: Received[] = [];
    run(
      function* (c) {
        for (const [i, id] of [A, B, C].entries()) yield* spawn(c, id, i + 1);
        for (const id of [B, C]) yield* message(c, id, 0, { words: [0, 0] });
        yield* message(c, 0, ROOT, { time: timeouts(TIME_NEVER, MILLISECONDS_20) });
        expect(yield* threadControl(c, A, 0, 0, 0, -1)).toEqual({ result: 1, error: 0 });
      },
      [
        [B, once(seen, A, 0)],
        [C, once(seen, 0, A)],
      ],
    );
    expect(seen.map(({ error, tag }) => [tag, error])).toEqual([
      [TAG_ERROR, 4],
      [TAG_ERROR, 5],
    ]);
  });
});
