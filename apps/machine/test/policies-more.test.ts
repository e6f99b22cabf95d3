import {
  around,
  crashOnly,
  decide,
  delayed,
  ENVIRONMENTS,
  type Environment,
  explain,
  explainRenewal,
  type Failure,
  MILLISECOND,
  P3_CHECK,
  P3_RECOVERED,
  PROCESS_EXTRA_THREAD,
  PROCESS_FIRST_THREAD,
  type RecoveryPolicy,
  SECOND,
  withBackOff,
  withChangedEnvironment,
  withIntensity,
  withQuarantine,
  withRejuvenation,
  withRollback,
} from "@kintsugi/arc-framework";
import { globalId, threadNumber } from "@kintsugi/microkernel";
import { describe, expect, it } from "vitest";
import { watchFor } from "../src/residents.ts";
import {
  CREW,
  crewModules,
  FIRST_PID,
  FRAGILE,
  FragileMachine,
  fragileModules,
  knotModules,
  WATCH,
} from "./fragile.ts";

const WILD: Failure = { kind: "page fault", detector: "outside-areas", detail: 2, address: 0x50000000, instruction: 0 };
const HANG: Failure = { kind: "hang", detector: "hang", detail: 10_000, address: 0, instruction: 0 };
const DIVIDE: Failure = { kind: "exception", detector: "exception", detail: 0, address: 0, instruction: 0 };

/** What was planned, in the words of a schedule's entries. */
function planned({ rig }: FragileMachine): unknown[] {
  return rig.events.flatMap((event) =>
    event.event === "planned" ? [[event.action, event.because, event.postpone, event.environment]] : [],
  );
}
function explained(policy: RecoveryPolicy, failure: Failure, limit: number): unknown[] {
  const { entries } = explain(policy, { failure, scope: "request", again: MILLISECOND }, limit);
  return entries.map(({ action }) => [action.kind, action.because, action.postpone, action.environment]);
}

describe("delayed recovery", () => {
  it("brings a request to its end on a page of zeroes, and restarts the server behind the answer", () => {
    const machine = new FragileMachine(fragileModules(), { policy: delayed(decide) });
    expect(machine.fragile("wild", "look")).toEqual(["status 0: 55", "status 0: 0 0 0"]);
    expect(planned(machine)).toEqual(explained(delayed(decide), WILD, 1));
    // The restart came before the second request was served: what the first had left in plain memory is gone.
    expect(machine.rig.events.filter(({ event }) => event === "recovery")).toHaveLength(1);
  });

  it("waits for the next request, whoever sends it and when, where there is no watch", () => {
    const machine = new FragileMachine(fragileModules(), { policy: delayed(decide) });
    const recoveries = (): number => machine.rig.events.filter(({ event }) => event === "recovery").length;
    expect(machine.fragile("wild")).toEqual(["status 0: 55"]);
    expect(machine.rig.settle(60)).toEqual({ kind: "idle" });
    expect(recoveries()).toBe(0);
    expect(machine.fragile("look")).toEqual(["status 0: 0 0 0"]);
    expect(recoveries()).toBe(1);
  });

  it("finds the quiet moment before the next request where there is a watch", () => {
    const machine = new FragileMachine(fragileModules(), { policy: delayed(decide), watch: WATCH });
    expect(machine.fragile("wild")).toEqual(["status 0: 55"]);
    expect(machine.rig.events.filter(({ event }) => event === "recovery")).toHaveLength(1);
  });

  it("is what a client does not get from the policy inside", () => {
    const machine = new FragileMachine(fragileModules());
    expect(machine.fragile("wild")).toEqual(["status 7:"]);
  });
});

describe("page-level rollback", () => {
  it("takes back what a request wrote to plain persistent memory, before it is served once more", () => {
    const policy = withRollback(decide);
    const machine = new FragileMachine(fragileModules(), { policy });
    expect(machine.fragile("count", "count", "look")).toEqual([
      "status 0: 1 1 0",
      "status 0: 2 2 0",
      "status 0: 2 2 0",
    ]);
    expect(planned(machine)).toEqual([...explained(policy, DIVIDE, 1), ...explained(policy, DIVIDE, 1)]);
    const without = new FragileMachine(fragileModules());
    expect(without.fragile("count", "look")).toEqual(["status 0: 2 2 0", "status 0: 2 2 0"]);
  });
});

