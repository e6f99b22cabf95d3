/**
 * Map and grant items and Unmap, page by page.
 *
 * Here: windows, rights, status bits, grants, device memory. Not here: random sequences (→ model.test.ts), 4 MiB pages (→ large-pages.test.ts).
 * Over 300 lines: long scenes, each step with what is expected of it.
 */
import { EIP } from "@kintsugi/ia32";
import { expect, it } from "vitest";
import {
  ACCEPT_COMPLETE,
  EXREGS_IP,
  EXREGS_RECEIVE,
  EXREGS_SEND,
  FPAGE_RWX,
  FPAGE_W,
  globalId,
  grantItem,
  makeFpage,
  mapItem,
  PageFaultSignal,
  RESIDENT_PAGE_FAULT,
  type ResidentContext,
  type ThreadId,
  UNMAP_FLUSH,
} from "../src/index.ts";
import { mapItemInto } from "../src/ipc/map-transfer.ts";
import { unmapPage } from "../src/object/mapping-database.ts";
import { translate } from "../src/object/page-table.ts";
import { Arena, findArena } from "../src/table/arena.ts";
import { H } from "../src/table/layout.ts";
import {
  type Body,
  exchangeRegisters,
  launch,
  Machine,
  message,
  ROOT,
  threadControl,
  unmap,
  write8,
} from "./fixture.ts";
import { violations } from "./invariants.ts";

const C0 = globalId(60, 1);
const C1 = globalId(61, 1);
/** Pages of the root's that hold 10, 11, 12 … */
const PAGES = 0x430000;
const READ = 1;
const WRITE = 2;
const ACCEPT = 3;
const SEND = 4;
const UNMAP = 5;
const BROKEN_OFF = 6;
const RX = FPAGE_RWX - FPAGE_W;
const hex = (n: number): string => (n >>> 0).toString(16);
const page = (n: number, rights: number = FPAGE_RWX, bits: number = 12): number =>
  makeFpage(PAGES + n * 0x1000, bits, rights);

/** One access, not repeated if the fault was broken off with a new IP. */
function* attempt(c: ResidentContext, access: () => number | undefined): Generator<number, number[]> {
  for (;;) {
    try {
      return [access() ?? 0];
    } catch (error) {
      if (!(error instanceof PageFaultSignal)) throw error;
    }
    yield RESIDENT_PAGE_FAULT;
    if (c.registers[EIP] === BROKEN_OFF) {
      c.registers[EIP] = 0;
      return [BROKEN_OFF];
    }
  }
}

/** Does what the root tells it, and answers. */
const child: Body = function* (c) {
  let words: number[] = [];
  for (;;) {
    const [what, x, y, z] = (yield* message(c, ROOT, ROOT, { words })).words;
    words = [];
    if (what === READ) words = yield* attempt(c, () => c.read8(x));
    else if (what === WRITE) words = yield* attempt(c, () => c.write8(x, y) as undefined);
    else if (what === ACCEPT) {
      c.setBr(0, x);
      const got = yield* message(c, 0, y);
      words = [got.tag, got.error, ...got.words];
      c.setBr(0, 0);
    } else if (what === SEND) {
      const sent = yield* message(c, x, 0, { items: [y, z] });
      words = [sent.tag, sent.error];
    } else if (what === UNMAP) words = [(yield* unmap(c, x, [y]))[0] & FPAGE_RWX];
  }
};

/** What the root does with its children, each thing with its line in the transcript. */
class Probe {
  readonly log: string[] = [];
  readonly c: ResidentContext;

  constructor(c: ResidentContext) {
    this.c = c;
  }

  *order(who: ThreadId, ...words: number[]): Generator<number, readonly number[]> {
    yield* message(this.c, who, 0, { words });
    return (yield* message(this.c, 0, who)).words;
  }

  *access(who: ThreadId, what: number, at: number): Generator<number, string> {
    yield* message(this.c, who, 0, { words: [what, at, 0x99] });
    const got = yield* message(this.c, 0, who);
    if (got.tag >>> 20 !== 0xffe) return what === READ ? hex(got.words[0]) : "ok";
    yield* exchangeRegisters(this.c, who, EXREGS_SEND | EXREGS_RECEIVE | EXREGS_IP, { ip: BROKEN_OFF });
    yield* message(this.c, 0, who);
    return `FAULT ${hex(got.tag)}`;
  }

