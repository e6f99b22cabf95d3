/**
 * Random sequences of all calls by several threads against a plain model of threads, and the invariants after each.
 *
 * Here: model and generator. Not here: mappings against a model (→ model.test.ts).
 * Over 300 lines: the model says all calls' rules once more, in one place.
 */
import { EAX, EBX, ECX, EDI, EDX, ESI } from "@kintsugi/ia32";
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  ACCEPT_COMPLETE,
  ANY_LOCAL_THREAD,
  ANY_THREAD,
  BR_BASE,
  EXREGS_HALT,
  EXREGS_RECEIVE,
  EXREGS_SEND,
  EXREGS_SET_HALT,
  FPAGE_RWX,
  FPAGE_W,
  globalId,
  makeFpage,
  mapItem,
  messageTag,
  SYSCALL_EXCHANGE_REGISTERS,
  SYSCALL_IPC,
  SYSCALL_SCHEDULE,
  SYSCALL_SPACE_CONTROL,
  SYSCALL_THREAD_CONTROL,
  SYSCALL_THREAD_SWITCH,
  SYSCALL_UNMAP,
  TAG_ERROR,
  TCR_ERROR_CODE,
  type ThreadId,
  TIME_NEVER,
  TIME_ZERO,
  threadNumber,
  timeouts,
  UNMAP_FLUSH,
} from "../src/index.ts";
import { mapItemInto } from "../src/ipc/map-transfer.ts";
import { dequeueReady, enqueueReady } from "../src/object/ready-queue.ts";
import { findGlobal, register, setRegister, setUtcbWord, utcbWord } from "../src/object/thread.ts";
import { systemCall } from "../src/syscall/table.ts";
import type { Arena } from "../src/table/arena.ts";
import { H, S, T } from "../src/table/layout.ts";
import { FLAG_HALTED, INACTIVE, POLLING, READY, WAITING } from "../src/table/states.ts";
import { KIP_FPAGE, Machine, MEGABYTE, ROOT, rewinder, SIGMA0, shownPages, UTCB_FPAGE, utcbOf } from "./fixture.ts";
import { violations } from "./invariants.ts";
import { type ModelThread, ThreadModel } from "./thread-model.ts";

const LONG = process.env.KINTSUGI_LONG !== undefined;
const SEED = Number(process.env.KINTSUGI_SEED ?? 20261121);
const BASE = 0x200000;
const PAGE = 0x1000;
const PAGES = 6;
const SHOWN = Array.from({ length: PAGES }, (_, n) => BASE / PAGE + n);
const NUMBERS = [60, 61, 62, 63, 64];
const USERS: readonly ThreadId[] = NUMBERS.flatMap((n) => [globalId(n, 1), globalId(n, 1), globalId(n, 2)]);
const STATES = { inactive: INACTIVE, ready: READY, waiting: WAITING, polling: POLLING };

const user = fc.constantFrom(...USERS);
const anybody = fc.constantFrom(...USERS, ROOT);
const page = fc.nat(PAGES - 1);
const call = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("create" as const),
      id: user,
      space: anybody,
      pager: fc.constantFrom(0, ROOT, ROOT, USERS[0]),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("found" as const), id: user }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("delete" as const), id: anybody }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("initialise" as const), id: anybody }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("exchange" as const),
      ...{
        id: anybody,
        send: fc.boolean(),
        receive: fc.boolean(),
        halt: fc.constantFrom(null, null, true, false, false),
      },
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("schedule" as const),
      id: user,
      priority: fc.integer({ min: 1, max: 255 }),
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant("ipc" as const),
      to: fc.oneof({ weight: 4, arbitrary: anybody }, { weight: 1, arbitrary: fc.constant(0) }),
      from: fc.oneof(
        { weight: 2, arbitrary: anybody },
        { weight: 3, arbitrary: fc.constantFrom(0, 0, ANY_THREAD, ANY_LOCAL_THREAD) },
      ),
      patient: fc.tuple(fc.boolean(), fc.boolean()),
      given: fc.option(fc.record({ page, at: page, write: fc.boolean() })),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("unmap" as const),
      page,
      rights: fc.constantFrom(7, 7, 2, 0),
      flush: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("switch" as const), id: anybody }) },
);
const step = fc.tuple(fc.nat(100), call);
type Call = typeof call extends fc.Arbitrary<infer C> ? C : never;

/** Two threads in a space of their own and one in the root task's, ready: who has no rights makes calls, too. */
const [ONE, TWO, THREE] = [globalId(60, 1), globalId(61, 1), globalId(62, 1)];
const OPENING: readonly (readonly [number, Call])[] = [
  [0, { kind: "found", id: ONE }],
  [0, { kind: "initialise", id: ONE }],
  ...([ONE, TWO, THREE] as const).flatMap((id): [number, Call][] => [
    [0, { kind: "create", id, space: id === THREE ? ROOT : ONE, pager: ROOT }],
    [0, { kind: "ipc", to: id, from: 0, patient: [true, true], given: { page: 1, at: 2, write: true } }],
  ]),
];

