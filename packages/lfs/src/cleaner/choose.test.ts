import { expect, test } from "vitest";
import { chooseBatch, costBenefit, greedy, type SegmentAge } from "./choose.ts";

const MB = 2 ** 20;
const segment = (n: number, live: number, age: number): SegmentAge => ({
  segment: n,
  live: live * MB,
  age,
  summaries: 0,
});

test("greedy takes what holds least, whatever its age", () => {
  expect(greedy([segment(4, 0.5, 9), segment(2, 0.1, 1), segment(7, 0.3, 999)], MB)).toEqual([2, 7, 4]);
});

test("cost-benefit takes an old full segment before a young emptier one", () => {
  expect(costBenefit([segment(1, 0.5, 1), segment(2, 0.75, 10000)], MB)).toEqual([2, 1]);
  expect(costBenefit([segment(1, 0.5, 5), segment(2, 0.75, 5)], MB)).toEqual([1, 2]);
});

test("a batch holds segments of one age, within its room", () => {
  const list = [
    segment(1, 0.2, 10000),
    segment(2, 0.2, 5),
    segment(3, 0.3, 9000),
    segment(4, 0.3, 6),
    segment(5, 0.2, 8000),
  ];
  expect(chooseBatch(costBenefit, list, MB, 3, 2 * MB)).toEqual([1, 3, 5]);
  expect(chooseBatch(costBenefit, list, MB, 3, 0.6 * MB)).toEqual([1, 3]);
  expect(chooseBatch(greedy, [], MB, 3, MB)).toEqual([]);
});

test("equal segments are taken in the order of the disk, so that runs are the same", () => {
  expect(greedy([segment(9, 0.5, 1), segment(3, 0.5, 1)], MB)).toEqual([3, 9]);
});
