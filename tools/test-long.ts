/**
 * The long tier: the suite, or the files that match, with full counts; each file's result goes to docs/long-tier.md.
 *
 *     npm run test:long [-- --seed N] [FILTER …]
 *
 * Here: running and writing down. Not here: what grows with the tier (the tests ask KINTSUGI_LONG and KINTSUGI_SEED).
 */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

interface FileResult {
  name: string;
  startTime: number;
  endTime: number;
  assertionResults: { status: string; title: string; duration?: number }[];
}

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values, positionals } = parseArgs({
  options: { seed: { type: "string", default: "20261120" } },
  allowPositionals: true,
});
const seed = Number(values.seed);
if (!Number.isSafeInteger(seed) || seed < 0) {
  console.error(`test:long: --seed wants a whole number, not '${values.seed}'`);
  process.exit(2);
}

const report = join(mkdtempSync(join(tmpdir(), "kintsugi-long-")), "report.json");
const arguments_ = [
  "run",
  "--reporter=default",
  "--reporter=json",
  `--outputFile.json=${report}`,
  "--testTimeout=21600000",
  ...positionals,
];
const child = spawn(process.execPath, [join(root, "node_modules/vitest/vitest.mjs"), ...arguments_], {
  cwd: root,
  stdio: "inherit",
  env: { ...process.env, KINTSUGI_LONG: "1", KINTSUGI_SEED: String(seed) },
});
const code = await new Promise<number>((resolve) => child.on("exit", (status) => resolve(status ?? 1)));

const { testResults } = JSON.parse(readFileSync(report, "utf8")) as { testResults: FileResult[] };
const commit = execFileSync("git", ["rev-parse", "--short=12", "HEAD"], { cwd: root, encoding: "utf8" }).trim();
const date = new Date().toISOString().slice(0, 10);
const page = join(root, "docs/long-tier.md");
/** File → its row. A run of a part replaces its own rows and leaves the others, which say themselves when they were made. */
const rows = new Map(
  readFileSync(page, "utf8")
    .split("\n")
    .filter((line) => /^\| (apps|packages|tools)\//.test(line))
    .map((line) => [line.split(" ")[1], line]),
);
for (const file of testResults) {
  const name = relative(root, file.name);
  const passed = file.assertionResults.filter((test) => test.status === "passed").length;
  const seconds = ((file.endTime - file.startTime) / 1000).toFixed(1);
  rows.set(
    name,
    `| ${name} | ${passed} of ${file.assertionResults.length} | ${seconds} | ${seed} | ${commit} | ${date} |`,
  );
}
const present = [...rows].filter(([name]) => existsSync(join(root, name))).map(([, line]) => line);
writeFileSync(
  page,
  `# Long tier\n\nWritten by \`npm run test:long\`, Node ${process.versions.node}: each file's last run with full counts.\n\n` +
    `| file | passed | seconds | seed | commit | date |\n|---|--:|--:|--:|---|---|\n${present.sort().join("\n")}\n`,
);
process.exit(code);
