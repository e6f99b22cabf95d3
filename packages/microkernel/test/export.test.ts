import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Kernel, type SystemState } from "../src/index.ts";
import { Machine, MEGABYTE } from "./fixture.ts";
import { violations } from "./invariants.ts";
import { transcript, workload } from "./workload.ts";

const LONG = process.env.KINTSUGI_LONG !== undefined;
const ARENA = 2 * MEGABYTE;
const STEPS = LONG ? 40_000 : 1_500;

const machine = (): Machine => new Machine(workload, 8 * MEGABYTE, ARENA);

/** Runs a number of kernel entries; `between` follows each. */
function run(m: Machine, steps: number, between: (entry: number) => void = () => {}): void {
  for (let entry = 1; entry <= steps; entry++) {
    expect(m.kernel.step()).toBe(null);
    between(entry);
  }
}

/** The same state with every list in another order: other rows for everything. */
function shuffled(state: SystemState, seed: number): SystemState {
  let x = seed;
  const key = (): number => {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    return x;
  };
  const mix = <T>(items: readonly T[]): T[] =>
    items
      .map((item) => [key(), item] as const)
      .sort(([one], [other]) => one - other)
      .map(([, item]) => item);
  return {
    ...state,
    spaces: mix(state.spaces),
    threads: mix(state.threads),
    mappings: mix(state.mappings),
    frames: mix(state.frames),
    interrupts: mix(state.interrupts),
  };
}

it("the workload passes every kind of continuation", () => {
  const m = machine();
  const seen = new Set<string>();
  run(m, 4000, (entry) => {
    if (entry % 3 !== 0) return;
    for (const { continuation } of m.kernel.exportState().threads) {
      const { kind } = continuation;
      seen.add(kind);
      if (kind === "fault") {
        seen.add(`fault in ${continuation.phase.kind}`);
        if (continuation.resume.kind === "transfer")
          seen.add(`fault of the ${continuation.resume.cursor === null ? "receiver" : "sender"}`);
      }
    }
  });
  expect([...seen].sort()).toEqual([
    "fault",
    "fault in receive",
    "fault of the receiver",
    "fault of the sender",
    "inactive",
    "receive",
    "send",
    "transfer",
    "user",
  ]);
});

it.each([1, 7, 100])("a kernel that is exported, destroyed and imported at every %i-th entry runs the same", (k) => {
  const plain = machine();
  run(plain, STEPS);
  const moved = machine();
  run(moved, STEPS, (entry) => {
    if (entry % k !== 0) return;
    const text = JSON.stringify(shuffled(moved.kernel.exportState(), entry));
    const { memory } = moved.options;
    memory.fill(memory.size - ARENA, ARENA, 0xa5);
    moved.kernel = Kernel.import(moved.options, JSON.parse(text), ARENA)._unsafeUnwrap();
    if (entry % (16 * k) === 0) expect(violations(moved.options)).toEqual([]);
  });
  expect(transcript(moved.events)).toEqual(transcript(plain.events));
  expect(moved.kernel.exportState()).toEqual(plain.kernel.exportState());
  const users = (m: Machine): Uint8Array => m.options.memory.ram.subarray(0, 8 * MEGABYTE - ARENA);
  expect(Buffer.compare(users(moved), users(plain))).toBe(0);
});

it("export changes nothing, and what is imported is what was exported", () => {
  const m = machine();
  run(m, 3000, (entry) => {
    if (entry % 50 !== 0) return;
    const before = m.options.memory.ram.slice();
    const state = m.kernel.exportState();
    expect(Buffer.compare(m.options.memory.ram, before)).toBe(0);
    m.kernel = Kernel.import(m.options, shuffled(state, entry), ARENA)._unsafeUnwrap();
    expect(m.kernel.exportState()).toEqual(state);
  });
});

it("a kernel goes on in a new process, in other rows and another memory", () => {
  const plain = machine();
  run(plain, 2000);
  const before = transcript(plain.events).length;
  const { ram } = plain.options.memory;
  const letter = {
    state: shuffled(plain.kernel.exportState(), 77),
    frames: Buffer.from(ram.subarray(0, ram.length - ARENA)).toString("base64"),
    memorySize: 13 * MEGABYTE,
    arenaSize: 3 * MEGABYTE,
    steps: 2000,
  };
  run(plain, 2000);
  const reply = execFileSync(process.execPath, [join(import.meta.dirname, "export-process.ts")], {
    input: JSON.stringify(letter),
    maxBuffer: 64 * MEGABYTE,
  });
  const { events, state } = JSON.parse(reply.toString()) as { events: string[]; state: SystemState };
  expect(events).toEqual(transcript(plain.events).slice(before));
  expect(state).toEqual(plain.kernel.exportState());
});
