/**
 * At which of its instructions a driver does what.
 *
 * Here: a print that is watched instruction by instruction. Not here: what follows from it (→ the tests).
 */
import { symbols } from "@kintsugi/arc-framework";
import { ACCESS_USER, GuestMemory, type Processor, walkPage } from "@kintsugi/ia32";
import type { SliceProbe, ThreadId } from "@kintsugi/microkernel";
import { modulesWith, PARALLEL_THREAD } from "./campaign.ts";
import { Rig, type SavedMachine, TEST_RAM } from "./rig.ts";

/** Where in the driver's instructions, counted from the command on, a byte is latched and its counter stored. */
export interface Moments {
  readonly instructions: number;
  /** Instructions executed before each OUT that asserts STROBE. */
  readonly latched: readonly number[];
  /** Instructions executed before each store to the counter. */
  readonly stored: readonly number[];
}

/** Watches a print of the driver instruction by instruction: port writes by the paper, stores by the variable. */
export function observe(driver: string, bytes: Uint8Array, booted: SavedMachine, variable?: RegExp): Moments {
  const modules = modulesWith(driver, { letter: bytes });
  const program = symbols(modules[1].bytes)._unsafeUnwrap();
  const address = variable && program.find(({ name }) => variable.test(name))?.address;
  const latched: number[] = [];
  const stored: number[] = [];
  let executed = 0;
  let value = 0;
  const step: SliceProbe = {
    limit: (thread: ThreadId) => (thread === PARALLEL_THREAD ? 1 : Number.POSITIVE_INFINITY),
    reached: (thread: ThreadId) => {
      if (thread !== PARALLEL_THREAD) return;
      if (rig.paper.length > latched.length) latched.push(executed);
      if (address !== undefined) {
        const memory = new GuestMemory(rig.memory, TEST_RAM);
        const at = walkPage(memory, (rig.machine.processor as Processor).state.pageDirectory, address, ACCESS_USER);
        const now = at < 0 ? value : memory.read32(at);
        if (now !== value) stored.push(executed);
        value = now;
      }
      executed++;
    },
  };
  const rig: Rig = new Rig({ modules, probe: step }, booted);
  rig.command("print letter");
  return { instructions: executed, latched, stored };
}
