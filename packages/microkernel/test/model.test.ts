import fc from "fast-check";
import { expect, it } from "vitest";
import {
  ACCEPT_COMPLETE,
  FPAGE_W,
  globalId,
  grantItem,
  makeFpage,
  mapItem,
  type ThreadId,
  UNMAP_FLUSH,
} from "../src/index.ts";
import { mapItemInto } from "../src/ipc/map-transfer.ts";
import { findEntry } from "../src/object/page-table.ts";
import { findGlobal, setUtcbWord, utcbWord } from "../src/object/thread.ts";
import { unmap } from "../src/syscall/unmap.ts";
import { Arena, findArena } from "../src/table/arena.ts";
import { T } from "../src/table/layout.ts";
import { type Body, launch, Machine, MEGABYTE, ROOT, SIGMA0 } from "./fixture.ts";
import { violations } from "./invariants.ts";

const LONG = process.env.KINTSUGI_LONG !== undefined;
const SEED = Number(process.env.KINTSUGI_SEED ?? 20261121);
const PAGE = 0x1000;
const PAGES = 8;
const BASE = 0x300000;
const OWNERS: readonly ThreadId[] = [SIGMA0, ROOT, globalId(60, 1), globalId(61, 1), globalId(62, 1)];

/** A page that somebody has: frame, rights, from whom. sigma0's are made when they are first given. */
class Page {
  readonly frame: number;
  writable: boolean;
  parent: Page | null;

  constructor(frame: number, writable: boolean, parent: Page | null) {
    this.frame = frame;
    this.writable = writable;
    this.parent = parent;
  }
}

/** Who has what, kept in the plainest way: the kernel's tables must say the same. */
class Model {
  readonly pages: (Page | null)[][] = OWNERS.map((_, owner) =>
    Array.from({ length: PAGES }, (_, n) => (owner === 0 ? new Page(n, true, null) : null)),
  );

  map(from: number, page: number, to: number, at: number, write: boolean): void {
    const source = this.pages[from][page];
    const there = this.pages[to][at];
    if (source === null || there === source || to === 0) return;
    const writable = write && source.writable;
    if (there?.frame !== source.frame) {
      if (there !== null) this.remove(there);
      this.pages[to][at] = new Page(source.frame, writable, source);
    } else if (writable && !there.writable) {
      there.writable = true;
      there.parent = source;
    }
  }

  /** The receiver takes the giver's place in the tree, with what the giver gave away itself. */
  grant(from: number, page: number, to: number, at: number, write: boolean): void {
    const source = this.pages[from][page];
    if (from === 0) this.map(from, page, to, at, write);
    if (source === null || from === 0 || to === 0) return;
    const there = this.pages[to][at];
    if (there === source) return;
    const children = this.#derived(source).filter((one) => one.parent === source);
    if (there !== null && this.#isAbove(there, source)) {
      for (const child of children) child.parent = source.parent;
      this.remove(source);
      return;
    }
    if (there !== null) this.remove(there);
    const granted = new Page(source.frame, write && source.writable, source.parent);
    this.pages[to][at] = granted;
    for (const child of children) if (this.#all().includes(child)) child.parent = granted;
    if (!granted.writable) for (const one of this.#derived(granted)) one.writable = false;
    this.remove(source);
  }

  unmap(owner: number, page: number, rights: number, flush: boolean): void {
    const own = this.pages[owner][page];
    if (own === null) return;
    const victims = [...this.#derived(own), ...(flush && owner !== 0 ? [own] : [])];
    for (const victim of victims) {
      if (rights >= 4) this.#drop(victim);
      else if (rights & FPAGE_W) victim.writable = false;
    }
  }

  remove(page: Page): void {
    for (const one of [...this.#derived(page), page]) this.#drop(one);
  }

  #drop(page: Page): void {
    for (const list of this.pages) for (let n = 0; n < PAGES; n++) if (list[n] === page) list[n] = null;
  }

  #all(): Page[] {
    return this.pages.flat().filter((one) => one !== null);
  }

  #isAbove(above: Page, page: Page): boolean {
    for (let at = page.parent; at !== null; at = at.parent) if (at === above) return true;
    return false;
  }

  #derived(page: Page): Page[] {
    return this.#all().filter((one) => this.#isAbove(page, one));
  }
}

const step = fc.record({
  kind: fc.constantFrom("map", "map", "grant", "unmap"),
  from: fc.nat(OWNERS.length - 1),
  to: fc.integer({ min: 1, max: OWNERS.length - 1 }),
  page: fc.nat(PAGES - 1),
  at: fc.nat(PAGES - 1),
  bits: fc.nat(2),
  rights: fc.constantFrom(7, 7, 5, 2, 0),
  flush: fc.boolean(),
});

/** Spaces with nothing in them, and the model of that. */
function world(): { a: Arena; machine: Machine; spaces: number[]; rows: number[] } {
  const root: Body = function* (c) {
    for (const id of OWNERS.slice(2)) yield* launch(c, id, 0, id);
  };
  const machine = new Machine(new Map([[ROOT, root]]), 8 * MEGABYTE, 2 * MEGABYTE);
  machine.kernel.run(1e7);
  const a = new Arena({ ...machine.options, observer: {} }, findArena(machine.options.memory)._unsafeUnwrap());
  const rows = OWNERS.map((id) => findGlobal(a, id));
  return { a, machine, rows, spaces: rows.map((row) => a.threads.get(row, T.space)) };
}

it("maps, grants and unmaps in any order leave what a plain model says, page for page", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 60 }), (steps) => {
      const { a, machine, spaces, rows } = world();
      const model = new Model();
      for (const { kind, from, to, page, at, bits, rights, flush } of steps) {
        const count = 1 << bits;
        const first = page & -count;
        const target = at & -count;
        const fpage = makeFpage(BASE + first * PAGE, 12 + bits, rights);
        if (kind === "unmap") {
          const kept = utcbWord(a, rows[from], 0);
          setUtcbWord(a, rows[from], 0, fpage);
          unmap(a, rows[from], flush ? UNMAP_FLUSH : 0);
          setUtcbWord(a, rows[from], 0, kept);
          for (let i = 0; i < count; i++) model.unmap(from, first + i, rights, flush);
        } else if (from !== to) {
          const base = BASE + target * PAGE;
          const write = (rights & FPAGE_W) !== 0;
          const item = kind === "map" ? mapItem(base) : grantItem(base);
          mapItemInto(a, spaces[from], spaces[to], item, fpage, ACCEPT_COMPLETE);
          for (let i = 0; i < count; i++)
            model[kind === "map" ? "map" : "grant"](from, first + i, to, target + i, write);
        }
        for (let owner = 1; owner < OWNERS.length; owner++) {
          const real = Array.from({ length: PAGES }, (_, n) => {
            const entry = findEntry(a, spaces[owner], BASE / PAGE + n);
            const pte = entry === 0 ? 0 : a.memory.read32(entry);
            return pte & 1 ? `${(pte >>> 12) - BASE / PAGE}${pte & 2 ? "w" : "r"}` : "-";
          });
          const expected = model.pages[owner].map((one) =>
            one === null ? "-" : `${one.frame}${one.writable ? "w" : "r"}`,
          );
          expect(real).toEqual(expected);
        }
      }
      expect(violations(machine.options)).toEqual([]);
    }),
    { numRuns: LONG ? 20_000 : 150, seed: SEED },
  );
});
