/**
 * Foreign boots, two at a time: `node tools/foreign/run.ts [ci|long] [FILTER …]`.
 *
 * Exit code 0: all that ran did what it should, or the package index cannot be reached at all, which is said loudly; 1: one
 * did not. Here: processes and the report. Not here: the list (→ boots.ts).
 * @module
 */
import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Boot, foreignBoots } from "./boots.ts";
import { NoIndex, Packages } from "./packages.ts";

const MAIN = fileURLToPath(new URL("../../apps/machine/src/main.ts", import.meta.url));
const AT_ONCE = 2;

interface Outcome {
  readonly boot: Boot;
  readonly wrong: readonly string[];
  /** The end of what it sent. */
  readonly output: string;
  readonly seconds: number;
}

/** Where packages are kept between runs. */
export const KEPT: string = join(tmpdir(), "kintsugi-foreign");

export async function runBoot(boot: Boot): Promise<Outcome> {
  const from = performance.now();
  const child = spawn(process.execPath, [MAIN, "pc", ...boot.words], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  let complaint = "";
  child.stdout.on("data", (bytes: Buffer) => {
    output += bytes.toString("latin1");
  });
  child.stderr.on("data", (bytes: Buffer) => {
    complaint += bytes;
  });
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  const wrong = code === 0 ? boot.check(output) : [`exit code ${code}: ${complaint.trim()}`];
  return { boot, wrong, output, seconds: (performance.now() - from) / 1000 };
}

async function main(words: readonly string[]): Promise<number> {
  const tier = words[0] === "long" ? "long" : "ci";
  const filters = words.filter((word) => word !== "ci" && word !== "long");
  let boots: readonly Boot[];
  try {
    boots = foreignBoots(new Packages(KEPT), join(KEPT, "images"), tier);
  } catch (error) {
    if (!(error instanceof NoIndex)) throw error;
    console.error(`\n*** FOREIGN BOOTS DID NOT RUN: ${error.message} ***\n`);
    return 0;
  }
  const wanted = boots.filter(({ name }) => filters.every((word) => name.includes(word)));
  if (wanted.length === 0) throw new Error(`no boot is called ${filters.join(" ")}`);
  const queue = [...wanted];
  let failed = 0;
  const worker = async (): Promise<void> => {
    for (let boot = queue.shift(); boot !== undefined; boot = queue.shift()) {
      const { wrong, output, seconds } = await runBoot(boot);
      console.log(`${wrong.length === 0 ? "ok    " : "FAILED"} ${boot.name} (${seconds.toFixed(0)} s)`);
      if (wrong.length === 0) continue;
      failed++;
      for (const text of wrong) console.log(`       ${text}`);
      console.log(output.slice(-2000));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  console.log(`foreign boots: ${wanted.length - failed} of ${wanted.length} as they should`);
  return failed === 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main(process.argv.slice(2));
