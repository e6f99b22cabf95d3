/**
 * The calls that make, change and schedule threads and spaces, and name memory and processor attributes.
 *
 * Here: each rule and each error by itself. Not here: calls in random order (→ threads.test.ts), IPC (→ ipc.test.ts).
 * Over 300 lines: a case for each rule of the manual, on one small machine.
 */
import { EAX, EBP, EBX, ECX, EDX, EFLAGS, EIP, ESI, ESP } from "@kintsugi/ia32";
import { describe, expect, it } from "vitest";
import {
  ANY_THREAD,
  ERROR_INVALID_PARAMETER,
  ERROR_INVALID_SCHEDULER,
  ERROR_INVALID_SPACE,
  ERROR_INVALID_THREAD,
  ERROR_KIP_AREA,
  ERROR_NO_PRIVILEGE,
  ERROR_OUT_OF_MEMORY,
  ERROR_UTCB_AREA,
  EXREGS_DELIVER,
  EXREGS_FLAGS,
  EXREGS_HALT,
  EXREGS_HANDLE,
  EXREGS_IP,
  EXREGS_PAGER,
  EXREGS_RECEIVE,
  EXREGS_SEND,
  EXREGS_SET_HALT,
  EXREGS_SP,
  globalId,
  makeFpage,
  type ResidentContext,
  SCHEDULE_INACTIVE,
  SCHEDULE_PENDING_SEND,
  SCHEDULE_RUNNING,
  SCHEDULE_WAITING,
  STANDARD_UTCB_AREA,
  SYSCALL_MEMORY_CONTROL,
  SYSCALL_PROCESSOR_CONTROL,
  TCR_ERROR_CODE,
  TCR_MY_GLOBAL_ID,
  type ThreadId,
  TIME_NEVER,
  TIME_ZERO,
  timeouts,
} from "../src/index.ts";
import {
  type Body,
  exchangeRegisters,
  KIP_FPAGE,
  launch,
  localOf,
  Machine,
  message,
  type Outcome,
  ROOT,
  residentControl,
  restartControl,
  SIGMA0,
  schedule,
  spaceControl,
  spawn,
  threadControl,
  threadSwitch,
  UTCB_FPAGE,
  utcbOf,
  ZERO,
} from "./fixture.ts";
import { violations } from "./invariants.ts";

const A = globalId(60, 1);
const B = globalId(61, 1);
const PAUSE = timeouts(TIME_NEVER, (4 << 10) | 1000);

function run(root: Body, others: readonly (readonly [ThreadId, Body])[] = []): Machine {
  const machine = new Machine(new Map([[ROOT, root], ...others]));
  expect(machine.kernel.run(1e9).kind).toBe("idle");
  expect(violations(machine.options)).toEqual([]);
  return machine;
}

const OK: Outcome = { result: 1, error: 0 };
const no = (error: number): Outcome => ({ result: 0, error });

