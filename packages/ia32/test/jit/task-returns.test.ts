// A task that returns to one whose segment lies elsewhere now, where all is 0: the fault finds the flags that the return has changed.
import { expect, test } from "vitest";
import { EFLAGS } from "../../src/index.ts";
import { ENGINES, INTERPRETER } from "./engines.ts";
import { generate } from "./generate.ts";
import { createMachine } from "./machine.ts";
import { CODE, GDT, TASK, TASK_VECTOR } from "./places.ts";
import type { Program } from "./program.ts";
import { firstDifference } from "./run.ts";

const NT = 0x4000;
/** Where a descriptor has bits 0 to 15 of its base. */
const BASE = GDT + TASK + 2;
const EMPTY = 0x5000;
const MOVE = [0xc7, 0x06, BASE & 0xff, BASE >>> 8, EMPTY & 0xff, EMPTY >>> 8];
/** mov cx, 50; int TASK_VECTOR; dec cx; jnz back; mov word [BASE], EMPTY; int TASK_VECTOR */
const BYTES = [0xb9, 50, 0, 0xcd, TASK_VECTOR, 0x49, 0x75, 0xfb, ...MOVE, 0xcd, TASK_VECTOR];

const { environment, ...made } = generate(1);
const PROGRAM: Program = {
  ...made,
  environment: { ...environment, level: "user", paging: "off", wide: false, device: false },
  blocks: [{ at: CODE, items: [{ bytes: BYTES, fixups: [] }] }],
  steps: [{ budget: 1000, event: null }],
};

test.each(Object.keys(ENGINES))("%s", (name) => {
  const { processor } = createMachine(PROGRAM, INTERPRETER);
  expect(processor.run(1000).kind).toBe("shutdown");
  expect(processor.registers[EFLAGS] & NT).toBe(0);
  expect(firstDifference(PROGRAM, INTERPRETER, ENGINES[name])).toBeNull();
});
