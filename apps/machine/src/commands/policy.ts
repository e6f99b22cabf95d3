/**
 * `kintsugi policy`: which recovery policies there are, and what each would do, written out.
 *
 * Here: options and printing. Not here: policies and their schedules (→ @kintsugi/arc-framework).
 * @module
 */
import {
  type Action,
  explain,
  explainRenewal,
  type Failure,
  IN_RECOVERY,
  MILLISECOND,
  POLICIES,
  type Schedule,
} from "@kintsugi/arc-framework";
import { type Command, Option } from "commander";
import { loadPolicy } from "../host/policy-file.ts";
import { UsageError } from "./options.ts";
import { writeOut } from "./streams.ts";

interface ExplainFlags {
  readonly scope: "request" | "server";
  readonly again: number;
  readonly failure: keyof typeof FAILURES;
  readonly limit: number;
  readonly json?: boolean;
}

const NOWHERE = { detail: 0, address: 0, instruction: 0 };
/** What may fail in a schedule, at addresses that say nothing. */
const FAILURES: Readonly<Record<"exception" | "bad-access" | "hang" | "damage", Failure>> = {
  exception: { ...NOWHERE, kind: "exception", detector: "exception" },
  "bad-access": { ...NOWHERE, kind: "page fault", detector: "outside-areas" },
  hang: { ...NOWHERE, kind: "hang", detector: "hang" },
  damage: { ...NOWHERE, kind: "corruption", detector: "invariant", detail: IN_RECOVERY },
};

/** A server that never fails: a page of heap and a further thread more at each look. */
const GROWTH = { period: 10 * MILLISECOND, pages: 1, threads: 1 };
/** Looks that its renewals are written out for, and renewals at most. */
const LOOKS = 10_000;
const RENEWALS = 3;
/** Columns of an action. */
const WIDTH = 26;

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
    .addOption(new Option("--failure <KIND>", "how it fails").choices(Object.keys(FAILURES)).default("exception"))
    .option("--again <MS>", "virtual milliseconds from a restart to the next failure", parseAgain, 1)
    .option("--limit <N>", "lines at most", parseCount, 100)
    .option("--json", "print one line of JSON for each failure")
    .action(async (name: string, flags: ExplainFlags) => {
      const policy = await loadPolicy(name);
      if (policy.isErr()) throw new UsageError(policy.error.message);
      const trouble = { failure: FAILURES[flags.failure], scope: flags.scope, again: flags.again * MILLISECOND };
      const schedule = explain(policy.value, trouble, flags.limit);
      const renewals = explainRenewal(policy.value, GROWTH, LOOKS).entries.slice(0, RENEWALS);
      await writeOut(flags.json ? asJson(schedule, renewals) : asTable(schedule) + renewalTable(renewals));
      ended(0);
    });
}

function asJson({ entries, end }: Schedule, renewals: Schedule["entries"]): string {
  const last = renewals.map(({ at, action }) => ({ renewal: at, action }));
  const lines = [...entries, { end }, ...last].map((line) => JSON.stringify(line));
  return `${lines.join("\n")}\n`;
}

function asTable({ entries, end }: Schedule): string {
  const lines = [`failure  at ms       ${"action".padEnd(WIDTH)} because`];
  for (const { failure, at, action } of entries) {
    const time = (at / MILLISECOND).toFixed(1);
    lines.push(`${String(failure).padEnd(8)} ${time.padEnd(11)} ${phrase(action).padEnd(WIDTH)} ${action.because}`);
  }
  return `${lines.join("\n")}\n${end === "goes on" ? "… and goes on" : `then ${end}`}\n`;
}

/** What is done without a failure; nothing where the policy waits for one. */
function renewalTable(renewals: Schedule["entries"]): string {
  if (renewals.length === 0) return "";
  const lines = [
    "",
    `a server that never fails, with ${GROWTH.pages} page of heap and ${GROWTH.threads} further thread more every ${GROWTH.period / MILLISECOND} ms:`,
  ];
  for (const { at, action } of renewals)
    lines.push(
      `         ${(at / MILLISECOND).toFixed(1).padEnd(11)} ${phrase(action).padEnd(WIDTH)} ${action.because}`,
    );
  return `${lines.join("\n")}\n`;
}

function phrase({ kind, delay = 0, quarantine, siblings, postpone, environment = [] }: Action): string {
  const wait = delay > 0 ? ` in ${delay / MILLISECOND} ms` : "";
  const extra = [quarantine ? "quarantine" : "", postpone ? "after the answer" : "", environment.join(" and ")];
  return [`${kind}${siblings ? ` (${siblings})` : ""}`, ...extra.filter((text) => text !== "")].join(", ") + wait;
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
