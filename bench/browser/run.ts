/**
 * The compiler in a browser: with and without tail calls, with and without shared memory, and whether it holds up the page.
 *
 *     node bench/browser/run.ts [--chromium /usr/bin/chromium]
 *
 * Ends with 0 when every kernel has the interpreter's checksum in every case and compiling never took 10 ms at a time.
 * Here: bundling, serving, comparing. Not here: what the page does (page.ts).
 */
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import { build } from "vite";
import { enterKernel, loadKernels, runKernel } from "../guest-kernels.ts";
import type { BrowserCase, BrowserResult } from "./cases.ts";

const { values } = parseArgs({ options: { chromium: { type: "string", default: "/usr/bin/chromium" } } });
if (!existsSync(values.chromium)) {
  console.error(`browser: ${values.chromium} is missing: install a Chromium, and name it with --chromium`);
  process.exit(2);
}

const KERNELS = ["sieve", "sha256", "crc32", "qsort", "fib", "interp", "icall", "repsmall", "lz", "string", "flags"];
const SCALE = 20;
/** Milliseconds that making modules may take before the page can go on. */
const LONGEST_COMPILE = 10;

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const elf = readFileSync(here("../guest/bench.elf"));

async function bundle(): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: "silent",
    build: { write: false, target: "esnext", minify: true, lib: { entry: here("page.ts"), formats: ["es"] } },
  });
  const [{ output }] = result as unknown as { output: { code: string }[] }[];
  return output[0].code;
}

/** Serves the page, isolated where memory is to be shared. */
function serve(script: string) {
  return createServer(({ url = "/" }, response) => {
    const isolated = url.startsWith("/isolated");
    if (isolated) {
      response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
      response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
    }
    if (url.endsWith("page.js")) response.setHeader("Content-Type", "text/javascript").end(script);
    else if (url.endsWith("bench.elf")) response.end(elf);
    else
      response
        .setHeader("Content-Type", "text/html")
        .end('<!doctype html><script type="module" src="page.js"></script>');
  });
}

/** Checksums of the interpreter, here. */
function expected(): Record<string, number> {
  const machine = loadKernels(elf, { engine: "interpreter" });
  const checksums: Record<string, number> = {};
  for (const kernel of machine.kernels) {
    if (!KERNELS.includes(kernel.name)) continue;
    enterKernel(machine, kernel, Math.max(1, Math.floor(kernel.iterations / SCALE)));
    let checksum: number | undefined;
    while (checksum === undefined) checksum = runKernel(machine, 1 << 24);
    checksums[kernel.name] = checksum;
  }
  return checksums;
}

/** Of the larger half of the modules, the cost of a byte in the cheapest quarter: a busy machine makes the others dear. */
function millisecondsPerByte(made: BrowserResult["made"]): number {
  const large = made.toSorted(([a], [b]) => b - a).slice(0, Math.ceil(made.length / 2));
  const costs = large.map(([bytes, milliseconds]) => milliseconds / bytes).sort((a, b) => a - b);
  return costs[costs.length >> 2] ?? 0;
}

const server = serve(await bundle());
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const { port } = server.address() as AddressInfo;
const browser = await chromium.launch({ executablePath: values.chromium, args: ["--no-sandbox"] });
const right = expected();
let good = true;
for (const shared of [true, false])
  for (const tailCalls of [true, false]) {
    const page = await browser.newPage();
    page.on("pageerror", (error) => console.error(`browser: ${error.stack}`));
    await page.goto(`http://127.0.0.1:${port}/${shared ? "isolated" : "plain"}/`);
    await page.waitForFunction("globalThis.runCase !== undefined");
    const what: BrowserCase = { shared, tailCalls, kernels: KERNELS, scale: SCALE };
    const result = (await page.evaluate(`runCase(${JSON.stringify(what)})`)) as BrowserResult;
    await page.close();
    const wrong = KERNELS.filter((kernel) => result.checksums[kernel] !== right[kernel]);
    const longest = result.mostBytes * millisecondsPerByte(result.made);
    const held = longest >= LONGEST_COMPILE;
    good &&= wrong.length === 0 && !held && result.isolated === shared && result.compiledShare > 0.5;
    console.log(
      `${shared ? "shared" : "plain"} memory, ${tailCalls ? "with" : "without"} tail calls: ` +
        `${wrong.length === 0 ? "checksums agree" : `WRONG: ${wrong.join(", ")}`}; ` +
        `${(100 * result.compiledShare).toFixed(1)} % compiled, ${result.modules} modules; at most ${result.mostBytes} bytes at once, ` +
        `${longest.toFixed(1)} ms${held ? " (TOO LONG)" : ""}; longest slice ${result.longestSlice.toFixed(1)} ms`,
    );
  }
await browser.close();
server.close();
process.exit(good ? 0 : 1);
