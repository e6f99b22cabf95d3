/**
 * `kintsugi pc`: a PC that boots systems from elsewhere.
 *
 * Here: options, files, COM1 on stdin and stdout, the exit code. Not here: the machine and the loaders (→ ../pc/).
 * @module
 */
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import type { Model } from "@kintsugi/ia32";
import { RTC_BOOT_CDROM, RTC_BOOT_DISK } from "@kintsugi/pc";
import { type Command, Option } from "commander";
import type { Result } from "neverthrow";
import { openDisc, openDisk } from "../pc/disk-images.ts";
import type { ImageError } from "../pc/image-error.ts";
import { loadLinux } from "../pc/linux.ts";
import { loadMultiboot } from "../pc/multiboot.ts";
import type { Rom } from "../pc/pc-chips.ts";
import { type PcExit, PcMachine } from "../pc/pc-machine.ts";
import { protectedStart, type StartRegisters } from "../pc/protected-start.ts";
import { TextWatch } from "../pc/text-watch.ts";
import { EXIT_FAILED, EXIT_LIMIT } from "./exit-codes.ts";
import { parseLimit, parseMemory, UsageError } from "./options.ts";
import { parseScreenshot, type Screenshot, takeScreenshot } from "./pc-screenshot.ts";
import { onInterrupt, writeOut } from "./streams.ts";
import { CYCLES_PER_SECOND, virtualTime } from "./virtual-time.ts";

export interface PcFlags {
  readonly kernel?: string;
  readonly append: string;
  readonly module: readonly string[];
  readonly initrd?: string;
  readonly bios?: string;
  readonly vgabios?: string;
  readonly rom: readonly Rom[];
  readonly hda?: string;
  readonly cdrom?: string;
  readonly memory: number;
  readonly cpu: Model;
  readonly serial: string;
  readonly screenshot: readonly Screenshot[];
  readonly until?: string;
  readonly limit?: number;
}

const MODELS: readonly Model[] = ["i486", "pentium", "pentium3", "pentium4"];
const DEFAULT_MEMORY = 128;
const MIB = 1 << 20;
/** Cycles between two looks at stdin. */
const SLICE = CYCLES_PER_SECOND / 100;
/** The calendar at power-on is always the same: a run depends on its inputs alone. */
const POWER_ON = { year: 2026, month: 1, day: 1, dayOfWeek: 5, hour: 0, minute: 0, second: 0 };

/** Adds the command; `ended` hears the exit code. */
export function pcCommand(program: Command, ended: (code: number) => void): void {
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
    .option("--memory <MB>", "guest RAM", parseMemory, DEFAULT_MEMORY)
    .addOption(new Option("--cpu <MODEL>", "the processor").choices(MODELS).default("pentium4"))
    .option("--serial <WHERE>", "COM1: stdio, or a file to write", "stdio")
    .option(
      "--screenshot <T=FILE>",
      "the screen at T virtual seconds as a PNG file; may be repeated",
      parseScreenshot,
      [],
    )
    .option("--until <TEXT>", "end with exit code 0 when COM1 has sent this")
    .option("--limit <VIRTUAL_SECONDS>", "end the run after so much virtual time", parseLimit)
    .addHelpText("after", HELP)
    .action(async (flags: PcFlags) => {
      ended(await pc(flags));
    });
}

const HELP = `
Bytes for port e9 go to stderr. Exit code: 0 when the text of --until came, or the guest halted or reset the machine without it; or
  1  --until was given and its text never came, or a triple fault
  2  an impossible option, a missing or broken image      4  the limit was reached
  2N+1  the guest wrote N to port f4 or 501`;

