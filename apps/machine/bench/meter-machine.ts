/**
 * The machine that recovery is measured on: the server `meter`, a server between it and its clients, one level of restart.
 *
 * Here: modules and machine. Not here: what is measured (`downtime.ts`, `deadlines.ts`, `transactions.ts`).
 */
import { type ActionKind, only } from "@kintsugi/arc-framework";
import { guests } from "@kintsugi/programs";
import type { BootModule } from "../src/boot.ts";
import { bootModules, guestModule } from "../src/host/modules.ts";
import { userThread } from "../test/campaign.ts";
import { Rig, type RigOptions } from "../test/rig.ts";

/** What is restarted, from little to everything. */
export const MEASURED_LEVELS: readonly ActionKind[] = ["handler", "hot", "warm", "cold", "group", "reboot"];
/** serial, parallel, msh, then these two: `relay` agreed to be restarted hot with the server. */
export const METER_PID = 4;
export const RELAY_PID = 5;
export const METER_THREAD: number = userThread(METER_PID);
export const CYCLES_PER_MICROSECOND = 100;

/** `relay` asks whoever is called echo-server. */
export function meterModules(server: "meter" | "meter-plain" = "meter"): BootModule[] {
  return [
    ...bootModules("exact"),
    guestModule("echo-server", guests[server], "echo-server start server"),
    guestModule("relay", guests.relay, "relay start server"),
    guestModule("meter-client", guests["meter-client"]),
  ];
}

/** A machine whose servers are restarted at one level, ready at the prompt. */
export function meterRig(level: ActionKind, options: Omit<RigOptions, "modules" | "policy"> = {}): Rig {
  // A group restart's member is restarted as it asked, whatever the policy says.
  const rig = new Rig({ modules: meterModules(), policy: only(level), ...options });
  rig.settle();
  rig.clear();
  return rig;
}

/** The middle one. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
