import {
  checkName,
  decide,
  EXTRA_THREADS,
  PROCESS_EXTRA_THREAD,
  type Switch,
  withRejuvenation,
} from "@kintsugi/arc-framework";
import { globalId } from "@kintsugi/microkernel";
import { guests } from "@kintsugi/programs";
import { describe, expect, it } from "vitest";
import { CrashSchedule } from "../src/crash-schedule.ts";
import { guestModule } from "../src/host/modules.ts";
import { machineCrashAddresses } from "../src/injector.ts";
import type { Machine } from "../src/machine.ts";
import { textPage, UNUSED_TEXT } from "../src/program-text.ts";
import { userThread } from "./campaign.ts";
import {
  CREW,
  crewModules,
  FIRST_PID,
  FRAGILE,
  FragileMachine,
  fragileModules,
  KNOT,
  knotModules,
  WATCH,
} from "./fragile.ts";
import { Rig, type RigOptions } from "./rig.ts";

const FRAGILE_PID = FIRST_PID;
const VAULT_PID = FIRST_PID + 1;
const without = (name: Switch): { readonly without: readonly Switch[] } => ({ without: [name] });

describe("a deadlock", () => {
  it("is found by the watch, and undone by a restart of the one on whom the fewest rely", () => {
    const machine = new FragileMachine(knotModules(), { watch: WATCH });
    expect(machine.ask("knot-a", [KNOT], [2])).toEqual(["status 0: 2"]);
    expect(machine.detected).toEqual([]);
    expect(machine.ask("knot-a", [KNOT], [3])).toEqual(["status 0: 79"]);
    expect(machine.detected).toEqual([[FIRST_PID + 2, "deadlock"]]);
    expect(machine.ask("knot-a", [KNOT], [2])).toEqual(["status 0: 2"]);
  });

  it("is found in further threads, too", () => {
    const machine = new FragileMachine(knotModules(" thread"), { watch: WATCH });
    expect(machine.ask("knot-a", [KNOT], [2])).toEqual(["status 0: 2"]);
    expect(machine.detected).toEqual([]);
    expect(machine.ask("knot-a", [KNOT], [3])).toEqual(["status 0: 79"]);
    expect(machine.detected).toEqual([[FIRST_PID + 2, "deadlock"]]);
  });

  it("lasts for ever where nobody looks for it", () => {
    const machine = new FragileMachine(knotModules(), { watch: WATCH, ...without("deadlock") });
    expect(machine.ask("knot-a", [KNOT], [3])).toEqual([]);
    expect(machine.detected).toEqual([]);
    expect(machine.rig.settle(1)).toEqual({ kind: "idle" });
  });
});

describe("a hang", () => {
  it("is the failure of the leaf of the wait-for graph, and of nobody who waits for it", () => {
    const schedule: CrashSchedule = new CrashSchedule(
      () => machine.rig.machine,
      machineCrashAddresses(knotModules())!,
      () => {},
    );
    const machine: FragileMachine = new FragileMachine(knotModules(), { probe: schedule });
    schedule.arm(userThread(FIRST_PID + 2), [{ after: 30, kind: "hang" }]);
    // a waits for b, which waits for c, which hangs, and answers the replay.
    expect(machine.ask("knot-a", [KNOT], [2])).toEqual(["status 0: 79"]);
    expect(machine.detected).toEqual([[FIRST_PID + 2, "hang"]]);
  });
});

/** Crew's second thread, and its hang in the middle of its first request. */
const WORKER = globalId(PROCESS_EXTRA_THREAD + (EXTRA_THREADS + 1) * FIRST_PID, 1);
const SOON_HANGS = [{ after: 5, kind: "hang" }] as const;

/** Crew's second thread computes for milliseconds. */
const CREW_WORKS = 0xf1;
/** Instructions that a server may use for a request. */
const SERVER_DEADLINE = 1_000_000;

function scheduleFor(machine: () => Machine): CrashSchedule {
  return new CrashSchedule(machine, machineCrashAddresses(crewModules())!, () => {});
}

function crewThatHangs(options: Omit<RigOptions, "modules" | "probe">): FragileMachine {
  const schedule = scheduleFor(() => machine.rig.machine);
  const machine: FragileMachine = new FragileMachine(crewModules(), { probe: schedule, ...options });
  schedule.arm(WORKER, SOON_HANGS);
  return machine;
}

