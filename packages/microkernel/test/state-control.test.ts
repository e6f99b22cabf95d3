/**
 * StateControl: who may ask, what get and set do, and threads that go on elsewhere.
 *
 * Here: threads by themselves. Not here: transfers in flight, ports, interrupts (→ transfer-record.test.ts).
 * Over 300 lines: one owner, its child and strangers in every case.
 */
import { EDX } from "@kintsugi/ia32";
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  ANY_THREAD,
  CONTINUATION_RECEIVE,
  CONTINUATION_SEND,
  CONTINUATION_USER,
  ERROR_INVALID_PARAMETER,
  ERROR_INVALID_THREAD,
  ERROR_NO_PRIVILEGE,
  EXREGS_SET_HALT,
  FPAGE_RWX,
  globalId,
  makeFpage,
  mapItem,
  messageTag,
  RECORD_CONTINUATION,
  RECORD_FLAG_HALTED,
  RECORD_FLAGS,
  RECORD_POSITION,
  RECORD_REGISTERS,
  RECORD_SPACE,
  RECORD_TO,
  RESIDENT_AGAIN,
  type ResidentContext,
  STATE_GET,
  STATE_LINK,
  STATE_LOOK,
  STATE_NEXT,
  STATE_NEXT_PAGE,
  STATE_SET,
  TCR_ERROR_CODE,
  TCR_PAGER,
  THREAD_RECORD_WORDS,
  type ThreadId,
  type ThreadState,
  TIME_NEVER,
  TIME_ZERO,
  timeouts,
} from "../src/index.ts";
import {
  type Body,
  exchangeRegisters,
  ipc,
  launch,
  Machine,
  MEGABYTE,
  message,
  type Outcome,
  ROOT,
  read8,
  spawn,
  stateControl as stateControlAt,
  threadControl,
  write8,
} from "./fixture.ts";
import { violations } from "./invariants.ts";

const LONG = process.env.KINTSUGI_LONG !== undefined;
const SEED = Number(process.env.KINTSUGI_SEED ?? 20261121);
const OWNER = globalId(60, 1);
const CHILD = globalId(61, 1);
const STRANGER = globalId(62, 1);
const BYSTANDERS: readonly ThreadId[] = [globalId(63, 1), globalId(64, 1)];
const BUFFER = 0x400000;
const REGION = 0x200000;
const CREATE = 9;
const DELETE = 10;

function* stateControl(
  c: ResidentContext,
  thread: ThreadId,
  operation: number,
  at = BUFFER,
): Generator<number, Outcome> {
  return yield* stateControlAt(c, thread, operation, at);
}

/** Serves faults of the others with pages of its own; makes and deletes the child when its owner asks. */
const root: Body = function* (c) {
  for (let page = 0; page < 4; page++) yield* write8(c, REGION + page * 0x1000, 0);
  for (const id of [OWNER, STRANGER, ...BYSTANDERS]) yield* launch(c, id, 1, id);
  let { from, tag } = yield* message(c, 0, ANY_THREAD);
  for (;;) {
    const label = tag >>> 16;
    const reply = timeouts(TIME_ZERO, TIME_NEVER);
    if (label === CREATE) yield* spawn(c, CHILD, 1, CHILD, OWNER);
    if (label === DELETE) yield* threadControl(c, CHILD, 0, 0, 0, -1);
    let items: number[] = [];
    if ((label & 0xfff0) === 0xffe0) {
      const page = [OWNER, STRANGER, ...BYSTANDERS].indexOf(from);
      items = [mapItem(c.mr(1) & ~0xfff), makeFpage(REGION + page * 0x1000, 12, FPAGE_RWX)];
    }
    ({ from, tag } = yield* message(c, from, ANY_THREAD, { items, time: reply }));
  }
};

/** An owner with its record page mapped and its child started. */
const owner = (body: Body): Body =>
  function* (c) {
    for (let i = 0; i < THREAD_RECORD_WORDS; i++) yield* write8(c, BUFFER + 4 * i, 0);
    yield* message(c, ROOT, ROOT, { label: CREATE });
    yield* message(c, CHILD, 0, { words: [0, 0] });
    yield* body(c);
  };

function machine(bodies: readonly (readonly [ThreadId, Body])[]): Machine {
  return new Machine(new Map([[ROOT, root], ...bodies]), 4 * MEGABYTE, MEGABYTE);
}

