import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Failure, IN_RECOVERY } from "../failure.ts";
import { type BackOff, withBackOff } from "./back-off.ts";
import { POLICIES } from "./catalogue.ts";
import { withChangedEnvironment } from "./changed-environment.ts";
import { crashOnly } from "./crash-only.ts";
import { delayed } from "./delayed.ts";
import { ATTEMPTS, escalation } from "./escalation.ts";
import { explain, explainRenewal, type Trouble } from "./explain.ts";
import { guarded } from "./guarded.ts";
import { NO_HISTORY, TIMES_LIMIT, withFailure, withRestart } from "./history.ts";
import { withIntensity } from "./intensity.ts";
import { MILLISECOND, type RecoveryPolicy, SECOND, type Supervised, type Usage } from "./policy.ts";
import { QUARANTINE_LIMIT, withQuarantine } from "./quarantine.ts";
import { decide } from "./reference.ts";
import { withRejuvenation } from "./rejuvenation.ts";
import { withRollback } from "./rollback.ts";

const CRASH: Failure = { kind: "exception", detector: "exception", detail: 6, address: 0, instruction: 0x20000000 };
const SERVER: Supervised = { server: true, ready: true, refused: false };
const OF_REQUEST: Trouble = { failure: CRASH, scope: "request", again: MILLISECOND };
const OF_SERVER: Trouble = { ...OF_REQUEST, scope: "server" };

const kinds = (policy: RecoveryPolicy, trouble: Trouble): string =>
  explain(policy, trouble, 200)
    .entries.map(({ action }) => action.kind)
    .join(" ");

describe("every policy that comes with the framework", () => {
  it("ends a program that is no server, and is pure", () => {
    for (const [name, { policy }] of POLICIES) {
      const history = withFailure(NO_HISTORY, { sequence: 1, replied: 0 }, 7);
      expect([name, policy(CRASH, history, { ...SERVER, server: false }).kind]).toEqual([name, "remove"]);
      const frozen = Object.freeze({ ...history, times: Object.freeze(history.times) });
      expect(policy(CRASH, frozen, SERVER)).toEqual(policy(CRASH, frozen, SERVER));
    }
  });

  it("starts a server cold that has nothing to recover from, or gives it up", () => {
    for (const [name, { policy }] of POLICIES) {
      const history = withFailure(NO_HISTORY, { sequence: 1, replied: 0 }, 7);
      for (const program of [
        { ...SERVER, ready: false },
        { ...SERVER, refused: true },
      ])
        expect([name, policy(CRASH, history, program).kind]).toEqual([name, "cold"]);
    }
  });

  it("comes to an end with a server that nothing helps, but for those without any limit", () => {
    const goesOn = [...POLICIES].filter(([, { policy }]) => explain(policy, OF_SERVER, 1000).end === "goes on");
    expect(goesOn.map(([name]) => name)).toEqual(["only-handler", "only-hot", "only-warm", "only-group", "crash-only"]);
  });
});

describe("escalation", () => {
  it("tries each level in turn, from the finest to the coarsest", () => {
    expect(kinds(escalation(), OF_REQUEST)).toBe("handler hot hot warm cold");
    expect(kinds(escalation(), OF_SERVER)).toBe("handler hot hot warm cold cold group reboot");
    expect(kinds(escalation({ handler: 0, hot: 1, warm: 0, cold: 0, group: 0 }), OF_SERVER)).toBe("hot reboot");
    expect(ATTEMPTS).toEqual({ handler: 1, hot: 2, warm: 1, cold: 2, group: 1 });
  });

  it("stops at the level that works: with the next request it begins at the finest again", () => {
    const policy = escalation();
    let history = withFailure(NO_HISTORY, { sequence: 1, replied: 0 }, 1);
    for (const expected of ["handler", "hot"]) {
      const action = policy(CRASH, history, SERVER);
      expect(action.kind).toBe(expected);
      history = withFailure(withRestart(history, action), { sequence: 1, replied: 0 }, 2);
    }
    history = withFailure(history, { sequence: 2, replied: 1 }, 3);
    expect(policy(CRASH, history, SERVER).kind).toBe("handler");
  });
});