describe("a further thread of a server that hangs", () => {
  it("is found by a deadline of its own, and its process recovers and answers", () => {
    const machine = crewThatHangs({});
    // Started twice, counted once.
    expect(machine.ask("crew", [CREW], [3])).toEqual(["status 0: 2 1 4"]);
    expect(machine.detected).toEqual([[FIRST_PID, "hang"]]);
    expect(machine.ask("crew", [CREW], [3])).toEqual(["status 0: 2 2 4"]);
    expect(machine.detected).toEqual([]);
  });

  it("may use its time anew for each request", () => {
    const machine = new FragileMachine(crewModules());
    const used = machine.rig.machine.instructions;
    const asked = new Array<number>(8).fill(CREW);
    expect(machine.ask("crew", asked, [CREW_WORKS])).toHaveLength(8);
    expect(machine.rig.machine.instructions - used).toBeGreaterThan(SERVER_DEADLINE);
    expect(machine.detected).toEqual([]);
  });

  it("goes on, and whoever asked waits, where nobody looks for hangs", () => {
    const machine = crewThatHangs(without("hang"));
    expect(machine.ask("crew", [CREW], [3], 0.2)).toEqual([]);
    expect(machine.detected).toEqual([]);
    expect(machine.rig.settle(0.1)).toEqual({ kind: "limit" });
  });

  it("starves others to the watch, which blames its process", () => {
    // The client asks while the machine boots; the shell cannot begin.
    const client = guestModule("client", guests.ask, `client start args=crew ${CREW} 3`);
    const outcomes = [["hang"], ["hang", "starvation"]] as const;
    for (const off of outcomes) {
      const schedule = scheduleFor(() => rig.machine);
      schedule.arm(WORKER, SOON_HANGS);
      const rig: Rig = new Rig({ modules: [...crewModules(), client], probe: schedule, watch: WATCH, without: off });
      rig.settle(0.5);
      const detected = rig.events.flatMap((event) => (event.event === "detected" ? [[event.pid, event.detector]] : []));
      const found = off.length === 1;
      expect(detected).toEqual(found ? [[FIRST_PID, "starvation"]] : []);
      expect(rig.output.includes("msh% ")).toBe(found);
      expect(rig.output.replace("msh% ", "").includes("status 0: 2 1 4")).toBe(found);
    }
  });
});

describe("starvation", () => {
  it("ends with a restart of whoever leaves the others no time", () => {
    const machine = new FragileMachine(fragileModules(), { watch: WATCH, ...without("hang") });
    machine.rig.command("crash fragile hang");
    expect(machine.detected).toEqual([[FRAGILE_PID, "starvation"]]);
    expect(machine.fragile("look")).toEqual(["status 0: 0 0 0"]);
  });

  it("goes on where nobody looks for it", () => {
    const machine = new FragileMachine(fragileModules(), { watch: WATCH, without: ["hang", "starvation"] });
    machine.rig.type("crash fragile hang\r");
    expect(machine.rig.settle(0.2)).toEqual({ kind: "limit" });
    expect(machine.rig.output).not.toContain("msh%");
    expect(machine.detected).toEqual([]);
  });
});

function textOf({ rig }: FragileMachine, where: "loaded" | "file"): Uint8Array {
  const file = fragileModules().find(({ name }) => name === "fragile")!.bytes;
  const page = textPage(rig.machine.ram, file, where);
  if (page === undefined) throw new Error("the text of 'fragile' is not in RAM");
  return page;
}

describe("code", () => {
  it("that has changed in memory is found and loaded anew, though nothing has run it", () => {
    for (const off of [false, true]) {
      const machine = new FragileMachine(fragileModules(), { watch: WATCH, ...(off ? without("code-checksum") : {}) });
      machine.fragile("look");
      const text = textOf(machine, "loaded");
      const good = text.slice();
      text[UNUSED_TEXT] ^= 0x10;
      expect(machine.fragile("look")).toEqual(["status 0: 0 0 0"]);
      expect(machine.detected).toEqual(off ? [] : [[FRAGILE_PID, "code-checksum"]]);
      expect(Buffer.compare(text, good) === 0).toBe(!off);
    }
  });
});
describe("a program's file", () => {
  it("that has changed in memory is not loaded again: the machine boots, and loads it anew", () => {
    const machine = new FragileMachine(fragileModules(), { watch: WATCH });
    machine.fragile("look");
    textOf(machine, "file")[UNUSED_TEXT] ^= 0x10;
    machine.rig.clear();
    machine.rig.command("crash fragile divide");
    const resets = machine.rig.events.flatMap((event) => (event.event === "reset" ? [event.reason] : []));
    expect(resets).toEqual([expect.stringContaining("the file of a program is damaged in memory")]);
    expect(machine.fragile("look")).toEqual(["status 0: 0 0 0"]);
  });
});

