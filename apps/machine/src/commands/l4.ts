/**
 * `kintsugi l4`: sigma0s and root tasks from elsewhere on our L4 kernel.
 *
 * Here: options, files, COM1 on stdin and stdout, how a run ends. Not here: loading (→ ../l4/kickstart.ts), the machine
 * (→ ../l4/l4-machine.ts).
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { type Command, Option } from "commander";
import type { L4File } from "../l4/kickstart.ts";
import { type L4Exit, L4Machine } from "../l4/l4-machine.ts";
import { TextWatch } from "../pc/text-watch.ts";
import { EXIT_DEADLOCK, EXIT_FAILED, EXIT_LIMIT } from "./exit-codes.ts";
import { parseLimit, parseMemory, UsageError } from "./options.ts";
import { openSerialEnd } from "./pc/serial-end.ts";
import { onInterrupt } from "./streams.ts";
import { CYCLES_PER_SECOND, virtualTime } from "./virtual-time.ts";

export interface L4Flags {
  readonly sigma0: string;
  readonly root: string;
  readonly module: readonly string[];
  readonly memory: number;
  readonly limit?: number;
  readonly until?: string;
  readonly type?: string;
  readonly engine: "interpreter" | "jit";
  readonly io: "iopl" | "fpages";
}

const MIB = 1 << 20;
const DEFAULT_MEMORY = 64;
/** Cycles between two looks at stdin. */
const SLICE = CYCLES_PER_SECOND / 100;
/** Milliseconds that a guest with nothing to do waits for a pipe that is open but silent. */
const PATIENCE = 3000;

/** Adds the command; `ended` hears the exit code. */
export function l4Command(program: Command, ended: (code: number) => void): void {
  program
    .command("l4")
    .description(
      "boots L4 programs from elsewhere: a sigma0, a root task and modules, ELF files as L4Ka's loader takes them",
    )
    .requiredOption("--sigma0 <FILE>", "the ELF file of sigma0, or 'FILE command line'")
    .requiredOption("--root <FILE>", "the ELF file of the root task, or 'FILE command line'")
    .option("--module <FILE_AND_TEXT>", "a boot module, 'FILE command line'; may be repeated", collect, [])
    .option("--memory <MB>", "guest RAM", parseMemory, DEFAULT_MEMORY)
    .option(
      "--type <TEXT>",
      "typed on COM1 before stdin; \\r, \\n, \\t, \\e, \\\\ and \\xHH mean what they do in C",
      parseTyped,
    )
    .addOption(
      new Option("--engine <ENGINE>", "what executes instructions")
        .choices(["interpreter", "jit"])
        .default("interpreter"),
    )
    .addOption(
      new Option("--io <MODE>", "how programs get at I/O ports: IOPL 3 for all of them, or I/O fpages")
        .choices(["iopl", "fpages"])
        .default("iopl"),
    )
    .option("--until <TEXT>", "end with exit code 0 when COM1 has shown this")
    .option("--limit <VIRTUAL_SECONDS>", "end the run after so much virtual time", parseLimit)
    .addHelpText("after", HELP)
    .action(async (flags: L4Flags) => {
      ended(await l4(flags));
    });
}

const HELP = `
COM1, which the kernel debugger shares, goes to stdout; stdin is typed on it (at a terminal Ctrl-] leaves). Command lines reach the guest as they are given here.
Exit code: 0 when the text of --until came; or
  1  sigma0 died, or the run ended without the text of --until     2  an impossible option, a missing or broken file
  3  nothing is left to run: a deadlock, a key waited for in vain, a thread that stays in the kernel debugger
  4  the limit was reached                                         2N+1  a program wrote N to port f4 or 501`;