describe("a limit on intensity", () => {
  it("gives up at one failure more than allowed within the period, whatever the requests", () => {
    const policy = withIntensity(crashOnly, { intensity: 3, period: SECOND });
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: SECOND }), { minLength: 1, maxLength: 40 }), (gaps) => {
        let history = NO_HISTORY;
        let at = 0;
        const all: number[] = [];
        for (const [i, gap] of gaps.entries()) {
          at += gap;
          all.push(at);
          history = withFailure(history, { sequence: i + 1, replied: i }, at);
          const within = all.filter((then) => at - then <= SECOND).length;
          expect(policy(CRASH, history, SERVER).kind).toBe(within > 3 ? "remove" : "cold");
        }
      }),
    );
  });

  it("may count the failures of all programs, and asks for them", () => {
    const policy = withIntensity(crashOnly, { intensity: 1, period: SECOND, of: "supervisor" });
    expect(policy.supervises).toBe(true);
    const history = withFailure(NO_HISTORY, { sequence: 1, replied: 0 }, SECOND);
    const decided = (supervisor: readonly number[]) => policy(CRASH, history, { ...SERVER, supervisor }).kind;
    expect(decided([SECOND])).toBe("cold");
    expect(decided([SECOND, 1])).toBe("remove");
    expect(decided([2 * SECOND + 1, SECOND])).toBe("cold");
  });

  it("refuses what no history can show", () => {
    for (const intensity of [-1, 1.5, TIMES_LIMIT, Number.NaN])
      expect(() => withIntensity(crashOnly, { intensity, period: SECOND })).toThrow(/can be counted/);
  });
});

describe("back-off", () => {
  const backOff: BackOff = { first: 10 * MILLISECOND, factor: 3, cap: 50 * MILLISECOND, reset: SECOND };

  it("waits longer from failure to failure, up to the cap", () => {
    const policy = withBackOff(() => ({ kind: "hot", because: "always" }), backOff);
    const { entries } = explain(policy, OF_REQUEST, 6);
    expect(entries.map(({ action }) => (action.delay ?? 0) / MILLISECOND)).toEqual([0, 10, 30, 50, 50, 50]);
    expect(entries[3]!.at - entries[2]!.at).toBe(31 * MILLISECOND);
  });

  it("begins again once the program has run long enough, however long it had waited before", () => {
    const policy = withBackOff(decide, backOff);
    let history = withFailure(NO_HISTORY, { sequence: 1, replied: 0 }, SECOND);
    history = withFailure(history, { sequence: 2, replied: 1 }, SECOND + 1);
    expect(policy(CRASH, history, SERVER).delay).toBe(10 * MILLISECOND);
    history = withRestart(history, policy(CRASH, history, SERVER));
    const soon = withFailure(history, { sequence: 3, replied: 2 }, 2 * SECOND + 10 * MILLISECOND);
    expect(policy(CRASH, soon, SERVER).delay).toBe(30 * MILLISECOND);
    const late = withFailure(history, { sequence: 3, replied: 2 }, 2 * SECOND + 10 * MILLISECOND + 1);
    expect(policy(CRASH, late, SERVER).delay).toBeUndefined();
  });
});

const WILD: Failure = { ...CRASH, kind: "page fault", detector: "outside-areas", address: 0x50000000 };

describe("rejuvenation", () => {
  const policy = withRejuvenation(decide, { period: SECOND, heap: 10 });
  const USED: Usage = { age: 0, heap: 0, frames: 0, threads: 0, served: true };

  it("comes with too many page frames or threads, too, but not before a request has been taken", () => {
    const limited = withRejuvenation(decide, { frames: 40, threads: 2 });
    const why = (usage: Partial<Usage>) => limited.rejuvenate?.({ ...USED, ...usage })?.because;
    expect(why({ frames: 39, threads: 1, heap: 1000, age: 1000 * SECOND })).toBeUndefined();
    expect(why({ frames: 40 })).toBe("it has reached 40 page frames");
    expect(why({ threads: 2 })).toBe("it has reached 2 further threads");
    expect(why({ frames: 40, threads: 2, served: false })).toBeUndefined();
    const { entries } = explainRenewal(limited, { period: SECOND, pages: 0, threads: 1 }, 5);
    expect(entries.map(({ at }) => at / SECOND)).toEqual([2, 4]);
  });

  it("renews a server at its limits, and leaves failures to the policy inside", () => {
    expect(policy.rejuvenate?.({ ...USED, age: SECOND - 1, heap: 9 })).toBeUndefined();
    expect(policy.rejuvenate?.({ ...USED, age: SECOND })).toEqual({ kind: "hot", because: "it has run for 1000 ms" });
    expect(policy.rejuvenate?.({ ...USED, heap: 10 })).toEqual({
      kind: "hot",
      because: "its heap has reached 10 pages",
    });
    expect(explain(policy, OF_SERVER, 100)).toEqual(explain(decide, OF_SERVER, 100));
  });

  it("is wanted through any policy around it", () => {
    for (const outer of [
      withBackOff(policy),
      withQuarantine(policy),
      delayed(policy),
      withRollback(policy),
      guarded(policy),
    ])
      expect(outer.rejuvenate?.({ ...USED, age: SECOND })?.kind).toBe("hot");
    const both = withRejuvenation(policy, { heap: 5 });
    expect(both.rejuvenate?.({ ...USED, age: SECOND })?.because).toBe("it has run for 1000 ms");
  });

  it("is explained as a schedule of renewals", () => {
    const { entries } = explainRenewal(policy, { period: SECOND / 4, pages: 3, threads: 0 }, 20);
    expect(entries.map(({ at, action }) => [at / SECOND, action.because]).slice(0, 2)).toEqual([
      [1, "its heap has reached 10 pages"],
      [2, "its heap has reached 10 pages"],
    ]);
    expect(explainRenewal(decide, { period: SECOND, pages: 100, threads: 100 }, 20).entries).toEqual([]);
  });
});

