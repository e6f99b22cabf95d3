import { expect, it } from "vitest";
import { ERROR_OUT_OF_MEMORY } from "../src/index.ts";
import { violations } from "./invariants.ts";
import { bomb, free, MILLISECOND, mappings, messages, type Storm, spinners, WAKES } from "./storms.ts";

/** One step of whoever ran, and the way out of the wait. */
const LATENCY = 3000;

function expectCalm({ late, machine }: Storm): void {
  expect(late.length).toBeGreaterThanOrEqual(WAKES);
  expect(Math.max(...late)).toBeLessThan(LATENCY);
  expect(violations(machine.options)).toEqual([]);
}

it("spinners do not delay what is more urgent", () => {
  expectCalm(spinners());
});

it("a storm of messages does not, either", () => {
  const scene = messages();
  expectCalm(scene);
  expect(scene.calls).toBeGreaterThan(3000);
});

it("a storm of mappings does not, and gives everything back", () => {
  const scene = mappings();
  expectCalm(scene);
  const { machine } = scene;
  const before = free(machine);
  machine.kernel.run(500 * MILLISECOND);
  const after = free(machine);
  expect([after.threads, after.frames]).toEqual([before.threads, before.frames]);
  expect(violations(machine.options)).toEqual([]);
});

it("a bomb of threads and spaces ends with error 8, others live on, and deleting them gives all of it back", () => {
  const { calls, errors, counts, late, machine } = bomb();
  const [before, full, after] = counts;
  expect(new Set(errors)).toEqual(new Set([ERROR_OUT_OF_MEMORY]));
  expect(calls).toBeGreaterThan(20);
  expect(Math.min(full.threads, full.frames)).toBeLessThan(3);
  expect(after).toEqual(before);
  expect(late.length).toBeGreaterThan(60);
  expect(violations(machine.options)).toEqual([]);
});
