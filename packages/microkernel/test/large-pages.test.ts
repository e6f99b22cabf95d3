/**
 * Pages of 4 MiB: when they stay one, when they are divided, and what everybody sees of it.
 *
 * Here: single cases. Not here: random ones against a model (→ model.test.ts).
 * Over 300 lines: all of it happens in one scene, a root task with 4 MiB and two children.
 */
import { ACCESS_USER, EDX, type GuestMemory, PDE_LARGE, walkPage } from "@kintsugi/ia32";
import { expect, it } from "vitest";
import {
  ACCEPT_COMPLETE,
  ANY_THREAD,
  FPAGE_RWX,
  FPAGE_W,
  globalId,
  grantItem,
  Kernel,
  LABEL_SIGMA0,
  makeFpage,
  mapItem,
  type ResidentContext,
  STATE_NEXT_PAGE,
  type SystemState,
  type ThreadId,
  TIME_NEVER,
  timeouts,
  UNMAP_FLUSH,
} from "../src/index.ts";
import { findEntry, translate } from "../src/object/page-table.ts";
import { findGlobal } from "../src/object/thread.ts";
import { Arena, findArena } from "../src/table/arena.ts";
import { H, N, S, T } from "../src/table/layout.ts";
import {
  type Body,
  KIP_FPAGE,
  launch,
  Machine,
  MEGABYTE,
  message,
  ROOT,
  SIGMA0,
  spaceControl,
  stateControl,
  threadControl,
  UTCB_FPAGE,
  unmap,
  utcbOf,
} from "./fixture.ts";
import { violations } from "./invariants.ts";

const ARENA = 2 * MEGABYTE;
const C0 = globalId(60, 1);
const C1 = globalId(61, 1);
/** 4 MiB of physical memory, and where they go. */
const SOURCE = 0x400000;
const AT = 0x20000000;
const AT1 = 0x30000000;
const HERE = 0x40000000;
const large = (at: number, rights: number = FPAGE_RWX): number => makeFpage(at, 22, rights);
const small = (at: number, rights: number = FPAGE_RWX): number => makeFpage(at, 12, rights);

/** Takes what anybody maps or grants to it. */
const taker: Body = function* (c) {
  c.setBr(0, ACCEPT_COMPLETE);
  for (;;) yield* message(c, 0, ANY_THREAD);
};

/** C0 gives C1 the 4 MiB that it has got. */
const passer = (item: number, fpage: number): Body =>
  function* (c) {
    c.setBr(0, ACCEPT_COMPLETE);
    yield* message(c, 0, ROOT);
    yield* message(c, C1, 0, { items: [item, fpage] });
    for (;;) yield* message(c, 0, ROOT);
  };

/** What a root task does once it has SOURCE at HERE as one fpage, and two children. */
type Part = (c: ResidentContext, machine: Machine) => Generator<number, void>;

function scene(part: Part, first: Body = taker, second: Body = taker): Machine {
  let machine!: Machine;
  const root: Body = function* (c) {
    for (const id of [C0, C1]) yield* launch(c, id, 0, id);
    yield* get(c, large(HERE, 0), large(SOURCE));
    yield* part(c, machine);
  };
  machine = new Machine(
    new Map([
      [ROOT, root],
      [C0, first],
      [C1, second],
    ]),
    12 * MEGABYTE,
    ARENA,
  );
  machine.kernel.run(1e9);
  expect(violations(machine.options)).toEqual([]);
  return machine;
}

/** Asks sigma0 for physical memory. */
function* get(c: ResidentContext, window: number, fpage: number): Generator<number, void> {
  c.setBr(0, window);
  yield* message(c, SIGMA0, SIGMA0, { label: LABEL_SIGMA0, words: [fpage, 0] });
}

/** The addresses that the kernel has the processor forget from now on. */
function forgotten({ options: { processor } }: Machine): number[] {
  const asked: number[] = [];
  const { invalidatePage } = processor;
  processor.invalidatePage = (tag, linear) => {
    asked.push(linear);
    invalidatePage.call(processor, tag, linear);
  };
  return asked;
}

const tables = (machine: Machine): Arena =>
  new Arena({ ...machine.options, observer: {} }, findArena(machine.options.memory)._unsafeUnwrap());
