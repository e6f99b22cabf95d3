import {
  escalation,
  explain,
  type Failure,
  MILLISECOND,
  POLICIES,
  type RecoveryPolicy,
  type ScheduleEntry,
  type Trouble,
} from "@kintsugi/arc-framework";
import { describe, expect, it } from "vitest";
import type { ScheduledCrash } from "../src/crash-schedule.ts";
import { loadPolicy } from "../src/host/policy-file.ts";
import { Random } from "../src/random.ts";
import { Campaign, modulesWith, PARALLEL_PID, testFile } from "./campaign.ts";
import { SEED } from "./tier.ts";

const random = new Random(SEED + 11);
const BYTES = testFile(12, random);
const DIVIDE: Failure = { kind: "exception", detector: "exception", detail: 0, address: 0, instruction: 0 };
const TROUBLE: Trouble = { failure: DIVIDE, scope: "request", again: MILLISECOND };

/** The driver divides by zero as soon as it has begun: `count` times in a row. */
function crashes(count: number): ScheduledCrash[] {
  return Array.from({ length: count }, (_, i) => ({ after: i === 0 ? 400 : 5, kind: "divide" as const }));
}

/** What a schedule says, and what the machine's timeline says, in the same words. */
const said = ({ action }: ScheduleEntry) => [
  action.kind,
  action.because,
  action.delay ?? 0,
  action.quarantine ?? false,
  action.siblings,
];
function done(campaign: Campaign): unknown[] {
  return campaign.rig.events.flatMap((event) =>
    event.event === "planned" && event.pid === PARALLEL_PID
      ? [[event.action, event.because, event.delay ?? 0, event.quarantine ?? false, event.siblings]]
      : [],
  );
}

function campaignUnder(policy: RecoveryPolicy): Campaign {
  return new Campaign(modulesWith("exact", { letter: BYTES }), undefined, { policy });
}

describe("a policy in the machine", () => {
  for (const [name, { policy }] of POLICIES)
    it(`${name}: the timeline of a request that cannot be served is what 'policy explain' prints`, () => {
      const { entries, end } = explain(policy, TROUBLE, 12);
      const campaign = campaignUnder(policy);
      const printed = campaign.print("letter", crashes(entries.length));
      expect(done(campaign)).toEqual(entries.map(said));
      if (end === "the request is given up") {
        expect(printed.output).toBe("print: letter: it failed\n");
        expect(campaign.print("letter", [])).toMatchObject({ paper: BYTES, violations: 0 });
      }
    });

  it("stops at the first level that works, and the request is served exactly", () => {
    const { entries } = explain(escalation(), TROUBLE, 12);
    const campaign = campaignUnder(escalation());
    const calm = campaign.print("letter", []);
    for (let failures = 1; failures < entries.length; failures++) {
      const printed = campaign.print("letter", crashes(failures));
      expect(done(campaign)).toEqual(entries.slice(0, failures).map(said));
      expect(printed).toMatchObject({ paper: BYTES, output: calm.output, violations: 0 });
      expect(campaign.books).toEqual({ requests: 1, replies: 1, failures: 0 });
    }
  });

  it("reboots the machine in the end, which keeps the reason", () => {
    const { entries, end } = explain(escalation(), { ...TROUBLE, scope: "server" }, 12);
    expect(end).toBe("the machine reboots");
    const campaign = campaignUnder(escalation());
    campaign.print("letter", crashes(entries.length));
    expect(done(campaign)).toEqual(entries.map(said));
    const resets = campaign.rig.events.flatMap((event) => (event.event === "reset" ? [event.reason] : []));
    expect(resets).toEqual([expect.stringContaining("root task: exception 0")]);
    expect(resets[0]).toContain("no restart of the process helped");
    expect(campaign.print("letter", [])).toMatchObject({ paper: BYTES, violations: 0 });
  });

  it("answers a poisoned request with an error, and the server keeps its memory", () => {
    const { policy } = POLICIES.get("quarantine")!;
    const campaign = campaignUnder(policy);
    const { entries } = explain(policy, TROUBLE, 12);
    expect(campaign.print("letter", crashes(entries.length)).output).toBe("print: letter: it failed\n");
    expect(campaign.rig.events.flatMap((e) => (e.event === "recovery" ? [e.action] : []))).toEqual([
      "hot",
      "hot",
      "hot",
    ]);
    expect(campaign.books).toEqual({ requests: 1, replies: 1, failures: 0 });
  });

  it("lets time pass where a policy says so, and counts it as a step of its own", () => {
    const policy: RecoveryPolicy = () => ({ kind: "hot", because: "slowly", delay: 25 * MILLISECOND });
    const campaign = campaignUnder(policy);
    expect(campaign.print("letter", crashes(1))).toMatchObject({ paper: BYTES, violations: 0 });
    const waits = campaign.rig.events.flatMap((event) =>
      event.event === "recovery" ? event.steps.filter(({ step }) => step === "wait").map(({ cycles }) => cycles) : [],
    );
    expect(waits).toHaveLength(1);
    expect(waits[0]).toBeGreaterThanOrEqual(25 * MILLISECOND);
    expect(waits[0]).toBeLessThan(26 * MILLISECOND);
  });

  it("may be a module of the user's own: the example in ten lines", async () => {
    const path = new URL("../../../examples/own-policy.ts", import.meta.url).pathname;
    const policy = (await loadPolicy(path))._unsafeUnwrap();
    const { entries, end } = explain(policy, TROUBLE, 12);
    expect(entries.map(({ action }) => action.kind)).toEqual(["handler", "handler", "hot"]);
    expect(end).toBe("the request is given up");
    const campaign = campaignUnder(policy);
    campaign.print("letter", crashes(entries.length));
    expect(done(campaign)).toEqual(entries.map(said));
  });

  it("is refused with a way out where it is none", async () => {
    const message = async (policy: string) => (await loadPolicy(policy))._unsafeUnwrapErr().message;
    expect(await message("nonesuch")).toMatch(/neither a policy \(reference, .*\) nor a file; check the name/);
    expect(await message(new URL("./tier.ts", import.meta.url).pathname)).toMatch(/no policy as its default export/);
    expect(await message(new URL("../README.md", import.meta.url).pathname)).toMatch(/cannot be imported/);
  });
});