it("get is allowed to the space of the pager that ThreadControl set, whatever the thread writes there itself", () => {
  const log: unknown[] = [];
  const child: Body = function* (c) {
    c.setTcr(TCR_PAGER, STRANGER);
    yield* message(c, 0, OWNER);
  };
  const ask: Body = function* (c) {
    for (let i = 0; i < THREAD_RECORD_WORDS; i++) yield* write8(c, BUFFER + 4 * i, 0);
    yield* message(c, 0, ANY_THREAD, { time: timeouts(TIME_NEVER, (12 << 10) | 500) });
    log.push(yield* stateControl(c, CHILD, STATE_GET));
    log.push(yield* stateControl(c, CHILD, STATE_SET));
    log.push(yield* stateControl(c, 0, STATE_NEXT));
  };
  const get = owner(function* (c) {
    yield* message(c, 0, ANY_THREAD, { time: timeouts(TIME_NEVER, (10 << 10) | 500) });
    log.push(yield* stateControl(c, CHILD, STATE_GET));
    log.push(c.read32(BUFFER + 4 * RECORD_CONTINUATION), c.read32(BUFFER + 4 * RECORD_SPACE));
    log.push(yield* stateControl(c, CHILD, STATE_LINK)); // it was not set
    log.push(yield* stateControl(c, OWNER, STATE_SET)); // itself: its pager is the root task
    log.push(yield* stateControl(c, CHILD, STATE_GET, BUFFER + 2));
    log.push(yield* stateControl(c, CHILD, STATE_GET, 0x7000_0000));
    log.push(yield* stateControl(c, CHILD, 8));
    log.push(yield* stateControl(c, 0, STATE_NEXT));
    log.push(yield* stateControl(c, CHILD, STATE_NEXT));
  });
  const m = machine([
    [OWNER, get],
    [CHILD, child],
    [STRANGER, ask],
  ]);
  m.kernel.run(1e9);
  const refused = (error: number): Outcome => ({ result: 0, error });
  expect(log).toEqual([
    { result: 1, error: 0 },
    CONTINUATION_RECEIVE,
    CHILD,
    refused(ERROR_INVALID_THREAD),
    refused(ERROR_NO_PRIVILEGE),
    refused(ERROR_INVALID_PARAMETER),
    refused(ERROR_INVALID_PARAMETER),
    refused(ERROR_INVALID_PARAMETER),
    { result: CHILD, error: 0 },
    refused(0),
    refused(ERROR_NO_PRIVILEGE),
    refused(ERROR_NO_PRIVILEGE),
    refused(0),
  ]);
});

it("the pages of a child are enumerated with where they came from", () => {
  const found: unknown[] = [];
  const child: Body = function* (c) {
    for (const page of [0x50_0000, 0x50_3000, 0x90_0000]) yield* read8(c, page);
    yield* message(c, OWNER, OWNER);
  };
  function* pages(c: ResidentContext): Generator<number, void> {
    for (let at = 0; ; ) {
      const { result, error } = yield* stateControl(c, CHILD, STATE_NEXT_PAGE, at);
      found.push(result === 0 ? error : [result, c.registers[EDX]]);
      if (result === 0) return;
      at = (result & ~0xfff) + 0x1000;
    }
  }
  const m = machine([
    [CHILD, child],
    [
      OWNER,
      owner(function* (c) {
        let { tag } = yield* message(c, 0, CHILD);
        while (tag >>> 16 !== 0) {
          const fpage = makeFpage(BUFFER, 12, c.mr(1) === 0x50_3000 ? FPAGE_RWX : 5);
          ({ tag } = yield* message(c, CHILD, CHILD, { items: [mapItem(c.mr(1)), fpage] }));
        }
        yield* pages(c);
        yield* stateControl(c, STRANGER, STATE_NEXT_PAGE, 0);
        found.push(c.tcr(TCR_ERROR_CODE));
      }),
    ],
  ]);
  m.kernel.run(1e9);
  expect(found).toEqual([
    [makeFpage(0x50_0000, 12, 5), BUFFER],
    [makeFpage(0x50_3000, 12, FPAGE_RWX), BUFFER],
    [makeFpage(0x90_0000, 12, 5), BUFFER],
    0,
    ERROR_NO_PRIVILEGE,
  ]);
});

