import { describe, expect, it } from "vitest";
import { MachineThread, machineMemory } from "../src/host/machine-thread.ts";
import type { Effect, WorkerStart } from "../src/host/worker-protocol.ts";
import { modulesWith } from "./campaign.ts";
import { TEST_RAM } from "./rig.ts";

describe("a machine whose thread is killed", () => {
  it("writes nothing afterwards, and the same memory boots again", async () => {
    const memory = machineMemory(TEST_RAM);
    const modules = modulesWith("exact", { letter: new Uint8Array(60_000).fill(65) });
    const start = (lines: readonly string[]): WorkerStart => ({
      memory,
      ramSize: TEST_RAM,
      modules,
      seed: 1,
      policy: "reference",
      operator: { kind: "script", lines, ended: true, after: "deadlock" },
      limit: Number.POSITIVE_INFINITY,
      hostTimes: false,
      hash: false,
    });
    let paper = 0;
    // Cut in the middle of a print: as soon as the first paper has come out.
    await new Promise<void>((resolve) => {
      const cut = new MachineThread(start(["print letter"]), {
        effects: (batch) => {
          for (const effect of batch) if (effect.kind === "paper") paper += effect.bytes.length;
          if (paper > 0) void cut.kill().then(resolve);
        },
      });
    });
    expect(paper).toBeLessThan(60_000);
    const before = new Uint8Array(memory.buffer).slice();
    await new Promise((resolve) => setImmediate(resolve));
    expect(Buffer.compare(before, new Uint8Array(memory.buffer))).toBe(0);
    const effects: Effect[] = [];
    const again = new MachineThread(start(["run hello again", "poweroff 6"]), {
      effects: (batch) => void effects.push(...batch),
    });
    expect(await again.ended).toMatchObject({ kind: "end", end: { reason: "powerOff", code: 6 } });
    const text = effects
      .map((effect) => (effect.kind === "serial" ? String.fromCharCode(...effect.bytes) : ""))
      .join("");
    expect(text).toContain("I was given: again");
  });
});
