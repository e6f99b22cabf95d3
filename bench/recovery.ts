/**
 * The sections on recovery: downtime, deadlines, page faults through P3, transactions.
 *
 * Here: tables as text. Not here: measuring (apps/machine/bench), the file (results.ts).
 */
import { measureDeadlines, PERIODS } from "../apps/machine/bench/deadlines.ts";
import { type Downtime, type DowntimeStep, measureDowntime } from "../apps/machine/bench/downtime.ts";
import { MEASURED_LEVELS } from "../apps/machine/bench/meter-machine.ts";
import { measurePageFaults } from "../apps/machine/bench/page-faults.ts";
import { measureTransactions } from "../apps/machine/bench/transactions.ts";
import { table } from "./results.ts";

/** Table 4.2 of the thesis, in µs on a Pentium 4 at 3.4 GHz; its "mapping" is our "recover". */
const ARC: Readonly<Record<string, number>> = {
  unmap: 28.63,
  initialize: 0.22,
  load: 88.46,
  start: 8.89,
  recover: 73.8,
  together: 200,
};
const CRASHES = 300;
/** Of each level and period. */
const CRASHES_OF_A_CLIENT = 50;
const REBOOTS = 8;

export function downtimeSection(): string {
  const all = MEASURED_LEVELS.map((level) => measureDowntime(level, level === "reboot" ? REBOOTS : CRASHES));
  const names = all.reduce((longest: readonly string[], { steps }) => {
    return steps.length > longest.length ? steps.map(({ step }) => step) : longest;
  }, []);
  const cell = ({ steps }: Downtime, name: string): string => {
    const found = steps.find(({ step }) => step === name);
    return found === undefined ? "" : cellOf(found);
  };
  return [
    "## Downtime by level and step",
    "Charged µs of virtual time / host µs / guest instructions, medians over crashes of an idle server with 18 pages of persistent memory, " +
      "from the fault until `Recover` – or, after a cold start, Initialize – has returned; the measures are never added up. A group's " +
      "member is a server that agreed to be restarted hot behind it; it stands still from the fault on, and its own restart follows. A " +
      "reboot lasts until the shell takes commands. The last column is Arc's Table 4.2, a restart with a fresh image and kept persistent " +
      "memory; its “mapping”, the page faults after the start, is in our “recover”.",
    table(
      ["step", ...MEASURED_LEVELS, "Arc µs"],
      names.map((name) => [name, ...all.map((downtime) => cell(downtime, name)), ARC[name]?.toFixed(2) ?? ""]),
    ),
  ].join("\n\n");
}

function cellOf({ chargedMicroseconds, hostMicroseconds, instructions }: DowntimeStep): string {
  if (chargedMicroseconds === 0 && hostMicroseconds === 0) return "";
  const digits = chargedMicroseconds > 10_000 ? 0 : 1;
  return `${chargedMicroseconds.toFixed(digits)} / ${hostMicroseconds.toFixed(digits)} / ${instructions}`;
}

export function deadlinesSection(): string {
  const rows = MEASURED_LEVELS.flatMap((level) =>
    PERIODS.map((period) => measureDeadlines(level, period, CRASHES_OF_A_CLIENT)),
  );
  const body = rows.map(({ level, period, crashes, missed, errors, longest }) => [
    level,
    (period / 1000).toString(),
    crashes,
    missed,
    errors,
    (missed / crashes).toFixed(2),
    (longest / 1000).toFixed(2),
  ]);
  return [
    "## Deadlines of periodic clients",
    "A client asks a server once a period, through another server, and that server crashes at random instructions while it serves. A deadline is " +
      "missed when the period ends without a good answer; an error is an answer FAILED, which a cold start gives to the open " +
      "request. A group restart serves it again: the server between them is restarted with the one that failed. 5 ms is the strobe of the parallel port, 11.6 ms " +
      "half a buffer of sound. A client does not outlive a reboot: counted are the deadlines until its server is ready again.",
    table(["level", "period, ms", "crashes", "missed", "errors", "missed per crash", "longest answer, ms"], body),
  ].join("\n\n");
}

export function pageFaultsSection(): string {
  const body = measurePageFaults(20).map((row) => [
    row.fault,
    row.count,
    row.chargedMicroseconds.toFixed(2),
    row.timesArtAlone.toFixed(2),
    row.hostMicroseconds.toFixed(1),
  ]);
  return [
    "## P3's share of a page fault",
    "From the fault until the pager's answer has been taken. Arc reports 1.5 times the cycles for a fault with P3.",
    table(["page fault", "faults", "charged µs", "÷ without P3", "host µs"], body),
  ].join("\n\n");
}

export function transactionsSection(): string {
  const body = measureTransactions(2000).map(({ pages, plain, transactional }) => [
    pages,
    plain.instructions.toFixed(1),
    transactional.instructions.toFixed(1),
    plain.virtualMicroseconds.toFixed(2),
    transactional.virtualMicroseconds.toFixed(2),
    plain.hostMicroseconds.toFixed(1),
    transactional.hostMicroseconds.toFixed(1),
    pages === 0 ? "" : ((transactional.virtualMicroseconds - plain.virtualMicroseconds) / pages).toFixed(2),
  ]);
  const head = ["guest instructions", "virtual µs", "host µs"].flatMap((what) => [`${what}, plain`, "transactional"]);
  return [
    "## Price of transactions",
    "A request to a server that writes a word to so many of its pages, which are plain persistent memory, or transactional: the first write of a " +
      "request to a page is a fault, which keeps a copy. A request that writes none pays nothing.",
    table(["pages written", ...head, "virtual µs more, per page"], body),
  ].join("\n\n");
}