  *read(who: ThreadId, at: number): Generator<number, void> {
    this.log.push(`rd ${hex(at)}: ${yield* this.access(who, READ, at)}`);
  }

  *write(who: ThreadId, at: number): Generator<number, void> {
    this.log.push(`wr ${hex(at)}: ${yield* this.access(who, WRITE, at)}`);
  }

  /** Sends an item to a child that accepts `window`. */
  *give(who: ThreadId, window: number, item: number, fpage: number): Generator<number, void> {
    yield* message(this.c, who, 0, { words: [ACCEPT, window, ROOT] });
    const sent = yield* message(this.c, who, 0, { items: [item, fpage] });
    const [tag, error, ...items] = (yield* message(this.c, 0, who)).words;
    this.log.push(`map: ${hex(sent.tag)} ${sent.error} ${hex(tag)} ${error} ${items.map(hex).join(" ")}`);
  }

  /** Lets a child send an item to the other. */
  *pass(from: ThreadId, to: ThreadId, item: number, fpage: number): Generator<number, void> {
    yield* message(this.c, to, 0, { words: [ACCEPT, ACCEPT_COMPLETE, from] });
    const [tag, error] = yield* this.order(from, SEND, to, item, fpage);
    const got = (yield* message(this.c, 0, to)).words;
    this.log.push(`pass: ${hex(tag)} ${error} ${hex(got[0])} ${got[1]}`);
  }

  *status(fpage: number, control = 0): Generator<number, void> {
    this.log.push(`status ${(yield* unmap(this.c, control, [fpage]))[0] & FPAGE_RWX}`);
  }
}

/** Runs a probe as the root task, with two children in spaces of their own. */
function probe(body: (p: Probe) => Generator<number, void>): string[] {
  let log: string[] = [];
  const root: Body = function* (c) {
    for (let i = 0; i < 16; i++) yield* write8(c, PAGES + i * 0x1000, 0x10 + i);
    for (const id of [C0, C1]) {
      yield* launch(c, id, 0, id);
      yield* message(c, 0, id);
    }
    const p = new Probe(c);
    log = p.log;
    yield* body(p);
  };
  const machine = new Machine(
    new Map([
      [ROOT, root],
      [C0, child],
      [C1, child],
    ]),
  );
  for (;;) {
    const exit = machine.kernel.step();
    if (exit !== null) {
      expect(exit.kind).toBe("idle");
      break;
    }
  }
  expect(violations(machine.options)).toEqual([]);
  return log;
}

const V = 0x20000000;

