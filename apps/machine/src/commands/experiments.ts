/**
 * `kintsugi experiments`: the thesis's chapter 3, from real runs.
 *
 * Here: options and printing. Not here: the runs (→ ../experiments).
 * @module
 */
import type { Command } from "commander";
import { writeOut } from "./streams.ts";

interface Flags {
  readonly json?: boolean;
  readonly page?: boolean;
}

/** Adds the command; `ended` hears the exit code. */
export function experimentsCommand(program: Command, ended: (code: number) => void): void {
  program
    .command("experiments")
    .description("print what clients see of faults, by timing and quantity of recovery (thesis, chapter 3)")
    .option("--json", "print one line of JSON for each run")
    .option("--page", "print docs/experiments.md")
    .action(async ({ json, page }: Flags) => {
      const { observeAll } = await import("../experiments/observe.ts");
      const format = await import("../experiments/format.ts");
      const outcomes = observeAll();
      if (page) await writeOut(format.page(outcomes));
      else {
        const lines = json ? outcomes.map((outcome) => JSON.stringify(outcome)) : format.tableLines(outcomes);
        await writeOut(`${lines.join("\n")}\n`);
      }
      ended(0);
    });
}
