import { describe, expect, it } from "vitest";
import { CrashSchedule } from "../src/crash-schedule.ts";
import { machineCrashAddresses } from "../src/injector.ts";
import { Random } from "../src/random.ts";
import { anyKind, modulesWith, userThread } from "./campaign.ts";
import { Rig } from "./rig.ts";
import { count, SEED } from "./tier.ts";

const SERIAL_THREAD = userThread(1);
const LINES = ["help", "run hello some words", "ls", "no such command", "help"];

describe("the serial server", () => {
  it("crashes at random instructions, and neither a typed nor a shown character is lost or comes twice", () => {
    const random = new Random(SEED + 8);
    const modules = modulesWith("exact", {});
    const addresses = machineCrashAddresses(modules);
    if (addresses === undefined) throw new Error("no program has code that fails");
    const schedule: CrashSchedule = new CrashSchedule(
      () => rig.machine,
      addresses,
      () => {},
    );
    const rig: Rig = new Rig({ modules, probe: schedule });
    rig.settle();
    const type = (): string => {
      rig.clear();
      for (const line of LINES) {
        rig.type(`${line}\r`);
        rig.settle();
      }
      return rig.output;
    };
    schedule.arm(SERIAL_THREAD, []);
    const calm = type();
    const instructions = schedule.counted;
    let crashes = 0;
    for (let round = 0; round < count(4, 40); round++) {
      const list = Array.from({ length: 40 }, () => ({
        after: random.below(instructions / 20),
        kind: anyKind(random),
      }));
      schedule.arm(SERIAL_THREAD, list);
      expect({ seed: SEED, round, text: type() }).toEqual({ seed: SEED, round, text: calm });
      schedule.disarm();
      crashes += rig.events.filter(({ event }) => event === "detected").length;
    }
    expect(crashes).toBeGreaterThan(count(100, 1000));
  });
});
