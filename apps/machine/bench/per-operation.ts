/**
 * The price of one operation: a program that does N of them, less the same program that does a few.
 *
 * Here: guest instructions, virtual time and host time of a command on a warm machine. Not here: commands.
 */
import type { Rig } from "../test/rig.ts";
import { CYCLES_PER_MICROSECOND } from "./meter-machine.ts";

/** Per operation. */
export interface Cost {
  readonly instructions: number;
  readonly virtualMicroseconds: number;
  /** CPU time of the process. */
  readonly hostMicroseconds: number;
}

/** Runs `command(count)`, which prints OK, and takes the cost of `command(few)` off. */
export function perOperation(rig: Rig, command: (count: number) => string, many: number, few: number): Cost {
  const measure = (count: number) => {
    const { instructions, cycles } = rig.machine;
    const start = process.cpuUsage();
    const text = rig.command(command(count));
    if (!text.includes("OK")) throw new Error(`${command(count)}: ${text}`);
    const { user, system } = process.cpuUsage(start);
    return [rig.machine.instructions - instructions, rig.machine.cycles - cycles, user + system] as const;
  };
  measure(many); // warm
  const base = measure(few);
  const [instructions, cycles, host] = measure(many).map((value, i) => (value - base[i]!) / (many - few));
  return {
    instructions: instructions!,
    virtualMicroseconds: cycles! / CYCLES_PER_MICROSECOND,
    hostMicroseconds: host!,
  };
}
