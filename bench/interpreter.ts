/**
 * Interpreter speed: MIPS of ours beside v86's with its compiler off, kernel by kernel, in one run.
 *
 * The integer kernels of the bench guest run at CPL 3 behind identity page tables here, and as a multiboot guest in v86; both run the same
 * machine code, so the instruction count (ours) serves both. Times are CPU time of the emulating thread. Kernels alternate between the two engines.
 * Here: measuring. Not here: printing (run.ts), the kernels (guest-kernels.ts), the peer (v86.ts).
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { enterKernel, type Kernel, type KernelMachine, loadKernels, runKernel } from "./guest-kernels.ts";

/** One kernel on both engines; times in CPU milliseconds. */
export interface InterpreterRow {
  readonly kernel: string;
  readonly instructions: number;
  readonly ours: number;
  readonly v86: number;
  readonly checksumsAgree: boolean;
}

const SCALE = 20;
const FIRMWARE = "/usr/share/seabios/";

/** CPU time of this thread so far. */
export function cpuMilliseconds(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** Calls one kernel with `iterations`; returns its checksum, instructions and CPU time. */
function call(machine: KernelMachine, kernel: Kernel, iterations: number) {
  const { processor } = machine;
  enterKernel(machine, kernel, iterations);
  const from = processor.retired;
  const start = cpuMilliseconds();
  let checksum: number | undefined;
  while (checksum === undefined) checksum = runKernel(machine, 1 << 24);
  const time = cpuMilliseconds() - start;
  return { checksum, instructions: processor.retired - from, time };
}

/** v86 with its compiler off on one kernel: checksum and CPU milliseconds of its second run. */
function peer(kernel: string): { checksum: number; time: number } {
  const script = fileURLToPath(new URL("v86.ts", import.meta.url));
  const output = execFileSync(process.execPath, [script, `bench=${kernel}+2+${SCALE}`, "nojit", FIRMWARE], {
    encoding: "utf8",
    timeout: 600_000,
  });
  let start = 0;
  let result = { checksum: 0, time: Number.POSITIVE_INFINITY };
  for (const line of output.split("\n")) {
    const [text = "", microseconds = ""] = line.split(" @");
    const words = text.split(" ");
    if (words[0] === "B") start = Number.parseInt(microseconds, 10);
    if (words[0] === "E")
      result = { checksum: Number.parseInt(words[3]!, 16), time: (Number.parseInt(microseconds, 10) - start) / 1000 };
  }
  return result;
}

/** Runs every integer kernel on both engines. `kernels` filters by name. */
export function measureInterpreter(kernels?: readonly string[]): InterpreterRow[] {
  if (!existsSync(`${FIRMWARE}bios.bin`)) {
    throw new Error(`v86 needs a BIOS: install Debian's package seabios (looked for ${FIRMWARE}bios.bin)`);
  }
  const elf = readFileSync(new URL("guest/bench.elf", import.meta.url));
  const machine = loadKernels(elf);
  return machine.kernels
    .filter(({ name }) => kernels === undefined || kernels.includes(name))
    .map((kernel) => {
      const iterations = Math.max(1, Math.floor(kernel.iterations / SCALE));
      call(machine, kernel, iterations); // the second run counts, on both engines
      const mine = call(machine, kernel, iterations);
      const theirs = peer(kernel.name);
      return {
        kernel: kernel.name,
        instructions: mine.instructions,
        ours: mine.time,
        v86: theirs.time,
        checksumsAgree: mine.checksum === theirs.checksum,
      };
    });
}