async function pc(flags: PcFlags): Promise<number> {
  if (flags.kernel === undefined && flags.bios === undefined && flags.rom.length === 0)
    throw new UsageError("pc wants something to boot: --kernel, --bios or --rom");
  if (flags.kernel !== undefined && flags.bios !== undefined)
    throw new UsageError("--bios cannot go with --kernel, which needs none; leave one of them out");
  if (flags.bios !== undefined && flags.rom.length > 0)
    throw new UsageError("--bios cannot go with --rom; give the ROMs alone, or a BIOS that has them");
  const split = flags.rom.find(
    (rom) => rom.address < flags.memory * MIB && rom.address + rom.bytes.length > flags.memory * MIB,
  );
  if (split !== undefined)
    throw new UsageError(`--rom at ${split.address.toString(16)} reaches over the end of RAM; choose another --memory`);
  const file = flags.serial === "stdio" ? undefined : openForWriting(flags.serial);
  let output: number[] = [];
  let seen = false;
  const watch = flags.until === undefined ? undefined : new TextWatch(flags.until);
  const machine: PcMachine = new PcMachine({
    memory: flags.memory * MIB,
    model: flags.cpu,
    bios: flags.bios === undefined ? null : readBios(flags.bios),
    videoBios: flags.vgabios === undefined ? null : readImage(flags.vgabios),
    roms: flags.rom,
    disk: flags.hda === undefined ? null : opened(flags.hda, openDisk),
    disc: flags.cdrom === undefined ? null : opened(flags.cdrom, openDisc),
    time: POWER_ON,
    bootOrder: [RTC_BOOT_CDROM, RTC_BOOT_DISK],
    serial: (byte) => {
      output.push(byte);
      if (!watch?.found(byte)) return;
      seen = true;
      machine.stop();
    },
    console: (byte) => void writeSync(2, Uint8Array.of(byte)),
  });
  if (flags.kernel !== undefined) {
    const at = load(machine, flags.kernel, flags);
    machine.start((state) => protectedStart(state, at));
  }
  let leave = false;
  const interrupted = onInterrupt(() => {
    leave = true;
  });
  const input = new StdinQueue(flags.serial === "stdio");
  const limit = flags.limit === undefined ? Number.POSITIVE_INFINITY : Math.ceil(flags.limit * CYCLES_PER_SECOND);
  const shots = [...flags.screenshot];
  let exit: PcExit;
  do {
    exit = machine.run(Math.min(limit, machine.cycles + SLICE, shots[0]?.at ?? limit));
    for (; shots.length > 0 && shots[0].at <= machine.cycles; shots.shift())
      takeScreenshot(shots[0].path, machine.chips.display.render());
    const sent = Uint8Array.from(output);
    output = [];
    if (file !== undefined) writeSync(file, sent);
    else if (sent.length > 0) await writeOut(sent);
    await setImmediate();
    machine.type(input.take());
  } while (exit.kind === "limit" && machine.cycles < limit && !leave);
  input.close();
  if (file !== undefined) closeSync(file);
  return interrupted.code ?? (seen ? 0 : endCode(exit, machine.cycles, flags));
}

function endCode(exit: PcExit, cycles: number, flags: PcFlags): number {
  const say = (text: string, code: number): number => {
    process.stderr.write(`kintsugi: ${text} after ${virtualTime(cycles)}\n`);
    return code;
  };
  if (exit.kind === "exit" && flags.until === undefined) return exit.code;
  const missing = flags.until === undefined ? "" : `; '${flags.until}' never came`;
  const code = flags.until === undefined ? 0 : EXIT_FAILED;
  if (exit.kind === "limit") return say(`the limit was reached${missing}`, EXIT_LIMIT);
  if (exit.kind === "tripleFault") return say(`the processor shut down (triple fault)${missing}`, EXIT_FAILED);
  if (exit.kind === "halted") return say(`the guest halted for good${missing}`, code);
  return say(`the guest ${exit.kind === "reset" ? "reset the machine" : "ended the run"}${missing}`, code);
}

