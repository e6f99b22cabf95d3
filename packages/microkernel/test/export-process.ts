/**
 * The other process: takes a kernel from standard input, runs it, and says what happened.
 *
 * Here: a machine of another size that nothing was ever run on. Not here: who compares (→ export.test.ts).
 * @module
 */
import { readFileSync } from "node:fs";
import { Kernel } from "../src/index.ts";
import { Machine } from "./fixture.ts";
import { transcript, workload } from "./workload.ts";

const letter = JSON.parse(readFileSync(0, "utf8")) as {
  state: unknown;
  frames: string;
  memorySize: number;
  arenaSize: number;
  steps: number;
};
const machine = new Machine(workload, letter.memorySize, letter.arenaSize);
machine.events.length = 0;
machine.options.memory.writeBytes(0, Buffer.from(letter.frames, "base64"));
const kernel = Kernel.import(machine.options, letter.state, letter.arenaSize)._unsafeUnwrap();
for (let step = 0; step < letter.steps; step++) kernel.step();
process.stdout.write(JSON.stringify({ events: transcript(machine.events), state: kernel.exportState() }));