describe("a changed environment on retry", () => {
  const policy = withChangedEnvironment(withQuarantine(decide, 4));

  it("lets a request run over the end of an area", () => {
    const machine = new FragileMachine(fragileModules(), { policy });
    expect(machine.fragile("overrun")).toEqual(["status 0: 0 0 0"]);
    expect(planned(machine)).toEqual(explained(policy, WILD, 2));
    // The change lasts as long as that life: the next failure finds the old environment.
    machine.rig.command("crash fragile divide");
    expect(machine.fragile("overrun")).toEqual(["status 0: 0 0 0"]);
    expect(planned(machine)).toEqual(explained(policy, WILD, 2));
  });

  it("lets a slow request take its time", () => {
    const machine = new FragileMachine(fragileModules(), { policy });
    expect(machine.fragile("slow")).toEqual(["status 0: 0 0 0"]);
    expect(planned(machine)).toEqual(explained(policy, HANG, 2));
  });

  it.each(
    Object.entries({
      overrun: "padded",
      slow: "patient",
      stale: "zeroed",
      dangling: "lasting",
      hasty: "demoted",
    } as const) as [keyof typeof FRAGILE, Environment][],
  )("has one change that helps a request which is %s: %s, and none of the others does", (mistake, cure) => {
    const helped = ENVIRONMENTS.filter((environment) => {
      const retry: RecoveryPolicy = withQuarantine(
        (_failure, { failures }) => ({
          kind: "hot",
          because: `failed ${failures} times`,
          ...(failures === 1 ? { environment: [environment] } : {}),
        }),
        2,
      );
      const machine = new FragileMachine(fragileModules(), { policy: retry });
      const [line] = machine.fragile(mistake);
      expect(machine.detected.length).toBeGreaterThan(0);
      return line === "status 0: 0 0 0";
    });
    expect(helped).toEqual([cure]);
    // The policy comes to it, and says so.
    const machine = new FragileMachine(fragileModules(), { policy });
    expect(machine.fragile(mistake)).toEqual(["status 0: 0 0 0"]);
    const reasons = planned(machine).map((entry) => String((entry as unknown[])[1]));
    expect(reasons.at(-1)).toContain(cure);
    expect(machine.fragile("look")).toEqual(["status 0: 0 0 0"]);
  });

  it("gives the request up that it does not help", () => {
    const machine = new FragileMachine(fragileModules(), { policy });
    expect(machine.ask("fragile", [FRAGILE.count], [1])).toEqual(["status 7:"]);
    expect(planned(machine)).toEqual(explained(policy, DIVIDE, 10));
  });
});

describe("rejuvenation", () => {
  it("renews several servers after a time, as 'policy explain' says, and for no other reason", () => {
    const policy = withRejuvenation(decide, { period: 10 * MILLISECOND });
    const machine = new FragileMachine(fragileModules(), { policy, watch: { ...WATCH, period: MILLISECOND } });
    // A machine at rest does not grow older: what its commands take is the age of its servers.
    expect(machine.fragile("leak")).toEqual(["status 0: 0 0 1"]);
    const renewed = machine.rig.events.flatMap((event) => (event.event === "planned" ? [event.because] : []));
    const [first] = explainRenewal(policy, { period: MILLISECOND, pages: 0, threads: 0 }, 100).entries;
    expect(new Set(renewed)).toEqual(new Set([first!.action.because]));
    expect(machine.rig.events.every((event) => event.event !== "recovery" || event.kind === "aging")).toBe(true);
    const pids = machine.rig.events.flatMap((event) => (event.event === "recovery" ? [event.pid] : []));
    expect(new Set(pids).size).toBeGreaterThan(2);
  });
});

