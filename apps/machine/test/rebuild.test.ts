import { describe, expect, it } from "vitest";
import { MachineThread, machineMemory } from "../src/host/machine-thread.ts";
import type { Effect, OperatorChoice } from "../src/host/worker-protocol.ts";
import type { MachineState } from "../src/machine.ts";
import { Random } from "../src/random.ts";
import { modulesWith, testFile } from "./campaign.ts";
import { Rig, type RigOptions, TEST_RAM } from "./rig.ts";
import { count, SEED } from "./tier.ts";

const LINES = [
  "help",
  "ps",
  "run hello world",
  "print letter",
  "crash parallel divide",
  "print letter",
  "timeline",
  "ls",
];

/** Types the lines; `between` may do what it likes to the rig at every exit. */
function work(rig: Rig, next: () => number, between: (rig: Rig) => void): string {
  for (const line of LINES) {
    rig.type(`${line}\r`);
    for (;;) {
      const exit = rig.machine.run(rig.machine.cycles + next());
      between(rig);
      if (exit.kind === "idle") break;
    }
  }
  return rig.output;
}

describe("a machine rebuilt from RAM and states", () => {
  const random = new Random(SEED + 2);
  const options: RigOptions = { modules: modulesWith("exact", { letter: testFile(24, random) }) };

  it("goes on as if nothing had happened, at any exit", () => {
    const golden = new Rig(options);
    golden.settle();
    golden.clear();
    const booted = golden.save();
    const output = work(
      golden,
      () => 1e12,
      () => {},
    );
    const rebuilt = new Rig(options, booted);
    let rebuilds = 0;
    const text = work(
      rebuilt,
      // Exits of all lengths: most after a few instructions, some after long idle times.
      () => 1 + random.below(2 ** random.below(20)),
      (rig) => {
        rebuilds++;
        rig.rebuild();
      },
    );
    expect(text).toBe(output);
    expect({ seed: SEED, cycles: rebuilt.machine.cycles }).toEqual({ seed: SEED, cycles: golden.machine.cycles });
    expect(rebuilt.machine.instructions).toBe(golden.machine.instructions);
    expect(rebuilt.hash).toBe(golden.hash);
    expect(rebuilds).toBeGreaterThan(1000);
  });

  it("goes on in a thread that knows nothing but the memory and the states", async () => {
    const lines = [...LINES.slice(0, 4), "poweroff 3"];
    const script: OperatorChoice = { kind: "script", lines, ended: true, after: "deadlock" };
    const golden = await inThread(options, { operator: script, limit: Number.POSITIVE_INFINITY });
    expect(golden.end).toEqual({ reason: "powerOff", code: 3 });
    const entries = golden.effects.flatMap((effect) => (effect.kind === "taken" ? [effect.entry] : []));
    const memory = machineMemory(TEST_RAM);
    const effects: Effect[] = [];
    const threads = count(12, 1000);
    let taken = 0;
    let restore: MachineState | undefined;
    let last = await inThread(options, { operator: { kind: "replay", entries }, limit: 1, memory });
    for (let thread = 1; last.end.reason === "limit"; thread++) {
      effects.push(...last.effects);
      taken += last.effects.filter((effect) => effect.kind === "taken").length;
      restore = last.state;
      const limit = Math.floor((golden.figures.cycles * thread) / threads) + random.below(1000);
      last = await inThread(options, {
        operator: { kind: "replay", entries: entries.slice(taken) },
        limit,
        memory,
        restore,
      });
    }
    effects.push(...last.effects);
    expect(last.end).toEqual(golden.end);
    expect(last.figures).toEqual(golden.figures);
    expect(serialText(effects)).toBe(serialText(golden.effects));
  });
});

interface ThreadRun {
  readonly operator: OperatorChoice;
  readonly limit: number;
  readonly memory?: WebAssembly.Memory;
  readonly restore?: MachineState;
}

/** Runs a machine in a thread of its own to the run's end. */
async function inThread({ modules }: RigOptions, run: ThreadRun) {
  const { operator, limit, memory = machineMemory(TEST_RAM), restore } = run;
  const effects: Effect[] = [];
  const start = {
    memory,
    ramSize: TEST_RAM,
    modules,
    seed: 1,
    policy: "reference",
    operator,
    limit,
    hostTimes: false,
    hash: true,
  };
  const thread = new MachineThread(restore ? { ...start, restore } : start, {
    effects: (batch) => void effects.push(...batch),
  });
  const ended = await thread.ended;
  if (ended.kind !== "end") throw new Error(`the thread was ${ended.kind}`);
  return { ...ended, effects };
}

function serialText(effects: readonly Effect[]): string {
  return effects.map((effect) => (effect.kind === "serial" ? String.fromCharCode(...effect.bytes) : "")).join("");
}
