/**
 * The shell at screen and keyboard, in the whole machine, while the drivers of both crash.
 *
 * Here: what a typist sees. Not here: crashes at every instruction (→ tools/guest/{keyboard,text}.test.ts).
 */
import { firstOf } from "@kintsugi/arc-framework";
import { describe, expect, it } from "vitest";
import { bootModules } from "../src/host/modules.ts";
import { Random } from "../src/random.ts";
import { anyKind, userThread } from "./campaign.ts";
import type { RigOptions } from "./rig.ts";
import { Stage } from "./stage.ts";
import { SEED } from "./tier.ts";

/** The order of the modules. */
const [KEYBOARD, TEXT] = [userThread(1), userThread(2)];
const COMMANDS = ["help", "run hello Keyboard, Screen", "ps", "nonsense {|}~", "run hello again"];

class Desk extends Stage {
  constructor(options: Pick<RigOptions, "policy"> = {}) {
    super(bootModules("exact", "screen"), { console: "screen", ...options });
  }

  get rows(): readonly string[] {
    return this.rig.machine.chips.screen.rows;
  }

  /** Presses the keys of a line, and Enter. */
  type(line: string): void {
    this.rig.type(`${line}\r`);
    expect(this.rig.settle().kind).toBe("idle");
  }
}

describe("the shell on screen and keyboard", () => {
  it("prompts, reads keys and prints; nothing goes to the serial line", () => {
    const desk = new Desk();
    expect(desk.rows.slice(0, 3)).toEqual([
      "Arc operating system, version 0.1",
      "Welcome to Arc Micro Shell. Enjoy!",
      "msh%",
    ]);
    expect(desk.rig.machine.chips.screen.cursor).toBe(2 * 80 + 5);
    desk.type("run hello World, 2 + 3?");
    expect(desk.rows.slice(2, 5)).toEqual([
      "msh% run hello World, 2 + 3?",
      "Hello, world! I was given: World, 2 + 3?",
      "msh%",
    ]);
    desk.rig.type("xyz\b\b");
    desk.rig.settle();
    expect(desk.rows[4]).toBe("msh% x");
    expect(desk.rig.output).toBe("");
    desk.rig.type("\x03");
    desk.rig.settle();
    expect(desk.rows.slice(4, 6)).toEqual(["msh% x^C", "msh%"]);
  });

  it("shows the same, row by row, when both drivers crash while somebody types and reads", () => {
    const calm = new Desk();
    const counted = COMMANDS.map((line, n) => {
      calm.schedule.arm(n % 2 === 0 ? TEXT : KEYBOARD, []);
      calm.type(line);
      return calm.schedule.counted;
    });
    const random = new Random(SEED + 71);
    const desk = new Desk();
    for (const [n, line] of COMMANDS.entries()) {
      const crashes = Array.from({ length: 4 }, () => ({
        after: random.below(Math.floor(counted[n]! / 4)),
        kind: anyKind(random),
      }));
      desk.schedule.arm(n % 2 === 0 ? TEXT : KEYBOARD, crashes);
      desk.type(line);
    }
    const restarts = (row: string): string => row.replace(/ +\d+ +\d+ KiB( server)?$/, "");
    expect(desk.rows.map(restarts)).toEqual(calm.rows.map(restarts));
    expect(desk.rig.machine.chips.screen.cursor).toBe(calm.rig.machine.chips.screen.cursor);
    expect(desk.failures).toBeGreaterThan(8);
  });

  it("is told when the keyboard's driver starts cold, and goes on reading", () => {
    const cold = firstOf([() => ({ kind: "cold", because: "a test wants it" })]);
    const desk = new Desk({ policy: cold });
    desk.type("run hello one");
    desk.schedule.arm(KEYBOARD, [{ after: 10, kind: "divide" }]);
    desk.rig.type("r"); // the chip keeps it
    desk.rig.settle();
    desk.schedule.disarm();
    expect(desk.failures).toBe(1);
    desk.type("un hello two");
    expect(desk.rows.filter((row) => row.startsWith("Hello"))).toEqual([
      "Hello, world! I was given: one",
      "Hello, world! I was given: two",
    ]);
  });
});