it("get stops a thread and otherwise changes nothing, in user code, sending or receiving; let go on, it does as if nothing had been", () => {
  let turns = 0;
  const bodies: readonly Body[] = [
    function* (c) {
      for (;;) yield ipc(c, 0, CHILD, timeouts(TIME_NEVER, (4 << 10) | 3));
    },
    function* (c) {
      for (; ; turns++) {
        c.charge(500);
        yield RESIDENT_AGAIN;
      }
    },
    function* (c) {
      yield* message(c, STRANGER, STRANGER, { words: [1, 2, 3] });
    },
    function* (c) {
      yield* message(c, 0, OWNER);
    },
  ];
  const stood: boolean[] = [];
  for (const body of bodies) {
    let before: ThreadState | undefined;
    let record = -1;
    const time = timeouts(TIME_NEVER, (4 << 10) | 500);
    const m: Machine = machine([
      [CHILD, body],
      [
        OWNER,
        owner(function* (c) {
          const child = (): ThreadState | undefined => m.kernel.exportState().threads.find(({ id }) => id === CHILD);
          yield* message(c, 0, ANY_THREAD, { time });
          before = child();
          expect((yield* stateControl(c, CHILD, STATE_LOOK)).result).toBe(1);
          expect(child()).toEqual(before); // a look stops nobody
          expect((yield* stateControl(c, CHILD, STATE_GET)).result).toBe(1);
          record = c.read32(BUFFER + 4 * RECORD_FLAGS) & RECORD_FLAG_HALTED;
          expect(child()).toEqual({ ...before, halted: true, readyPosition: -1 });
          const reached = turns;
          yield* message(c, 0, ANY_THREAD, { time });
          stood.push(turns === reached);
          yield* exchangeRegisters(c, CHILD, EXREGS_SET_HALT);
          expect(child()?.halted).toBe(false);
        }),
      ],
    ]);
    m.kernel.run(1e7);
    const reached = turns;
    m.kernel.run(2e7);
    if (body === bodies[1]) expect(turns).toBeGreaterThan(reached + 100);
    expect(before).toMatchObject({ id: CHILD, halted: false });
    expect(record).toBe(0);
    expect(violations(m.options)).toEqual([]);
  }
  expect(stood).toEqual([true, true, true, true]);
});

it.each([
  ["receiving", CONTINUATION_RECEIVE],
  ["sending", CONTINUATION_SEND],
  ["in user code", CONTINUATION_USER],
])("a thread that was %s goes on after it was exported, deleted, made anew, set and linked", (_what, kind) => {
  const heard: number[] = [];
  const child: Body = function* (c) {
    if (kind === CONTINUATION_USER) for (let i = 0; i < 300; i++, c.charge(20_000)) yield 0;
    for (let i = 0; i < 3; i++) {
      const { words, error } = yield* message(c, kind === CONTINUATION_RECEIVE ? 0 : OWNER, OWNER, { words: [i + 7] });
      heard.push(error, ...words);
    }
  };
  let exported = -1;
  const m = machine([
    [CHILD, child],
    [
      OWNER,
      owner(function* (c) {
        yield* message(c, 0, OWNER, { time: timeouts(TIME_NEVER, 50) });
        yield* stateControl(c, CHILD, STATE_GET);
        exported = c.read32(BUFFER + 4 * RECORD_CONTINUATION);
        const sp = c.read32(BUFFER + 4 * (RECORD_REGISTERS + 4));
        yield* message(c, ROOT, ROOT, { label: DELETE });
        yield* message(c, ROOT, ROOT, { label: CREATE });
        expect((yield* stateControl(c, CHILD, STATE_SET)).result).toBe(1);
        expect((yield* stateControl(c, CHILD, STATE_LINK)).result).toBe(1);
        for (let i = 0; i < 3; i++) {
          if (kind !== CONTINUATION_RECEIVE) heard.push(...(yield* message(c, 0, CHILD)).words);
          yield* message(c, CHILD, 0, { words: [100 + i] });
        }
        expect((yield* stateControl(c, CHILD, STATE_GET)).result).toBe(1);
        expect(c.read32(BUFFER + 4 * (RECORD_REGISTERS + 4))).toBe(sp);
        yield* exchangeRegisters(c, CHILD, EXREGS_SET_HALT);
      }),
    ],
  ]);
  m.kernel.run(1e9);
  expect(exported).toBe(kind);
  expect(heard).toEqual(kind === CONTINUATION_RECEIVE ? [0, 100, 0, 101, 0, 102] : [7, 0, 100, 8, 0, 101, 9, 0, 102]);
  expect(violations(m.options)).toEqual([]);
});