async function l4(flags: L4Flags): Promise<number> {
  let output: number[] = [];
  let seen = false;
  const watch = flags.until === undefined ? undefined : new TextWatch(flags.until);
  const booted = L4Machine.powerOn({
    memory: flags.memory * MIB,
    engine: flags.engine,
    io: flags.io,
    files: {
      sigma0: readFile("--sigma0", flags.sigma0),
      root: readFile("--root", flags.root),
      modules: flags.module.map((text) => readFile("--module", text)),
    },
    serial: (byte) => {
      output.push(byte);
      if (!watch?.found(byte)) return;
      seen = true;
      machine.stop();
    },
  });
  if (booted.isErr()) {
    const { file, message, code } = booted.error;
    throw new UsageError(`${file}: ${message}${code === "too-large" ? "; give more --memory" : ""}`);
  }
  const machine: L4Machine = booted.value;
  machine.type(new TextEncoder().encode(flags.type ?? ""));
  let leave = false;
  let wake = (): void => undefined;
  const terminal = await openSerialEnd("stdio", () => wake());
  /** Something has been typed, now or soon. */
  const typed = async (wait: boolean): Promise<boolean> => {
    let bytes = terminal.take();
    if (bytes.length === 0 && wait && terminal.open && !terminal.left) {
      await new Promise<void>((resolve) => {
        const timer = process.stdin.isTTY ? undefined : setTimeout(resolve, PATIENCE);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      bytes = terminal.take();
    }
    machine.type(bytes);
    return bytes.length > 0;
  };
  const limit = flags.limit === undefined ? Number.POSITIVE_INFINITY : Math.ceil(flags.limit * CYCLES_PER_SECOND);
  const interrupted = onInterrupt(() => {
    leave = true;
    wake();
  });
  let exit: L4Exit;
  let goesOn: boolean;
  do {
    exit = machine.run(Math.min(limit, machine.cycles + SLICE));
    const sent = Uint8Array.from(output);
    output = [];
    await terminal.write(sent);
    await setImmediate();
    const waits = exit.kind === "idle" || exit.kind === "starved";
    const input = await typed(waits && !seen && !leave);
    goesOn = waits ? input : exit.kind === "limit" && machine.cycles < limit;
  } while (goesOn && !seen && !leave && !terminal.left);
  terminal.close();
  if (terminal.left && !seen) return 0;
  return interrupted.code ?? (seen ? 0 : endCode(exit, machine.cycles, flags));
}

function endCode(exit: L4Exit, cycles: number, flags: L4Flags): number {
  const missing = flags.until === undefined ? "" : `; '${flags.until}' never came`;
  const say = (text: string, code: number): number => {
    process.stderr.write(`kintsugi: ${text} after ${virtualTime(cycles)}${missing}\n`);
    return code;
  };
  switch (exit.kind) {
    case "limit":
      return say("the limit was reached", EXIT_LIMIT);
    case "idle":
      return say(["deadlock: no thread can run and nothing is due", ...exit.why].join("; "), EXIT_DEADLOCK);
    case "starved":
      return say("a thread waits for a key and nothing more is typed", EXIT_DEADLOCK);
    case "stuck":
      return say(`${exit.where} stays in the kernel debugger`, EXIT_DEADLOCK);
    case "dead":
      return say(exit.reason, EXIT_FAILED);
    case "reset":
      return say("a program reset the machine", EXIT_FAILED);
    case "exit":
      return flags.until === undefined ? exit.code : say("a program ended the run", EXIT_FAILED);
    case "stopped":
      return EXIT_FAILED;
  }
}

/** A file by its path, or by the first word of `text`; the whole text is its command line. */
function readFile(option: string, text: string): L4File {
  const path = existsSync(text) ? text : text.split(" ", 1)[0];
  try {
    const bytes = readFileSync(path);
    if (bytes.length === 0) throw new UsageError(`${option} ${path}: the file is empty`);
    return { commandLine: text, bytes };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UsageError(`${option} ${path}: ${code === "ENOENT" ? "there is no such file" : message}; check the path`);
  }
}

function collect(text: string, before: readonly string[]): readonly string[] {
  return [...before, text];
}

const ESCAPES: Readonly<Record<string, string>> = { r: "\r", n: "\n", t: "\t", e: "\x1b", "\\": "\\" };

/** Text with C's escapes. */
function parseTyped(text: string): string {
  return text.replace(
    /\\(?:x([0-9a-fA-F]{2})|(.?))/g,
    (all, digits: string | undefined, letter: string | undefined) => {
      if (digits !== undefined) return String.fromCharCode(Number.parseInt(digits, 16));
      const character = ESCAPES[letter ?? ""];
      if (character === undefined)
        throw new UsageError(`--type: '${all}' means nothing; write \\r \\n \\t \\e \\xHH, or \\\\ for a backslash`);
      return character;
    },
  );
}
