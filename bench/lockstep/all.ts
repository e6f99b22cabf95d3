/**
 * Linux on both engines in every shape, one after the other; the result goes to docs/lockstep.md.
 *
 *     node bench/lockstep/all.ts FOLDER [--limit CYCLES]
 *
 * FOLDER is what bench/linux/make.sh has filled. Ends with 0 when nothing ever differed. Here: running and writing down.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({ options: { limit: { type: "string" } }, allowPositionals: true });
const [folder = ""] = positionals;
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const KERNELS = ["vmlinuz-686", "vmlinuz-686-pae"];
const SHAPES: readonly (readonly string[])[] = [[], ["--tiny-tlb"], ["--small-cache"], ["--no-tail-calls"]];
for (const name of [...KERNELS, "initrd.gz"])
  if (!existsSync(join(folder, name))) {
    console.error(`lockstep: ${join(folder, name)} is missing: bench/linux/make.sh ${folder || "FOLDER"} fetches it`);
    process.exit(2);
  }

const rows: string[] = [];
let good = true;
for (const kernel of KERNELS)
  for (const shape of kernel === KERNELS[0] ? SHAPES : [[]]) {
    const words = ["--kernel", join(folder, kernel), "--initrd", join(folder, "initrd.gz"), ...shape];
    if (values.limit !== undefined) words.push("--limit", values.limit);
    const { status, stdout } = spawnSync(process.execPath, [here("run.ts"), ...words], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    });
    const said =
      stdout
        .trim()
        .split("\n")
        .filter((line) => !line.startsWith("{"))[0] ?? "";
    console.log(`${kernel} ${shape.join(" ")}: ${stdout}`);
    good &&= status === 0;
    rows.push(
      `| ${kernel} ${shape.join(" ")} | ${status === 0 ? "equal" : "**DIFFERENT or not at its end**"} | ${said} |`,
    );
  }
const commit = execFileSync("git", ["rev-parse", "--short=12", "HEAD"], { cwd: here("."), encoding: "utf8" }).trim();
writeFileSync(
  here("../../docs/lockstep.md"),
  `# Linux on both engines\n\nWritten by \`node bench/lockstep/all.ts\`: boot and all steps of bench/linux/init, processor, chips and RAM compared every ` +
    `10,000,000 cycles; commit ${commit}, ${new Date().toISOString().slice(0, 10)}.\n\n| kernel and shape | result | |\n|---|---|---|\n${rows.join("\n")}\n`,
);
process.exit(good ? 0 : 1);
