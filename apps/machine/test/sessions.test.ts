import type { ActionKind, RecoveryPolicy } from "@kintsugi/arc-framework";
import { guests } from "@kintsugi/programs";
import { describe, expect, it } from "vitest";
import { CrashSchedule } from "../src/crash-schedule.ts";
import { bootModules, guestModule } from "../src/host/modules.ts";
import { machineCrashAddresses } from "../src/injector.ts";
import { Random } from "../src/random.ts";
import { anyKind, userThread } from "./campaign.ts";
import { Rig } from "./rig.ts";
import { count, LONG, SEED } from "./tier.ts";

const KEEPER_PID = 4;
const MODULES = [
  ...bootModules("exact"),
  guestModule("keeper", guests.keeper, "keeper start server"),
  guestModule("keeper-client", guests["keeper-client"]),
];

/** Servers are restarted at this level, whatever fails; other programs are removed. */
const always =
  (kind: ActionKind): RecoveryPolicy =>
  (_failure, _history, { server }) => ({ kind: server ? kind : "remove", because: "" });

function machine(policy: RecoveryPolicy): { rig: Rig; schedule: CrashSchedule } {
  const addresses = machineCrashAddresses(MODULES);
  if (addresses === undefined) throw new Error("no program has code that fails");
  const schedule: CrashSchedule = new CrashSchedule(
    () => rig.machine,
    addresses,
    () => {},
  );
  const rig: Rig = new Rig({ modules: MODULES, probe: schedule, policy });
  rig.settle();
  return { rig, schedule };
}

/** Sums go on from client to client: what is left is whether each round agrees with itself. */
function rounds(output: string): { readonly added: number; readonly right: boolean }[] {
  const lines = [...output.matchAll(/round \d: sum (\d+) of (\d+), (\d+) words, (\d+) wrong/g)];
  return lines.map(([, sum, expected, words, wrong]) => ({
    added: Number(sum) - Number(expected),
    right: words === "700" && wrong === "0",
  }));
}

describe("a session", () => {
  const levels: readonly ActionKind[] = ["handler", "hot", "warm"];

  it.each(levels)(
    "outlives a %s restart at any instruction of the server, from connecting to disconnecting",
    (kind) => {
      const { rig, schedule } = machine(always(kind));
      const random = new Random(SEED + 20);
      schedule.arm(userThread(KEEPER_PID), []);
      rig.command("run keeper-client talk 2");
      const instructions = schedule.counted;
      expect(instructions).toBeGreaterThan(5_000);
      const most = LONG ? instructions : 15;
      let before = 0;
      for (let n = 0; n < most; n++) {
        const after = LONG ? n : random.below(instructions);
        schedule.arm(userThread(KEEPER_PID), [{ after, kind: LONG && n % 50 > 0 ? "page-fault" : anyKind(random) }]);
        rig.clear();
        const got = rounds(rig.command("run keeper-client talk 2"));
        schedule.disarm();
        // Every Put was added exactly once: both rounds are as far ahead as the clients before have brought the sum.
        expect({ after, got }).toEqual({ after, got: [0, 1].map(() => ({ added: got[0]!.added, right: true })) });
        expect(got[0]!.added).toBeGreaterThan(before);
        before = got[0]!.added;
      }
      expect(rig.command("ps")).toMatch(/keeper/);
    },
    3_600_000,
  );

  it("outlives crashes of Recover and of the replay, too", () => {
    const { rig, schedule } = machine(always("warm"));
    const random = new Random(SEED + 21);
    for (let n = 0; n < count(10, 2_000); n++) {
      const crashes = [8_000, 400, 400].map((limit) => ({ after: random.below(limit), kind: anyKind(random) }));
      schedule.arm(userThread(KEEPER_PID), crashes);
      const got = rounds(rig.command("run keeper-client talk 2"));
      schedule.disarm();
      expect({ crashes, got }).toEqual({ crashes, got: [0, 1].map(() => ({ added: got[0]!.added, right: true })) });
    }
  }, 3_600_000);

  it("ends with its client, however that ends, and the pages go back", () => {
    const { rig } = machine(always("hot"));
    const pages = (): number => Number(/keeper .*? (\d+) KiB/.exec(rig.command("ps"))?.[1]);
    const told = (): number =>
      Number(/later: .* sessions (\d+)/.exec(rig.command("run keeper-client remember 1"))?.[1]);
    expect(told()).toBe(1);
    const before = pages();
    // More clients than there are blocks: none is left over.
    for (let n = 0; n < 40; n++) rig.command("run keeper-client hold");
    expect(told()).toBe(1);
    expect(pages()).toBe(before);
    // A thread's sessions end with the thread, and with the process.
    for (let n = 0; n < 20; n++) expect(rig.command("run keeper-client thread")).toContain("sessions 0 ");
    for (let n = 0; n < 20; n++) expect(rig.command("run keeper-client thread-hold")).not.toContain("left");
    expect(told()).toBe(1);
    expect(pages()).toBe(before);
  }, 600_000);
});
