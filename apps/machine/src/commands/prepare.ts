/**
 * From the command line's flags to what the machine starts with.
 *
 * Here: reading modules, files and logs, and refusing combinations that cannot be meant. Not here: running.
 * @module
 */
import { accessSync, constants, existsSync, readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { MODULE_LIMIT } from "@kintsugi/arc-framework";
import type { BootModule } from "../boot.ts";
import { imageHash } from "../host/digest.ts";
import { HostFiles } from "../host/host-files.ts";
import { displayMemory, machineMemory } from "../host/machine-thread.ts";
import { DEFAULT_POLICY } from "../host/policy-file.ts";
import type { WorkerStart } from "../host/worker-protocol.ts";
import { type InputLog, type LogHeader, parseLog } from "../run/input-log.ts";
import { bootSource } from "./boot-source.ts";
import { deviceModules } from "./devices.ts";
import { UsageError } from "./options.ts";
import type { MachineFlags } from "./program.ts";

const DEFAULT_MEMORY = 64;
const DEFAULT_SEED = 1;
const DEFAULT_DRIVER = "exact";

/** The header of the run's log, whether it is written or not. */
export type PreparedHeader = LogHeader & Required<Pick<LogHeader, "policy">>;

export interface Prepared {
  readonly header: PreparedHeader;
  readonly modules: readonly BootModule[];
  readonly ramSize: number;
  /** Contents of the disk. */
  readonly disk: Uint8Array;
  /** The log that is to be replayed. */
  readonly replay?: InputLog;
}

export function prepare(flags: MachineFlags): Prepared {
  checkOutput("--paper", flags.paper);
  checkOutput("--wav", flags.wav);
  const replay = flags.replay === undefined ? undefined : readLog(flags.replay);
  if (replay !== undefined) {
    for (const name of ["seed", "memory", "parallel", "console", "policy", "watch", "record"] as const) {
      if (flags[name] !== undefined)
        throw new UsageError(`--${name} cannot go with --replay, whose log says it; leave it out`);
    }
  }
  const memory = replay?.header.memory ?? flags.memory ?? DEFAULT_MEMORY;
  const parallel = replay?.header.parallel ?? flags.parallel ?? DEFAULT_DRIVER;
  const console = replay?.header.console ?? flags.console ?? "serial";
  const policy = replay?.header.policy ?? flags.policy ?? DEFAULT_POLICY;
  if (replay !== undefined && flags.withoutDetector.length > 0)
    throw new UsageError("--without-detector cannot go with --replay, whose log says it; leave it out");
  const without = replay?.header.without ?? flags.withoutDetector;
  const watch = replay?.header.watch ?? flags.watch;
  const seed = replay?.header.seed ?? flags.seed ?? DEFAULT_SEED;
  const { modules: booted, disk } = bootSource(flags.disk, { console, parallel });
  const modules = [...booted, ...deviceModules(flags.with)];
  for (const { name, path } of flags.file) {
    if (modules.some((module) => module.name === name)) {
      throw new UsageError(`--file ${name}=${path}: the machine has a program '${name}' already; choose another name`);
    }
    modules.push({ name, commandLine: name, bytes: read(path, `--file ${name}=${path}`) });
  }
  if (modules.length > MODULE_LIMIT) {
    const room = MODULE_LIMIT - modules.length + flags.file.length;
    throw new UsageError(`--file: ${flags.file.length} files are too many; the machine has room for ${room}`);
  }
  const image = imageHash(modules, disk);
  const off = { ...(without.length > 0 ? { without } : {}), ...(watch === undefined ? {} : { watch }) };
  const at = console === "screen" ? { console } : {};
  const header: PreparedHeader = {
    log: "kintsugi-input",
    version: 1,
    seed,
    memory,
    parallel,
    ...at,
    policy,
    ...off,
    image,
  };
  if (replay !== undefined && replay.header.image !== header.image) {
    throw new UsageError(
      `--replay ${flags.replay}: the log was recorded with other programs or files; give the same --file, --with and --disk options and the same version`,
    );
  }
  const prepared = { header, modules, ramSize: memory << 20, disk };
  return replay === undefined ? prepared : { ...prepared, replay };
}

/** What the machine's thread is started with, whoever operates it. */
export function machineOf({
  header,
  modules,
  ramSize,
  disk,
}: Prepared): Omit<WorkerStart, "operator" | "limit" | "hostTimes" | "hash"> {
  const { seed, console = "serial", policy, without = [], watch } = header;
  return {
    memory: machineMemory(ramSize),
    video: displayMemory(),
    ramSize,
    modules,
    seed,
    console,
    policy,
    without,
    ...(watch === undefined ? {} : { watch }),
    disk,
  };
}

/** The files that the machine writes; a replay, which only compares, leaves the disk's alone. */
export function filesOf({ paper, wav, disk }: MachineFlags, { replay }: Prepared): HostFiles {
  return new HostFiles({ paper, wav, ...(disk === undefined || replay !== undefined ? {} : { disk }) });
}

/** The script's lines; a newline at its end does not make an empty last line. */
export function readScript(path: string): readonly string[] {
  const text = new TextDecoder().decode(read(path === "-" ? 0 : path, `--script ${path}`));
  return text === "" ? [] : text.replace(/\r?\n$/, "").split(/\r?\n/);
}

/** Paper and recording are opened with their first byte: that they can be is found out before anything runs. */
function checkOutput(option: string, path: string): void {
  try {
    if (path === "") throw new Error("it has no name");
    const target = existsSync(path) ? path : dirname(path);
    if (existsSync(path) && !statSync(path).isFile()) throw new Error("it is no file");
    accessSync(target, constants.W_OK);
  } catch (error) {
    throw new UsageError(`${option} ${path}: ${(error as Error).message}; name a file that can be written`);
  }
}

function readLog(path: string): InputLog {
  const log = parseLog(new TextDecoder().decode(read(path, `--replay ${path}`)));
  if (log.isErr()) throw new UsageError(`--replay ${path}: ${log.error.message}; record it again with --record`);
  return log.value;
}

function read(path: string | number, option: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(path));
  } catch (error) {
    const reason =
      (error as NodeJS.ErrnoException).code === "ENOENT" ? "there is no such file" : (error as Error).message;
    throw new UsageError(`${option}: ${reason}; check the path`);
  }
}
