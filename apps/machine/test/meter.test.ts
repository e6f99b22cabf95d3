// What benches measure, as far as it is exact: virtual time and instructions are the same in every run.
import { describe, expect, it } from "vitest";
import { measureDeadlines } from "../bench/deadlines.ts";
import { measureDowntime } from "../bench/downtime.ts";
import { MEASURED_LEVELS } from "../bench/meter-machine.ts";
import { measurePageFaults } from "../bench/page-faults.ts";
import { measureTransactions } from "../bench/transactions.ts";

describe("a request that writes transactional pages", () => {
  it("pays for each of them, and one that writes none pays nothing", () => {
    const [none, ...others] = measureTransactions(50);
    const exact = ({ instructions, virtualMicroseconds }: typeof none.plain) => ({ instructions, virtualMicroseconds });
    expect(exact(none.transactional)).toEqual(exact(none.plain));
    for (const { pages, plain, transactional } of others)
      expect(transactional.virtualMicroseconds).toBeGreaterThan(plain.virtualMicroseconds + pages);
  });
});

describe("a restart", () => {
  it("takes longer, the more it renews", () => {
    const together = MEASURED_LEVELS.map((level) => measureDowntime(level, 1).steps.at(-1)!.chargedMicroseconds);
    expect(together).toEqual([...together].sort((a, b) => a - b));
    expect(new Set(together).size).toBe(MEASURED_LEVELS.length);
  });

  it.each(["handler", "hot", "warm", "group"] as const)(
    "%s: a client with a period of 1 ms misses no deadline",
    (level) => {
      expect(measureDeadlines(level, 1000, 5)).toMatchObject({ crashes: 5, missed: 0, errors: 0 });
    },
  );

  it("cold: each crash costs the request that it hit, and no other", () => {
    expect(measureDeadlines("cold", 1000, 5)).toMatchObject({ crashes: 5, missed: 5, errors: 5 });
  });

  it("reboot: every deadline passes until the machine is up again", () => {
    const { missed, longest } = measureDeadlines("reboot", 5000, 1);
    expect(missed).toBe(Math.ceil(longest / 5000));
  });
});

describe("a page fault", () => {
  it("costs more where P3 has to ask ART, and less where it has the page, than ART alone takes", () => {
    const [alone, , asked, again] = measurePageFaults(1).map(({ timesArtAlone }) => timesArtAlone);
    expect(alone).toBe(1);
    expect(asked).toBeGreaterThan(1);
    expect(again).toBeLessThan(1);
  });
});
