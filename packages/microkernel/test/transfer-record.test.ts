/**
 * Strings in flight as records: read, set, linked in a second pass, carried on.
 *
 * Here: both sides' records by StateControl; enumerating ports and interrupts. Not here: other records (→ state-control.test.ts).
 * Over 300 lines: a guest that imports needs its scene, and garbage needs the same.
 */
import { ECX, EDX } from "@kintsugi/ia32";
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  ACCEPT_STRINGS,
  ANY_THREAD,
  CONTINUATION_USER,
  ERROR_INVALID_PARAMETER,
  ERROR_INVALID_THREAD,
  EXREGS_HALT,
  EXREGS_SET_HALT,
  FPAGE_RWX,
  globalId,
  INTERRUPT_PHASE_IDLE,
  interruptId,
  makeFpage,
  makeIoFpage,
  mapItem,
  RECORD_CONTINUATION,
  RECORD_CURSOR,
  RECORD_FAULT,
  RECORD_FLAG_HALTED,
  RECORD_FLAG_TRANSFER,
  RECORD_FLAGS,
  RECORD_PEER,
  RECORD_TRANSFER,
  type ResidentContext,
  STATE_GET,
  STATE_LINK,
  STATE_NEXT_INTERRUPT,
  STATE_NEXT_PORTS,
  STATE_SET,
  stringItem,
  THREAD_RECORD_WORDS,
  type ThreadId,
  TIME_NEVER,
  tagLabel,
  timeouts,
} from "../src/index.ts";
import {
  type Body,
  exchangeRegisters,
  Machine,
  MEGABYTE,
  message,
  type Outcome,
  ROOT,
  read8,
  SIGMA0,
  spawn,
  stateControl,
  threadControl,
  write8,
} from "./fixture.ts";
import { violations } from "./invariants.ts";

const LONG = process.env.KINTSUGI_LONG !== undefined;
const SEED = Number(process.env.KINTSUGI_SEED ?? 20261121);
const SENDER = globalId(60, 1);
const RECEIVER = globalId(61, 1);
const BUFFER = 0x400000;
const RECORD = 4 * THREAD_RECORD_WORDS;
const SOURCE = 0x410000;
const TARGET = 0x430000;
const PAGE = 0x1000;
const LENGTH = 16 * PAGE - 3;
const byteAt = (i: number): number => (i * 7 + (i >>> 8)) & 0xff;

interface Heard {
  readonly bytes: number[];
  readonly errors: number[];
  readonly words: number[];
}

/** Sends its string and a word, and a second message that says that it did. */
const sender = (heard: Heard): Body =>
  function* (c) {
    const { error } = yield* message(c, RECEIVER, RECEIVER, { words: [77], items: [stringItem(LENGTH), SOURCE] });
    heard.errors.push(error, c.mr(1));
  };

const receiver = (heard: Heard): Body =>
  function* (c) {
    c.setBr(0, ACCEPT_STRINGS);
    c.setBr(1, stringItem(LENGTH));
    c.setBr(2, TARGET);
    const { from, error, words } = yield* message(c, 0, SENDER);
    heard.words.push(...words);
    heard.errors.push(error);
    for (let i = 0; i < LENGTH; i++) heard.bytes.push(yield* read8(c, TARGET + i));
    yield* message(c, from, 0, { words: [99] });
  };

/** Answers a page fault with the page of the same address. */
function* serve(c: ResidentContext, from: ThreadId, address: number): Generator<number, void> {
  yield* message(c, from, 0, { items: [mapItem(address & ~0xfff), makeFpage(address & ~0xfff, 12, FPAGE_RWX)] });
}

function* pair(c: ResidentContext): Generator<number, void> {
  for (const id of [RECEIVER, SENDER]) yield* spawn(c, id, 1, id);
}