const spaceOf = (a: Arena, id: ThreadId): number => a.threads.get(findGlobal(a, id), T.space);

/** What the processor's own page walk says of a linear address: physical, or null for a fault. */
function walked(machine: Machine, id: ThreadId, linear: number): number | null {
  const a = tables(machine);
  const physical = walkPage(
    machine.options.memory as GuestMemory,
    a.spaces.get(spaceOf(a, id), S.pageDirectory),
    linear,
    ACCESS_USER,
  );
  return physical < 0 ? null : physical;
}

const mappings = (machine: Machine, space: ThreadId): SystemState["mappings"] =>
  machine.kernel.exportState().mappings.filter((one) => one.space === space);

it("4 MiB from sigma0 to a child of a child are one mapping and one directory entry each", () => {
  const machine = scene(
    function* (c) {
      yield* message(c, C0, 0, { items: [mapItem(AT), large(HERE)] });
    },
    passer(mapItem(AT1), large(AT, FPAGE_RWX - FPAGE_W)),
  );
  expect(mappings(machine, C1)).toEqual([
    {
      space: C1,
      page: AT1 >>> 12,
      bits: 22,
      frame: SOURCE >>> 12,
      writable: false,
      status: 0,
      accessed: false,
      dirty: false,
      parentSpace: C0,
      parentPage: AT >>> 12,
    },
  ]);
  for (const [id, at] of [
    [ROOT, HERE],
    [C0, AT],
    [C1, AT1],
  ]) {
    const a = tables(machine);
    expect(a.memory.read32(findEntry(a, spaceOf(a, id), at >>> 12)) & PDE_LARGE).toBe(PDE_LARGE);
    expect([0, 0x1234, 0x3fffff].map((offset) => walked(machine, id, at + offset))).toEqual([
      SOURCE,
      SOURCE + 0x1234,
      SOURCE + 0x3fffff,
    ]);
  }
});

it("a part that is given away divides nothing; one that is taken back divides the giver's and what came from it", () => {
  const status: number[] = [];
  const bits: number[][] = [];
  let asked: readonly number[] = [];
  const machine = scene(function* (c, m) {
    const count = (): void => void bits.push([ROOT, C0, C1].map((id) => mappings(m, id).length));
    const take = function* (fpage: number, control = 0): Generator<number, void> {
      status.push((yield* unmap(c, control, [fpage]))[0] & FPAGE_RWX);
    };
    yield* message(c, C0, 0, { items: [mapItem(AT), large(HERE)] });
    yield* message(c, C1, 0, { items: [mapItem(AT1), small(HERE + 0x5000)] });
    count();
    const a = tables(m);
    translate(a, spaceOf(a, C0), AT + 0x7000, 1); // C0 writes to one of its pages
    const forgets = forgotten(m);
    yield* take(small(HERE + 0x5000));
    asked = [...forgets];
    count();
    // What was seen of the 4 MiB counts for all of them until they were divided.
    yield* take(small(HERE + 0x7000, 0));
    yield* take(small(HERE + 0x7000, 0));
    yield* take(small(HERE + 0x8000), UNMAP_FLUSH);
    count();
  });
  expect(bits).toEqual([
    [1, 1, 1],
    [1024, 1023, 0],
    [1023, 1022, 0],
  ]);
  expect(status).toEqual([7, 7, 0, 7]);
  expect(new Set(asked)).toEqual(new Set([AT + 0x5000, AT1]));
  expect([0x4000, 0x5000, 0x7000, 0x8000].map((offset) => walked(machine, C0, AT + offset))).toEqual([
    SOURCE + 0x4000,
    null,
    SOURCE + 0x7000,
    null,
  ]);
});