const machine = new Machine(new Map(), 4 * MEGABYTE, MEGABYTE);
machine.kernel.run(1e6);
const rewind = rewinder(machine);

/** Gives a thread its turn. */
function makeCurrent(a: Arena, row: number): void {
  const before = a.get(H.current);
  if (before === row) return;
  a.set(H.current, 0);
  if (before !== 0) enqueueReady(a, before);
  dequeueReady(a, row);
  a.set(H.current, row);
  a.set(H.accounted, row);
}

/** Makes a call as a thread with these registers. */
function make(a: Arena, row: number, number: number, values: readonly (readonly [number, number])[]): void {
  for (const [index, value] of values) setRegister(a, row, index, value);
  systemCall(a, row, number);
}

/** The same call on both. Returns the model's error, and the kernel's; null for calls that have none. */
function both(a: Arena, model: ThreadModel, caller: ModelThread, one: Call): readonly [number, number] | null {
  const row = findGlobal(a, caller.id);
  makeCurrent(a, row);
  const error = (): number => (register(a, row, EAX) === 0 ? utcbWord(a, row, TCR_ERROR_CODE) : 0);
  if (one.kind !== "ipc") caller.outcome = null;
  switch (one.kind) {
    case "create":
    case "found": {
      const space = one.kind === "found" ? one.id : one.space;
      const pager = one.kind === "found" ? 0 : one.pager;
      const there = model.threads.find(({ id }) => threadNumber(id) === threadNumber(one.id));
      const place = there === undefined || there.state === "inactive" ? utcbOf(threadNumber(one.id) - 59) : -1;
      const expected = model.create(caller, one.id, space, pager, ROOT);
      make(a, row, SYSCALL_THREAD_CONTROL, [
        [EAX, one.id],
        [ESI, space],
        [EDX, ROOT],
        [ECX, pager],
        [EDI, place],
      ]);
      return [expected, error()];
    }
    case "delete": {
      const expected = model.delete(caller, one.id);
      make(a, row, SYSCALL_THREAD_CONTROL, [
        [EAX, one.id],
        [ESI, 0],
      ]);
      return [expected, error()];
    }
    case "initialise": {
      const expected = model.initialise(caller, one.id);
      make(a, row, SYSCALL_SPACE_CONTROL, [
        [EAX, one.id],
        [EDX, KIP_FPAGE],
        [ESI, UTCB_FPAGE],
        [EDI, 0],
      ]);
      return [expected, error()];
    }
    case "exchange": {
      const { id, send, receive, halt } = one;
      const expected = model.exchange(caller, id, send, receive, halt);
      const halts = halt === null ? 0 : EXREGS_SET_HALT | (halt ? EXREGS_HALT : 0);
      make(a, row, SYSCALL_EXCHANGE_REGISTERS, [
        [EAX, id],
        [ECX, (send ? EXREGS_SEND : 0) | (receive ? EXREGS_RECEIVE : 0) | halts],
      ]);
      return [expected, error()];
    }
    case "schedule": {
      const expected = model.schedule(caller, one.id, one.priority);
      make(a, row, SYSCALL_SCHEDULE, [
        [EAX, one.id],
        [EDX, -1],
        [ESI, -1],
        [ECX, one.priority],
        [EDI, -1],
      ]);
      return [expected, error()];
    }
    case "ipc": {
      const { to, from, patient, given } = one;
      if (given !== null) {
        setUtcbWord(a, row, 1, mapItem(BASE + given.at * PAGE));
        setUtcbWord(a, row, 2, makeFpage(BASE + given.page * PAGE, 12, given.write ? FPAGE_RWX : FPAGE_RWX & ~FPAGE_W));
      }
      model.ipc(caller, to, from, patient, given);
      const [send, receive] = patient.map((waits) => (waits ? TIME_NEVER : TIME_ZERO));
      make(a, row, SYSCALL_IPC, [
        [EAX, to],
        [EDX, from],
        [ECX, timeouts(send, receive)],
        [ESI, messageTag(7, 0, given === null ? 0 : 2)],
      ]);
      return null;
    }
    case "unmap":
      model.pages.unmap(caller.space, one.page, one.rights, one.flush);
      make(a, row, SYSCALL_UNMAP, [
        [EAX, one.flush ? UNMAP_FLUSH : 0],
        [ESI, makeFpage(BASE + one.page * PAGE, 12, one.rights)],
      ]);
      return null;
    case "switch":
      make(a, row, SYSCALL_THREAD_SWITCH, [
        [EAX, one.id],
        [EBX, 0],
      ]);
      return null;
  }
}

/** A thread as both sides can say it. */
function modelled(model: ThreadModel, one: ModelThread): string {
  const waits = one.state === "waiting" ? `for ${one.from}` : one.state === "polling" ? `on ${one.to?.id}` : "";
  const queue = (model.queues.get(one) ?? []).map(({ id }) => id);
  const outcome = one.state === "ready" && one.outcome !== null ? `ends ${one.outcome}` : "";
  return `${one.id} ${STATES[one.state]} ${one.halted} ${one.priority} ${one.pager} ${waits} [${queue}] ${outcome}`;
}

