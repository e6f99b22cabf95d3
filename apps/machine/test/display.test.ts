/**
 * The display's memory belongs to the parent, as RAM does: it outlives the thread that draws on it.
 *
 * Here: threads that end or are killed while a program paints. Not here: the driver's crashes (→ case-studies.test.ts).
 */
import { guests as drivers } from "@kintsugi/drivers";
import { type Picture, Vbe, Vga } from "@kintsugi/pc";
import { guests as programs } from "@kintsugi/programs";
import { describe, expect, it } from "vitest";
import type { ChipStates } from "../src/chips.ts";
import { displayMemory, MachineThread, machineMemory } from "../src/host/machine-thread.ts";
import { guestModule } from "../src/host/modules.ts";
import type { Effect, OperatorChoice, WorkerStart } from "../src/host/worker-protocol.ts";
import type { MachineState } from "../src/machine.ts";
import { TEST_RAM } from "./rig.ts";

const MODULES = [
  guestModule("serial", drivers.serial, "serial start server"),
  guestModule("video", drivers.video, "video start server device"),
  guestModule("msh", programs.msh, "msh start"),
  guestModule("paint", programs.paint),
];

/** What lies with the parent. */
interface Memories {
  readonly memory: WebAssembly.Memory;
  readonly video: Uint8Array;
}

const memories = (): Memories => ({ memory: machineMemory(TEST_RAM), video: displayMemory() });
const script = (...lines: string[]): OperatorChoice => ({ kind: "script", lines, ended: true, after: "deadlock" });

function startOf(memory: Memories, operator: OperatorChoice, limit: number, restore?: MachineState): WorkerStart {
  const start = {
    ...memory,
    ramSize: TEST_RAM,
    modules: MODULES,
    seed: 1,
    policy: "reference",
    operator,
    limit,
    hostTimes: false,
    hash: true,
  };
  return restore ? { ...start, restore } : start;
}

/** Runs a thread to its end. */
async function run(memory: Memories, operator: OperatorChoice, limit: number, restore?: MachineState) {
  const effects: Effect[] = [];
  const thread = new MachineThread(startOf(memory, operator, limit, restore), {
    effects: (batch) => void effects.push(...batch),
  });
  const ended = await thread.ended;
  if (ended.kind !== "end") throw new Error(`the thread was ${ended.kind}`);
  const entries = effects.flatMap((effect) => (effect.kind === "taken" ? [effect.entry] : []));
  return { ...ended, entries };
}

/** What the parent sees of a display from its memory and its registers. */
function pictureOf({ video }: Memories, { vga, vbe }: ChipStates): Picture {
  return new Vbe(new Vga({ now: () => 0 }, video, vga), video, null, vbe).render();
}

const undisturbed = (async () => {
  const one = memories();
  return { one, golden: await run(one, script("run paint 2"), Number.POSITIVE_INFINITY) };
})();

describe("a picture", () => {
  it("is still there when its thread has ended, and the next one draws the rest as if nothing had been", async () => {
    const { one, golden } = await undisturbed;
    const picture = pictureOf(one, golden.state.chips);
    expect([picture.width, picture.height]).toEqual([320, 200]);
    const two = memories();
    const { entries } = golden;
    // In the middle of the painting, which is the last thing that happens.
    const middle = Math.floor((entries[entries.length - 1]!.at + golden.figures.cycles) / 2);
    const cut = await run(two, { kind: "replay", entries }, middle);
    expect(cut.end.reason).toBe("limit");
    const half = pictureOf(two, cut.state.chips);
    expect([half.width, half.height]).toEqual([320, 200]);
    expect(new Set(half.rgba).size).toBeGreaterThan(4); // it is not dark
    const left = entries.slice(cut.entries.length);
    const last = await run(two, { kind: "replay", entries: left }, golden.figures.cycles, cut.state);
    expect(last.figures).toEqual(golden.figures); // the hash among them
    expect(Buffer.compare(two.video, one.video)).toBe(0);
    expect(pictureOf(two, last.state.chips).rgba).toEqual(picture.rgba);
  });

  it("stays where it is when its thread is killed; the same memories boot again and paint the same", async () => {
    const { one, golden } = await undisturbed;
    const two = memories();
    const thread = new MachineThread(startOf(two, script("run paint 100000"), Number.POSITIVE_INFINITY), {
      effects: () => {},
    });
    const dark = (): boolean => Buffer.compare(two.video, displayMemory()) === 0;
    while (dark()) await new Promise((resolve) => setTimeout(resolve, 5));
    await thread.kill();
    const left = two.video.slice();
    expect(dark()).toBe(false);
    await new Promise((resolve) => setImmediate(resolve));
    expect(Buffer.compare(two.video, left)).toBe(0);
    const again = await run(two, script("run paint 2"), Number.POSITIVE_INFINITY);
    expect(pictureOf(two, again.state.chips).rgba).toEqual(pictureOf(one, golden.state.chips).rgba);
  });
});
