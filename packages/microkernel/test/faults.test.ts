/**
 * Failures of threads: page faults, what the restart record keeps of a request, its clock, the death of a resident.
 *
 * Here: single cases. Not here: exceptions of guests (→ guest.test.ts), pages of 4 MiB (→ large-pages.test.ts).
 * Over 300 lines: long scenes, each step with what is expected of it.
 */
import { describe, expect, it } from "vitest";
import {
  ANY_THREAD,
  EXCEPTION_RESIDENT_DIED,
  EXREGS_IP,
  EXREGS_RECEIVE,
  EXREGS_SEND,
  FAILURE_EXCEPTION,
  FAILURE_HANG,
  FAILURE_PAGE_FAULT,
  FPAGE_RWX,
  globalId,
  Kernel,
  makeFpage,
  mapItem,
  RESTART_ADDRESS,
  RESTART_DETAIL,
  RESTART_FAILURE,
  RESTART_FRAME,
  RESTART_MAGIC,
  RESTART_MAGIC_WORD,
  RESTART_MR1,
  RESTART_REPLIED,
  RESTART_SENDER,
  RESTART_SEQUENCE,
  RESTART_TAG,
  type ResidentContext,
  type ThreadId,
  TIME_NEVER,
  TIME_ZERO,
  timeouts,
} from "../src/index.ts";
import {
  type Body,
  exchangeRegisters,
  launch,
  Machine,
  message,
  ROOT,
  read8,
  restartControl,
  SCRIPT_PROGRAM,
  SIGMA0,
  SIGMA0_PROGRAM,
  spawn,
  threadControl,
  write8,
} from "./fixture.ts";
import { violations } from "./invariants.ts";

const SERVER = globalId(60, 1);
const CLIENT = globalId(61, 1);
const RECORD = 0x500000;
const PAUSE = timeouts(TIME_NEVER, (4 << 10) | 1000);
const REPLY_AND_WAIT = timeouts(TIME_ZERO, TIME_NEVER);

function run(root: Body, others: readonly (readonly [ThreadId, Body])[] = []): Machine {
  const machine = new Machine(new Map([[ROOT, root], ...others]));
  expect(machine.kernel.run(1e9).kind).toBe("idle");
  expect(violations(machine.options)).toEqual([]);
  return machine;
}

describe("a page fault", () => {
  it("leaves every message register, BR0 and ErrorCode as they were", () => {
    let kept: number[] = [];
    run(
      function* (c) {
        yield* write8(c, 0x600000, 0x5a);
        yield* launch(c, SERVER, 0, SERVER);
        const fault = yield* message(c, 0, SERVER);
        expect(fault.words).toEqual([0x20000123, 0]);
        yield* message(c, SERVER, 0, { label: 9, items: [mapItem(0x20000000), makeFpage(0x600000, 12, FPAGE_RWX)] });
      },
      [
        [
          SERVER,
          function* (c) {
            for (let i = 0; i < 64; i++) c.setMr(i, 100 + i);
            c.setBr(0, 0x123);
            const byte = yield* read8(c, 0x20000123);
            kept = [byte, c.br(0), ...Array.from({ length: 64 }, (_, i) => c.mr(i))];
          },
        ],
      ],
    );
    expect(kept).toEqual([0, 0x123, ...Array.from({ length: 64 }, (_, i) => 100 + i)]);
  });

  it("of a thread whose pager is gone halts it", () => {
    const machine = run(
      function* (c) {
        yield* spawn(c, SERVER, 0, SERVER);
        yield* spawn(c, CLIENT, 1, SERVER, SERVER);
        yield* message(c, SERVER, 0, { words: [0, 0] });
        yield* message(c, 0, ROOT, { time: PAUSE });
        yield* threadControl(c, SERVER, 0, 0, 0, -1);
      },
      [
        [
          SERVER,
          function* (c) {
            yield* message(c, CLIENT, 0, { words: [0, 0] });
          },
        ],
        [
          CLIENT,
          function* (c) {
            yield* read8(c, 0x1000);
          },
        ],
      ],
    );
    expect(machine.events).toContain("halted f4001 no pager");
  });
});

