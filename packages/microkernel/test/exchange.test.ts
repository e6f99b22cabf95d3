import { EFLAGS, EIP, ESP } from "@kintsugi/ia32";
import { expect, it } from "vitest";
import {
  ERROR_INVALID_THREAD,
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
  RESIDENT_AGAIN,
  SCHEDULE_INACTIVE,
  TCR_ERROR_CODE,
  TCR_PAGER,
  TCR_USER_DEFINED_HANDLE,
  type ThreadId,
  timeouts,
  USER_EFLAGS_MASK,
} from "../src/index.ts";
import { findGlobal, register, utcbWord } from "../src/object/thread.ts";
import { exchangeRegisters } from "../src/syscall/exchange-registers.ts";
import { Arena, findArena } from "../src/table/arena.ts";
import { T } from "../src/table/layout.ts";
import { FLAG_HALTED, POLLING, READY, WAITING } from "../src/table/states.ts";
import {
  type Body,
  exchangeRegisters as exchange,
  launch,
  localOf,
  Machine,
  MEGABYTE,
  message,
  ROOT,
  schedule,
  threadControl,
  utcbOf,
} from "./fixture.ts";
import { violations } from "./invariants.ts";

const A = globalId(60, 1);

/** A thread that is doing one thing, and the root beside it. */
function scene(body: Body): { a: Arena; machine: Machine } {
  const root: Body = function* (c) {
    yield* launch(c, A, 1);
    yield* message(c, 0, ROOT, { time: timeouts(0, (5 << 10) | 500) });
    for (;;) yield RESIDENT_AGAIN;
  };
  const machine = new Machine(
    new Map<ThreadId, Body>([
      [ROOT, root],
      [A, body],
    ]),
    8 * MEGABYTE,
    MEGABYTE,
  );
  machine.kernel.run(5_000_000);
  const a = new Arena({ ...machine.options, observer: {} }, findArena(machine.options.memory)._unsafeUnwrap());
  return { a, machine };
}

const OLD = { sp: 0x1000, ip: 0x2000, handle: 0x3000 };
const NEW = { sp: 0x1111, ip: 0x2222, flags: -1, handle: 0x3333, pager: globalId(62, 1) };