/** Expected lines are the genuine kernel's (X.2 on IA-32, mapping transcript), where pages are 4 KiB. */
it("maps with rights, windows and bases as the genuine kernel does", () => {
  const log = probe(function* (p) {
    yield* p.give(C0, ACCEPT_COMPLETE, mapItem(V), page(0));
    yield* p.read(C0, V);
    yield* p.write(C0, V);
    yield* p.give(C0, ACCEPT_COMPLETE, mapItem(V + 0x1000), page(1, FPAGE_RWX & 4));
    yield* p.read(C0, V + 0x1000);
    yield* p.write(C0, V + 0x1000);
    yield* p.give(C0, ACCEPT_COMPLETE, mapItem(V + 0x1000), page(1, 6)); // rights grow
    yield* p.write(C0, V + 0x1000);
    yield* p.give(C0, ACCEPT_COMPLETE, mapItem(V + 0x1000), page(1, 4)); // and never shrink
    yield* p.write(C0, V + 0x1000);
    yield* p.give(C0, ACCEPT_COMPLETE, mapItem(V + 0x2000), page(2, 0)); // no rights are read-only
    yield* p.read(C0, V + 0x2000);
    yield* p.write(C0, V + 0x2000);
    yield* p.give(C0, 0, mapItem(V + 0x3000), page(3)); // no window
    yield* p.read(C0, V + 0x3000);
    yield* p.give(C0, makeFpage(V + 0x10000, 12, 0), mapItem(0x2000), page(0, FPAGE_RWX, 14)); // base selects
    yield* p.read(C0, V + 0x10000);
    yield* p.read(C0, V + 0x11000);
    yield* p.give(C0, makeFpage(V + 0x20000, 16, 0), mapItem(0x5000), page(4));
    yield* p.read(C0, V + 0x25000);
    yield* p.read(C0, V + 0x20000);
    yield* p.give(C0, makeFpage(V + 0x20000, 16, 0), mapItem(0x17000), page(5)); // base beyond the window
    yield* p.read(C0, V + 0x27000);
    yield* p.give(C0, ACCEPT_COMPLETE, mapItem(V), page(6)); // over another frame
    yield* p.read(C0, V);
    yield* p.give(C0, ACCEPT_COMPLETE, mapItem(0xbf000000), page(7)); // UTCB and KIP areas stay
    yield* p.give(C0, ACCEPT_COMPLETE, mapItem(0xbff00000), page(7));
    yield* p.read(C0, 0xbff00000);
  });
  expect(log).toEqual([
    "map: 80 0 80 0 20000008 4300c7",
    "rd 20000000: 10",
    "wr 20000000: ok",
    "map: 80 0 80 0 20001008 4310c4",
    "rd 20001000: 11",
    "wr 20001000: FAULT ffe20002",
    "map: 80 0 80 0 20001008 4310c6",
    "wr 20001000: ok",
    "map: 80 0 80 0 20001008 4310c4",
    "wr 20001000: ok",
    "map: 80 0 80 0 20002008 4320c0",
    "rd 20002000: 12",
    "wr 20002000: FAULT ffe20002",
    "map: 8080 8 8080 9 3 0", // no item words: the registers keep the order that came before
    "rd 20003000: FAULT ffe50002",
    "map: 80 0 80 0 2008 4300e7",
    "rd 20010000: 12",
    "rd 20011000: FAULT ffe50002",
    "map: 80 0 80 0 5008 4340c7",
    "rd 20025000: 14",
    "rd 20020000: FAULT ffe50002",
    "map: 80 0 80 0 17008 4350c7",
    "rd 20027000: 15",
    "map: 80 0 80 0 20000008 4360c7",
    "rd 20000000: 16",
    "map: 80 0 80 0 bf000008 4370c7",
    "map: 80 0 80 0 bff00008 4370c7",
    "rd bff00000: 4c",
  ]);
});

it("unmaps recursively, revokes writing, and reports what was accessed, the owner's accesses too", () => {
  const log = probe(function* (p) {
    yield* p.give(C0, ACCEPT_COMPLETE, mapItem(V), page(8, RX));
    yield* p.pass(C0, C1, mapItem(V), makeFpage(V, 12, FPAGE_RWX));
    yield* p.read(C1, V);
    yield* p.write(C1, V); // a read-only holder gives no more than it has (the genuine kernel does)
    yield* p.status(page(8));
    yield* p.read(C0, V);
    yield* p.read(C1, V);
    p.log.push(`root still has ${hex(p.c.read8(PAGES + 0x8000))}`);
    yield* p.give(C0, ACCEPT_COMPLETE, mapItem(V), page(9));
    yield* p.write(C0, V);
    yield* p.status(page(9, FPAGE_W));
    yield* p.read(C0, V);
    yield* p.write(C0, V);
    yield* p.give(C0, ACCEPT_COMPLETE, mapItem(V + 0x1000), page(10));
    yield* p.status(page(10, 0)); // the root's own writing, which the genuine kernel forgets
    yield* p.status(page(10, 0));
    yield* p.read(C0, V + 0x1000);
    yield* p.status(page(10, 0));
    yield* p.write(C0, V + 0x1000);
    yield* p.status(page(10, 0));
    yield* p.status(page(10, 0));
    yield* p.read(C0, V + 0x1000);
    p.log.push(`flush ${(yield* p.order(C0, UNMAP, UNMAP_FLUSH, makeFpage(V + 0x1000, 12, FPAGE_RWX)))[0]}`);
    yield* p.read(C0, V + 0x1000);
    yield* p.status(page(10, 0)); // what the flushed mapping saw is not lost for the owner
    p.log.push(`own KIP ${(yield* p.order(C0, UNMAP, UNMAP_FLUSH, makeFpage(0xbff00000 | 0, 12, FPAGE_RWX)))[0]}`);
    yield* p.read(C0, 0xbff00000);
  });
  expect(log).toEqual([
    "map: 80 0 80 0 20000008 4380c5",
    "pass: 80 0 80 0",
    "rd 20000000: 18",
    "wr 20000000: FAULT ffe20002",
    "status 7",
    "rd 20000000: FAULT ffe50002",
    "rd 20000000: FAULT ffe50002",
    "root still has 18",
    "map: 80 0 80 0 20000008 4390c7",
    "wr 20000000: ok",
    "status 7",
    "rd 20000000: 99",
    "wr 20000000: FAULT ffe20002",
    "map: 80 0 80 0 20001008 43a0c7",
    "status 7",
    "status 0",
    "rd 20001000: 1a",
    "status 5",
    "wr 20001000: ok",
    "status 7",
    "status 0",
    "rd 20001000: 99",
    "flush 5",
    "rd 20001000: FAULT ffe50002",
    "status 5",
    "own KIP 0",
    "rd bff00000: 4c",
  ]);
});