/** A root task with both, which serves `faults` faults; then `then` has the one that is not served yet. */
function run(
  faults: number,
  then: (c: ResidentContext, from: ThreadId, address: number) => Generator<number, void>,
): { heard: Heard; machine: Machine } {
  const heard: Heard = { bytes: [], errors: [], words: [] };
  const root: Body = function* (c) {
    for (let i = 0; i < LENGTH; i++) yield* write8(c, SOURCE + i, byteAt(i));
    for (const at of [BUFFER, ...Array.from({ length: 16 }, (_, i) => TARGET + i * PAGE)]) yield* write8(c, at, 0);
    yield* pair(c);
    for (const id of [RECEIVER, SENDER]) yield* message(c, id, 0, { words: [0, 0] });
    for (let n = 0; ; n++) {
      const { from, tag, words } = yield* message(c, 0, ANY_THREAD);
      expect(tagLabel(tag) >>> 4).toBe(0xffe);
      if (n === faults) yield* then(c, from, words[0]);
      else yield* serve(c, from, words[0]);
    }
  };
  const machine = new Machine(
    new Map<ThreadId, Body>([
      [ROOT, root],
      [SENDER, sender(heard)],
      [RECEIVER, receiver(heard)],
    ]),
    8 * MEGABYTE,
    MEGABYTE,
  );
  machine.kernel.run(1e9);
  expect(violations(machine.options)).toEqual([]);
  return { heard, machine };
}

/** Both out of the kernel, deleted, made anew, and in again; the pages come back as they are touched. */
function* moved(c: ResidentContext): Generator<number, Outcome> {
  yield* stateControl(c, SENDER, STATE_GET, BUFFER);
  yield* stateControl(c, RECEIVER, STATE_GET, BUFFER + RECORD);
  for (const id of [SENDER, RECEIVER]) yield* threadControl(c, id, 0, 0, 0, -1);
  yield* pair(c);
  expect((yield* stateControl(c, RECEIVER, STATE_SET, BUFFER + RECORD)).result).toBe(1);
  expect((yield* stateControl(c, SENDER, STATE_SET, BUFFER)).result).toBe(1);
  return yield* stateControl(c, SENDER, STATE_LINK, BUFFER);
}

const whole: Heard = {
  bytes: Array.from({ length: LENGTH }, (_, i) => byteAt(i)),
  errors: [0, 0, 99],
  words: [77, stringItem(LENGTH), SOURCE],
};

it.each([0, 1, 2, 9, 31])(
  "a transfer that waits for the pager of a side is moved to new threads: fault %i",
  (faults) => {
    const sides: number[] = [];
    const { heard } = run(faults, function* (c, from, address) {
      expect(yield* moved(c)).toEqual({ result: 1, error: 0 });
      for (const at of [BUFFER, BUFFER + RECORD]) {
        sides.push(c.read32(at + 4 * RECORD_FAULT));
        if (c.read32(at + 4 * RECORD_FAULT) !== 0)
          expect(c.read32(at + 4 * RECORD_FLAGS) & RECORD_FLAG_TRANSFER).toBe(RECORD_FLAG_TRANSFER);
      }
      yield* serve(c, from, address); // it has had the message: nobody sends it again
    });
    expect(sides.filter((fault) => fault !== 0)).toHaveLength(1);
    expect(heard).toEqual(whole);
  },
);

it("a transfer between two steps is moved to new threads", () => {
  let found = 0;
  const { heard, machine } = run(31, function* (c, from, address) {
    yield* serve(c, from, address);
    for (let i = 0; i < 2000 && found === 0; i++) {
      yield* stateControl(c, SENDER, STATE_GET, BUFFER);
      yield* exchangeRegisters(c, SENDER, EXREGS_SET_HALT);
      if (c.read32(BUFFER + 4 * RECORD_CONTINUATION) === 4) {
        found = c.read32(BUFFER + 4 * (RECORD_CURSOR + 8));
        expect(yield* moved(c)).toEqual({ result: 1, error: 0 });
        return;
      }
      yield* message(c, 0, ROOT, { time: timeouts(TIME_NEVER, 1) });
    }
  });
  expect(machine.kernel.threads()).toHaveLength(4);
  expect(found).toBeGreaterThan(0);
  expect(heard).toEqual(whole);
});

