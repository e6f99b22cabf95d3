/**
 * `kintsugi conformance`: the processor against recordings of real ones.
 *
 * Here: reading the files, refusing broken ones, printing the score, the exit code. Not here: formats and machines
 * (→ \@kintsugi/ia32/conformance).
 * @module
 */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Score, Settings } from "@kintsugi/ia32/conformance";
import { type Command, Option } from "commander";
import type { Result } from "neverthrow";
import { EXIT_FAILED } from "./exit-codes.ts";
import { UsageError } from "./options.ts";
import { writeOut } from "./streams.ts";

interface ConformanceFlags {
  readonly json?: boolean;
  readonly engine: "interpreter" | "jit";
}

/** What a set of files is, and how one of them is run. */
type Runner = (path: string, bytes: Uint8Array, score: Score, settings: Settings) => void;

// The processor is loaded when a command runs: every other command starts without it.

async function hwvec(): Promise<Runner> {
  const { parseVectors, runHwvec } = await import("@kintsugi/ia32/conformance");
  return (path, bytes, score, settings) => runHwvec(valid(path, parseVectors(text(bytes))), score, settings);
}

async function testfloat(): Promise<Runner> {
  const { parseTestFloat, runTestFloat } = await import("@kintsugi/ia32/conformance");
  return (path, bytes, score, settings) => runTestFloat(valid(path, parseTestFloat(text(bytes))), score, settings);
}

async function moo(): Promise<Runner> {
  const { parseMoo, runMoo } = await import("@kintsugi/ia32/conformance");
  return (path, bytes, score, settings) =>
    runMoo(valid(path, parseMoo(bytes)), basename(path).replace(/\.MOO(\.gz)?$/i, ""), score, settings);
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
      .addOption(
        new Option("--engine <ENGINE>", "what executes").choices(["interpreter", "jit"]).default("interpreter"),
      )
      .option("--json", "print the score as one line of JSON")
      .action(async (files: readonly string[], flags: ConformanceFlags) => {
        ended(await conformance(await load(), files, flags));
      });
  };
  add("hwvec", "single instructions and short sequences in protected mode", hwvec);
  add("testfloat", "floating-point arithmetic, as Berkeley TestFloat prints it", testfloat);
  add("moo", "single instructions in real mode", moo);
}

async function conformance(run: Runner, files: readonly string[], flags: ConformanceFlags): Promise<number> {
  const { Score } = await import("@kintsugi/ia32/conformance");
  const score = new Score();
  // A test runs once: what is compiled at all is compiled at once.
  const settings: Settings = { engine: flags.engine, jit: { threshold: 0 } };
  for (const path of files) run(path, read(path), score, settings);
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

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function valid<T>(path: string, parsed: Result<T, string>): T {
  if (parsed.isErr()) throw new UsageError(`${path}: ${parsed.error}; is it a file of this format?`);
  return parsed.value;
}