describe("delayed recovery", () => {
  it("is for the first bad access of an open request", () => {
    const { entries } = explain(delayed(decide), { ...OF_REQUEST, failure: WILD }, 3);
    expect(entries.map(({ action }) => action.postpone ?? false)).toEqual([true, false, false]);
    expect(explain(delayed(decide), OF_REQUEST, 9)).toEqual(explain(decide, OF_REQUEST, 9));
    const idle = withFailure(NO_HISTORY, { sequence: 4, replied: 4 }, 1);
    expect(delayed(decide)(WILD, idle, SERVER).postpone).toBeUndefined();
    const open = withFailure(NO_HISTORY, { sequence: 4, replied: 3 }, 1);
    expect(delayed(decide)(WILD, open, { ...SERVER, refused: true })).toEqual(
      decide(WILD, open, { ...SERVER, refused: true }),
    );
    expect(delayed(crashOnly)(WILD, open, SERVER)).toMatchObject({ kind: "cold", postpone: true });
  });
});

describe("page-level rollback", () => {
  it("comes before anything that renews more, once for each request", () => {
    expect(kinds(withRollback(decide), OF_REQUEST)).toBe("handler hot hot hot hot hot hot cold");
    expect(withRollback(decide).undoes).toBe(true);
    const idle = withFailure(NO_HISTORY, { sequence: 4, replied: 4 }, 1);
    expect(withRollback(decide)(CRASH, idle, SERVER).kind).toBe("hot");
  });
});

describe("a changed environment", () => {
  it("is tried behind the given number of failures: what fits the failure, then all", () => {
    const policy = withChangedEnvironment(withQuarantine(decide, 4));
    const environments = (failure: Failure) =>
      explain(policy, { ...OF_REQUEST, failure }, 9).entries.map(({ action }) => action.environment?.join("+") ?? "");
    const all = "padded+patient+zeroed+lasting+demoted";
    expect(environments(WILD)).toEqual(["", "padded", all, ""]);
    expect(environments({ ...CRASH, kind: "hang" })).toEqual(["", "patient", all, ""]);
    expect(environments(CRASH)).toEqual(["", "zeroed+lasting", all, ""]);
    expect(explain(policy, OF_REQUEST, 9).end).toBe("the request is given up");
  });
});

describe("damaged persistent memory", () => {
  it("is not recovered from, whatever the policy", () => {
    const damaged: Failure = { ...CRASH, kind: "corruption", detector: "invariant", detail: IN_RECOVERY };
    for (const [name, { policy }] of POLICIES) {
      const history = withFailure(NO_HISTORY, { sequence: 1, replied: 0 }, 7);
      expect([name, policy(damaged, history, SERVER).kind]).toEqual([name, "cold"]);
    }
  });
});

describe("quarantine", () => {
  it("gives up a request that keeps failing, and nothing else", () => {
    const { entries, end } = explain(withQuarantine(decide), OF_REQUEST, 100);
    expect(end).toBe("the request is given up");
    expect(entries).toHaveLength(QUARANTINE_LIMIT);
    expect(entries.map(({ action }) => action.quarantine ?? false)).toEqual([false, false, true]);
    const idle = { ...NO_HISTORY, sequence: 4, replied: 4, failures: QUARANTINE_LIMIT };
    expect(withQuarantine(decide)(CRASH, idle, SERVER).quarantine).toBeUndefined();
  });

  it("leaves a server to the policy inside, whose trouble is not the request", () => {
    expect(explain(withQuarantine(decide), OF_SERVER, 100).end).toBe("the program is removed");
  });
});
