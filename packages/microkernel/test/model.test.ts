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
import { isLarge } from "../src/object/mapping-tree.ts";
import { findGlobal, setUtcbWord, utcbWord } from "../src/object/thread.ts";
import { unmap } from "../src/syscall/unmap.ts";
import type { Arena } from "../src/table/arena.ts";
import { N, T } from "../src/table/layout.ts";
import { type Body, launch, Machine, MEGABYTE, ROOT, rewinder, SIGMA0, shownPages } from "./fixture.ts";
import { violations } from "./invariants.ts";
import { MappingModel } from "./mapping-model.ts";

const LONG = process.env.KINTSUGI_LONG !== undefined;
const SEED = Number(process.env.KINTSUGI_SEED ?? 20261121);
const OWNERS: readonly ThreadId[] = [SIGMA0, ROOT, globalId(60, 1), globalId(61, 1), globalId(62, 1)];

const root: Body = function* (c) {
  for (const id of OWNERS.slice(2)) yield* launch(c, id, 0, id);
};

/** Which pages (linear >> 12) are looked at, and which fpages take 1, 2, 4 … of them. */
interface Scene {
  readonly machine: Machine;
  readonly pages: readonly number[];
  readonly sizes: readonly number[];
}

/** Random calls on a scene, against the model; `look` sees the kernel after each. */
function compare({ machine, pages, sizes }: Scene, runs: number, look: (a: Arena) => void = () => {}): void {
  const step = fc.record({
    kind: fc.constantFrom("map", "map", "grant", "unmap"),
    from: fc.nat(OWNERS.length - 1),
    to: fc.integer({ min: 1, max: OWNERS.length - 1 }),
    page: fc.nat(pages.length - 1),
    at: fc.nat(pages.length - 1),
    size: fc.nat(sizes.length - 1),
    rights: fc.constantFrom(7, 7, 5, 2, 0),
    flush: fc.boolean(),
  });
  machine.kernel.run(1e7);
  const rewind = rewinder(machine);
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 60 }), (steps) => {
      const a = rewind();
      const rows = OWNERS.map((id) => findGlobal(a, id));
      const spaces = rows.map((row) => a.threads.get(row, T.space));
      const model = new MappingModel(pages.length);
      for (const { kind, from, to, page, at, size, rights, flush } of steps) {
        const count = 1 << size;
        const first = page & -count;
        const target = at & -count;
        const fpage = makeFpage(pages[first] << 12, sizes[size], rights);
        if (kind === "unmap") {
          const kept = utcbWord(a, rows[from], 0);
          setUtcbWord(a, rows[from], 0, fpage);
          unmap(a, rows[from], flush ? UNMAP_FLUSH : 0);
          setUtcbWord(a, rows[from], 0, kept);
          for (let i = 0; i < count; i++) model.unmap(from, first + i, rights, flush);
        } else if (from !== to) {
          const write = (rights & FPAGE_W) !== 0;
          const base = pages[target] << 12;
          const item = kind === "map" ? mapItem(base) : grantItem(base);
          expect(mapItemInto(a, spaces[from], spaces[to], item, fpage, ACCEPT_COMPLETE)).toBe(true);
          for (let i = 0; i < count; i++) model[kind](from, first + i, to, target + i, write);
        }
        const owners = [1, 2, 3, 4];
        expect(owners.map((owner) => shownPages(a, spaces[owner], pages))).toEqual(
          owners.map((owner) => model.show(owner)),
        );
        look(a);
      }
      expect(violations(machine.options)).toEqual([]);
      machine.rebuild();
      machine.reimport();
      expect(violations(machine.options)).toEqual([]);
      expect(shownPages(a, findSpace(a, ROOT), pages)).toBe(model.show(1));
    }),
    { numRuns: runs, seed: SEED },
  );
}

const findSpace = (a: Arena, id: ThreadId): number => a.threads.get(findGlobal(a, id), T.space);

it("maps, grants and unmaps in any order leave what a plain model says, page for page", () => {
  const machine = new Machine(new Map([[ROOT, root]]), 8 * MEGABYTE, 2 * MEGABYTE);
  const pages = Array.from({ length: 8 }, (_, i) => 0x300 + i);
  compare({ machine, pages, sizes: [12, 13, 14] }, LONG ? 20_000 : 150);
});

it("so they do where pages of 4 MiB are given away whole and in parts, divided and mapped over", () => {
  const machine = new Machine(new Map([[ROOT, root]]), 20 * MEGABYTE, 4 * MEGABYTE, { quota: 4 * MEGABYTE });
  // Both ends of two neighbours of 4 MiB stand for all of them.
  const ends = [0, 1, 2, 3, 1020, 1021, 1022, 1023];
  const pages = [0x800, 0xc00].flatMap((group) => ends.map((page) => group + page));
  let most = 0;
  let divided = 0;
  compare({ machine, pages, sizes: [12, 13, 14, 22, 23] }, LONG ? 2000 : 12, (a) => {
    let large = 0;
    let used = 0;
    for (let node = 1; node < a.nodes.rows; node++) {
      if (a.nodes.get(node, N.space) === 0) continue;
      used++;
      if (isLarge(a, node)) large++;
    }
    most = Math.max(most, large);
    if (used > 1000) divided++;
  });
  expect(most).toBeGreaterThan(3);
  expect(divided).toBeGreaterThan(10);
});
