import fc from "fast-check";
import { expect, it } from "vitest";
import { globalId, Kernel, SCHEDULE_RECEIVING, SCHEDULE_SENDING, type SystemState } from "../src/index.ts";
import { localOf, Machine, MEGABYTE, ROOT, SIGMA0 } from "./fixture.ts";
import { violations } from "./invariants.ts";
import { workload } from "./workload.ts";

const LONG = process.env.KINTSUGI_LONG !== undefined;
const SEED = Number(process.env.KINTSUGI_SEED ?? 20261121);
const ARENA = MEGABYTE;
const TYPES = ["spaces", "threads", "mappings", "frames", "regions", "interrupts"] as const;

const machine = new Machine(workload, 4 * MEGABYTE, ARENA);

/** States of one run, each with every kind of continuation or at least a transfer in it. */
const states: readonly string[] = (() => {
  const found: string[] = [];
  for (let step = 0; step < 4000 && found.length < 8; step++) {
    machine.kernel.step();
    if (!machine.kernel.threads().some(({ state }) => state === SCHEDULE_SENDING || state === SCHEDULE_RECEIVING))
      continue;
    const state = machine.kernel.exportState();
    const kinds = state.threads.map(({ continuation: c }) => (c.kind === "fault" ? `fault ${c.resume.kind}` : c.kind));
    if (kinds.includes("fault transfer") ? step % 2 === 0 : kinds.includes("transfer") && step % 5 === 0)
      found.push(JSON.stringify({ ...state, clock: 2 ** 50, ioFpages: true, ...madeUp(state) }));
  }
  return found;
})();

/**
 * What this machine has not: a line that waits for its handler and one that is on its way to it, regions of ports, pages of
 * 4 MiB (of device memory) with one that was given on in part.
 */
function madeUp({ root, spaces, threads, mappings, sigma0 }: SystemState) {
  const other = spaces.find(({ name, initialised }) => initialised && name !== root && name !== sigma0)?.name ?? root;
  const large = { frame: 0x80000, writable: true, status: 0, accessed: true, dirty: false };
  return {
    interrupts: [
      { line: 3, handler: root, phase: "unacknowledged", position: -1 },
      { line: 4, handler: root, phase: "delivering", position: threads.length },
    ],
    regions: [
      { space: root, port: 0x3f8, bits: 3, parentSpace: 0 },
      { space: other, port: 0x3fc, bits: 2, parentSpace: root },
    ],
    mappings: [
      ...mappings,
      { ...large, space: root, page: 0x30000, bits: 22, parentSpace: 0, parentPage: 0 },
      { ...large, space: other, page: 0x30400, bits: 22, parentSpace: root, parentPage: 0x30000 },
      { ...large, space: other, page: 0x30001, bits: 12, frame: 0x80005, parentSpace: root, parentPage: 0x30000 },
    ],
  };
}

/** A value in place of another. */
const values: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(0, 1, -1, 2, 3, 5, 6, 63, 64, 255, 0xffff, 2 ** 31, 0.5, 2 ** 53, null, true, false, "", "send"),
  fc.constantFrom(ROOT, SIGMA0, ...[60, 61, 62, 63, 64, 65, 70, 99].map((n) => globalId(n, 1)), localOf(1), localOf(2)),
  fc.constantFrom("inactive", "user", "receive", "transfer", "fault", "delivering", [], {}, undefined),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
);

/** Where (a path as choices), and what: garbage, or the value of the same field in another object of the type. */
const change = fc.record({
  type: fc.constantFrom(...TYPES, null),
  item: fc.nat(1000),
  path: fc.array(fc.nat(1000), { minLength: 6, maxLength: 6 }),
  value: fc.option(values, { freq: 3, nil: "other" }),
  other: fc.nat(1000),
});

type Node = Record<string, unknown>;

/** Changes one leaf or branch in place. */
function apply(
  state: Node,
  { type, item, path, value, other }: typeof change extends fc.Arbitrary<infer C> ? C : never,
) {
  const list = type === null ? [state] : (state[type] as Node[]);
  if (!Array.isArray(list) || list.length === 0) return;
  let at = list[item % list.length];
  let like: unknown = list[other % list.length];
  for (const choice of path) {
    // An earlier change may have put anything here.
    const keys = typeof at === "object" && at !== null ? Object.keys(at) : [];
    if (keys.length === 0) return;
    const key = keys[choice % keys.length];
    const next = at[key];
    like = typeof like === "object" && like !== null ? (like as Node)[key] : undefined;
    if (typeof next !== "object" || next === null || choice % 5 === 0) {
      at[key] = value === "other" ? structuredClone(like) : value;
      return;
    }
    at = next as Node;
  }
}

/** The machine that takes them, one after the other: its clock is put back before each, its memory is whatever the last one left. */
const taker = new Machine(workload, 4 * MEGABYTE, ARENA);
const { memory, processor } = taker.options;
const arena = memory.ram.subarray(4 * MEGABYTE - ARENA);
const CLOCK = 2 ** 50;

function taken(state: unknown): ReturnType<typeof Kernel.import> {
  processor.advance(CLOCK - 1 - processor.cycles);
  return Kernel.import(taker.options, state, ARENA);
}

it("there are states with transfers and their faults to start from", () => {
  expect(states).toHaveLength(8);
  for (const state of states) expect(taken(JSON.parse(state)).isOk()).toBe(true);
});

it("garbage imported as any object is refused by name, or makes a sound kernel that runs", () => {
  const outcomes = { refused: 0, taken: 0 };
  fc.assert(
    fc.property(fc.nat(7), fc.array(change, { minLength: 1, maxLength: 3 }), (which, changes) => {
      const state = JSON.parse(states[which]) as Node;
      for (const one of changes) apply(state, one);
      const mark = outcomes.refused % 64 === 0 ? arena.slice() : null;
      const result = taken(state);
      if (result.isErr()) {
        outcomes.refused++;
        expect(result.error.text.length).toBeGreaterThan(10);
        if (mark !== null && result.error.code !== "no-room") expect(Buffer.compare(arena, mark)).toBe(0);
        return;
      }
      outcomes.taken++;
      if (outcomes.taken % 8 === 0) expect(violations(taker.options)).toEqual([]);
      for (let step = 0; step < 60; step++) if (result.value.step(2 ** 51) !== null) break;
      expect(violations(taker.options)).toEqual([]);
    }),
    { numRuns: LONG ? 1_000_000 : 400, seed: SEED },
  );
  expect(Math.min(outcomes.refused, outcomes.taken)).toBeGreaterThan(50);
});
