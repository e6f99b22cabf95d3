/**
 * Linux beside v86 and QEMU: boot to the shell and each step of the work that its initial RAM disk does.
 *
 * CPU time of the emulating thread between the markers of bench/linux/init, and the memory of the process. The kernels are
 * Debian's and are not kept here: `bench/linux/make.sh FOLDER` fetches them. Here: measuring. Not here: printing (run.ts).
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { JitStatistics } from "../packages/ia32/src/index.ts";
import { type Absent, findPeers } from "./peers.ts";
import { serialRun } from "./serial-run.ts";

/** Milliseconds of each step on one engine. */
export interface LinuxColumn {
  readonly engine: string;
  readonly steps: ReadonlyMap<string, { readonly cpu: number; readonly total: number; readonly result: string }>;
  readonly peakMebibytes: number;
  /** What our compiler says of itself at the end. */
  readonly compiler: JitStatistics | null;
}

export interface LinuxTable {
  readonly columns: readonly LinuxColumn[];
  /** CPU milliseconds of our interpreter alone to the shell. */
  readonly interpreted: number;
  readonly absent: readonly Absent[];
}

const APPEND = "console=ttyS0,115200 loglevel=4 nokaslr panic=-1 rdinit=/init";
const MEBIBYTES = 256;
const BOOT = "start to shell";
const TOTAL = "all of it";

/** Boots `vmlinuz-686` of `folder` on everything that is here. */
export async function measureLinux(folder: string, said: (text: string) => void): Promise<LinuxTable> {
  const kernel = join(folder, "vmlinuz-686");
  const initrd = join(folder, "initrd.gz");
  for (const path of [kernel, initrd])
    if (!existsSync(path)) throw new Error(`${path} is missing: bench/linux/make.sh ${folder} fetches it`);
  const { peers, absent } = findPeers();
  const columns: LinuxColumn[] = [];
  let interpreted = Number.NaN;
  for (const { name, linux } of peers) {
    if (linux === null) continue;
    said(`${name}: Linux`);
    const command = linux({ kernel, initrd, append: APPEND, mebibytes: MEBIBYTES });
    const { marks, peakMebibytes, complaint } = await serialRun(command, (line) => line === "M END");
    const steps = new Map<string, { cpu: number; total: number; result: string }>();
    let start = { cpu: 0, total: 0 };
    for (const { text, cpu, total } of marks) {
      const [word, step, ...result] = text.split(" ");
      if (text === "M shell") steps.set(BOOT, { cpu, total, result: "" });
      if (word === "B") start = { cpu, total };
      if (word === "E") steps.set(step, { cpu: cpu - start.cpu, total: total - start.total, result: result.join(" ") });
      if (text === "M END") steps.set(TOTAL, { cpu, total, result: "" });
    }
    if (!steps.has(TOTAL)) throw new Error(`${name}: Linux did not come to its end`);
    const statistics = complaint.split("\n").find((line) => line.startsWith('{"instructions"'));
    const compiler =
      statistics === undefined ? null : (JSON.parse(statistics) as { compiler: JitStatistics | null }).compiler;
    columns.push({ engine: name, steps, peakMebibytes, compiler });
    if (compiler === null) continue;
    said(`${name}: Linux, interpreted`);
    const slow = await serialRun(
      command.map((word) => (word === "jit" ? "interpreter" : word)),
      (line) => line === "M shell",
    );
    interpreted = slow.marks.find(({ text }) => text === "M shell")?.cpu ?? Number.NaN;
  }
  return { columns, interpreted, absent };
}
