/**
 * The bench guest on our PC: boots it with a list of kernels and takes the time between its markers.
 *
 * Here: the machine and the serial protocol (bench/guest/README.md). Time comes in as a function. Not here: options and
 * printing (→ commands/bench.ts), other emulators (bench/).
 * @module
 */
import type { JitStatistics } from "@kintsugi/ia32";
import { err, ok, type Result } from "neverthrow";
import { loadBootImage } from "../pc/boot-image.ts";
import { type PcConfiguration, PcMachine } from "../pc/pc-machine.ts";
import { protectedStart } from "../pc/protected-start.ts";

/** Which kernels, how often each, and by what their iterations are divided. */
export interface BenchRequest {
  readonly kernels: readonly string[];
  readonly repetitions: number;
  readonly scale: number;
}

/** One repetition of one kernel. */
export interface BenchSample {
  readonly kernel: string;
  readonly repetition: number;
  /** As the guest printed it, hexadecimal. */
  readonly checksum: string;
  readonly iterations: number;
  readonly milliseconds: number;
  readonly instructions: number;
}

export interface BenchRun {
  readonly samples: readonly BenchSample[];
  /** Of the whole run, or null for the interpreter. */
  readonly compiler: JitStatistics | null;
}

const MEMORY = 128 << 20;
/** Cycles of a slice. */
const SLICE = 10_000_000;
const LINE_FEED = 10;

/** Runs the guest `elf`. `milliseconds` is a clock, best one of the running thread's CPU time. */
export function runBenchGuest(
  elf: Uint8Array,
  request: BenchRequest,
  engine: PcConfiguration["engine"],
  milliseconds: () => number,
): Result<BenchRun, string> {
  const samples: BenchSample[] = [];
  let line = "";
  let began = { milliseconds: 0, instructions: 0 };
  let start = { milliseconds: 0, instructions: 0 };
  const now = () => ({ milliseconds: milliseconds(), instructions: machine.processor.retired });
  const hear = (text: string): void => {
    const [word, kernel, repetition, checksum, iterations] = text.split(" ");
    if (word === "B") start = now();
    if (word !== "E") return;
    samples.push({
      kernel,
      repetition: Number(repetition),
      checksum,
      iterations: Number(iterations),
      milliseconds: began.milliseconds - start.milliseconds,
      instructions: began.instructions - start.instructions,
    });
  };
  const machine: PcMachine = new PcMachine(
    {
      ...(engine === undefined ? {} : { engine }),
      memory: MEMORY,
      model: "pentium4",
      bios: null,
      videoBios: null,
      roms: [],
      disk: null,
      disc: null,
      time: { year: 2026, month: 1, day: 1, dayOfWeek: 5, hour: 0, minute: 0, second: 0 },
      bootOrder: [],
    },
    {
      serial: (byte) => {
        // A kernel has ended when its line begins: the line takes the time that the port takes.
        if (line === "") began = now();
        if (byte !== LINE_FEED) {
          line += String.fromCharCode(byte);
          return;
        }
        hear(line.trim());
        line = "";
      },
      console: () => undefined,
      paper: () => undefined,
    },
  );
  const { kernels, repetitions, scale } = request;
  const append = `bench=${kernels.join(",")}+${repetitions}+${scale}`;
  const image = { kernel: elf, name: "bench.elf", append, ramDisk: null, modules: [] };
  const loaded = loadBootImage(machine.memory, image);
  if (loaded.isErr()) return err(loaded.error.message);
  machine.start((state) => protectedStart(state, loaded.value));
  for (;;) {
    const exit = machine.run(machine.cycles + SLICE);
    if (exit.kind === "exit") break;
    if (exit.kind !== "limit") return err(`the bench guest ended by ${exit.kind} in the middle of its work`);
  }
  return ok({ samples, compiler: machine.processor.jitStatistics });
}
