import { describe, expect, it } from "vitest";
import { call, crashing, essence, P3, PROGRAM, run, type Scenario, WILD_STORE } from "./fixture.ts";

/** Every cut point in the long tier, every fifth otherwise. */
const STRIDE = process.env.KINTSUGI_LONG === undefined ? 5 : 1;

/** Milliseconds for the long tier on a busy machine. */
const LONG_TIMEOUT = 900_000;

describe("P3 itself", () => {
  const scenarios: Record<string, () => Scenario> = {
    "a hot restart": () => ({ user: crashing(WILD_STORE) }),
    "a kill": () => ({ kill: 8, user: crashing(WILD_STORE) }),
    "a removal": () => ({ server: false, user: crashing(() => call(P3, 0x102)) }),
    "a bad program": () => ({ module: PROGRAM.slice(0, 100) }),
  };

  it.each(Object.keys(scenarios))(
    "may crash at every cut point of %s: nobody notices",
    (name) => {
      const scenario = scenarios[name]!;
      const smooth = run(scenario());
      expect(smooth.cuts).toBeGreaterThan(100);
      for (let crashAt = 0; crashAt < smooth.cuts; crashAt += STRIDE)
        expect([crashAt, essence(run({ ...scenario(), crashAt }))]).toEqual([crashAt, essence(smooth)]);
    },
    LONG_TIMEOUT,
  );

  it.each(Object.keys(scenarios))(
    "and the kernel may be made anew at every step of %s: the run is the same",
    (name) => {
      const scenario = scenarios[name]!;
      const smooth = run(scenario());
      const rebuilt = run({ ...scenario(), rebuild: true });
      expect(rebuilt.log).toEqual(smooth.log);
      expect(rebuilt.cycles).toBe(smooth.cycles);
    },
  );
});