describe("ThreadControl", () => {
  const cases: readonly (readonly [string, number, ThreadId, ThreadId, ThreadId, number, Outcome])[] = [
    ["deletes oneself", ROOT, 0, 0, 0, -1, no(ERROR_INVALID_THREAD)],
    ["deletes nobody", globalId(200, 1), 0, 0, 0, -1, OK],
    ["creates with a local id", localOf(1), ROOT, ROOT, 0, -1, no(ERROR_INVALID_THREAD)],
    ["creates without scheduler", A, ROOT, 0, 0, -1, no(ERROR_INVALID_THREAD)],
    ["creates with a bogus scheduler", A, ROOT, B, 0, -1, no(ERROR_INVALID_SCHEDULER)],
    ["creates in no space", A, B, ROOT, 0, -1, no(ERROR_INVALID_SPACE)],
    ["creates in an interrupt's space", A, globalId(3, 1), ROOT, 0, -1, no(ERROR_INVALID_SPACE)],
    ["creates active in a new space", A, A, ROOT, ROOT, utcbOf(0), no(ERROR_INVALID_SPACE)],
    ["creates active without UTCB", A, ROOT, ROOT, ROOT, -1, no(ERROR_UTCB_AREA)],
    ["creates with an unaligned UTCB", A, ROOT, ROOT, ROOT, STANDARD_UTCB_AREA + 0x210, no(ERROR_UTCB_AREA)],
    ["creates with a UTCB outside", A, ROOT, ROOT, ROOT, 0xbe000000, no(ERROR_UTCB_AREA)],
    ["creates over another's UTCB", A, ROOT, ROOT, ROOT, utcbOf(0), no(ERROR_UTCB_AREA)],
    ["creates a system thread", globalId(20, 1), ROOT, ROOT, 0, -1, no(ERROR_INVALID_THREAD)],
    ["creates beyond the numbers that ThreadInfo promises", globalId(0x3ffff, 1), ROOT, ROOT, 0, -1, OK],
    ["creates", A, ROOT, ROOT, 0, -1, OK],
    ["creates active", A, ROOT, ROOT, ROOT, utcbOf(1), OK],
    ["attaches the cascade", globalId(2, 1), globalId(2, 1), 0, ROOT, -1, no(ERROR_INVALID_THREAD)],
    ["attaches an interrupt to nobody", globalId(5, 1), globalId(5, 1), 0, B, -1, no(ERROR_INVALID_THREAD)],
    ["attaches an interrupt", globalId(5, 1), globalId(5, 1), 0, ROOT, -1, OK],
    ["detaches an interrupt", globalId(5, 1), globalId(5, 1), 0, globalId(5, 1), -1, OK],
  ];
  it.each(cases)("%s", (_name, dest, space, scheduler, pager, utcb, expected) => {
    let outcome: Outcome | null = null;
    run(function* (c) {
      outcome = yield* threadControl(c, dest, space, scheduler, pager, utcb);
    });
    expect(outcome).toEqual(expected);
  });

  it("is refused to other spaces, like every privileged call", () => {
    const outcomes: Outcome[] = [];
    run(
      function* (c) {
        yield* launch(c, A, 0, A);
      },
      [
        [
          A,
          function* (c) {
            outcomes.push(yield* threadControl(c, B, A, A, 0, -1), yield* spaceControl(c, A, KIP_FPAGE, UTCB_FPAGE));
            outcomes.push(yield* residentControl(c, A, 9), yield* restartControl(c, A, 0, 0));
          },
        ],
      ],
    );
    expect(outcomes).toEqual([1, 1, 1, 1].map(() => no(ERROR_NO_PRIVILEGE)));
  });

  it("activates, renames, and moves a thread with its UTCB", () => {
    const log: unknown[] = [];
    const A2 = globalId(60, 2);
    run(
      function* (c) {
        yield* threadControl(c, A, ROOT, ROOT, 0, utcbOf(3));
        log.push((yield* schedule(c, A)).result);
        yield* threadControl(c, B, B, ROOT, 0, -1);
        yield* spaceControl(c, B, KIP_FPAGE, UTCB_FPAGE);
        log.push(yield* threadControl(c, A, ROOT, 0, ROOT, -1));
        log.push((yield* schedule(c, A)).result);
        yield* residentControl(c, A, 2);
        log.push((yield* exchangeRegisters(c, localOf(3), EXREGS_HANDLE, { handle: 77 })).result === A);
        log.push(yield* threadControl(c, A2, B, 0, 0, -1));
        log.push((yield* exchangeRegisters(c, A, EXREGS_DELIVER)).error);
        const moved = yield* exchangeRegisters(c, A2, EXREGS_DELIVER);
        log.push(moved.result === localOf(3), moved.handle);
        log.push((yield* message(c, 0, ANY_THREAD)).words); // moving broke its wait for a start off: it runs
      },
      [
        [
          A2,
          function* (c) {
            yield* message(c, ROOT, 0, { words: [c.tcr(TCR_MY_GLOBAL_ID) === A2 ? 1 : 0, c.thread] });
          },
        ],
      ],
    );
    expect(log).toEqual([SCHEDULE_INACTIVE, OK, SCHEDULE_WAITING, true, OK, ERROR_INVALID_THREAD, true, 77, [1, A2]]);
  });

  it("says out of memory when rows or frames are used up, and works again after deletions", () => {
    const outcomes: Outcome[] = [];
    let made = 0;
    run(function* (c) {
      for (let round = 0; round < 2; round++) {
        let n = 0;
        for (;;) {
          const id = globalId(100 + n, 1);
          const row = yield* threadControl(c, id, id, ROOT, 0, -1);
          const space = row.result === 1 ? yield* spaceControl(c, id, KIP_FPAGE, UTCB_FPAGE) : row;
          const active = space.result === 1 ? yield* threadControl(c, id, id, ROOT, ROOT, utcbOf(0)) : space;
          n++;
          if (active.result === 1) continue;
          outcomes.push(active);
          break;
        }
        if (round === 0) made = n;
        else expect(n).toBe(made);
        for (let i = 0; i < n; i++) yield* threadControl(c, globalId(100 + i, 1), 0, 0, 0, -1);
      }
    });
    expect(made).toBeGreaterThan(50);
    expect(outcomes).toEqual([no(ERROR_OUT_OF_MEMORY), no(ERROR_OUT_OF_MEMORY)]);
  });
});