it("both sides of a transfer are stopped at once, and are as stopped as new threads until they are let go", () => {
  const halted: number[] = [];
  let stood: number[] = [];
  const { heard, machine } = run(9, function* (c, from, address) {
    for (const id of [SENDER, RECEIVER]) yield* exchangeRegisters(c, id, EXREGS_SET_HALT | EXREGS_HALT);
    expect(yield* moved(c)).toEqual({ result: 1, error: 0 });
    for (const at of [BUFFER, BUFFER + RECORD]) halted.push(c.read32(at + 4 * RECORD_FLAGS) & RECORD_FLAG_HALTED);
    // Faults of the transfer are served as before; then neither runs.
    let fault = { from, words: [address] as readonly number[], error: 0 };
    while (fault.error === 0) {
      yield* serve(c, fault.from, fault.words[0]);
      fault = yield* message(c, 0, ANY_THREAD, { time: timeouts(TIME_NEVER, (10 << 10) | 100) });
    }
    yield* stateControl(c, RECEIVER, STATE_GET, BUFFER);
    stood = [c.read32(BUFFER + 4 * RECORD_CONTINUATION), c.read32(BUFFER + 4 * RECORD_FLAGS) & RECORD_FLAG_HALTED];
    for (const id of [SENDER, RECEIVER]) yield* exchangeRegisters(c, id, EXREGS_SET_HALT);
  });
  expect(halted).toEqual([RECORD_FLAG_HALTED, RECORD_FLAG_HALTED]);
  expect(stood).toEqual([CONTINUATION_USER, RECORD_FLAG_HALTED]);
  expect(heard).toEqual(whole);
  expect(machine.kernel.threads()).toHaveLength(4);
});

it("sides that do not fit, or are not set, are refused by both", () => {
  const results: Outcome[] = [];
  const { heard } = run(3, function* (c, from, address) {
    yield* stateControl(c, SENDER, STATE_GET, BUFFER);
    results.push(yield* stateControl(c, SENDER, STATE_LINK, BUFFER)); // it is not set
    const link = function* (at: number, value: number): Generator<number, void> {
      const before = c.read32(BUFFER + at);
      c.write32(BUFFER + at, value);
      results.push(yield* stateControl(c, SENDER, STATE_LINK, BUFFER));
      c.write32(BUFFER + at, before);
    };
    yield* stateControl(c, RECEIVER, STATE_GET, BUFFER + RECORD);
    yield* stateControl(c, SENDER, STATE_SET, BUFFER);
    yield* stateControl(c, RECEIVER, STATE_SET, BUFFER + RECORD);
    yield* link(4 * RECORD_PEER, SENDER);
    yield* link(4 * RECORD_PEER, globalId(99, 1));
    yield* link(4 * RECORD_PEER, SIGMA0); // it is not set
    yield* link(4 * (RECORD_CURSOR + 1), 64);
    yield* link(4 * (RECORD_CURSOR + 2), 40);
    yield* link(4 * (RECORD_CURSOR + 8), -1);
    yield* link(RECORD + 4 * RECORD_FLAGS, 16);
    yield* link(4 * (RECORD_TRANSFER + 3), globalId(99, 1));
    results.push(yield* stateControl(c, RECEIVER, STATE_LINK, BUFFER + RECORD));
    results.push(yield* stateControl(c, SENDER, STATE_LINK, BUFFER));
    yield* serve(c, from, address);
  });
  const thread = { result: 0, error: ERROR_INVALID_THREAD };
  const parameter = { result: 0, error: ERROR_INVALID_PARAMETER };
  expect(results).toEqual([
    ...[thread, thread, thread, thread],
    ...[parameter, parameter, parameter, parameter, thread, parameter],
    { result: 1, error: 0 },
  ]);
  expect(heard.bytes).toEqual(whole.bytes);
});