it("grants, skips holes, and takes back what a deleted space had passed on", () => {
  const log = probe(function* (p) {
    yield* p.give(C0, ACCEPT_COMPLETE, mapItem(V), page(12));
    yield* p.pass(C0, C1, grantItem(V + 0x1000), makeFpage(V, 12, FPAGE_RWX));
    yield* p.read(C0, V);
    yield* p.read(C1, V + 0x1000);
    yield* p.status(page(12));
    yield* p.read(C1, V + 0x1000);
    yield* p.give(C0, ACCEPT_COMPLETE, mapItem(V), page(13));
    yield* p.pass(C0, C1, mapItem(V + 0x2000), makeFpage(V, 13, FPAGE_RWX));
    yield* p.read(C1, V + 0x2000);
    yield* p.read(C1, V + 0x3000);
    yield* threadControl(p.c, C0, 0, 0, 0, -1);
    yield* p.read(C1, V + 0x2000);
  });
  expect(log).toEqual([
    "map: 80 0 80 0 20000008 43c0c7",
    "pass: 80 0 80 0",
    "rd 20000000: FAULT ffe50002",
    "rd 20001000: 1c",
    "status 7",
    "rd 20001000: FAULT ffe50002",
    "map: 80 0 80 0 20000008 43d0c7",
    "pass: 80 0 80 0",
    "rd 20002000: 1d",
    "rd 20003000: FAULT ffe50002",
    "rd 20002000: FAULT ffe50002",
  ]);
});

it("frames outside RAM are sigma0's to give, and hang in trees of their own; the arena is nobody's", () => {
  const machine = new Machine(new Map());
  const size = machine.options.memory.size;
  const device = 0x80000000;
  const base = findArena(machine.options.memory)._unsafeUnwrap();
  const a = new Arena({ ...machine.options, observer: {} }, base);
  const root = a.get(H.rootSpace);
  const sigma0 = a.get(H.sigma0Space);
  const give = (physical: number, bits: number): void =>
    void mapItemInto(a, sigma0, root, mapItem(0x40000000), makeFpage(physical | 0, bits, FPAGE_RWX), ACCEPT_COMPLETE);
  const seen = (): number => translate(a, root, 0x40000000, 1);
  give(device, 13);
  expect([seen(), translate(a, root, 0x40001234, 0)]).toEqual([device, device + 0x1234]);
  expect(violations(machine.options)).toEqual([]);
  // Another device frame that shares the row of its tree.
  const shared = device + 0x1000 * (size / 0x1000 - base / 0x1000);
  give(shared, 12);
  expect([seen(), translate(a, root, 0x40001000, 0)]).toEqual([shared, device + 0x1000]);
  expect(unmapPage(a, 0, device >>> 12, 7, false)).toBe(0);
  expect([seen(), translate(a, root, 0x40001000, 0)]).toEqual([shared, device + 0x1000]);
  unmapPage(a, 0, shared >>> 12, 7, false);
  expect(seen()).toBe(-1);
  give(base, 12);
  expect(seen()).toBe(-1);
  expect(violations(machine.options)).toEqual([]);
});