describe("a renewal for what a server uses", () => {
  /** `around` gives its policy traits: not those of everybody's. */
  const asDecided = (): RecoveryPolicy => (failure, history, program) => decide(failure, history, program);
  const renewals = ({ rig }: FragileMachine): unknown[] =>
    rig.events.flatMap((event) => (event.event === "planned" ? [[event.pid, event.because]] : []));

  it("comes when it uses too many page frames", () => {
    const seen: number[] = [];
    const watching = around({ rejuvenate: ({ frames }) => void seen.push(frames) }, asDecided());
    new FragileMachine(fragileModules(), { policy: watching, watch: WATCH });
    const limit = Math.max(...seen) + 10;
    const machine = new FragileMachine(fragileModules(), {
      policy: withRejuvenation(decide, { frames: limit }),
      watch: WATCH,
    });
    const leaks = (count: number): string[] => machine.fragile(...new Array<"leak">(count).fill("leak"));
    expect(leaks(4)).toHaveLength(4);
    expect(renewals(machine)).toEqual([]);
    // Four pages of heap come with a fault: the ninth page brings the twelfth, and is the last of this life.
    expect(
      leaks(10)
        .map((line) => line.slice(-1))
        .join(""),
    ).toBe("5678912345");
    expect(renewals(machine)).toEqual([[FIRST_PID, `it has reached ${limit} page frames`]]);
  });

  it("comes when it has too many threads, after a request, and not again before the next", () => {
    const policy = withRejuvenation(decide, { threads: 1 });
    const machine = new FragileMachine(crewModules(), { policy, watch: WATCH });
    for (const total of [1, 2]) {
      expect(machine.ask("crew", [CREW], [3])).toEqual([`status 0: ${total} ${total} 4`]);
      expect(renewals(machine)).toEqual([[FIRST_PID, "it has reached 1 further threads"]]);
      expect(machine.rig.settle(1)).toEqual({ kind: "idle" });
      expect(renewals(machine)).toHaveLength(1);
    }
    const more = new FragileMachine(crewModules(), { policy: withRejuvenation(decide, { threads: 2 }), watch: WATCH });
    expect(more.ask("crew", [CREW, CREW], [3])).toHaveLength(2);
    expect(renewals(more)).toEqual([]);
  });

  it("waits until nobody waits for the server", () => {
    const [p3, user] = [0, 1].map((i) => globalId(PROCESS_FIRST_THREAD + 2 * FIRST_PID + i, 1));
    const renew = { kind: "hot", because: "it is time" } as const;
    let waiting = 0;
    let looks = 0;
    const atRenewal: number[] = [];
    const machine: FragileMachine = new FragileMachine(crewModules(), {
      // Crew alone, whenever it is looked at behind a request.
      policy: around({ rejuvenate: ({ threads, served }) => (threads > 0 && served ? renew : undefined) }, asDecided()),
      watch: { ...WATCH, period: MILLISECOND },
      observer: {
        transferred: (from, to, tag) => {
          if (to === user && tag >>> 16 === CREW) waiting++;
          if (from === user && threadNumber(to) % 2 === 1 && threadNumber(to) < PROCESS_EXTRA_THREAD) waiting--;
          if (to === p3 && tag >>> 16 === P3_CHECK && waiting > 0) looks++;
          if (from === user && tag >>> 16 === P3_RECOVERED) atRenewal.push(waiting);
        },
      },
    });
    for (let round = 0; round < 4; round++) expect(machine.ask("crew", [CREW, CREW], [0xf1], 0.1)).toHaveLength(2);
    expect(looks).toBeGreaterThan(8);
    expect(atRenewal.length).toBeGreaterThanOrEqual(4);
    expect(new Set(atRenewal)).toEqual(new Set([0]));
  });
});

describe("a storm of failures", () => {
  it("backs off: each restart comes later behind its failure than the one before", () => {
    const policy = withBackOff(withQuarantine(decide, 6));
    const machine = new FragileMachine(fragileModules(), { policy });
    expect(machine.ask("fragile", [FRAGILE.count], [1], 60)).toEqual(["status 7:"]);
    const waits = machine.rig.events.flatMap((event) =>
      event.event === "recovery" ? event.steps.filter(({ step }) => step === "wait").map(({ cycles }) => cycles) : [],
    );
    expect(waits).toHaveLength(6);
    const { entries } = explain(policy, { failure: DIVIDE, scope: "request", again: MILLISECOND }, 10);
    for (const [i, { action }] of entries.entries()) {
      expect(waits[i]).toBeGreaterThanOrEqual(action.delay ?? 0);
      expect(waits[i]).toBeLessThan((action.delay ?? 0) + MILLISECOND);
    }
    expect(waits.toSorted((a, b) => a - b)).toEqual(waits);
    expect(waits.at(-1)).toBeGreaterThan(10 * waits[1]!);
  });
});

describe("the watch of a machine", () => {
  it("is what its user says, else what a policy needs that renews servers, else none", () => {
    expect(watchFor(undefined, decide)).toBeUndefined();
    expect(watchFor(2.5, decide)?.period).toBe(2.5 * MILLISECOND);
    expect(watchFor(undefined, withBackOff(withRejuvenation(decide)))?.period).toBe(10 * MILLISECOND);
  });
});

describe("a supervisor's intensity", () => {
  it("counts the failures of all its servers, where a program's counts one's own", () => {
    for (const of of ["supervisor", "program"] as const) {
      const policy = withIntensity(crashOnly, { intensity: 1, period: 5 * SECOND, of });
      const machine = new FragileMachine(knotModules(), { policy });
      machine.rig.command("crash knot-a divide");
      machine.rig.command("crash knot-b divide");
      expect(machine.actions).toEqual(["cold", of === "supervisor" ? "remove" : "cold"]);
    }
  });
});
