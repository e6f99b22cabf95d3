import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Failure } from "../failure.ts";
import { type History, NEARBY, NO_HISTORY, TIMES_LIMIT, withFailure, withRestart } from "./history.ts";
import { FAILURE_LIMIT, NEARBY_LIMIT } from "./poisoned-request.ts";
import { type ActionKind, firstOf, type Supervised } from "./policy.ts";
import { decide } from "./reference.ts";
import { COLD_LIMIT } from "./restart-limit.ts";

const CRASH: Failure = { kind: "exception", detector: "exception", detail: 6, address: 0, instruction: 0x20000000 };
const SERVER: Supervised = { server: true, ready: true, refused: false };
const UNREADY: Supervised = { ...SERVER, ready: false };
const REFUSED: Supervised = { ...SERVER, refused: true };
const once: History = { ...NO_HISTORY, failures: 1, nearby: 1 };
const cold = (times: number): Pick<History, "tried"> => ({ tried: { ...NO_HISTORY.tried, cold: times } });

/** Actions for a run of failures, each `gap` cycles after the last, at the progress given by `replied`. */
function run(count: number, gap: number, replied: (i: number) => number, program: Supervised = SERVER): ActionKind[] {
  let history = NO_HISTORY;
  const actions: ActionKind[] = [];
  for (let i = 0; i < count; i++) {
    history = withFailure(history, { sequence: replied(i) + 1, replied: replied(i) }, i * gap);
    const action = decide(CRASH, history, program);
    actions.push(action.kind);
    history = withRestart(history, action);
  }
  return actions;
}

describe("the reference policy", () => {
  it("is this table", () => {
    const table: [Partial<History>, Supervised, ActionKind, string][] = [
      [{}, SERVER, "hot", "no rule against it"],
      [{}, { ...SERVER, server: false }, "remove", "no server"],
      [{}, { ...UNREADY, server: false }, "remove", "no server"],
      [{}, UNREADY, "cold", "failed before it was ready"],
      [cold(2), UNREADY, "cold", "failed before it was ready"],
      [cold(3), UNREADY, "remove", "3 cold starts did not help"],
      [{ failures: 7, nearby: 7 }, SERVER, "hot", "no rule against it"],
      [{ failures: 8, nearby: 8 }, SERVER, "cold", "the same request failed 8 times close together"],
      [{ failures: 63, nearby: 7 }, SERVER, "hot", "no rule against it"],
      [{ failures: 64, nearby: 1 }, SERVER, "cold", "the same request failed 64 times"],
      [{ failures: 8, nearby: 8, ...cold(3) }, SERVER, "remove", "3 cold starts did not help"],
      [{ failures: 1, nearby: 1, ...cold(3) }, SERVER, "hot", "no rule against it"],
      [{ restarts: 1_000_000 }, SERVER, "hot", "no rule against it"],
    ];
    for (const [history, program, kind, because] of table)
      expect(decide(CRASH, { ...once, ...history }, program)).toEqual({ kind, because });
  });

  it("starts a server cold whose Recover gave up, and removes one that cold starts did not help", () => {
    expect(decide(CRASH, once, REFUSED)).toEqual({ kind: "cold", because: "Recover returned an error" });
    expect(decide(CRASH, { ...once, ...cold(COLD_LIMIT) }, REFUSED).kind).toBe("remove");
    expect(decide(CRASH, once, { ...REFUSED, server: false }).kind).toBe("remove");
  });

  it("restarts a server hot as often as it likes while requests are answered", () => {
    expect(new Set(run(5000, 1000, (i) => i))).toEqual(new Set(["hot"]));
  });

  it("gives a poisoned request up after 8 failures, and the server after 3 cold starts", () => {
    const kinds = run(8 * (COLD_LIMIT + 1), 1000, () => 5);
    expect(kinds.flatMap((kind, i) => (kind === "hot" ? [] : [[i, kind]]))).toEqual([
      [7, "cold"],
      [15, "cold"],
      [23, "cold"],
      [31, "remove"],
    ]);
  });

  it("does not take a long request with many unrelated crashes for poison", () => {
    expect(new Set(run(FAILURE_LIMIT - 1, NEARBY + 1, () => 5))).toEqual(new Set(["hot"]));
    expect(run(FAILURE_LIMIT, NEARBY + 1, () => 5)[FAILURE_LIMIT - 1]).toBe("cold");
  });

  it("never lets a program that does not get on be restarted for ever", () => {
    const most = FAILURE_LIMIT * (COLD_LIMIT + 1);
    fc.assert(
      fc.property(fc.array(fc.nat(2 * NEARBY), { minLength: most, maxLength: most }), fc.boolean(), (gaps, ready) => {
        let history = NO_HISTORY;
        let at = 0;
        for (const gap of gaps) {
          at += gap;
          history = withFailure(history, { sequence: 3, replied: 2 }, at);
          const action = decide(CRASH, history, { ...SERVER, ready });
          if (action.kind === "remove") return;
          history = withRestart(history, action);
        }
        throw new Error("still restarted");
      }),
      { numRuns: 50 },
    );
  });
});

describe("a history", () => {
  it("counts failures of the same request, and of the same idle state, as in a row", () => {
    let history = withFailure(NO_HISTORY, { sequence: 4, replied: 3 }, 100);
    history = withFailure(history, { sequence: 4, replied: 3 }, 200);
    expect([history.failures, history.nearby, history.times]).toEqual([2, 2, [200, 100]]);
    expect(withFailure(history, { sequence: 4, replied: 4 }, 300).failures).toBe(1);
    expect(withFailure(history, { sequence: 5, replied: 4 }, 300).failures).toBe(1);
    const far = withFailure(history, { sequence: 4, replied: 3 }, 201 + NEARBY);
    expect([far.failures, far.nearby]).toEqual([3, 1]);
  });

  it("begins anew when a server without an open request fails only now and then", () => {
    let history = NO_HISTORY;
    for (let i = 1; i <= 1000; i++) {
      history = withFailure(history, { sequence: 4, replied: 4 }, i * (NEARBY + 1));
      expect([history.failures, history.nearby, history.tried.cold]).toEqual([1, 1, 0]);
    }
    expect(withFailure(history, { sequence: 4, replied: 4 }, history.times[0]! + 1).nearby).toBe(2);
    expect(history.times).toHaveLength(TIMES_LIMIT);
  });

  it("begins anew with a cold start, which itself is counted until the program gets on", () => {
    const history = withRestart(
      { ...once, failures: NEARBY_LIMIT, nearby: NEARBY_LIMIT },
      { kind: "cold", because: "" },
    );
    expect(history).toEqual({ ...NO_HISTORY, ...cold(1), restarts: 1 });
    expect(withFailure(history, { sequence: 0, replied: 0 }, 1).tried.cold).toBe(1);
    expect(withFailure(history, { sequence: 1, replied: 1 }, 1).tried.cold).toBe(0);
  });
});

describe("a policy of one's own", () => {
  it("is a list of rules, of which the first with something to say decides", () => {
    const gentle = firstOf([
      () => undefined,
      () => ({ kind: "cold", because: "mine" }),
      () => ({ kind: "hot", because: "late" }),
    ]);
    expect(gentle(CRASH, once, SERVER)).toEqual({ kind: "cold", because: "mine" });
  });
});