it("garbage in the records of a transfer leaves a sound kernel", () => {
  const word = fc.oneof(
    fc.constantFrom(0, 1, 2, 3, 4, 5, -1, SENDER, RECEIVER, ROOT, ANY_THREAD, stringItem(LENGTH), 0x400, 64, 33),
    fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  );
  const index = fc.oneof(
    fc.constantFrom(RECORD_CONTINUATION, RECORD_FLAGS, RECORD_FAULT, RECORD_PEER, 18, 19, 20, 21),
    fc.integer({ min: RECORD_CURSOR, max: RECORD_CURSOR + 9 }),
    fc.integer({ min: RECORD_TRANSFER, max: RECORD_TRANSFER + 3 }),
    fc.nat(THREAD_RECORD_WORDS - 1),
  );
  const change = fc.tuple(fc.nat(1), index, word);
  let taken = 0;
  let attempts = 0;
  fc.assert(
    fc.property(fc.nat(20), fc.array(change, { minLength: 1, maxLength: 4 }), (faults, changes) => {
      run(faults, function* (c) {
        yield* stateControl(c, SENDER, STATE_GET, BUFFER);
        yield* stateControl(c, RECEIVER, STATE_GET, BUFFER + RECORD);
        for (const [side, at, value] of changes) c.write32(BUFFER + side * RECORD + 4 * at, value);
        yield* stateControl(c, SENDER, STATE_SET, BUFFER);
        yield* stateControl(c, RECEIVER, STATE_SET, BUFFER + RECORD);
        taken += (yield* stateControl(c, SENDER, STATE_LINK, BUFFER)).result;
        attempts++;
      });
    }),
    { numRuns: LONG ? 1000 : 25, seed: SEED },
  );
  expect(taken / attempts).toBeGreaterThan(0.2);
});

it("ports and interrupts of children are enumerated", () => {
  const found: unknown[] = [];
  const root: Body = function* (c) {
    yield* spawn(c, SENDER, 1, SENDER);
    yield* message(c, SENDER, 0, { words: [0, 0] });
    c.setBr(0, 0x10);
    for (const port of [0x60, 0x3f8]) {
      const fpage = makeIoFpage(port, 3, FPAGE_RWX);
      yield* message(c, SIGMA0, SIGMA0, { label: 0xff86, words: [fpage, 0] });
      yield* message(c, SENDER, 0, { items: [mapItem(0), fpage] });
    }
    yield* threadControl(c, interruptId(5), interruptId(5), 0, SENDER, -1);
    for (let at = 0; ; ) {
      const { result, error } = yield* stateControl(c, SENDER, STATE_NEXT_PORTS, at);
      found.push(result === 0 ? error : [result, c.registers[EDX]]);
      if (result === 0) break;
      at = (result >>> 16) + 8;
    }
    for (let at = 0; ; ) {
      const { result, error } = yield* stateControl(c, at, STATE_NEXT_INTERRUPT, 0);
      found.push(result === 0 ? error : [result, c.registers[EDX], c.registers[ECX]]);
      if (result === 0) return;
      at = result;
    }
  };
  const child: Body = function* (c) {
    c.setBr(0, 0x10);
    for (;;) yield* message(c, 0, ROOT);
  };
  const bodies = new Map<ThreadId, Body>([
    [ROOT, root],
    [SENDER, child],
  ]);
  const machine = new Machine(bodies, 8 * MEGABYTE, MEGABYTE, { io: "fpages" });
  machine.kernel.run(1e8);
  expect(found).toEqual([
    [makeIoFpage(0x60, 3, FPAGE_RWX), 0x60],
    [makeIoFpage(0x3f8, 3, FPAGE_RWX), 0x3f8],
    0,
    [interruptId(5), SENDER, INTERRUPT_PHASE_IDLE],
    0,
  ]);
});