function real(a: Arena, one: ModelThread): string {
  const t = a.threads;
  const row = findGlobal(a, one.id);
  if (row === 0) return `${one.id} is not there`;
  const state = t.get(row, T.state);
  const waits =
    state === WAITING
      ? `for ${t.get(row, T.from)}`
      : state === POLLING
        ? `on ${t.get(t.get(row, T.partner), T.id)}`
        : "";
  const queue: number[] = [];
  for (let at = t.get(row, T.sendHead); at !== 0; at = t.get(at, T.sendNext)) queue.push(t.get(at, T.id));
  const error = register(a, row, ESI) & TAG_ERROR ? utcbWord(a, row, TCR_ERROR_CODE) : 0;
  const outcome = one.state === "ready" && one.outcome !== null ? `ends ${error}` : "";
  const halted = (t.get(row, T.flags) & FLAG_HALTED) !== 0;
  return `${one.id} ${state} ${halted} ${t.get(row, T.priority)} ${t.get(row, T.pager)} ${waits} [${queue}] ${outcome}`;
}

it("all calls by several threads in any order leave what a plain model of threads, spaces and pages says", () => {
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 80 }), (steps) => {
      const a = rewind();
      const model = new ThreadModel(PAGES);
      const common = { pager: 0, priority: 255, halted: false, patient: true, to: null, given: null, outcome: null };
      const sigma0: ModelThread = {
        ...common,
        id: SIGMA0,
        space: 0,
        state: "waiting",
        from: ANY_THREAD,
        starts: false,
      };
      const root: ModelThread = {
        ...common,
        id: ROOT,
        space: 1,
        state: "ready",
        from: 0,
        starts: false,
        pager: SIGMA0,
      };
      model.add(sigma0);
      model.add(root);
      const rowOf = ({ id }: ModelThread): number => findGlobal(a, id);
      const spaceOf = (one: ModelThread): number => a.threads.get(rowOf(one), T.space);
      // The root task is let go of its sleep, and gets all pages.
      const rootRow = rowOf(root);
      make(a, rowOf(root), SYSCALL_EXCHANGE_REGISTERS, [
        [EAX, ROOT],
        [ECX, EXREGS_RECEIVE],
      ]);
      for (let n = 0; n < PAGES; n++) {
        mapItemInto(
          a,
          spaceOf(sigma0),
          spaceOf(root),
          mapItem(BASE + n * PAGE),
          makeFpage(BASE + n * PAGE, 12, FPAGE_RWX),
          ACCEPT_COMPLETE,
        );
        model.pages.map(0, n, 1, n, true);
      }
      expect(a.threads.get(rootRow, T.state)).toBe(READY);
      for (const [who, one] of [...OPENING, ...steps]) {
        const callers = model.threads.filter(({ state, halted }) => state === "ready" && !halted);
        if (callers.length === 0) break;
        const caller = callers[who % callers.length];
        // Everybody takes pages anywhere.
        for (const { state, id } of model.threads)
          if (state !== "inactive") setUtcbWord(a, findGlobal(a, id), BR_BASE, ACCEPT_COMPLETE);
        const errors = both(a, model, caller, one);
        if (errors !== null) expect(errors[1]).toBe(errors[0]);
        const name = `${one.kind} ${errors === null ? caller.state : errors[0]}`;
        seen.set(name, (seen.get(name) ?? 0) + 1);
        expect(model.threads.map((thread) => real(a, thread)).join("\n")).toBe(
          model.threads.map((thread) => modelled(model, thread)).join("\n"),
        );
        const spaces = new Map(model.threads.map((thread) => [spaceOf(thread), thread.space]));
        expect(new Set(spaces.values()).size).toBe(spaces.size);
        for (const [space, number] of spaces) {
          if (number === 0) continue;
          expect(shownPages(a, space, SHOWN)).toBe(model.pages.show(number));
          expect(a.spaces.get(space, S.pageDirectory) !== 0).toBe(model.initialised.has(number));
        }
        expect(violations(machine.options)).toEqual([]);
      }
      let used = 0;
      for (let row = 1; row < a.threads.rows; row++)
        if (a.threads.get(row, T.id) !== 0 && a.threads.get(row, T.space) !== 0) used++;
      expect(used).toBe(model.threads.length);
    }),
    { numRuns: LONG ? 20_000 : 80, seed: SEED },
  );
  // Nothing of it is idle: calls that do something, calls that are refused, waits of each kind.
  for (const name of [
    "create 0",
    "create 1",
    "create 3",
    "delete 0",
    "exchange 0",
    "exchange 2",
    "schedule 5",
    "ipc waiting",
    "ipc polling",
    "ipc ready",
    "unmap ready",
  ])
    expect([name, (seen.get(name) ?? 0) > 5]).toEqual([name, true]);
});
