import type { ActionKind, RecoveryPolicy } from "@kintsugi/arc-framework";
import { guests } from "@kintsugi/programs";
import { describe, expect, it } from "vitest";
import { CrashSchedule } from "../src/crash-schedule.ts";
import { bootModules, guestModule } from "../src/host/modules.ts";
import { type CrashKind, machineCrashAddresses } from "../src/injector.ts";
import { Random } from "../src/random.ts";
import { userThread } from "./campaign.ts";
import { Rig } from "./rig.ts";
import { count, LONG, SEED } from "./tier.ts";

const VAULT_PID = 4;
const MODULES = [
  ...bootModules("exact"),
  guestModule("vault", guests.vault, "vault start server"),
  guestModule("vault-client", guests["vault-client"]),
];
const QUICK: readonly CrashKind[] = ["page-fault", "divide", "undefined", "panic", "text-write"];

const always =
  (kind: ActionKind): RecoveryPolicy =>
  (_failure, _history, { server }) => ({ kind: server ? kind : "remove", because: "" });

/** Messages of the server to its P3 and its page faults, since the last look. */
interface Traffic {
  messages: number;
  faults: number;
}

function machine(policy?: RecoveryPolicy): { rig: Rig; schedule: CrashSchedule; traffic: Traffic } {
  const schedule: CrashSchedule = new CrashSchedule(
    () => rig.machine,
    machineCrashAddresses(MODULES)!,
    () => {},
  );
  const traffic = { messages: 0, faults: 0 };
  const server = userThread(VAULT_PID);
  const observer = {
    transferred: (from: number, to: number) => {
      if (from === server && to === server - (1 << 14)) traffic.messages++;
    },
    pageFault: (thread: number) => {
      if (thread === server) traffic.faults++;
    },
  };
  const rig: Rig = new Rig({ modules: MODULES, probe: schedule, observer, ...(policy && { policy }) });
  rig.settle();
  return { rig, schedule, traffic };
}

function answer(output: string): Record<string, number> {
  return Object.fromEntries([...output.matchAll(/(\w+) (\d+)/g)].map(([, name, value]) => [name, Number(value)]));
}

describe("transactional memory", () => {
  const levels: readonly ActionKind[] = ["handler", "hot", "warm"];

  it.each(levels)(
    "takes back what a failed request wrote, at any instruction, with a %s restart",
    (kind) => {
      const { rig, schedule } = machine(always(kind));
      const random = new Random(SEED + 30);
      schedule.arm(userThread(VAULT_PID), []);
      rig.command("run vault-client move 2");
      const instructions = schedule.counted;
      expect(instructions).toBeGreaterThan(5_000);
      let moved = 2;
      let restarts = 0;
      for (let n = 0; n < (LONG ? instructions : 20); n++) {
        // Few instructions lie between the first write and the answer: some crashes are drawn from there.
        const after = LONG ? n : random.below(n % 2 === 0 ? instructions : 400);
        schedule.arm(userThread(VAULT_PID), [{ after, kind: QUICK[random.below(QUICK.length)] }]);
        rig.clear();
        const got = answer(rig.command("run vault-client move 2"));
        restarts += rig.events.filter(({ event }) => event === "planned").length;
        schedule.disarm();
        moved += 2;
        expect({ after, got }).toEqual({
          after,
          got: { sum: 0, moved, totals: moved, good: 1, page: moved, note: moved },
        });
      }
      expect(restarts).toBeGreaterThan(5);
    },
    3_600_000,
  );

  it("takes it back when Recover and the replay fail as well", () => {
    const { rig, schedule } = machine(always("hot"));
    const random = new Random(SEED + 31);
    let moved = 0;
    for (let n = 0; n < count(10, 3_000); n++) {
      const crashes = [10_000, 3_000, 3_000].map((limit) => ({ after: random.below(limit), kind: "divide" as const }));
      schedule.arm(userThread(VAULT_PID), crashes);
      const got = answer(rig.command("run vault-client move 2"));
      schedule.disarm();
      moved += 2;
      expect({ crashes, got }).toMatchObject({ crashes, got: { sum: 0, moved, totals: moved } });
    }
  }, 3_600_000);

  it("costs requests that write none of it nothing", () => {
    const { rig, traffic } = machine();
    rig.command("run vault-client move 1");
    // The first request afterwards ends the transaction of the one before.
    rig.command("run vault-client look 1");
    Object.assign(traffic, { messages: 0, faults: 0 });
    rig.command("run vault-client look 5");
    expect(traffic).toEqual({ messages: 0, faults: 0 });
    rig.command("run vault-client move 1");
    // Two pages are written, and the page of the window; the window is opened and closed. Faults are messages, too.
    expect(traffic.faults).toBe(3);
  });
});

describe("checked memory", () => {
  it("is found damaged at recovery, and then it is not recovered from", () => {
    const { rig } = machine();
    rig.command("run vault-client move 3");
    expect(answer(rig.command("run vault-client damage"))).toMatchObject({ moved: 3, totals: 2, good: 0 });
    rig.clear();
    rig.command(`kill ${VAULT_PID}`);
    const actions = rig.events.flatMap((e) => (e.event === "planned" ? [[e.action, e.because]] : []));
    expect(actions).toEqual([
      ["hot", "no rule against it"],
      ["cold", "its persistent memory is damaged"],
    ]);
    expect(answer(rig.command("run vault-client look"))).toMatchObject({ moved: 0, totals: 0, good: 1 });
  });

  it("is good after any number of restarts", () => {
    const { rig } = machine();
    rig.command("run vault-client move 3");
    for (let n = 0; n < 3; n++) rig.command(`kill ${VAULT_PID}`);
    expect(answer(rig.command("run vault-client look"))).toMatchObject({ sum: 0, moved: 3, totals: 3, good: 1 });
  });
});

describe("protected memory", () => {
  it("is not written outside windows: that is a failure, and what was there stays", () => {
    const { rig } = machine();
    rig.command("run vault-client move 3");
    rig.clear();
    expect(answer(rig.command("run vault-client scribble"))).toMatchObject({ page: 3, moved: 3 });
    const found = rig.events.flatMap((e) => (e.event === "detected" ? [[e.kind, e.detector]] : []));
    expect(found).toEqual([["page fault", "access-rights"]]);
    expect(answer(rig.command("run vault-client move 1"))).toMatchObject({ page: 4, moved: 4 });
  });
});