describe("SpaceControl", () => {
  const cases: readonly (readonly [string, number, number, Outcome])[] = [
    ["overlapping areas", makeFpage(STANDARD_UTCB_AREA, 12, 0), UTCB_FPAGE, no(ERROR_KIP_AREA)],
    ["UTCBs among the kernel's addresses", KIP_FPAGE, makeFpage(0xe0000000, 17, 0), no(ERROR_UTCB_AREA)],
    ["no UTCB area", KIP_FPAGE, 0, no(ERROR_UTCB_AREA)],
    ["a small KIP area", makeFpage(0x1000, 11, 0), UTCB_FPAGE, no(ERROR_KIP_AREA)],
    ["good areas", KIP_FPAGE, UTCB_FPAGE, OK],
  ];
  it.each(cases)("%s", (_name, kip, utcb, expected) => {
    const outcomes: Outcome[] = [];
    run(function* (c) {
      yield* threadControl(c, A, A, ROOT, 0, -1);
      outcomes.push(yield* spaceControl(c, A, kip, utcb), yield* spaceControl(c, B, kip, utcb));
      if (expected.result === 1) outcomes.push(yield* spaceControl(c, A, 0, 0));
    });
    expect(outcomes).toEqual([expected, no(ERROR_INVALID_SPACE), OK].slice(0, 2 + expected.result));
  });
});

describe("ExchangeRegisters", () => {
  it("starts a thread that was never started, reads and sets everything", () => {
    const log: unknown[] = [];
    const machine = run(function* (c) {
      yield* spawn(c, A, 1);
      const control = EXREGS_SEND | EXREGS_RECEIVE | EXREGS_SP | EXREGS_IP | EXREGS_SET_HALT;
      log.push(yield* exchangeRegisters(c, A, control | EXREGS_FLAGS, { sp: 0x5000, ip: 0x6000, flags: -1 }));
      log.push(yield* exchangeRegisters(c, localOf(1), EXREGS_HANDLE | EXREGS_PAGER, { handle: 5, pager: SIGMA0 }));
      log.push((yield* exchangeRegisters(c, A, EXREGS_DELIVER)).pager === SIGMA0);
      log.push((yield* exchangeRegisters(c, globalId(60, 9), EXREGS_DELIVER)).error);
    });
    const old = { error: 0, handle: 0, pager: ROOT };
    expect(log).toEqual([
      { ...old, result: localOf(1), control: EXREGS_RECEIVE, sp: 0, ip: 0, flags: 0x3202 },
      { ...old, result: A, control: 0, sp: 0x5000, ip: 0x6000, flags: 0x3ad7 },
      true,
      ERROR_INVALID_THREAD,
    ]);
    const registers = machine.kernel.threadInfo(A)?.registers ?? [];
    expect([registers[ESP], registers[EIP], registers[EFLAGS]]).toEqual([0x5000, 0x6000, 0x3ad7]);
  });

  it("breaks off a send and a receive", () => {
    const log: unknown[] = [];
    run(
      function* (c) {
        yield* launch(c, A, 1);
        yield* message(c, 0, ROOT, { time: PAUSE });
        log.push((yield* schedule(c, A)).result);
        log.push((yield* exchangeRegisters(c, A, EXREGS_RECEIVE)).control); // it sends: nothing is broken off
        log.push((yield* exchangeRegisters(c, A, EXREGS_SEND)).control);
        yield* message(c, 0, ROOT, { time: PAUSE });
        log.push((yield* exchangeRegisters(c, A, EXREGS_RECEIVE)).control);
      },
      [
        [
          A,
          function* (c) {
            const sent = yield* message(c, ROOT, 0);
            const got = yield* message(c, 0, ANY_THREAD);
            log.push([sent.error, sent.from], [got.error, got.from]);
          },
        ],
      ],
    );
    expect(log).toEqual([SCHEDULE_PENDING_SEND, EXREGS_SEND, EXREGS_SEND, EXREGS_RECEIVE, [6, 0], [7, ANY_THREAD]]);
  });

  it("halts and resumes; a halted thread's IPC goes on", () => {
    const log: unknown[] = [];
    run(
      function* (c) {
        yield* launch(c, A, 1);
        yield* message(c, 0, ROOT, { time: PAUSE });
        yield* exchangeRegisters(c, A, EXREGS_SET_HALT | EXREGS_HALT);
        yield* message(c, A, 0);
        yield* message(c, 0, ROOT, { time: PAUSE });
        log.push("halted", (yield* schedule(c, A)).result);
        log.push((yield* exchangeRegisters(c, A, EXREGS_SET_HALT)).control);
        yield* message(c, 0, ROOT, { time: PAUSE });
      },
      [
        [
          A,
          function* (c) {
            yield* message(c, 0, ROOT);
            log.push("ran");
          },
        ],
      ],
    );
    expect(log).toEqual(["halted", SCHEDULE_INACTIVE, EXREGS_HALT, "ran"]);
  });

  it("is refused to strangers and allowed to the space of the pager", () => {
    const log: number[] = [];
    run(
      function* (c) {
        yield* spawn(c, A, 0, A);
        yield* spawn(c, B, 0, B);
        yield* threadControl(c, globalId(62, 1), B, ROOT, A, utcbOf(1));
        yield* message(c, A, 0, { words: [0, 0] });
      },
      [
        [
          A,
          function* (c) {
            log.push((yield* exchangeRegisters(c, B, EXREGS_DELIVER)).error);
            log.push((yield* exchangeRegisters(c, globalId(62, 1), EXREGS_DELIVER)).result);
          },
        ],
      ],
    );
    expect(log).toEqual([ERROR_INVALID_THREAD, localOf(1)]);
  });
});

