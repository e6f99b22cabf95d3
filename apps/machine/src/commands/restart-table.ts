/**
 * `kintsugi restart-table`: what each level of restart keeps, renews and loses, from real runs.
 *
 * Here: options and printing. Not here: the runs (→ ../restart-table).
 * @module
 */
import type { Command } from "commander";
import { writeOut } from "./streams.ts";

/** Adds the command; `ended` hears the exit code. */
export function restartTableCommand(program: Command, ended: (code: number) => void): void {
  program
    .command("restart-table")
    .description("print what each level of restart leaves of a server, its memory and its clients' requests")
    .option("--json", "print one line of JSON for each level")
    .action(async ({ json }: { readonly json?: boolean }) => {
      const { observeLevel, TABLE_LEVELS } = await import("../restart-table/observe.ts");
      const { tableLines } = await import("../restart-table/format.ts");
      const rows = TABLE_LEVELS.map(observeLevel);
      const lines = json ? rows.map((row) => JSON.stringify(row)) : tableLines(rows);
      await writeOut(`${lines.join("\n")}\n`);
      ended(0);
    });
}
