import { oneForAll, type RecoveryPolicy, restForOne } from "@kintsugi/arc-framework";
import { guests } from "@kintsugi/programs";
import { describe, expect, it } from "vitest";
import { CrashSchedule } from "../src/crash-schedule.ts";
import { bootModules, guestModule } from "../src/host/modules.ts";
import { machineCrashAddresses } from "../src/injector.ts";
import { userThread } from "./campaign.ts";
import { Rig } from "./rig.ts";

const [SERIAL, PARALLEL, ECHO, RELAY] = [1, 2, 4, 5];
const modules = [
  ...bootModules("exact"),
  guestModule("echo-server", guests["echo-server"], "echo-server start server"),
  guestModule("relay", guests.relay, "relay start server"),
  guestModule("relay-client", guests["relay-client"]),
];

/** Crashes a server while a client works, and gives who was restarted how, in order; the machine serves afterwards. */
function restarted(policy: RecoveryPolicy, pid: number, command: string): unknown[] {
  const schedule: CrashSchedule = new CrashSchedule(
    () => rig.machine,
    machineCrashAddresses(modules)!,
    () => {},
  );
  const rig: Rig = new Rig({ modules, probe: schedule, policy });
  rig.settle();
  rig.clear();
  schedule.arm(userThread(pid), [{ after: 50, kind: "divide" }]);
  rig.command(command);
  schedule.disarm();
  const found = rig.events.flatMap((event) => {
    if (event.event === "planned") return [[event.pid, event.action]];
    return event.event === "recovery" ? [[event.pid, "ready"]] : [];
  });
  const words = [...rig.command("run relay-client 3").matchAll(/answer \d: word (\d+)/g)].map((line) => line[1]);
  expect(words).toEqual(["100", "101", "102"]);
  return found;
}

const alone = (pid: number): unknown[] => [
  [pid, "cold"],
  [pid, "ready"],
];

describe("OTP's restart strategies", () => {
  it("rest for one: the servers that were started later start cold behind it, each when the one before is ready", () => {
    const first = (pid: number): unknown[] => [[pid, "group"], ...alone(pid).slice(1)];
    expect(restarted(restForOne, ECHO, "run relay-client 1")).toEqual([...first(ECHO), ...alone(RELAY)]);
    expect(restarted(restForOne, RELAY, "run relay-client 1")).toEqual(first(RELAY));
    expect(restarted(restForOne, PARALLEL, "print hello")).toEqual([
      ...first(PARALLEL),
      ...alone(ECHO),
      ...alone(RELAY),
    ]);
  });

  it("one for all: every server, in the order of starting; the one that failed waits for its turn", () => {
    const around = [...alone(SERIAL), ...alone(PARALLEL), [ECHO, "ready"], ...alone(RELAY)];
    expect(restarted(oneForAll, ECHO, "run relay-client 1")).toEqual([[ECHO, "group"], ...around]);
  });
});
