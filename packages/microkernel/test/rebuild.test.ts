import fc from "fast-check";
import { expect, it } from "vitest";
import {
  ANY_THREAD,
  FPAGE_RWX,
  globalId,
  grantItem,
  ITEM_MORE,
  Kernel,
  makeFpage,
  mapItem,
  type ResidentContext,
  SCHEDULE_RECEIVING,
  SCHEDULE_SENDING,
  stringItem,
  TAG_PROPAGATED,
  TCR_EXCEPTION_HANDLER,
  TCR_FLAGS,
  TCR_VIRTUAL_SENDER,
  TCR_XFER_TIMEOUTS,
  type ThreadId,
  TIME_NEVER,
  timeouts,
  UNMAP_FLUSH,
} from "../src/index.ts";
import {
  type Body,
  exchangeRegisters,
  launch,
  Machine,
  message,
  ROOT,
  read8,
  schedule,
  spaceControl,
  threadControl,
  threadSwitch,
  unmap,
  utcbOf,
  write8,
} from "./fixture.ts";
import { violations } from "./invariants.ts";

const THREADS: readonly ThreadId[] = [60, 61, 62, 63, 64].map((n) => globalId(n, 1));
const REGION = 0x200000;
const PAGES = 16;
const SHORT = timeouts((2 << 10) | 500, (3 << 10) | 500);

/** One thing that a thread tries, with small numbers for its choices. */
type Act = readonly [kind: number, x: number, y: number, z: number];

function* act(c: ResidentContext, [kind, x, y, z]: Act, root: boolean): Generator<number, void> {
  const partner = [...THREADS, ROOT][x % 6];
  const at = REGION + (y % PAGES) * 0x1000;
  const fpage = makeFpage(REGION + (z % PAGES) * 0x1000, 12 + (z % 3), [FPAGE_RWX, 5, 0, 2][x % 4]);
  switch (kind) {
    case 0:
      c.setBr(0, [0, 0x10, makeFpage(at, 14, 0)][z % 3]);
      yield* message(c, 0, [ANY_THREAD, partner][y % 2], { time: SHORT });
      return;
    case 1:
      yield* message(c, partner, [0, ANY_THREAD, partner][y % 3], { label: z, words: [x, y, z], time: SHORT });
      return;
    case 2:
    case 3:
      yield* message(c, partner, 0, { items: [kind === 2 ? mapItem(at) : grantItem(at), fpage], time: SHORT });
      return;
    case 4:
      yield* unmap(c, y % 2 === 0 ? UNMAP_FLUSH : 0, [fpage]);
      return;
    case 5:
      if (root) yield* z % 2 === 0 ? write8(c, at, x) : read8(c, at);
      return;
    case 6:
      yield* exchangeRegisters(c, partner, [6, 2, 4, 0x101, 0x100, 0x106][z % 6]);
      return;
    case 7:
      yield* schedule(c, partner, {
        priority: 90 + (z % 20),
        preemption: y % 2 === 0 ? -1 : (100 << 16) | (x * 40),
        time: x % 5 === 0 ? timeouts((2 << 10) | 500, z % 2 === 0 ? (4 << 10) | 500 : 0) : -1,
      });
      return;
    case 8:
      if (root && z % 4 === 0) yield* spaceControl(c, THREADS[1 + 2 * (x % 2)], 0, 0, [partner, ANY_THREAD][y % 2]);
      else if (z % 4 === 1) {
        c.setTcr(TCR_FLAGS, y & 0xe0);
        c.setTcr(TCR_EXCEPTION_HANDLER, partner);
        c.charge(200_000);
      } else if (z % 4 === 2) {
        c.setTcr(TCR_VIRTUAL_SENDER, THREADS[y % 5]);
        yield* message(c, partner, 0, { flags: TAG_PROPAGATED, words: [x], time: SHORT });
      } else yield* threadSwitch(c, partner);
      return;
    case 9:
      if (root && partner !== ROOT) yield* threadControl(c, partner, 0, 0, 0, -1);
      return;
    case 10:
    case 11:
      c.setBr(0, 1);
      for (let i = 0; i < 3; i++) {
        c.setBr(2 * i + 1, stringItem(100 + 700 * y) | ITEM_MORE);
        c.setBr(2 * i + 2, at + 300 * i + 0x800);
      }
      c.setTcr(TCR_XFER_TIMEOUTS, [0, SHORT, 0x400, 0x400_0000][z % 4]);
      if (kind === 10) yield* message(c, 0, [ANY_THREAD, partner][x % 2], { time: SHORT });
      else {
        const parts = [stringItem(600 * z, 2), at + 13 * x, at + 0x1900, mapItem(at), fpage, stringItem(300), at];
        yield* message(c, partner, [0, partner][x % 2], { items: parts, time: SHORT });
      }
      return;
    default:
      if (root && partner !== ROOT) {
        yield* threadControl(c, partner, ROOT, ROOT, ROOT, utcbOf(1 + (x % 6)));
        yield* exchangeRegisters(c, partner, 0x11e);
      }
  }
}

