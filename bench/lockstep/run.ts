/**
 * Linux, or a multiboot kernel, on the interpreter and on the compiler side by side; state and RAM are compared every 10,000,000 cycles.
 *
 *     node bench/lockstep/run.ts --kernel IMAGE [--initrd FILE] [--append TEXT] [--until TEXT] [--memory MB]
 *         [--every CYCLES] [--limit CYCLES] [--threshold N] [--small-cache] [--no-tail-calls] [--tiny-tlb]
 *
 * Ends with 0 when the text has come on COM1 and nothing ever differed. Otherwise it narrows down and prints the first
 * instruction that differs. Here: the command. Not here: comparing (compare.ts).
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadBootImage } from "../../apps/machine/src/pc/boot-image.ts";
import { PcMachine, type PcSnapshot } from "../../apps/machine/src/pc/pc-machine.ts";
import { protectedStart } from "../../apps/machine/src/pc/protected-start.ts";
import type { JitOptions } from "../../packages/ia32/src/index.ts";
import { difference, narrow, type Place, type Side, snapshot } from "./compare.ts";
import { disassemble } from "./disassemble.ts";

const { values } = parseArgs({
  options: {
    kernel: { type: "string" },
    initrd: { type: "string" },
    append: { type: "string", default: "console=ttyS0,115200 loglevel=4 nokaslr panic=-1 rdinit=/init" },
    until: { type: "string", default: "M END" },
    memory: { type: "string", default: "256" },
    every: { type: "string", default: "10000000" },
    limit: { type: "string", default: "1000000000000" },
    threshold: { type: "string" },
    "small-cache": { type: "boolean", default: false },
    "no-tail-calls": { type: "boolean", default: false },
    "tiny-tlb": { type: "boolean", default: false },
  },
});

/** The hook must be there before the processor is loaded. */
if (values["tiny-tlb"] && !process.execArgv.includes("--import")) {
  const hook = fileURLToPath(new URL("tiny-tlb.mjs", import.meta.url));
  const { status } = spawnSync(process.execPath, ["--import", hook, ...process.argv.slice(1)], { stdio: "inherit" });
  process.exit(status ?? 1);
}

function image(option: "kernel" | "initrd"): Uint8Array {
  const path = values[option];
  if (path !== undefined && existsSync(path)) return readFileSync(path);
  console.error(`lockstep: --${option} wants a file, not '${path ?? ""}'`);
  process.exit(2);
}

const kernel = image("kernel");
const ramDisk = values.initrd === undefined ? null : image("initrd");
const MIB = 1 << 20;
/** So many checks lie between two copies of the machine to go back to. */
const CHECKS_PER_COPY = 8;

function boot(engine: "interpreter" | "jit", saved?: PcSnapshot): Side {
  const sent: number[] = [];
  const jit: JitOptions = {
    ...(values.threshold === undefined ? {} : { threshold: Number(values.threshold), again: 750 }),
    ...(values["small-cache"] ? { cacheRegions: 16 } : {}),
    ...(values["no-tail-calls"] ? { tailCalls: false } : {}),
  };
  const machine = new PcMachine(
    {
      engine: engine === "jit" ? { engine, jit } : { engine },
      memory: Number(values.memory) * MIB,
      model: "pentium4",
      bios: null,
      videoBios: null,
      roms: [],
      disk: null,
      disc: null,
      time: { year: 2026, month: 1, day: 1, dayOfWeek: 5, hour: 0, minute: 0, second: 0 },
      bootOrder: [],
    },
    { serial: (byte) => void sent.push(byte), console: () => undefined, paper: () => undefined },
    saved,
  );
  if (saved !== undefined) return { machine, sent };
  const loaded = loadBootImage(machine.memory, { kernel, name: "kernel", append: values.append, ramDisk, modules: [] });
  if (loaded.isErr()) {
    console.error(`lockstep: ${values.kernel}: ${loaded.error.message}`);
    process.exit(2);
  }
  machine.start((state) => protectedStart(state, loaded.value));
  return { machine, sent };
}

function report({ difference: found, cycle, before, one, other }: Place): void {
  const steps = Math.round(one.machine.cycles - cycle);
  console.log(`differs within ${steps} cycle${steps === 1 ? "" : "s"} behind cycle ${cycle}:`);
  console.log(`  ${found.what}: interpreter ${found.expected}, compiler ${found.got}`);
  for (const line of disassemble(before)) console.log(`  ${line}`);
  const registers = ({ machine }: Side): string =>
    Array.from(machine.processor.registers, (value) => (value >>> 0).toString(16)).join(" ");
  console.log(`  interpreter: ${registers(one)}\n  compiler:    ${registers(other)}`);
}

const every = Number(values.every);
const one = boot("interpreter");
const other = boot("jit");
let good = snapshot(one);
let checks = 0;
for (;;) {
  const cycle = one.machine.cycles;
  const [exit, theirs] = [one, other].map(({ machine }) => machine.run(cycle + every));
  const found =
    exit.kind === theirs.kind ? difference(one, other) : { what: "exit", expected: exit.kind, got: theirs.kind };
  if (found !== null) {
    console.log(
      `after ${checks} equal checks, at cycle ${one.machine.cycles}: ${found.what}: ${found.expected}, ${found.got}`,
    );
    const place = narrow([(saved) => boot("interpreter", saved), (saved) => boot("jit", saved)], good, every);
    if (place !== null) report(place);
    else console.log(`it does not come up again from cycle ${good.state.processor.retired} on with a cold compiler`);
    process.exit(1);
  }
  checks++;
  const text = Buffer.from(one.sent).toString("latin1");
  process.stderr.write(`\r${checks} checks, ${(one.machine.processor.retired / 1e6).toFixed(0)} M instructions `);
  if (text.includes(values.until)) {
    const { retired } = one.machine.processor;
    const statistics = JSON.stringify(other.machine.processor.jitStatistics);
    console.log(`\nno difference: ${checks} checks, ${retired} instructions; '${values.until}' came\n${statistics}`);
    break;
  }
  if (exit.kind !== "limit" || one.machine.cycles >= Number(values.limit)) {
    console.log(
      `\nno difference in ${checks} checks, but '${values.until}' never came: ${exit.kind}\n${text.slice(-2000)}`,
    );
    process.exit(1);
  }
  if (checks % CHECKS_PER_COPY === 0) good = snapshot(one, good.ram);
}
