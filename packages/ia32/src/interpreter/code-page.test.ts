import { expect, test } from "vitest";
import { Decoder } from "../decode/decoder.ts";
import type { Operation } from "../isa/operation.ts";
import { VARIANT_FLAT } from "../state/core.ts";
import { Block, CodePage } from "./code-page.ts";
import { HANDLERS } from "./generated/handlers.ts";

const ADD_IMMEDIATE = [0x05, 1, 2, 3, 4];
const INC = [0x40];
const RET = [0xc3];

/** A block of these instructions at an offset. */
function block(page: CodePage, at: number, ...instructions: number[][]): Block {
  const decoder = new Decoder(HANDLERS);
  let first: Operation | null = null;
  let last: Operation | null = null;
  for (const bytes of instructions) {
    decoder.window.set(bytes);
    const operation: Operation = decoder.decode(last === null ? at : last.end, VARIANT_FLAT);
    if (last === null) first = operation;
    else last.next = operation;
    last = operation;
  }
  if (first === null || last === null) throw new Error("a block has instructions");
  return new Block(first, instructions.length, last.end, page, 0);
}

function find(page: CodePage, at: number): Block | null {
  return page.blocks[page.index[at]];
}

test("a page knows whose bytes are about to change, to the byte", () => {
  const page = new CodePage(1, VARIANT_FLAT);
  const one = block(page, 60, INC, ADD_IMMEDIATE);
  const other = block(page, 70, RET);
  page.add(one);
  page.add(other);
  expect(page.holds(56, 59)).toBe(false);
  expect(page.holds(66, 69)).toBe(false);
  expect(page.blockOf(65, 65)).toBe(one);
  expect(page.blockOf(65, 70, one)).toBe(other);
  page.remove(one);
  expect(find(page, 60)).toBeNull();
  expect(page.blockOf(60, 70)).toBe(other);
  page.remove(other);
  expect(page.isEmpty).toBe(true);
});

test("a block whose immediate changes is suspended, and found again when it has been restored", () => {
  const page = new CodePage(1, VARIANT_FLAT);
  const patched = block(page, 100, INC, ADD_IMMEDIATE, RET);
  page.add(patched);
  expect(page.suspend(patched, 102, 105)).toBe(patched.first.next);
  expect(find(page, 100)).toBeNull();
  expect(page.suspended(100)).toBe(patched);
  expect(page.holds(102, 102)).toBe(true);
  page.restore(patched);
  expect(find(page, 100)).toBe(patched);
  expect(page.suspended(100)).toBeNull();
});

test("no other change suspends a block", () => {
  const page = new CodePage(1, VARIANT_FLAT);
  const patched = block(page, 100, INC, ADD_IMMEDIATE, RET);
  page.add(patched);
  for (const [first, last] of [
    [100, 100],
    [101, 104],
    [103, 106],
    [106, 106],
  ])
    expect(page.suspend(patched, first, last)).toBeNull();
  expect(page.suspend(patched, 103, 103)).toBe(patched.first.next);
  expect(page.suspend(patched, 101, 101)).toBeNull();
});

test("writes here and there mean that the page is written anew; patches of one place do not", () => {
  const page = new CodePage(1, VARIANT_FLAT);
  for (let i = 0; i < 100; i++) expect(page.isRewritten(8, 11)).toBe(false);
  expect(page.isRewritten(0, 4095)).toBe(true);
  const rewritten = [64, 128, 192, 256].map((at) => page.isRewritten(at, at + 3));
  expect(rewritten).toEqual([false, false, false, true]);
});

test("an instruction that crosses a page makes the first bytes of the next one its own", () => {
  const page = new CodePage(1, VARIANT_FLAT);
  const second = new CodePage(2, VARIANT_FLAT);
  const crossing = block(page, 4094, ADD_IMMEDIATE);
  page.addCrossing(crossing, second);
  expect(page.blockOf(4095, 4095)).toBe(crossing);
  expect(page.suspend(crossing, 4095, 4095)).toBeNull();
  expect(second.holds(0, 0)).toBe(true);
  expect(second.isRewritten(0, 3)).toBe(true);
  page.remove(crossing);
  expect(page.crossing).toBeNull();
});
