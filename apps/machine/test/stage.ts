/**
 * A booted machine, one of whose threads can be crashed at chosen instructions.
 *
 * Here: rig and schedule, wired. Not here: when it crashes, and what must come out (→ the tests).
 */
import type { BootModule } from "../src/boot.ts";
import { CrashSchedule } from "../src/crash-schedule.ts";
import { machineCrashAddresses } from "../src/injector.ts";
import { Rig, type RigOptions } from "./rig.ts";

export class Stage {
  readonly schedule: CrashSchedule;
  readonly rig: Rig;

  constructor(
    modules: readonly BootModule[],
    options: Pick<RigOptions, "console" | "disk" | "observer" | "policy" | "video"> = {},
  ) {
    const addresses = machineCrashAddresses(modules);
    if (addresses === undefined) throw new Error("no program has code that fails");
    this.schedule = new CrashSchedule(
      () => this.rig.machine,
      addresses,
      () => {},
    );
    this.rig = new Rig({ modules, probe: this.schedule, ...options });
    this.rig.settle();
    this.rig.clear();
  }

  /** Failures that a detector has seen. */
  get failures(): number {
    return this.rig.events.filter(({ event }) => event === "detected").length;
  }
}
