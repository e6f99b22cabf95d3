import { expect, test } from "vitest";
import type { RegionBlock } from "./region.ts";
import { type Item, structure } from "./structure.ts";

/** A region of blocks 0, 1, 2 … with these edges, entered at `entries`. */
function region(edges: readonly (readonly number[])[], entries: readonly number[] = [0]): RegionBlock[] {
  const blocks = edges.map((_, index) => ({ index, entry: entries.includes(index), successors: [] as RegionBlock[] }));
  edges.forEach((targets, from) => {
    blocks[from].successors.push(...targets.map((to) => blocks[to] as RegionBlock));
  });
  return blocks as RegionBlock[];
}

/** 2 for a block, [head: …] for a loop. */
function text(items: readonly Item[]): string {
  return items
    .map((item) =>
      item.kind === "block"
        ? `${item.block.index}`
        : `[${item.entries.map(({ index }) => index).join(",")}: ${text(item.body)}]`,
    )
    .join(" ");
}

test("blocks without a loop come in an order in which all jumps go forward", () => {
  expect(text(structure(region([[2, 1], [3], [3], []])))).toBe("0 1 2 3");
});

test("a loop is headed by the block at which it is entered", () => {
  expect(text(structure(region([[1], [2], [1, 3], []])))).toBe("0 [1: 1 2] 3");
  expect(text(structure(region([[0]])))).toBe("[0: 0]");
});

test("a loop in a loop is in the outer one's body", () => {
  expect(text(structure(region([[1], [2], [2, 3], [1, 4], []])))).toBe("0 [1: 1 [2: 2] 3] 4");
});

test("a loop that is entered at two blocks dispatches to both", () => {
  expect(text(structure(region([[1, 2], [2], [1]])))).toBe("0 [1,2: 2 1]");
  expect(text(structure(region([[1], [0]], [0, 1])))).toBe("[0,1: 1 0]");
});
