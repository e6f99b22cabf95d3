import { EFLAGS, EIP } from "@kintsugi/ia32";
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

interface Shot {
  readonly call: number;
  readonly registers: readonly number[];
  readonly utcb: readonly (readonly [number, number])[];
  readonly touch: number;
}

const shot: fc.Arbitrary<Shot> = fc.record({
  call: fc.oneof({ weight: 3, arbitrary: fc.constant(SYSCALL_IPC) }, { arbitrary: fc.nat(14), weight: 4 }),
  registers: fc.array(words, { minLength: 8, maxLength: 8 }),
  utcb: fc.array(fc.tuple(fc.integer({ min: -48, max: 63 }), words), { maxLength: 12 }),
  touch: words,
});

/** Fires the shots, each with its registers and words of the UTCB, then waits. */
const shooter = (shots: readonly Shot[]): Body =>
  function* (c: ResidentContext) {
    for (const { call, registers, utcb, touch } of shots) {
      for (const [i, value] of registers.entries()) c.registers[i] = value;
      for (const [index, value] of utcb) c.setTcr(index, value);
      // Shots that would end or replace the shooter's own program are somebody else's.
      if (call === 0 || call === SYSCALL_RESIDENT_CONTROL || call > SYSCALL_RESIDENT_CONTROL) {
        try {
          c.write8(touch, 1);
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
  const volleys = fc.array(fc.array(shot, { maxLength: 25 }), { minLength: 5, maxLength: 5 });
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
