import { expect, test } from "vitest";
import { isLbn, levelOf, parentOf } from "./addressing.ts";

const N = 2048;

test("the first indirect blocks carry the numbers of the format", () => {
  expect(parentOf(N, 12)).toEqual({ parent: -12, index: 0 });
  expect(parentOf(N, -12)).toEqual({ parent: 0, index: 12 });
  expect(parentOf(N, 12 + N)).toEqual({ parent: -(12 + N), index: 0 });
  expect(parentOf(N, -(12 + N))).toEqual({ parent: -(12 + N) - 1, index: 0 });
  expect(parentOf(N, -(12 + 2 * N))).toEqual({ parent: -(12 + N) - 1, index: 1 });
  expect(parentOf(N, -(12 + N) - 1)).toEqual({ parent: 0, index: 13 });
  expect(parentOf(N, -(12 + N + N * N) - 2)).toEqual({ parent: 0, index: 14 });
  expect(parentOf(N, 11)).toEqual({ parent: 0, index: 11 });
});

test("every path climbs one level at a time to the inode", () => {
  const n = 128;
  for (let lbn = 0; lbn < 12 + n + n * n + n ** 3; lbn += 997) {
    let at = lbn;
    for (let steps = 0; ; steps++) {
      expect(isLbn(n, at)).toBe(true);
      const { parent } = parentOf(n, at);
      if (parent === 0) break;
      expect(levelOf(n, parent)).toBe(levelOf(n, at) + 1);
      expect(steps).toBeLessThan(3);
      at = parent;
    }
  }
});

test("numbers that name nothing are refused", () => {
  for (const lbn of [-1, -11, -13 - 3, -(12 + N) - 2, 12 + N + N * N + N ** 3, -12 - 3])
    expect(isLbn(N, lbn)).toBe(false);
});
