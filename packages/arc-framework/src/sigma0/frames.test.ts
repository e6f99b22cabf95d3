import {
  MEMORY_BOOT_IMAGE,
  MEMORY_BOOT_MODULE,
  MEMORY_CONVENTIONAL,
  MEMORY_RESERVED,
  ROOT_THREAD_NUMBER,
} from "@kintsugi/microkernel";
import { expect, it } from "vitest";
import {
  FRAME_CONVENTIONAL as C,
  faultable,
  findFree,
  firstOwners,
  owned,
  requestable,
  FRAME_SPECIAL as S,
  FRAME_RESERVED as X,
} from "./frames.ts";

const range = (type: number, first: number, end: number) => ({ type, low: first * 4096, high: end * 4096 - 1 });

it("later descriptors override earlier ones, and page 0 is never given", () => {
  const descriptors = [
    range(MEMORY_CONVENTIONAL, 0, 9),
    range(MEMORY_RESERVED, 7, 9),
    range(MEMORY_BOOT_IMAGE, 2, 3),
    range(MEMORY_BOOT_IMAGE, 3, 4),
    { type: MEMORY_BOOT_MODULE, low: 5 * 4096, high: 5 * 4096 + 0x3ff },
  ];
  const root = owned(S, ROOT_THREAD_NUMBER);
  expect(Array.from(firstOwners(descriptors, 8, 3 * 4096))).toEqual([X, C, X, root, C, S, C, X]);
});

it("special frames come by request only, owned ones to their owner only, reserved ones never", () => {
  const words = [X, C, S, owned(C, 50), owned(S, 50), owned(X, 50)];
  expect(words.map((word) => faultable(word, 50))).toEqual([false, true, false, true, true, false]);
  expect(words.map((word) => requestable(word, 50))).toEqual([false, true, true, true, true, false]);
  expect(words.map((word) => requestable(word, 51))).toEqual([false, true, true, false, false, false]);
});

it("a free region is aligned to its size", () => {
  const table = Uint32Array.of(X, C, C, C, C, C, S, C);
  expect([1, 2, 4, 8].map((count) => findFree(table, count))).toEqual([1, 2, -1, -1]);
});
