/**
 * `kintsugi policy`: which recovery policies there are, and what each would do, written out.
 *
 * Here: options and printing. Not here: policies and their schedules (→ @kintsugi/arc-framework).
 * @module
 */
import { type Action, explain, type Failure, MILLISECOND, POLICIES, type Schedule } from "@kintsugi/arc-framework";
import { type Command, Option } from "commander";
import { loadPolicy } from "../host/policy-file.ts";
import { UsageError } from "./options.ts";
import { writeOut } from "./streams.ts";

interface ExplainFlags {
  readonly scope: "request" | "server";
  readonly again: number;
  readonly limit: number;
  readonly json?: boolean;
}

/** What fails in a schedule: a division by zero, at an address that says nothing. */
const FAILURE: Failure = { kind: "exception", detector: "exception", detail: 0, address: 0, instruction: 0 };

/** Adds the command; `ended` hears the exit code. */
export function policyCommand(program: Command, ended: (code: number) => void): void {
  const command = program.command("policy").description("recovery policies: what is done about failures");
  command
    .command("list")
    .description("name the policies that come with the machine")
    .action(async () => {
      const rows = [...POLICIES].map(([name, { about }]) => `${name.padEnd(12)} ${about}\n`);
      await writeOut(rows.join(""));
      ended(0);
    });
  command
    .command("explain <NAME|FILE>")
    .description("print what a policy does about a failure that never goes away, to its end")
    .addOption(
      new Option("--scope <SCOPE>", "what fails: one request, or the server whatever is done")
        .choices(["request", "server"])
        .default("request"),
    )
    .option("--again <MS>", "virtual milliseconds from a restart to the next failure", parseAgain, 1)
    .option("--limit <N>", "lines at most", parseCount, 100)
    .option("--json", "print one line of JSON for each failure")
    .action(async (name: string, flags: ExplainFlags) => {
      const policy = await loadPolicy(name);
      if (policy.isErr()) throw new UsageError(policy.error.message);
      const trouble = { failure: FAILURE, scope: flags.scope, again: flags.again * MILLISECOND };
      const schedule = explain(policy.value, trouble, flags.limit);
      await writeOut(flags.json ? asJson(schedule) : asTable(schedule));
      ended(0);
    });
}

function asJson({ entries, end }: Schedule): string {
  const lines = [...entries, { end }].map((line) => JSON.stringify(line));
  return `${lines.join("\n")}\n`;
}

function asTable({ entries, end }: Schedule): string {
  const lines = ["failure  at ms       action             because"];
  for (const { failure, at, action } of entries) {
    const time = (at / MILLISECOND).toFixed(1);
    lines.push(`${String(failure).padEnd(8)} ${time.padEnd(11)} ${phrase(action).padEnd(18)} ${action.because}`);
  }
  return `${lines.join("\n")}\n${end === "goes on" ? "… and goes on" : `then ${end}`}\n`;
}

function phrase({ kind, delay = 0, quarantine, siblings }: Action): string {
  const wait = delay > 0 ? ` in ${delay / MILLISECOND} ms` : "";
  return `${kind}${siblings ? ` (${siblings})` : ""}${quarantine ? ", quarantine" : ""}${wait}`;
}

function parseAgain(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value > 0) || value > 1e9)
    throw new UsageError(`--again wants milliseconds above 0 and up to 1000000000, not '${text}'`);
  return value;
}

function parseCount(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 100_000)
    throw new UsageError(`--limit wants a whole number from 1 to 100000, not '${text}'`);
  return value;
}