describe("the restart record", () => {
  const word = (c: ResidentContext, index: number): number => c.read32(RECORD + 4 * index);
  const head = (c: ResidentContext): number[] =>
    [RESTART_SEQUENCE, RESTART_REPLIED, RESTART_SENDER, RESTART_TAG].map((i) => word(c, i));

  it("has the last open receive, and that it was answered, in the step in which it happens", () => {
    const log: unknown[] = [];
    const machine = run(
      function* (c) {
        yield* write8(c, RECORD, 0);
        yield* spawn(c, SERVER, 1);
        yield* spawn(c, CLIENT, 2);
        log.push(yield* restartControl(c, SERVER, RECORD, ROOT));
        log.push(word(c, RESTART_MAGIC) === RESTART_MAGIC_WORD, head(c));
        yield* message(c, SERVER, 0, { words: [0, 0] }); // the start is a closed receive
        yield* message(c, SERVER, 0, { label: 4, words: [9] }); // so is this
        log.push(head(c));
        yield* message(c, CLIENT, 0, { words: [0, 0] });
        yield* message(c, 0, ROOT, { time: timeouts(TIME_NEVER, (7 << 10) | 1000) });
        log.push(head(c), word(c, RESTART_MR1), word(c, RESTART_MR1 + 2));
      },
      [
        [
          SERVER,
          function* (c) {
            yield* message(c, 0, ROOT);
            let got = yield* message(c, 0, ANY_THREAD);
            log.push(["open", ...head(c)]);
            yield* message(c, 0, SERVER, { time: PAUSE }); // a sleep
            yield* message(c, SIGMA0, SIGMA0, { label: 0xffa0, words: [makeFpage(0x700000, 12, 0), 0] });
            log.push(["still open", ...head(c)]);
            got = yield* message(c, got.from, ANY_THREAD, { label: 8, time: REPLY_AND_WAIT });
          },
        ],
        [
          CLIENT,
          function* (c) {
            yield* message(c, SERVER, SERVER, { label: 5, words: [0xa, 0xb, 0xc] });
            log.push(["answered", ...head(c)]);
            yield* message(c, SERVER, 0, { label: 6, words: [0xd] });
          },
        ],
      ],
    );
    expect(log).toEqual([
      { result: 1, error: 0 },
      true,
      [0, 0, 0, 0],
      [0, 0, 0, 0],
      ["open", 1, 0, CLIENT, (5 << 16) | 3],
      ["still open", 1, 0, CLIENT, (5 << 16) | 3],
      ["answered", 1, 1, CLIENT, (5 << 16) | 3],
      [2, 1, CLIENT, (6 << 16) | 1],
      0xd,
      0xc,
    ]);
    expect(machine.events.filter((event) => /^(recorded|replied)/.test(event))).toEqual([
      "recorded f0001 1 f4001",
      "replied f0001 1",
      "recorded f0001 2 f4001",
    ]);
  });

  it("has the failure and the frame; the supervisor comes before the thread's own pager and handler", () => {
    const log: unknown[] = [];
    run(
      function* (c) {
        yield* write8(c, RECORD, 0);
        yield* spawn(c, SERVER, 0, SERVER);
        yield* restartControl(c, SERVER, RECORD, ROOT, 1000);
        yield* message(c, SERVER, 0, { words: [0x77, 0x88] });
        for (let i = 0; i < 3; i++) {
          const got = yield* message(c, 0, SERVER);
          const words = got.words.length === 2 ? got.words : got.words.slice(2, 4);
          log.push([(got.tag >>> 16).toString(16), ...words]);
          log.push(
            [RESTART_FAILURE, RESTART_DETAIL, RESTART_ADDRESS, RESTART_FRAME, RESTART_FRAME + 5].map((w) => word(c, w)),
          );
          yield* exchangeRegisters(c, SERVER, EXREGS_SEND | EXREGS_RECEIVE | EXREGS_IP, { ip: 0x100 + i });
        }
      },
      [
        [
          SERVER,
          function* (c) {
            c.setTcr(-12, SIGMA0); // its own words do not count
            c.setTcr(-11, SIGMA0);
            try {
              c.write8(0x30000000, 1);
            } catch {
              yield -1;
            }
            yield c.died("for the test");
            c.charge(100_001);
            yield 0;
            yield 0;
          },
        ],
      ],
    );
    expect(log).toEqual([
      ["ffe2", 0x30000000, 0x77],
      [FAILURE_PAGE_FAULT, 2, 0x30000000, 0x77, 0x88],
      ["ffb0", EXCEPTION_RESIDENT_DIED, 0],
      [FAILURE_EXCEPTION, EXCEPTION_RESIDENT_DIED, 0, 0x100, 0x88],
      ["ff70", 1002, 0x101],
      [FAILURE_HANG, 0, 0, 0x101, 0x88],
    ]);
  });

  it("is not written when its page was taken away, and nothing else suffers", () => {
    const log: unknown[] = [];
    run(
      function* (c) {
        yield* spawn(c, SERVER, 1);
        yield* restartControl(c, SERVER, RECORD, ROOT);
        yield* message(c, SERVER, 0, { words: [0, 0] });
        log.push((yield* message(c, SERVER, SERVER, { label: 5 })).tag >>> 16);
      },
      [
        [
          SERVER,
          function* (c) {
            const got = yield* message(c, 0, ANY_THREAD);
            yield* message(c, got.from, 0, { label: 6 });
          },
        ],
      ],
    );
    expect(log).toEqual([6]);
  });
});

