/**
 * The command line: commands, options, help, and what a wrong line is answered.
 *
 * Here: commander's part. Not here: what options may say (→ options.ts), what commands do (→ start.ts, boot.ts).
 * @module
 */
import type { Switch } from "@kintsugi/arc-framework";
import { Command, CommanderError, Option } from "commander";
import type { ConsoleKind } from "../chips.ts";
import { benchCommand } from "./bench.ts";
import { conformanceCommand } from "./conformance.ts";
import { type DebugFlags, parsePort } from "./debug-options.ts";
import { DEVICE_NAMES, parseDevice } from "./devices.ts";
import { diskCommand } from "./disk.ts";
import { EXIT_FAILED, EXIT_USAGE } from "./exit-codes.ts";
import { experimentsCommand } from "./experiments.ts";
import { l4Command } from "./l4.ts";
import { lfsCommand } from "./lfs/command.ts";
import {
  CONSOLES,
  type NamedFile,
  PARALLEL_DRIVERS,
  type ParallelDriver,
  parseConsole,
  parseDetector,
  parseFile,
  parseLimit,
  parseMemory,
  parseParallel,
  parseSeed,
  parseWatch,
  UsageError,
} from "./options.ts";
import { pcCommand } from "./pc/command.ts";
import { policyCommand } from "./policy.ts";
import { restartTableCommand } from "./restart-table.ts";

/** What both commands take. */
export interface MachineFlags {
  readonly seed?: number;
  readonly memory?: number;
  readonly file: readonly NamedFile[];
  readonly with: readonly string[];
  readonly parallel?: ParallelDriver;
  readonly console?: ConsoleKind;
  readonly disk?: string;
  readonly policy?: string;
  readonly withoutDetector: readonly Switch[];
  readonly watch?: number;
  readonly paper: string;
  readonly wav: string;
  readonly record?: string;
  readonly replay?: string;
}

export interface BootFlags extends MachineFlags {
  readonly script?: string;
  readonly json?: boolean;
  readonly hostTimes?: boolean;
  readonly limit?: number;
}

/** Runs a command line; the result is the exit code. */
export async function runCommandLine(words: readonly string[]): Promise<number> {
  let code = 0;
  const program = new Command("kintsugi")
    .description("A PC that does not lose your work: kill a driver in the middle of a print, and nobody notices.")
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error:/, "kintsugi:")) })
    .showHelpAfterError("(kintsugi --help says what there is)");
  machineOptions(program.command("start"))
    .description("boot the machine and sit at its serial terminal; Ctrl-] leaves to the host")
    .action(async (flags: MachineFlags & DebugFlags) => {
      const { start } = await import("./start.ts");
      code = flags.gdb === undefined ? await start(flags) : await (await import("./debug.ts")).debug(flags, true);
    });
  machineOptions(program.command("boot"))
    .description("boot the machine without a terminal; its serial output goes to stdout")
    .option("--script <FILE>", "type these lines, each when the guest is idle ('-': stdin)")
    .option("--json", "print one event per line instead of the serial output")
    .option("--host-times", "add host times to recovery events (they differ from run to run)")
    .option("--limit <VIRTUAL_SECONDS>", "end the run after so much virtual time", parseLimit)
    .addHelpText("after", EXIT_CODE_HELP)
    .action(async (flags: BootFlags & DebugFlags) => {
      const { boot } = await import("./boot.ts");
      code = flags.gdb === undefined ? await boot(flags) : await (await import("./debug.ts")).debug(flags, false);
    });
  diskCommand(program, (ended) => {
    code = ended;
  });
  lfsCommand(program, (ended) => {
    code = ended;
  });
  policyCommand(program, (ended) => {
    code = ended;
  });
  restartTableCommand(program, (ended) => {
    code = ended;
  });
  experimentsCommand(program, (ended) => {
    code = ended;
  });
  conformanceCommand(program, (ended) => {
    code = ended;
  });
  pcCommand(program, (ended) => {
    code = ended;
  });
  benchCommand(program, (ended) => {
    code = ended;
  });
  l4Command(program, (ended) => {
    code = ended;
  });
  try {
    await program.parseAsync(words as string[], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
    if (error instanceof UsageError) return complain(error.message, EXIT_USAGE);
    return complain(error instanceof Error ? (error.stack ?? error.message) : String(error), EXIT_FAILED);
  }
  return code;
}

const EXIT_CODE_HELP = `
Exit code: the shell's (poweroff CODE), or
  1  an error of kintsugi itself      2  an impossible option
  3  deadlock: nothing is left to do and nothing to type
  4  the limit was reached            5  a replay differs from its record
  6  the machine resets again and again`;

function machineOptions(command: Command): Command {
  return command
    .option("--memory <MB>", "guest RAM (default: 64)", parseMemory)
    .option("--seed <N>", "chooses the moments at which typed characters arrive (default: 1)", parseSeed)
    .addOption(
      new Option("--file <NAME=HOSTPATH>", "a host file that appears at the prompt as NAME; may be repeated")
        .argParser(parseFile)
        .default([], "none"),
    )
    .addOption(
      new Option(
        "--parallel <DRIVER>",
        `the parallel-port driver: ${PARALLEL_DRIVERS.join(", ")} (default: exact)`,
      ).argParser(parseParallel),
    )
    .option("--disk <FILE>", "the machine's disk, an image that it boots from if it can (default: a new one in memory)")
    .addOption(
      new Option("--console <KIND>", `where the shell is: ${CONSOLES.join(", ")} (default: serial)`).argParser(
        parseConsole,
      ),
    )
    .addOption(
      new Option("--with <DEVICE>", `a driver and its program: ${DEVICE_NAMES.join(", ")}; may be repeated`)
        .argParser(parseDevice)
        .default([], "none"),
    )
    .option("--policy <NAME|FILE>", "what is done about failures: see 'kintsugi policy list' (default: reference)")
    .option(
      "--watch <MS>",
      "look at all programs every so many virtual milliseconds, for deadlocks, starvation, changed code and renewal (default: only for policies that renew)",
      parseWatch,
    )
    .addOption(
      new Option(
        "--without-detector <NAME>",
        "a detector that is switched off: what it looks for stays unnoticed; may be repeated",
      )
        .argParser(parseDetector)
        .default([], "none"),
    )
    .option("--gdb <PORT>", "run to the task's first instruction and wait there for GDB", parsePort)
    .option("--gdb-task <NAME>", "the program that GDB sees (default: parallel)")
    .option("--paper <FILE>", "where the printer prints", "paper.txt")
    .option("--wav <FILE>", "where the sound card's output is recorded", "sound.wav")
    .option("--record <LOG>", "write everything that comes from outside to LOG")
    .option("--replay <LOG>", "run what LOG recorded again, and compare the end");
}

function complain(message: string, code: number): number {
  process.stderr.write(`kintsugi: ${message}\n`);
  return code;
}