describe("use of memory", () => {
  it("beyond the policy's limit has a server renewed at a quiet moment, and nobody notices", () => {
    for (const off of [false, true]) {
      const policy = withRejuvenation(decide, { heap: 5 });
      const machine = new FragileMachine(fragileModules(), { watch: WATCH, policy, ...(off ? without("usage") : {}) });
      // A page fault of the heap brings four pages in.
      expect(machine.fragile("leak", "leak", "leak", "leak")).toContain("status 0: 0 0 4");
      expect(machine.detected).toEqual([]);
      expect(machine.fragile("leak")).toEqual(["status 0: 0 0 5"]);
      expect(machine.detected).toEqual(off ? [] : [[FRAGILE_PID, "usage"]]);
      expect(machine.fragile("look")).toEqual([off ? "status 0: 0 0 5" : "status 0: 0 0 0"]);
    }
  });
});

describe("damage", () => {
  it("to an invariant is a failure before the answer, and again before Recover: then the memory is given up", () => {
    const machine = new FragileMachine(fragileModules());
    expect(machine.fragile("break")).toEqual(["status 7:"]);
    expect(machine.detected).toEqual([
      [FRAGILE_PID, "invariant"],
      [FRAGILE_PID, "invariant"],
    ]);
    expect(machine.actions).toEqual(["hot", "cold"]);
    expect(machine.fragile("look")).toEqual(["status 0: 0 0 0"]);
    const unnoticed = new FragileMachine(fragileModules(), without("invariant"));
    expect(unnoticed.fragile("break", "look")).toEqual(["status 0: 0 1 0", "status 0: 0 1 0"]);
  });

  it("to a checked variable is a failure before Recover", () => {
    const modules = [
      ...fragileModules(),
      guestModule("vault", guests.vault, "vault start server"),
      guestModule("vault-client", guests["vault-client"]),
    ];
    for (const off of [false, true]) {
      const machine = new FragileMachine(modules, off ? without("checked-memory") : {});
      machine.rig.command("run vault-client move 2");
      machine.rig.command("run vault-client damage");
      machine.rig.clear();
      machine.rig.command("crash vault divide");
      expect(machine.detected.map(String)).toEqual(
        [`${VAULT_PID},exception`, ...(off ? [] : [`${VAULT_PID},checked-memory`])].map(String),
      );
      expect(machine.actions).toEqual(off ? ["hot"] : ["hot", "cold"]);
      expect(machine.rig.command("run vault-client look")).toMatch(off ? /good 0/ : /moved 0 totals 0 good 1/);
    }
  });
});

describe("the protocol monitor", () => {
  it("has a client fail that asks what it may not, and the server lives", () => {
    const machine = new FragileMachine(fragileModules());
    expect(machine.fragile("open", "use", "close")).toEqual(["status 0: 0 0 0", "status 0: 0 0 0", "status 0: 0 0 0"]);
    expect(machine.detected).toEqual([]);
    for (const asked of [["nonsense"], ["use"], ["open", "open"]] as const) {
      expect(machine.fragile(...asked)).toHaveLength(asked.length - 1);
      expect(machine.detected).toEqual([[expect.any(Number), "protocol"]]);
      expect(machine.detected).not.toContainEqual([FRAGILE_PID, "protocol"]);
      expect(machine.actions).toEqual(["remove"]);
    }
    expect(machine.fragile("look")).toEqual(["status 0: 0 0 0"]);
  });

  it("has a server fail that answers what it may not", () => {
    const machine = new FragileMachine(fragileModules());
    const lines = machine.fragile("wordy");
    expect(new Set(machine.detected.map(String))).toEqual(new Set([String([FRAGILE_PID, "protocol"])]));
    expect(lines).toEqual(["status 7:"]);
    const unnoticed = new FragileMachine(fragileModules(), without("protocol"));
    expect(unnoticed.fragile("wordy", "use")).toEqual(["status 0: 0 1 2 3 4 5 6 7 8", "status 0: 0 0 0"]);
  });
});

describe("a check of the compiler", () => {
  it.each([
    [0, "a sum overflows"],
    [1, "an index is out of bounds"],
    [2, "a shift is too far"],
    [3, "a stack frame is overwritten"],
  ])("number %i, %s, is a failure of its own, which the program without checks does not see", (mistake, name) => {
    const machine = new FragileMachine(fragileModules("fragile-checked"));
    expect(machine.ask("fragile", [FRAGILE.check], [mistake])).toEqual(["status 0: 0"]);
    expect(machine.detected).toEqual([[FRAGILE_PID, "compiler-check"]]);
    const [, number] = /compiler's check (\d+)/.exec(machine.rig.command("timeline")) ?? [];
    expect(checkName(Number(number))).toBe(name);
    const unchecked = new FragileMachine(fragileModules());
    expect(unchecked.ask("fragile", [FRAGILE.check], [mistake])).toHaveLength(1);
    expect(unchecked.detected.map(String)).not.toContain(`${FRAGILE_PID},compiler-check`);
  });
});
