import { expect, test } from "vitest";
import { CodeWriter } from "./code-writer.ts";
import { moduleBytes } from "./module-writer.ts";
import * as op from "./opcodes.ts";

const memory = new WebAssembly.Memory({ initial: 1 });
const table = new WebAssembly.Table({ element: "anyfunc", initial: 1 });

/** Compiles a function (i32, i32) → i32 and calls it. */
function run(write: (w: CodeWriter) => void, a = 0, b = 0): unknown {
  const body = new CodeWriter(1).unsigned(0);
  write(body);
  body.op(op.END);
  const bytes = moduleBytes({
    types: [{ parameters: [op.I32, op.I32], results: [op.I32] }],
    imports: [],
    sharedMemory: false,
    functions: [{ type: 0, name: "f", body }],
  });
  const { f } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { m: { memory, table } }).exports;
  return (f as (a: number, b: number) => unknown)(a, b);
}

test.each([0, 1, -1, 63, 64, -64, -65, 127, 128, 0x7fffffff, -0x80000000, 0x12345678])(
  "the constant %i is itself",
  (value) => {
    expect(run((w) => w.const(value))).toBe(value);
  },
);

test("a branch names the construct that it leaves", () => {
  const sum = (n: number): unknown =>
    run((w) => {
      const done = w.block();
      const again = w.loop();
      w.get(0).op(op.I32_EQZ).hint(false).brIf(done);
      w.get(1).get(0).op(op.I32_ADD).set(1);
      w.get(0).const(-1).op(op.I32_ADD).set(0);
      w.br(again);
      w.end();
      w.end();
      w.get(1);
    }, n);
  expect([sum(0), sum(1), sum(100)]).toEqual([0, 1, 5050]);
});

test("a table of labels chooses by number, and the last one is for all others", () => {
  const choose = (n: number): unknown =>
    run((w) => {
      const other = w.block();
      const one = w.block();
      const zero = w.block();
      w.get(0).brTable([zero, one], other);
      w.end();
      w.const(10).op(op.RETURN);
      w.end();
      w.const(11).op(op.RETURN);
      w.end();
      w.const(12);
    }, n);
  expect([choose(0), choose(1), choose(2), choose(-1)]).toEqual([10, 11, 12, 12]);
});

test("words of memory are stored and loaded at their addresses", () => {
  expect(
    run(
      (w) => {
        w.setWord(0x1234, 0).setWord(0x1238, 1).word(0x1234).word(0x1238).op(op.I32_SUB);
      },
      7,
      3,
    ),
  ).toBe(4);
});
