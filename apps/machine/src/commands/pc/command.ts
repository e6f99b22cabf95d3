/**
 * `kintsugi pc`: a PC that boots systems from elsewhere.
 *
 * Here: commander's part, what options may say. Not here: reading images (→ configuration.ts), the run (→ run.ts).
 * @module
 */
import type { Model } from "@kintsugi/ia32";
import { type Command, Option } from "commander";
import type { ScriptStep, TypeTarget } from "../../pc/script.ts";
import { parseTyped } from "../../pc/typed-text.ts";
import { parsePort } from "../debug-options.ts";
import { parseLimit, parseMemory, UsageError } from "../options.ts";
import { type AtTime, cyclesOf, parseAtTime } from "./at-time.ts";

export interface PcFlags {
  readonly kernel?: string;
  readonly append: string;
  readonly module: readonly string[];
  readonly initrd?: string;
  readonly bios?: string;
  readonly vgabios?: string;
  readonly rom: readonly RomFile[];
  readonly hda?: string;
  readonly cdrom?: string;
  readonly memory?: number;
  readonly cpu?: Model;
  readonly engine: "interpreter" | "jit";
  readonly serial: string;
  readonly stamp?: boolean;
  readonly statistics?: boolean;
  readonly printer?: string;
  readonly screenshot: readonly AtTime[];
  /** The steps of --await and --type in the order in which they were given. */
  readonly script: readonly ScriptStep[];
  readonly typeOn: TypeTarget;
  readonly save: readonly AtTime[];
  readonly restore?: string;
  readonly gdb?: number;
  readonly reboot: boolean;
  readonly json?: boolean;
  readonly until?: string;
  readonly untilScreen?: string;
  readonly limit?: number;
}

/** A ROM's file and the physical address of its first byte. */
export interface RomFile {
  readonly path: string;
  readonly address: number;
}

const MODELS: readonly Model[] = ["i486", "pentium", "pentium3", "pentium4"];
export const DEFAULT_MODEL: Model = "pentium4";
/** MiB. */
export const DEFAULT_MEMORY = 128;

/** Adds the command; `ended` hears the exit code. */
export function pcCommand(program: Command, ended: (code: number) => void): void {
  const script: ScriptStep[] = [];
  const scripted = (parse: (text: string) => ScriptStep) => (text: string) => void script.push(parse(text));
  program
    .command("pc")
    .description("a PC that boots systems from elsewhere: Linux and multiboot kernels, BIOSes, ROMs")
    .option("--kernel <FILE>", "a Linux bzImage or a multiboot kernel")
    .option("--append <TEXT>", "the kernel's command line", "")
    .option("--initrd <FILE>", "Linux: the initial RAM disk")
    .option("--module <FILE_AND_TEXT>", "multiboot: a module, 'FILE command line'; may be repeated", collect, [])
    .option("--bios <FILE>", "a system BIOS, for example Debian's seabios")
    .option("--vgabios <FILE>", "the display's firmware, for that BIOS")
    .option("--hda <IMG>", "a disk image, read and written; it boots with --bios")
    .option("--cdrom <ISO>", "a disc image; with --bios it boots before the disk")
    .option(
      "--rom <FILE@ADDRESS>",
      "a ROM at a physical address; one that ends at 100000 also starts the processor",
      parseRom,
      [],
    )
    .option("--memory <MB>", `guest RAM (default: ${DEFAULT_MEMORY})`, parseMemory)
    .addOption(new Option("--cpu <MODEL>", `the processor (default: ${DEFAULT_MODEL})`).choices(MODELS))
    .addOption(
      new Option("--engine <ENGINE>", "what executes; both give the same run")
        .choices(["interpreter", "jit"])
        .default("jit"),
    )
    .option("--serial <WHERE>", "COM1: stdio, tcp:PORT for one client at a time, or a file to write", "stdio")
    .option(
      "--stamp",
      "end each line from COM1 with CPU and wall time: ' @thread_us wall_us process_us thread_us_of_its_first_byte'",
    )
    .option("--statistics", "at the end, say on stderr what the compiler did and how much memory the process had")
    .option("--printer <FILE>", "what LPT1's printer prints")
    .option("--type <[T=]TEXT>", "type this; may be repeated, see below", scripted(parseType))
    .option("--await <TEXT>", "before the next --type, wait until COM1 or the screen shows this", scripted(parseAwait))
    .addOption(
      new Option("--type-on <WHERE>", "auto: COM1 if the guest has used it, else the keyboard")
        .choices(["auto", "serial", "keyboard"])
        .default("auto"),
    )
    .option(
      "--screenshot <T=FILE>",
      "the screen at T virtual seconds as a PNG file; may be repeated",
      parseAtTime("--screenshot", "2.5=screen.png"),
      [],
    )
    .option(
      "--save <T=FILE>",
      "the whole machine at T virtual seconds, for --restore; may be repeated",
      parseAtTime("--save", "2.5=linux.snapshot"),
      [],
    )
    .option("--restore <FILE>", "go on where --save was; disks are given again")
    .option("--gdb <PORT>", "wait for GDB before the first instruction", parsePort)
    .option("--no-reboot", "end the run when the guest resets the machine")
    .option("--json", "print one event per line; the last has instructions and the machine's hash")
    .option("--until <TEXT>", "end with exit code 0 when COM1 has sent this", someText("--until"))
    .option(
      "--until-screen <TEXT>",
      "end with exit code 0 when a row of the text screen has this",
      someText("--until-screen"),
    )
    .option("--limit <VIRTUAL_SECONDS>", "end the run after so much virtual time", parseLimit)
    .addHelpText("after", HELP)
    .action(async (flags: PcFlags) => {
      const { runPc } = await import("./run.ts");
      ended(await runPc({ ...flags, script }));
    });
}