/** A machine whose threads go through these acts: half of them in the root's space, half in their own. */
function workload(acts: readonly Act[]): Machine {
  const share = (n: number): Act[] => acts.filter((_, i) => i % 6 === n);
  const body = (n: number): Body =>
    function* (c) {
      for (const one of share(n)) yield* act(c, one, false);
    };
  const root: Body = function* (c) {
    for (let i = 0; i < PAGES; i++) yield* write8(c, REGION + i * 0x1000, i);
    for (const [n, id] of THREADS.entries()) yield* launch(c, id, n % 2 === 0 ? n + 1 : 0, n % 2 === 0 ? ROOT : id);
    for (const one of share(5)) yield* act(c, one, true);
    yield* message(c, 0, ROOT, { time: timeouts(TIME_NEVER, (9 << 10) | 900) });
  };
  return new Machine(
    new Map<ThreadId, Body>([[ROOT, root], ...THREADS.map((id, n) => [id, body(n)] as const)]),
    8 << 20,
  );
}

/** Each of the thirteen, and strings more often. */
const kinds = fc.nat(20).map((kind) => (kind > 12 ? 10 + (kind & 1) : kind));
const arbitraryActs = fc.array(fc.tuple(kinds, fc.nat(60), fc.nat(60), fc.nat(60)), {
  minLength: 20,
  maxLength: 120,
});

it("a kernel that is thrown away and rebuilt after every step runs the same, over a sound arena", () => {
  let inFlight = 0;
  fc.assert(
    fc.property(arbitraryActs, (acts) => {
      const plain = workload(acts);
      expect(plain.kernel.run(2e8).kind).toBe("idle");
      const rebuilt = workload(acts);
      let steps = 0;
      while (rebuilt.kernel.step(2e8) === null) {
        rebuilt.rebuild();
        if (rebuilt.kernel.threads().some(({ state }) => state === SCHEDULE_SENDING || state === SCHEDULE_RECEIVING))
          inFlight++;
        if (steps++ % 16 === 0) expect(violations(rebuilt.options)).toEqual([]);
      }
      expect(violations(rebuilt.options)).toEqual([]);
      expect(rebuilt.events).toEqual(plain.events);
      expect(rebuilt.options.processor.cycles).toBe(plain.options.processor.cycles);
      expect(Buffer.compare(rebuilt.options.memory.ram, plain.options.memory.ram)).toBe(0);
    }),
    { numRuns: 40 },
  );
  expect(inFlight).toBeGreaterThan(0); // strings were on their way, too
});

it("garbage is no arena", () => {
  const machine = workload([]);
  const { memory } = machine.options;
  const base = memory.size - (4 << 20);
  const refusal = (): string => Kernel.attach(machine.options)._unsafeUnwrapErr().text;
  const saved = memory.readBytes(base, 4096);
  const damage: readonly (readonly [number, number, string])[] = [
    [0, 0, "no kernel arena in this memory"],
    [1, 99, "layout version 99, not 4"],
    [3, 5, "its sizes are not this memory's"],
    [5, 0, "formatting was not completed"],
    [39, 0x7fffffff, "its threads table lies outside"],
    [40, -1, "its threads table lies outside"],
  ];
  for (const [word, value, text] of damage) {
    memory.write32(base + 4 * word, value);
    expect(refusal()).toBe(text);
    memory.writeBytes(base, saved);
  }
  expect(Kernel.attach(machine.options).isOk()).toBe(true);
});