it("ready threads are linked in the order in which they were ready", () => {
  const orders: (readonly ThreadId[])[] = [];
  for (const milliseconds of [5, 15, 25, 35]) {
    const ids = [65, 66, 67, 68].map((n) => globalId(n, 1));
    const spin: Body = function* (c) {
      for (;;) {
        c.charge(20_000);
        yield RESIDENT_AGAIN;
      }
    };
    let before: readonly ThreadId[] = [];
    let after: readonly ThreadId[] = [];
    const root: Body = function* (c) {
      for (let i = 0; i < ids.length * 4 * THREAD_RECORD_WORDS; i += 4096) yield* write8(c, BUFFER + i, 0);
      yield* write8(c, BUFFER + ids.length * 4 * THREAD_RECORD_WORDS, 0);
      for (const [n, id] of ids.entries()) yield* launch(c, id, n + 1);
      yield* message(c, 0, ROOT, { time: timeouts(TIME_NEVER, (10 << 10) | milliseconds) });
      const ready = (): ThreadId[] =>
        m.kernel
          .exportState()
          .threads.filter(({ id, readyPosition }) => ids.includes(id) && readyPosition >= 0)
          .sort((one, other) => one.readyPosition - other.readyPosition)
          .map(({ id }) => id);
      before = ready();
      const place = (n: number): number => BUFFER + 4 * THREAD_RECORD_WORDS * n;
      for (const [n, id] of ids.entries()) yield* stateControlAt(c, id, STATE_GET, place(n));
      expect(ready()).toEqual([]);
      const order: ThreadId[] = [];
      for (const [n, id] of [...ids.entries()].reverse()) order.splice(c.read32(place(n) + 4 * RECORD_POSITION), 0, id);
      for (const [n, id] of ids.entries()) yield* stateControlAt(c, id, STATE_SET, place(n));
      for (const id of order) expect((yield* stateControlAt(c, id, STATE_LINK, place(ids.indexOf(id)))).result).toBe(1);
      after = ready();
    };
    const m: Machine = new Machine(
      new Map<ThreadId, Body>([[ROOT, root], ...ids.map((id) => [id, spin] as const)]),
      8 * MEGABYTE,
      MEGABYTE,
    );
    m.kernel.run(1e7);
    expect(before).toHaveLength(ids.length);
    expect(after).toEqual(before);
    orders.push(before);
  }
  expect(new Set(orders.map(String)).size).toBeGreaterThan(1);
});

it("garbage in a record hurts whoever sets it, and nobody else", () => {
  const word = fc.oneof(
    fc.constantFrom(0, 1, 2, 3, 4, 5, -1, -64, OWNER, CHILD, STRANGER, ROOT, ...BYSTANDERS, globalId(5, 1), 0x3202),
    fc.constantFrom(messageTag(0, 3, 2), messageTag(1, 0, 4) | 0x1000, 0x10, 0x11, TIME_ZERO, 0x400),
    fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  );
  const index = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.constantFrom(RECORD_CONTINUATION, RECORD_FLAGS, RECORD_TO, 18, 19, 20, 21, 22, 23, 187),
    },
    { weight: 2, arbitrary: fc.nat(THREAD_RECORD_WORDS - 1) },
  );
  const garbage = fc.array(fc.array(fc.tuple(index, word), { maxLength: 8 }), { minLength: 10, maxLength: 10 });
  const rounds: number[] = [];
  let attempts = 0;
  let linked = 0;
  /** Two that talk to each other only. */
  const talk = (mine: number): Body =>
    function* (c) {
      for (let i = 0; ; i++) {
        const other = BYSTANDERS[1 - mine];
        const { words, error } =
          mine === 0
            ? yield* message(c, other, other, { words: [i] })
            : yield* message(c, i === 0 ? 0 : other, other, { words: [i] });
        if (error !== 0 || words.length !== 1) rounds.push(-1);
        else rounds.push(words[0]);
        c.charge(2000);
      }
    };
  const run = (records: readonly (readonly (readonly [number, number])[])[] | null): number[] => {
    rounds.length = 0;
    const m = machine([
      [BYSTANDERS[0], talk(0)],
      [BYSTANDERS[1], talk(1)],
      [
        CHILD,
        function* (c) {
          for (;;) yield ipc(c, 0, CHILD, timeouts(TIME_NEVER, (2 << 10) | 50));
        },
      ],
      [
        OWNER,
        owner(function* (c) {
          for (const changes of records ?? []) {
            yield* stateControl(c, CHILD, STATE_GET);
            yield* read8(c, BUFFER);
            for (const [at, value] of changes) c.write32(BUFFER + 4 * at, value);
            attempts++;
            yield* stateControl(c, CHILD, STATE_SET);
            linked += (yield* stateControl(c, CHILD, STATE_LINK)).result;
            yield* message(c, 0, ANY_THREAD, { time: timeouts(TIME_NEVER, 20) });
          }
        }),
      ],
    ]);
    for (let step = 0; step < 2000 && m.kernel.step(1e12) === null; step++) {
      if (step % 50 === 0) expect(violations(m.options)).toEqual([]);
    }
    expect(violations(m.options)).toEqual([]);
    return [...rounds];
  };
  fc.assert(
    fc.property(garbage, (records) => {
      const heard = run(records);
      expect(heard.length).toBeGreaterThan(20);
      // Who talks to each other alone hears the numbers in turn, as if there were nobody else.
      expect(heard).toEqual(heard.map((_, i) => Math.floor(i / 2) + (i % 2 === 0 ? 0 : 1)));
    }),
    { numRuns: LONG ? 2000 : 40, seed: SEED },
  );
  expect(attempts).toBeGreaterThan(100);
  expect(linked / attempts).toBeGreaterThan(0.2);
});
