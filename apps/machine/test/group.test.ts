import { firstOf, type RecoveryPolicy } from "@kintsugi/arc-framework";
import { guests } from "@kintsugi/programs";
import { describe, expect, it } from "vitest";
import { CrashSchedule } from "../src/crash-schedule.ts";
import { bootModules, guestModule } from "../src/host/modules.ts";
import { machineCrashAddresses } from "../src/injector.ts";
import { Random } from "../src/random.ts";
import { userThread } from "./campaign.ts";
import { Rig } from "./rig.ts";
import { count, SEED } from "./tier.ts";

/** echo-server has no recovery of its own: whatever is tried first, it comes to losing its memory. */
const together: RecoveryPolicy = firstOf([() => ({ kind: "group", because: "it loses its memory" })]);
const ECHO_PID = 4;
const RELAY_PID = 5;
const TRIPS = 6;

const modulesOf = (relay: string) => [
  ...bootModules("exact"),
  guestModule("echo-server", guests["echo-server"], "echo-server start server"),
  guestModule("relay", guests.relay, relay),
  guestModule("relay-client", guests["relay-client"]),
];

function machine(policy: RecoveryPolicy, relay = "relay start server"): { rig: Rig; schedule: CrashSchedule } {
  const modules = modulesOf(relay);
  const addresses = machineCrashAddresses(modules);
  if (addresses === undefined) throw new Error("no program has code that fails");
  const schedule: CrashSchedule = new CrashSchedule(
    () => rig.machine,
    addresses,
    () => {},
  );
  const rig: Rig = new Rig({ modules, probe: schedule, policy });
  rig.settle();
  return { rig, schedule };
}

/** What the client printed: for each trip the word, echo-server's count, restarts of the relay, losses told. */
function trips(output: string): number[][] {
  const lines = output.matchAll(/answer \d: word (\d+), echo-server's (\d+), group restarts (\d+), losses (\d+)/g);
  return [...lines].map((line) => line.slice(1).map(Number));
}

describe("a group restart", () => {
  it("re-establishes the client that agreed to it, whose own clients do not notice", () => {
    const { rig, schedule } = machine(together);
    rig.clear();
    schedule.arm(userThread(ECHO_PID), []);
    expect(trips(rig.command(`run relay-client ${TRIPS}`)).map(([word]) => word)).toEqual([
      100, 101, 102, 103, 104, 105,
    ]);
    const instructions = schedule.counted;
    const random = new Random(SEED + 12);
    let groups = 0;
    for (let round = 0; round < count(20, 400); round++) {
      rig.clear();
      const after = random.below(instructions);
      schedule.arm(userThread(ECHO_PID), [{ after, kind: "divide" }]);
      const answers = trips(rig.command(`run relay-client ${TRIPS}`));
      schedule.disarm();
      expect({ after, words: answers.map(([word]) => word) }).toEqual({ after, words: [100, 101, 102, 103, 104, 105] });
      const planned = rig.events.flatMap((e) => (e.event === "planned" ? [[e.pid, e.action]] : []));
      if (planned.length === 0) continue; // the crash fell behind the last trip
      groups++;
      // The smallest group that is sufficient, the server first; nobody else is restarted.
      expect(planned).toEqual([
        [ECHO_PID, "group"],
        [RELAY_PID, "hot"],
      ]);
      // The server did lose its memory, the relay was told why it was restarted, the client was told of the loss.
      expect(answers.at(-1)![1]).toBeLessThanOrEqual(TRIPS);
      expect(answers.at(-1)![3]).toBe(1);
    }
    expect(groups).toBeGreaterThan(count(10, 200));
  });

  it("restarts its members at the temperatures that they asked for; one that starts cold is the root of another group", () => {
    const outcomes = ["warm", "cold"].map((temperature) => {
      const { rig, schedule } = machine(together, `relay start server args=${temperature}`);
      rig.clear();
      schedule.arm(userThread(ECHO_PID), [{ after: 50, kind: "divide" }]);
      const output = rig.command(`run relay-client ${TRIPS}`);
      schedule.disarm();
      const planned = rig.events.flatMap((e) => (e.event === "planned" ? [[e.pid, e.action]] : []));
      return { planned, noticed: output.includes("no answer"), restarts: trips(output).at(-1)?.[2] };
    });
    expect(outcomes).toEqual([
      {
        planned: [
          [ECHO_PID, "group"],
          [RELAY_PID, "warm"],
        ],
        noticed: false,
        restarts: 1,
      },
      {
        planned: [
          [ECHO_PID, "group"],
          [RELAY_PID, "group"],
        ],
        // It has forgotten its own client, which is answered with an error.
        noticed: true,
        restarts: undefined,
      },
    ]);
  });

  it("is what an error was without it: a cold restart alone shows", () => {
    const { rig, schedule } = machine(() => ({ kind: "cold", because: "alone" }));
    let noticed = 0;
    const random = new Random(SEED + 13);
    for (let round = 0; round < 20; round++) {
      rig.clear();
      schedule.arm(userThread(ECHO_PID), [{ after: random.below(600), kind: "divide" }]);
      if (rig.command(`run relay-client ${TRIPS}`).includes("no answer")) noticed++;
      schedule.disarm();
    }
    expect(noticed).toBeGreaterThan(5);
  });

  it("is one level of the thesis's escalation, after the cold starts", () => {
    const { rig, schedule } = machine(together);
    rig.clear();
    schedule.arm(userThread(ECHO_PID), [
      { after: 50, kind: "divide" },
      { after: 20, kind: "divide" },
    ]);
    const answers = trips(rig.command(`run relay-client ${TRIPS}`));
    expect(answers.map(([word]) => word)).toEqual([100, 101, 102, 103, 104, 105]);
    const planned = rig.events.flatMap((e) => (e.event === "planned" ? [[e.pid, e.action]] : []));
    expect(planned).toEqual([
      [ECHO_PID, "group"],
      [ECHO_PID, "group"],
      [RELAY_PID, "hot"],
    ]);
  });
});
