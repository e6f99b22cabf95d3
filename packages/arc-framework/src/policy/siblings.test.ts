import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { restartOrder } from "./siblings.ts";

const started = fc.uniqueArray(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 12 });

describe("the servers that are restarted with one that failed", () => {
  it("are, one for all, every server in the order in which they were started", () => {
    fc.assert(
      fc.property(started, fc.nat(11), (all, i) => {
        expect(restartOrder(all[i % all.length]!, all, "all")).toEqual(all);
      }),
    );
  });

  it("are, rest for one, the failed one and whoever was started after it", () => {
    fc.assert(
      fc.property(started, fc.nat(11), (all, i) => {
        const failed = all[i % all.length]!;
        const order = restartOrder(failed, all, "later");
        expect(order[0]).toBe(failed);
        expect(all.slice(0, all.length - order.length)).not.toContain(failed);
        expect(all.slice(-order.length)).toEqual(order);
      }),
    );
  });

  it("are nobody else where the failed one is no server that was started", () => {
    expect(restartOrder(7, [1, 2], "all")).toEqual([7]);
  });
});