it.each<{ name: string; state: number; halted?: boolean; body: Body }>([
  {
    name: "that sends",
    state: POLLING,
    body: function* (c) {
      yield* message(c, ROOT, 0);
    },
  },
  {
    name: "that receives",
    state: WAITING,
    body: function* (c) {
      yield* message(c, 0, ROOT);
    },
  },
  {
    name: "in user mode",
    state: READY,
    body: function* () {
      for (;;) yield RESIDENT_AGAIN;
    },
  },
  {
    name: "that is halted",
    state: READY,
    halted: true,
    body: function* () {
      for (;;) yield RESIDENT_AGAIN;
    },
  },
  {
    name: "that is halted in a receive",
    state: WAITING,
    halted: true,
    body: function* (c) {
      yield* message(c, 0, ROOT);
    },
  },
])("every combination of control bits does what each bit says to a thread $name", ({ state, halted = false, body }) => {
  const { a, machine } = scene(body);
  const row = findGlobal(a, A);
  const caller = findGlobal(a, ROOT);
  const none = { control: halted ? EXREGS_SET_HALT | EXREGS_HALT : EXREGS_SET_HALT, flags: 0, pager: 0 };
  exchangeRegisters(a, caller, A, { ...OLD, ...none });
  exchangeRegisters(a, caller, A, { ...OLD, ...none, control: EXREGS_SP | EXREGS_IP | EXREGS_HANDLE });
  expect(a.threads.get(row, T.state)).toBe(state);
  const oldFlags = register(a, row, EFLAGS);
  const saved = a.words.slice();
  for (let control = 0; control < 1024; control++) {
    a.words.set(saved);
    const x = { ...NEW, control };
    expect(exchangeRegisters(a, caller, control & 1 ? A : localOf(1), x)).toBe(control & 1 ? localOf(1) : A);
    const has = (bit: number): boolean => (control & bit) !== 0;
    // What is delivered is the state before.
    const sends = state === POLLING;
    const receives = state === WAITING;
    const before = (halted ? EXREGS_HALT : 0) | (receives ? EXREGS_RECEIVE : 0) | (sends ? EXREGS_SEND : 0);
    expect(x).toEqual({ ...OLD, flags: oldFlags, pager: ROOT, control: before });
    const aborted = (sends && has(EXREGS_SEND)) || (receives && has(EXREGS_RECEIVE));
    expect(a.threads.get(row, T.state)).toBe(aborted ? READY : state);
    if (aborted) expect(utcbWord(a, row, TCR_ERROR_CODE)).toBe(sends ? 6 : 7);
    expect(register(a, row, ESP)).toBe(has(EXREGS_SP) ? NEW.sp : OLD.sp);
    expect(register(a, row, EIP)).toBe(has(EXREGS_IP) ? NEW.ip : OLD.ip);
    expect(register(a, row, EFLAGS)).toBe(has(EXREGS_FLAGS) ? oldFlags | USER_EFLAGS_MASK : oldFlags);
    expect(utcbWord(a, row, TCR_USER_DEFINED_HANDLE)).toBe(has(EXREGS_HANDLE) ? NEW.handle : OLD.handle);
    expect(utcbWord(a, row, TCR_PAGER)).toBe(has(EXREGS_PAGER) ? NEW.pager : ROOT);
    const stops = has(EXREGS_SET_HALT) ? has(EXREGS_HALT) : halted;
    expect((a.threads.get(row, T.flags) & FLAG_HALTED) !== 0).toBe(stops);
    if (control % 37 === 0) expect(violations(machine.options)).toEqual([]);
  }
});

it("an inactive thread is addressed once its UTCB's place is chosen, keeps what is set wherever that moves, and stays inactive", () => {
  const far = globalId(0x3ffff, 2);
  const pager = globalId(62, 1);
  const log: unknown[] = [];
  const root: Body = function* (c) {
    const ask = function* (dest: ThreadId): Generator<number, unknown> {
      const { result, error, handle, pager: asked } = yield* exchange(c, dest, 0);
      return result === 0 ? error : [result, handle, asked];
    };
    log.push((yield* threadControl(c, far, ROOT, ROOT, 0, -1)).result, yield* ask(far));
    yield* threadControl(c, far, far, 0, 0, utcbOf(5));
    yield* exchange(c, far, EXREGS_HANDLE | EXREGS_PAGER | EXREGS_IP, { handle: 77, pager, ip: 0x1234 });
    log.push(yield* ask(far), yield* ask(localOf(5)));
    yield* threadControl(c, far, far, 0, 0, utcbOf(6));
    log.push(yield* ask(far), yield* ask(localOf(5)));
    log.push((yield* message(c, far, 0)).error, yield* schedule(c, far));
    yield* threadControl(c, far, far, 0, ROOT, -1);
    log.push(yield* ask(far));
  };
  const machine = new Machine(new Map([[ROOT, root]]), 8 * MEGABYTE, MEGABYTE);
  machine.kernel.run(5_000_000);
  machine.reimport();
  expect(log).toEqual([
    ...[1, ERROR_INVALID_THREAD],
    ...[
      [localOf(5), 77, pager],
      [far, 77, pager],
    ],
    ...[[localOf(6), 77, pager], ERROR_INVALID_THREAD],
    ...[4, { result: SCHEDULE_INACTIVE, error: 0 }],
    [localOf(6), 77, ROOT],
  ]);
  expect(machine.kernel.threadInfo(far)?.registers[EIP]).toBe(0x1234);
  expect(violations(machine.options)).toEqual([]);
});