it("Unmap of all of it reports once what was seen of any part, and invalidates every page that it takes", () => {
  const seen: number[] = [];
  let asked: readonly number[] = [];
  const machine = scene(function* (c, m) {
    yield* message(c, C0, 0, { items: [mapItem(AT), large(HERE)] });
    const a = tables(m);
    const touch = (write: number): number => translate(a, spaceOf(a, C0), AT + 0x123456, write);
    const query = function* (rights: number): Generator<number, void> {
      seen.push((yield* unmap(c, 0, [large(HERE, rights)]))[0] & FPAGE_RWX);
    };
    yield* query(0);
    touch(0);
    yield* query(0);
    touch(1);
    yield* query(FPAGE_W);
    yield* query(0);
    seen.push(touch(1));
    asked = forgotten(m);
    yield* query(FPAGE_RWX);
  });
  expect(seen).toEqual([0, 5, 7, 0, -1, 0]);
  expect([asked.length, Math.min(...asked), Math.max(...asked)]).toEqual([1024, AT, AT + 0x3ff000]);
  expect(mappings(machine, C0)).toEqual([]);
});

it("granting moves it whole, or a part of it", () => {
  const whole = scene(
    function* (c) {
      yield* message(c, C0, 0, { items: [mapItem(AT), large(HERE)] });
    },
    passer(grantItem(AT1), large(AT)),
  );
  expect(mappings(whole, C0)).toEqual([]);
  expect(mappings(whole, C1).map(({ bits, parentSpace }) => [bits, parentSpace])).toEqual([[22, ROOT]]);
  const part = scene(
    function* (c) {
      yield* message(c, C0, 0, { items: [mapItem(AT), large(HERE)] });
    },
    passer(grantItem(AT1), small(AT + 0x3000)),
  );
  expect(mappings(part, C0)).toHaveLength(1023);
  expect(mappings(part, C1).map(({ frame, parentPage }) => [frame, parentPage])).toEqual([
    [(SOURCE >>> 12) + 3, HERE >>> 12],
  ]);
});

it("without rows to divide it, a part that is taken back takes all of it, and one that is to be mapped over is a message overflow", () => {
  const log: unknown[] = [];
  scene(function* (c, m) {
    yield* get(c, small(0x50000000, 0), small(0x300000));
    yield* message(c, C0, 0, { items: [mapItem(AT), large(HERE)] });
    const a = tables(m);
    const nodes = a.nodes;
    let last = a.get(H.freeNode);
    for (let i = 1; i < 1000; i++) last = nodes.get(last, N.next);
    const rest = nodes.get(last, N.next);
    nodes.set(last, N.next, 0); // only so many are left
    const over = yield* message(c, C0, 0, { items: [mapItem(AT + 0x3000), small(0x50000000)] });
    log.push(over.tag >>> 15, over.error, mappings(m, C0).length);
    yield* unmap(c, UNMAP_FLUSH, [small(HERE + 0x1000)]);
    log.push(mappings(m, C0).length, mappings(m, ROOT).length);
    for (last = a.get(H.freeNode); nodes.get(last, N.next) !== 0; ) last = nodes.get(last, N.next);
    nodes.set(last, N.next, rest);
  });
  expect(log).toEqual([1, 8, 1, 0, 1]);
});

it("a pager finds 4 MiB as one fpage, with where they came from", () => {
  const found: number[] = [];
  const machine = scene(function* (c) {
    yield* message(c, C0, 0, { items: [mapItem(AT), large(HERE)] });
    yield* message(c, C0, 0, { items: [mapItem(AT + 0x400000), small(HERE + 0x9000)] });
    for (let at = 0; ; ) {
      const next = yield* stateControl(c, C0, STATE_NEXT_PAGE, at);
      if (next.result === 0) break;
      found.push(next.result, c.registers[EDX]);
      at = (next.result & ~0xfff) + (next.result & 0x200 ? 0x1000 : 0x400000);
      if (found.length > 8) break;
    }
  });
  expect(found.slice(0, 4)).toEqual([large(AT), HERE, small(AT + 0x400000), HERE + 0x9000]);
  expect(machine.kernel.threads()).toHaveLength(4);
});