describe("scheduling", () => {
  it("a more urgent receiver runs at once, a less urgent one when the sender blocks", () => {
    const log: string[] = [];
    const receiver: (name: string) => Body = (name) =>
      function* (c) {
        yield* message(c, 0, ROOT);
        log.push(name);
      };
    run(
      function* (c) {
        yield* launch(c, A, 1);
        yield* launch(c, B, 2);
        yield* schedule(c, A, { priority: 90 });
        yield* schedule(c, B, { priority: 110 });
        yield* schedule(c, ROOT, { priority: 100 });
        yield* message(c, 0, ROOT, { time: PAUSE });
        yield* message(c, A, 0);
        log.push("after the send to the less urgent");
        yield* message(c, B, 0);
        log.push("after the send to the more urgent");
      },
      [
        [A, receiver("less urgent")],
        [B, receiver("more urgent")],
      ],
    );
    expect(log).toEqual([
      "after the send to the less urgent",
      "more urgent",
      "after the send to the more urgent",
      "less urgent",
    ]);
  });

  it("equals take turns by time slice, and by ThreadSwitch", () => {
    const log: string[] = [];
    const worker: (name: string) => Body = (name) =>
      function* (c) {
        for (let i = 0; i < 4; i++) {
          log.push(name);
          c.charge(600_000); // 6 ms of a 10 ms slice
          yield 0;
        }
      };
    const machine = run(
      function* (c) {
        yield* launch(c, A, 1);
        yield* launch(c, B, 2);
      },
      [
        [A, worker("a")],
        [B, worker("b")],
      ],
    );
    expect(log.join("")).toBe("aabbaabb");
    expect(machine.kernel.threads().map(({ id }) => id)).toEqual([SIGMA0, ROOT, A, B]);
  });

  it("ThreadSwitch to somebody runs it, however little urgent", () => {
    const log: string[] = [];
    run(
      function* (c) {
        yield* launch(c, A, 1);
        yield* threadSwitch(c, A);
        log.push("root");
      },
      [
        [
          A,
          function* () {
            log.push("a");
            yield 0;
          },
        ],
      ],
    );
    expect(log[0]).toBe("a");
  });

  it("Schedule knows states, its limits, and bogus threads", () => {
    const log: number[] = [];
    run(
      function* (c) {
        log.push((yield* schedule(c, ROOT)).result, (yield* schedule(c, globalId(99, 1))).error);
        log.push((yield* schedule(c, globalId(5, 1))).error); // not attached
        yield* launch(c, A, 0, A);
      },
      [
        [
          A,
          function* (c) {
            log.push((yield* schedule(c, ROOT, { priority: 3 })).error);
          },
        ],
      ],
    );
    expect(log).toEqual([SCHEDULE_RUNNING, ERROR_INVALID_THREAD, ERROR_INVALID_THREAD, ERROR_NO_PRIVILEGE]);
  });

  it("Schedule refuses what is above the caller's own priority, another processor, and lengths that are none", () => {
    const PERIOD = (5 << 10) | 1000;
    const point = 0x8000 | 5;
    const refused = [
      { priority: 101 },
      { preemption: 101 << 16 },
      { processor: 1 },
      { time: TIME_ZERO << 16 },
      { time: (PERIOD << 16) | TIME_ZERO },
      { time: point << 16 },
      { time: point },
    ];
    const granted = [{ priority: 100 }, { preemption: (100 << 16) | 10 }, { processor: 0 }, { time: PERIOD << 16 }];
    const log: Outcome[] = [];
    run(function* (c) {
      yield* launch(c, A, 1);
      yield* schedule(c, ROOT, { priority: 100 });
      for (const one of [...refused, ...granted]) log.push(yield* schedule(c, A, one));
      expect((yield* schedule(c, A)).result).toBe(SCHEDULE_RUNNING);
      expect(c.registers[EDX] >>> 16).toBe(PERIOD);
    });
    expect(log.map(({ error }) => error)).toEqual([...refused.map(() => ERROR_INVALID_PARAMETER), 0, 0, 0, 0]);
  });
});

