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
import { findGlobal, setUtcbWord, utcbWord } from "../src/object/thread.ts";
import { unmap } from "../src/syscall/unmap.ts";
import { T } from "../src/table/layout.ts";
import { type Body, launch, Machine, MEGABYTE, ROOT, rewinder, SIGMA0, shownPages } from "./fixture.ts";
import { violations } from "./invariants.ts";
import { MappingModel } from "./mapping-model.ts";

const LONG = process.env.KINTSUGI_LONG !== undefined;
const SEED = Number(process.env.KINTSUGI_SEED ?? 20261121);
const PAGE = 0x1000;
const PAGES = 8;
const BASE = 0x300000;
const OWNERS: readonly ThreadId[] = [SIGMA0, ROOT, globalId(60, 1), globalId(61, 1), globalId(62, 1)];

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

const root: Body = function* (c) {
  for (const id of OWNERS.slice(2)) yield* launch(c, id, 0, id);
};
const machine = new Machine(new Map([[ROOT, root]]), 8 * MEGABYTE, 2 * MEGABYTE);
machine.kernel.run(1e7);
const rewind = rewinder(machine);

it("maps, grants and unmaps in any order leave what a plain model says, page for page", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 60 }), (steps) => {
      const a = rewind();
      const rows = OWNERS.map((id) => findGlobal(a, id));
      const spaces = rows.map((row) => a.threads.get(row, T.space));
      const model = new MappingModel(PAGES);
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
          for (let i = 0; i < count; i++) model[kind](from, first + i, to, target + i, write);
        }
        const owners = [1, 2, 3, 4];
        expect(owners.map((owner) => shownPages(a, spaces[owner], BASE, PAGES))).toEqual(
          owners.map((owner) => model.show(owner)),
        );
      }
      expect(violations(machine.options)).toEqual([]);
    }),
    { numRuns: LONG ? 20_000 : 150, seed: SEED },
  );
});