describe("the clock of a request", () => {
  it("stands still while the server waits, and starts again with each request", () => {
    const machine = run(
      function* (c) {
        yield* spawn(c, SERVER, 1);
        yield* restartControl(c, SERVER, 0, ROOT, 2000);
        yield* message(c, SERVER, 0, { words: [0, 0] });
        for (let i = 0; i < 3; i++) yield* message(c, SERVER, SERVER, { label: 5 });
      },
      [
        [
          SERVER,
          function* (c) {
            let got = yield* message(c, 0, ANY_THREAD);
            for (;;) {
              c.charge(150_000);
              yield* message(c, 0, SERVER, { time: timeouts(TIME_NEVER, (10 << 10) | 1000) });
              got = yield* message(c, got.from, ANY_THREAD, { time: REPLY_AND_WAIT });
            }
          },
        ],
      ],
    );
    expect(machine.events.filter((event) => event.startsWith("hang"))).toEqual([]);
    expect(machine.options.processor.cycles).toBeGreaterThan(3 * 102_400_000);
  });
});

describe("the death of a resident program", () => {
  it("in the root's space is a reset whose reason the next boot knows", () => {
    const machine = new Machine(
      new Map<ThreadId, Body>([
        [
          ROOT,
          function* (c) {
            yield c.died("a wish of the test");
          },
        ],
      ]),
    );
    expect(machine.kernel.run(1e9)).toEqual({ kind: "reset", reason: "root task: a wish of the test" });
    expect(machine.kernel.run(1e9).kind).toBe("reset");
    const again = Kernel.boot(machine.options, {
      memorySize: machine.options.memory.size,
      arenaSize: 4 << 20,
      modules: [],
      sigma0: { program: SIGMA0_PROGRAM, image: { low: 0x10000, high: 0x20000 } },
      root: { program: SCRIPT_PROGRAM, image: { low: 0x20000, high: 0x30000 } },
    })._unsafeUnwrap();
    expect(again.bootInfo()).toEqual({ boots: 2, resets: 1, reason: "root task: a wish of the test" });
  });

  it("elsewhere is an exception, and without a handler the thread halts", () => {
    const machine = run(
      function* (c) {
        yield* launch(c, SERVER, 0, SERVER);
      },
      [
        [
          SERVER,
          function* (c) {
            yield c.died("nobody cares");
          },
        ],
      ],
    );
    expect(machine.events.slice(-4)).toEqual([
      "died f0001 nobody cares",
      "exception f0001 ff 0 0",
      "failed f0001 4",
      "halted f0001 no exception handler",
    ]);
  });
});