describe("areas and names", () => {
  it("areas can be changed while no thread of the space is active, and are checked each time", () => {
    const log: number[] = [];
    const machine = run(function* (c) {
      const space = globalId(64, 1);
      yield* threadControl(c, space, space, ROOT, 0, -1);
      const areas = function* (kip: number, utcb: number) {
        log.push((yield* spaceControl(c, space, kip, utcb)).error);
      };
      yield* areas(makeFpage(0x111000, 12, 0), makeFpage(0x200000, 12, 0));
      for (const utcb of [0x110000, 0x113000])
        yield* areas(makeFpage(0x111000, 12, 0), makeFpage(utcb & ~0x3fff, 14, 0));
      yield* areas(makeFpage(0x111000, 11, 0), makeFpage(0x200000, 12, 0));
      yield* areas(makeFpage(0xc0010000 | 0, 12, 0), makeFpage(0x200000, 12, 0));
      yield* areas(makeFpage(0x111000, 12, 0), makeFpage(0xc0000000 | 0, 18, 0));
      yield* areas(makeFpage(0x300000, 12, 0), makeFpage(0x400000, 13, 0));
      log.push((yield* threadControl(c, space, space, ROOT, ROOT, 0x200000)).error); // no longer the UTCB area
      log.push((yield* threadControl(c, space, space, ROOT, ROOT, 0x401000)).error);
      yield* areas(makeFpage(0x111000, 11, 0), 0); // not looked at any more
    });
    expect(log).toEqual([0, 7, 7, 7, 7, 6, 0, 6, 0, 0]);
    expect(violations(machine.options)).toEqual([]);
  });

  it("schedulers and pagers may be named by local ids, and interrupts are no schedulers", () => {
    const log: number[] = [];
    run(function* (c) {
      yield* launch(c, A, 1);
      for (const scheduler of [localOf(1), globalId(15, 1), globalId(47, 1), localOf(9), B])
        log.push((yield* threadControl(c, B, ROOT, scheduler, 0, -1)).error);
      log.push((yield* threadControl(c, B, B, 0, localOf(0), utcbOf(2))).error);
      log.push((yield* message(c, B, 0, { words: [0, 0], time: ZERO })).error); // from its pager: the start
    });
    expect(log).toEqual([0, 4, 4, 4, 0, 0, 0]);
  });
});

it("MemoryControl and ProcessorControl are the privileged spaces', and take what is valid", () => {
  const log: unknown[] = [];
  const control = function* (c: ResidentContext, number: number, attribute = 0): Generator<number, void> {
    c.setMr(0, makeFpage(0x400000, 12, 1));
    for (const [register, value] of [
      [EAX, 0],
      [ECX, attribute],
      [EDX, 0],
      [EBX, 0],
      [EBP, 0],
      [ESI, makeFpage(0x400000, 12, 1)],
    ])
      c.registers[register] = value;
    yield number;
    log.push(c.registers[EAX] === 0 ? c.tcr(TCR_ERROR_CODE) : OK);
  };
  const stranger: Body = function* (c) {
    yield* control(c, SYSCALL_MEMORY_CONTROL);
    yield* control(c, SYSCALL_PROCESSOR_CONTROL);
  };
  const root: Body = function* (c) {
    for (const attribute of [0, 1, 4, 8, 3, -1]) yield* control(c, SYSCALL_MEMORY_CONTROL, attribute);
    yield* control(c, SYSCALL_PROCESSOR_CONTROL);
    yield* launch(c, A, 0, A);
  };
  const machine = new Machine(
    new Map<ThreadId, Body>([
      [ROOT, root],
      [A, stranger],
    ]),
  );
  machine.kernel.run(1e7);
  const [invalid, forbidden] = [ERROR_INVALID_PARAMETER, ERROR_NO_PRIVILEGE];
  expect(log).toEqual([OK, OK, OK, OK, invalid, invalid, OK, forbidden, forbidden]);
});