it("states with 4 MiB pages are taken in, and refused where they overlap, lie askew or hang below a page", () => {
  const machine = scene(function* (c) {
    yield* message(c, C0, 0, { items: [mapItem(AT), large(HERE)] });
    yield* message(c, C1, 0, { items: [mapItem(AT1), small(HERE + 0x9000)] });
  });
  const state = machine.kernel.exportState();
  const taken = (change: (mapping: SystemState["mappings"][number]) => object, space: ThreadId): string => {
    const changed = state.mappings.map((one) => (one.space === space ? { ...one, ...change(one) } : one));
    machine.options.processor.advance(state.clock - machine.options.processor.cycles);
    return Kernel.import(machine.options, { ...state, mappings: changed }, ARENA).match(
      (kernel) => {
        machine.kernel = kernel;
        expect(violations(machine.options)).toEqual([]);
        return JSON.stringify(kernel.exportState()) === JSON.stringify(state) ? "the same" : "another";
      },
      ({ text }) => text,
    );
  };
  expect(taken(() => ({}), C1)).toBe("the same");
  expect(taken(() => ({ page: 0x300 }), C0)).toContain("not aligned");
  expect(taken(() => ({ frame: 0x401 }), C0)).toContain("not aligned");
  expect(taken(() => ({ frame: 0x800 }), C0)).toContain("not sigma0's");
  expect(taken(() => ({ page: 0xbfc00 }), C0)).toContain("kernel's place");
  expect(taken(() => ({ bits: 16 }), C0)).toContain("neither 12 nor 22");
  expect(taken(() => ({ space: C0, page: (AT >>> 12) + 5 }), C1)).toContain("in one place");
  expect(taken(() => ({ frame: 0x3ff }), C1)).toContain("from nowhere");
  expect(taken(() => ({ parentSpace: C1, parentPage: AT1 >>> 12 }), C0)).toContain("from nowhere");
});

it("a guest that runs in 4 MiB feels at once what is taken of them, and goes on when it has it back", () => {
  const GUEST = globalId(70, 1);
  const counter = 0x123000;
  const bytes = (word: number): number[] => [0, 8, 16, 24].map((shift) => (word >>> shift) & 0xff);
  const code = [0xff, 0x05, ...bytes(AT + counter), 0xeb, 0xf8]; // 1: incl counter; jmp 1b
  const millisecond = timeouts(TIME_NEVER, 1000);
  const faults: string[] = [];
  const counts: boolean[] = [];
  const status: number[] = [];
  const root: Body = function* (c) {
    yield* get(c, large(HERE, 0), large(SOURCE));
    c.writeBytes(HERE, Uint8Array.from(code));
    yield* threadControl(c, GUEST, GUEST, ROOT, 0, -1);
    yield* spaceControl(c, GUEST, KIP_FPAGE, UTCB_FPAGE);
    yield* threadControl(c, GUEST, GUEST, ROOT, ROOT, utcbOf(0));
    yield* message(c, GUEST, 0, { words: [AT, AT + 0x3000] });
    let last = 0;
    const next = function* (): Generator<number, void> {
      const { tag, words } = yield* message(c, 0, GUEST);
      faults.push(`${(tag >>> 16).toString(16)} ${(words[0] - AT).toString(16)}`);
      const value = c.read32(HERE + counter);
      yield* message(c, 0, ROOT, { time: millisecond });
      counts.push(value > last, c.read32(HERE + counter) === value);
      last = value;
    };
    const give = (fpage: number, at: number) => message(c, GUEST, 0, { items: [mapItem(at), fpage] });
    yield* next();
    yield* give(large(HERE), AT);
    for (const [fpage, again, at] of [
      [large(HERE, FPAGE_W), large(HERE), AT],
      [large(HERE), large(HERE), AT],
      [small(HERE + counter, FPAGE_W), small(HERE + counter), AT + counter],
      [small(HERE + counter), small(HERE + counter), AT + counter],
      [large(HERE), large(HERE), AT],
    ]) {
      yield* message(c, 0, ROOT, { time: millisecond });
      status.push((yield* unmap(c, 0, [fpage]))[0] & FPAGE_RWX);
      yield* next();
      yield* give(again, at);
    }
  };
  const machine = new Machine(new Map([[ROOT, root]]), 12 * MEGABYTE, ARENA);
  machine.kernel.run(2_000_000);
  expect(faults).toEqual(["ffe5 0", "ffe2 123000", "ffe5 0", "ffe2 123000", "ffe2 123000", "ffe5 0"]);
  expect(counts).toEqual([false, ...new Array(11).fill(true)]);
  expect(status).toEqual([7, 7, 7, 7, 7]);
  expect(mappings(machine, GUEST)).toHaveLength(1024);
  expect(violations(machine.options)).toEqual([]);
});
