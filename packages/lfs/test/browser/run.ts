/**
 * Disks in a browser's origin private file system, in a real browser.
 *
 *     node packages/lfs/test/browser/run.ts [--chromium /usr/bin/chromium]
 *
 * Ends with 0 when every rule of disks holds there, and what one page fsynced is read by the next.
 * Here: bundling, serving, starting. Not here: what the worker does (→ worker.ts).
 * @module
 */
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import { build } from "vite";

const { values } = parseArgs({ options: { chromium: { type: "string", default: "/usr/bin/chromium" } } });
if (!existsSync(values.chromium)) {
  console.error(`browser: ${values.chromium} is missing: install a Chromium, and name it with --chromium`);
  process.exit(2);
}

async function bundle(): Promise<string> {
  const entry = fileURLToPath(new URL("worker.ts", import.meta.url));
  const result = await build({
    configFile: false,
    logLevel: "silent",
    build: { write: false, target: "esnext", minify: false, lib: { entry, formats: ["es"] } },
  });
  const [{ output }] = result as unknown as { output: { code: string }[] }[];
  return output[0].code;
}

const script = await bundle();
const server = createServer(({ url }, response) => {
  if (url === "/worker.js") response.setHeader("Content-Type", "text/javascript").end(script);
  else response.setHeader("Content-Type", "text/html").end("<!doctype html>");
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const { port } = server.address() as AddressInfo;
const browser = await chromium.launch({ executablePath: values.chromium, args: ["--no-sandbox"] });
const context = await browser.newContext();
let good = true;
for (const phase of ["rules", "write", "read"]) {
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${port}/`);
  const said = (await page.evaluate(`new Promise((resolve) => {
    const worker = new Worker("/worker.js", { type: "module" });
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => resolve("WRONG: " + message);
    worker.postMessage("${phase}");
  })`)) as string;
  await page.close();
  good &&= !said.startsWith("WRONG");
  console.log(`${phase}: ${said}`);
}
await browser.close();
server.close();
process.exitCode = good ? 0 : 1;