const HELP = `
--type: \\n is Enter, \\t \\e \\b \\xHH are characters, {F10}, {ArrowUp}, {ControlLeft+KeyC} are keys. It is typed at T virtual
seconds if given; behind an --await as soon as that has come; else when the guest, after it has shown something, shows nothing
for half a virtual second in which it mostly halts, or for five.
Bytes for port e9 go to stderr. A guest that resets the machine boots again; ten resets in ten virtual seconds end the run.
Exit code: 0 when the text of --until came, or the guest halted for good without it; or
  1  --until was given and its text never came; a reset that --no-reboot forbids, by a triple fault
  2  an impossible option, a missing or broken image      4  the limit was reached      6  resets again and again
  2N+1  the guest wrote N to port f4 or 501`;

function collect(text: string, before: readonly string[]): readonly string[] {
  return [...before, text];
}

/** `FILE@ADDRESS`, the address in hexadecimal. */
function parseRom(text: string, before: readonly RomFile[]): readonly RomFile[] {
  const [, path, digits] = /^(.+)@(?:0x)?([0-9a-fA-F]{1,8})$/.exec(text) ?? [];
  const address = Number.parseInt(digits, 16);
  if (path === undefined || address % 4096 !== 0)
    throw new UsageError(
      `--rom wants FILE@ADDRESS with a page's hexadecimal address, such as bios.bin@ffff0000, not '${text}'`,
    );
  return [...before, { path, address }];
}

function parseType(text: string): ScriptStep {
  const [, seconds, rest] = /^(\d+(?:\.\d+)?)=([\s\S]*)$/.exec(text) ?? [];
  const strokes = parseTyped(rest ?? text);
  if (strokes.isErr()) throw new UsageError(`--type ${text}: ${strokes.error}`);
  return { kind: "type", strokes: strokes.value, at: seconds === undefined ? null : cyclesOf(seconds) };
}

function parseAwait(text: string): ScriptStep {
  return { kind: "await", text: someText("--await")(text) };
}

/** Nothing would come at once. */
function someText(option: string) {
  return (text: string): string => {
    if (text === "") throw new UsageError(`${option} wants a text to wait for`);
    return text;
  };
}
