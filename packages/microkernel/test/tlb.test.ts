import { TAGS } from "@kintsugi/ia32";
import { expect, it } from "vitest";
import {
  ACCEPT_COMPLETE,
  FPAGE_RWX,
  globalId,
  Kernel,
  makeFpage,
  mapItem,
  type ThreadId,
  UNMAP_FLUSH,
} from "../src/index.ts";
import { findGlobal } from "../src/object/thread.ts";
import { Arena, findArena } from "../src/table/arena.ts";
import { T } from "../src/table/layout.ts";
import { type Body, launch, Machine, message, ROOT, unmap, write8 } from "./fixture.ts";
import { pingpongMachine } from "./pingpong.ts";

/** What the kernel asks of the processor's TLB from now on: `page TAG ADDRESS`, `space TAG`. */
function watch(machine: Machine): string[] {
  const { processor } = machine.options;
  const { invalidatePage, invalidateSpace } = processor;
  const asked: string[] = [];
  processor.invalidatePage = (tag, linear) => {
    asked.push(`page ${tag} ${(linear >>> 0).toString(16)}`);
    invalidatePage.call(processor, tag, linear);
  };
  processor.invalidateSpace = (tag) => {
    asked.push(`space ${tag}`);
    invalidateSpace.call(processor, tag);
  };
  return asked;
}

it.each([true, false])("IPC between threads invalidates nothing, inside a space: %s", (local) => {
  const machine = pingpongMachine(3, local);
  machine.kernel.run(2_000_000);
  const asked = watch(machine);
  let messages = 0;
  const kernel = Kernel.attach({ ...machine.options, observer: { transferred: () => messages++ } })._unsafeUnwrap();
  expect(asked).toHaveLength(TAGS); // a new kernel knows nothing of the TLB
  kernel.run(2_100_000);
  expect(asked.slice(TAGS).filter((one) => one.startsWith("page"))).toEqual([]);
  const first = asked.length;
  kernel.run(3_000_000);
  expect(asked).toHaveLength(first);
  expect(messages).toBeGreaterThan(3000);
});

it("an unmap invalidates the pages that lose something, in the spaces that have them, and no other", () => {
  const CHILDREN: readonly ThreadId[] = [globalId(60, 1), globalId(61, 1)];
  const REGION = 0x300000;
  let asked: string[] = [];
  let machine: Machine;
  const child: Body = function* (c) {
    c.setBr(0, ACCEPT_COMPLETE);
    for (;;) yield* message(c, 0, ROOT);
  };
  const log: string[][] = [];
  const root: Body = function* (c) {
    for (let i = 0; i < 8; i++) yield* write8(c, REGION + i * 0x1000, i);
    for (const id of CHILDREN) yield* launch(c, id, 0, id);
    const give = function* (id: ThreadId, page: number, at: number, rights: number): Generator<number, void> {
      const items = [mapItem(at), makeFpage(REGION + page * 0x1000, 12, rights)];
      yield* message(c, id, 0, { items });
    };
    yield* give(CHILDREN[0], 1, 0x500000, FPAGE_RWX);
    yield* give(CHILDREN[0], 2, 0x700000, 5);
    yield* give(CHILDREN[1], 2, 0x900000, FPAGE_RWX);
    asked = watch(machine);
    for (const rights of [0, 2, 7]) {
      yield* unmap(c, 0, [makeFpage(REGION, 14, rights)]); // pages 0 to 3
      log.push(asked.splice(0));
    }
    yield* unmap(c, UNMAP_FLUSH, [makeFpage(REGION + 0x4000, 13, FPAGE_RWX)]); // its own 4 and 5
    log.push(asked.splice(0));
  };
  machine = new Machine(new Map<ThreadId, Body>([[ROOT, root], ...CHILDREN.map((id) => [id, child] as const)]));
  machine.kernel.run(1e8);
  const a = new Arena({ ...machine.options, observer: {} }, findArena(machine.options.memory)._unsafeUnwrap());
  const [own, one, two] = [ROOT, ...CHILDREN].map((id) => a.threads.get(findGlobal(a, id), T.space) % TAGS);
  // The root's own pages lose the accessed and dirty bits that a status query resets.
  const status = [0, 1, 2, 3].map((n) => `page ${own} ${(REGION + n * 0x1000).toString(16)}`);
  expect(log).toEqual([
    status,
    [`page ${one} 500000`, `page ${two} 900000`],
    [`page ${one} 500000`, `page ${two} 900000`, `page ${one} 700000`],
    [4, 4, 5, 5].map((n) => `page ${own} ${(REGION + n * 0x1000).toString(16)}`),
  ]);
});
