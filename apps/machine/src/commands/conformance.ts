/**
 * `kintsugi conformance`: the processor against recordings of real ones.
 *
 * Here: reading the files, refusing broken ones, printing the score, the exit code. Not here: formats and machines
 * (→ ../conformance/).
 * @module
 */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { gunzipSync } from "node:zlib";
import { type Command, Option } from "commander";
import type { Result } from "neverthrow";
import { Score } from "../conformance/score.ts";
import { EXIT_FAILED } from "./exit-codes.ts";
import { UsageError } from "./options.ts";
import { writeOut } from "./streams.ts";

interface ConformanceFlags {
  readonly json?: boolean;
  readonly engine: string;
}

/** What a set of files is, and how one of them is run. */
type Runner = (path: string, bytes: Uint8Array, score: Score) => void;

// The processor is loaded when a command runs: every other command starts without it.

async function hwvec(): Promise<Runner> {
  const { runHwvec } = await import("../conformance/hwvec.ts");
  const { parseVectors } = await import("../conformance/hwvec-format.ts");
  return (path, bytes, score) => runHwvec(valid(path, parseVectors(new TextDecoder().decode(bytes))), score);
}

async function moo(): Promise<Runner> {
  const { runMoo } = await import("../conformance/moo.ts");
  const { parseMoo } = await import("../conformance/moo-format.ts");
  return (path, bytes, score) =>
    runMoo(valid(path, parseMoo(bytes)), basename(path).replace(/\.MOO(\.gz)?$/i, ""), score);
}

/** Adds the command; `ended` hears the exit code. */
export function conformanceCommand(program: Command, ended: (code: number) => void): void {
  const command = program
    .command("conformance")
    .description("run recordings of real processors; exit code 0 only if all of tier A passes");
  const add = (name: string, description: string, load: () => Promise<Runner>): void => {
    command
      .command(`${name} <FILES...>`)
      .description(description)
      .addOption(new Option("--engine <ENGINE>", "what executes").choices(["interpreter"]).default("interpreter"))
      .option("--json", "print the score as one line of JSON")
      .action(async (files: readonly string[], flags: ConformanceFlags) => {
        ended(await conformance(await load(), files, flags));
      });
  };
  add("hwvec", "single instructions and short sequences in protected mode", hwvec);
  add("moo", "single instructions in real mode", moo);
}

async function conformance(run: Runner, files: readonly string[], flags: ConformanceFlags): Promise<number> {
  const score = new Score();
  for (const path of files) run(path, read(path), score);
  if (flags.json) await writeOut(`${JSON.stringify(score.summary)}\n`);
  else for (const line of score.lines) await writeOut(`${line}\n`);
  return score.complete ? 0 : EXIT_FAILED;
}

/** A file's bytes, unpacked if they are packed. */
function read(path: string): Uint8Array {
  try {
    const bytes = readFileSync(path);
    return bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UsageError(`${path}: ${code === "ENOENT" ? "there is no such file" : message}; check the path`);
  }
}

function valid<T>(path: string, parsed: Result<T, string>): T {
  if (parsed.isErr()) throw new UsageError(`${path}: ${parsed.error}; is it a file of this format?`);
  return parsed.value;
}