function load(machine: PcMachine, path: string, flags: PcFlags): StartRegisters {
  const image = readImage(path);
  const linux = loadLinux(
    machine.memory,
    image,
    flags.initrd === undefined ? null : readImage(flags.initrd),
    flags.append,
  );
  if (linux.isOk() && flags.module.length > 0) throw new UsageError("--module is for multiboot kernels; use --initrd");
  if (linux.isOk() || linux.error.code !== "not-bzimage") return valid(path, linux);
  if (flags.initrd !== undefined) throw new UsageError(`--initrd is for Linux: ${path}: ${linux.error.message}`);
  const modules = flags.module.map((text) => ({ bytes: readImage(text.split(" ", 1)[0]), commandLine: text }));
  const kernel = { bytes: image, commandLine: flags.append === "" ? path : `${path} ${flags.append}` };
  const multiboot = loadMultiboot(machine.memory, kernel, modules);
  if (multiboot.isErr() && multiboot.error.code === "not-multiboot")
    throw new UsageError(`${path}: it is neither a Linux bzImage nor a multiboot kernel`);
  return valid(path, multiboot);
}

function valid(path: string, loaded: Result<StartRegisters, ImageError>): StartRegisters {
  if (loaded.isOk()) return loaded.value;
  const { code, message } = loaded.error;
  throw new UsageError(`${path}: ${message}${code === "too-large" ? "; give more --memory" : ""}`);
}

function readImage(path: string): Uint8Array {
  try {
    const bytes = readFileSync(path);
    if (bytes.length === 0) throw new UsageError(`${path}: the file is empty`);
    return bytes;
  } catch (error) {
    throw error instanceof UsageError ? error : unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): UsageError {
  const { code, message } = error as NodeJS.ErrnoException;
  return new UsageError(`${path}: ${code === "ENOENT" ? "there is no such file" : message}; check the path`);
}

function opened<T>(path: string, open: (path: string) => T): T {
  try {
    return open(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** Any whole number of 64 KiB up to 16 MiB fits below 4 GiB. */
function readBios(path: string): Uint8Array {
  const bytes = readImage(path);
  if (bytes.length % 0x10000 !== 0 || bytes.length > 16 * MIB)
    throw new UsageError(`${path}: a BIOS has a multiple of 64 KiB, not ${bytes.length} bytes`);
  return bytes;
}

function openForWriting(path: string): number {
  try {
    return openSync(path, "w");
  } catch (error) {
    throw new UsageError(`--serial ${path}: ${(error as Error).message}; give stdio or a file that can be written`);
  }
}

function collect(text: string, before: readonly string[]): readonly string[] {
  return [...before, text];
}

/** `FILE@ADDRESS`, the address in hexadecimal. */
function parseRom(text: string, before: readonly Rom[]): readonly Rom[] {
  const [, path, digits] = /^(.+)@(?:0x)?([0-9a-fA-F]{1,8})$/.exec(text) ?? [];
  const address = Number.parseInt(digits, 16);
  if (path === undefined || address % 4096 !== 0)
    throw new UsageError(
      `--rom wants FILE@ADDRESS with a page's hexadecimal address, such as bios.bin@ffff0000, not '${text}'`,
    );
  const bytes = readImage(path);
  const clash = before.some((rom) => address < rom.address + rom.bytes.length && rom.address < address + bytes.length);
  const display = address < 0xc0000 && address + bytes.length > 0xa0000;
  if (clash || display || address + bytes.length > 2 ** 32)
    throw new UsageError(`--rom ${text}: ${bytes.length} bytes do not fit there; choose another address`);
  return [...before, { address, bytes }];
}

/** What has been typed since it was last asked. */
class StdinQueue {
  #bytes: number[] = [];
  readonly #listen: (chunk: Buffer) => void = (chunk) => this.#bytes.push(...chunk);

  constructor(open: boolean) {
    if (open) process.stdin.on("data", this.#listen);
  }

  take(): readonly number[] {
    const taken = this.#bytes;
    this.#bytes = [];
    return taken;
  }

  close(): void {
    process.stdin.off("data", this.#listen);
    process.stdin.pause();
  }
}
