// The counts that the bench promises; they depend on the seed alone, not on the host.
import { expect, test } from "vitest";
import { overwrites, steady } from "../bench/workloads.ts";

test("random overwrites with an fsync every 256 cost at most 1.08, in few runs", () => {
  const { amplification, seeks } = overwrites(4096);
  expect(amplification).toBeLessThanOrEqual(1.08);
  expect(seeks).toBeLessThanOrEqual(30);
});

test.each([
  { live: 50, hot: false, most: 1.8 },
  { live: 62, hot: false, most: 3 },
  { live: 70, hot: false, most: 4.5 },
  { live: 75, hot: true, most: 2 },
])("cleaning at $live % live, hot/cold $hot, costs at most $most", ({ live, hot, most }) => {
  expect(steady(live, 0, hot).amplification).toBeLessThan(most);
});
