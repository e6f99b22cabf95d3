/**
 * `kintsugi l4` with one of our foreign servers, as a child process: what it printed and how it ended.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { foreignServers } from "@kintsugi/programs";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

/** Path of a guest program's ELF file. */
export function elf(name: string): string {
  return fileURLToPath(foreignServers[name] as URL);
}

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `kintsugi l4` with these words; stdin has `input` and ends. */
export function l4(words: readonly string[], input = ""): Ended {
  return spawnSync(process.execPath, [MAIN, "l4", ...words], { encoding: "utf8", input, timeout: 120_000 });
}

/** Boots a root task over our foreign sigma0 until it prints `until`; its lines without carriage returns. */
export function bootForeign(
  root: string,
  until: string,
  ...more: readonly string[]
): { output: string[]; status: number | null; stderr: string } {
  const words = ["--sigma0", elf("l4-sigma0"), "--root", elf(root), "--until", until, "--limit", "60"];
  const { status, stdout, stderr } = l4([...words, ...more]);
  return { output: stdout.replaceAll("\r", "").trimEnd().split("\n"), status, stderr };
}
