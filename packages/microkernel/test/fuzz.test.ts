import { ECX, EFLAGS, EIP } from "@kintsugi/ia32";
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  ANY_LOCAL_THREAD,
  ANY_THREAD,
  globalId,
  PageFaultSignal,
  RESIDENT_AGAIN,
  RESIDENT_PAGE_FAULT,
  type ResidentContext,
  SYSCALL_IPC,
  SYSCALL_RESIDENT_CONTROL,
  type ThreadId,
  timeouts,
} from "../src/index.ts";
import {
  type Body,
  KIP_FPAGE,
  launch,
  localOf,
  Machine,
  MEGABYTE,
  ROOT,
  SIGMA0,
  UTCB_FPAGE,
  utcbOf,
} from "./fixture.ts";
import { violations } from "./invariants.ts";

const LONG = process.env.KINTSUGI_LONG !== undefined;
const SEED = Number(process.env.KINTSUGI_SEED ?? 20261121);
const THREADS: readonly ThreadId[] = [60, 61, 62, 63].map((n) => globalId(n, 1));

/** A word that means something to some call, or nothing at all. */
const words: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(0, -1, 1, 2, 6, 7, 0x10, 0x17, 0x40, 0x100, 0x11e, 0x1ff, 0x3ff, 0x400, 0x8000, 0xffff, 0x1_0000),
  fc.constantFrom(
    ANY_THREAD,
    ANY_LOCAL_THREAD,
    ROOT,
    SIGMA0,
    ...THREADS,
    globalId(60, 2),
    globalId(5, 1),
    globalId(99, 1),
  ),
  fc.constantFrom(localOf(0), localOf(1), utcbOf(1), utcbOf(2), KIP_FPAGE, UTCB_FPAGE, 0x60064, 0x6400640),
  // Tags, items and fpages over a few pages, and over everything.
  fc.tuple(fc.nat(7), fc.nat(7)).map(([t, u]) => (t << 6) | u | (0x1000 * (t & 1))),
  fc.tuple(fc.nat(15), fc.nat(3)).map(([page, kind]) => (0x300000 + page * 0x1000) | [8, 10, 0xc7, 0x157][kind]),
  fc.tuple(fc.nat(3000), fc.nat(4)).map(([length, sub]) => (length << 10) | (sub << 4) | (length & 0x200)),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
);

/** The registers of calls that come close to being right: EAX ECX EDX EBX ESP EBP ESI EDI. */
const likely: fc.Arbitrary<readonly number[]> = fc.tuple(
  fc.constantFrom(...THREADS, ...THREADS, globalId(64, 1), globalId(65, 1), ROOT, localOf(1)),
  fc.constantFrom(0, ROOT, ROOT, THREADS[0], 0x11e, 6, 0x100, 0x101, -1, 0x0a00_0a00, 0x0400_0000),
  fc.constantFrom(0, ROOT, ROOT, THREADS[1], ANY_THREAD, KIP_FPAGE, -1),
  words,
  words,
  words,
  fc.constantFrom(ROOT, ROOT, ...THREADS, 0, UTCB_FPAGE, globalId(64, 1), 0x42, 0x80, 0x185),
  fc.constantFrom(-1, -1, utcbOf(1), utcbOf(2), utcbOf(3), utcbOf(9), ROOT, THREADS[2], 0),
);

const SHORT = timeouts((2 << 10) | 500, (3 << 10) | 500);

interface Shot {
  readonly call: number;
  readonly registers: readonly number[];
  readonly utcb: readonly (readonly [number, number])[];
  readonly touch: number;
}

const shot: fc.Arbitrary<Shot> = fc.record({
  call: fc.oneof({ weight: 3, arbitrary: fc.constant(SYSCALL_IPC) }, { arbitrary: fc.nat(14), weight: 4 }),
  registers: fc.oneof(likely, fc.array(words, { minLength: 8, maxLength: 8 })),
  utcb: fc.array(fc.tuple(fc.integer({ min: -48, max: 63 }), words), { maxLength: 12 }),
  touch: words,
});

/** Fires the shots, each with its registers and words of the UTCB, then waits. */
const shooter = (shots: readonly Shot[]): Body =>
  function* (c: ResidentContext) {
    for (const { call, registers, utcb, touch } of shots) {
      for (const [i, value] of registers.entries()) c.registers[i] = value;
      for (const [index, value] of utcb) c.setTcr(index, value);
      // Who waits for ever fires no more: mostly, nobody waits long.
      if (call === SYSCALL_IPC && (registers[1] & 7) !== 0) c.registers[ECX] = SHORT;
      // Shots that would end or replace the shooter's own program are somebody else's.
      if (call === 0 || call === SYSCALL_RESIDENT_CONTROL || call > SYSCALL_RESIDENT_CONTROL) {
        try {
          if (c.thread === ROOT) c.write8(touch & 0xffffff, 1); // nobody would answer the others
        } catch (error) {
          if (!(error instanceof PageFaultSignal)) throw error;
          yield RESIDENT_PAGE_FAULT;
        }
        c.charge(50_000);
        yield RESIDENT_AGAIN;
      } else yield call;
    }
  };

it("no call with any registers over any UTCB makes the kernel throw or its arena unsound, however small that is", () => {
  const volleys = fc.array(fc.array(shot, { minLength: 20, maxLength: 40 }), { minLength: 5, maxLength: 5 });
  fc.assert(
    fc.property(volleys, fc.constantFrom(MEGABYTE, 2 * MEGABYTE), ([first, ...rest], arena) => {
      const root: Body = function* (c) {
        for (const [n, id] of THREADS.entries()) yield* launch(c, id, n < 2 ? n + 1 : 0, n < 2 ? ROOT : id);
        yield* shooter(first)(c);
      };
      const bodies = new Map<ThreadId, Body>([
        [ROOT, root],
        ...THREADS.map((id, n) => [id, shooter(rest[n])] as const),
      ]);
      const machine = new Machine(bodies, 8 * MEGABYTE, arena);
      let exit = null;
      for (let steps = 0; exit === null && steps < 1500; steps++) {
        exit = machine.kernel.step(1e12);
        if (steps % 32 === 0) expect(violations(machine.options)).toEqual([]);
        if (steps % 100 === 99) machine.rebuild();
      }
      expect(violations(machine.options)).toEqual([]);
      expect(machine.kernel.threads().every(({ registers }) => registers.length > Math.max(EIP, EFLAGS))).toBe(true);
    }),
    { numRuns: LONG ? 20_000 : 60, seed: SEED },
  );
});
