/**
 * The page: kernels of the bench guest on the compiler, a slice at a time, and how long compiling holds up the page.
 *
 * Here: what runs inside the browser. Not here: starting one (run.ts).
 */
import { enterKernel, loadKernels, runKernel } from "../guest-kernels.ts";
import type { BrowserCase, BrowserResult } from "./cases.ts";

/** Instructions between two returns to the event loop. */
const SLICE = 200_000;

/** Bytes of modules and the time that making them took; the constructors are wrapped to measure it. */
class CompileTime {
  milliseconds = 0;
  bytes = 0;
  /** Bytes made within one slice at most. */
  most = 0;
  #slice = 0;

  constructor() {
    const measure = <T>(act: () => T): T => {
      const start = performance.now();
      try {
        return act();
      } finally {
        this.milliseconds += performance.now() - start;
      }
    };
    const { Module, Instance } = WebAssembly;
    WebAssembly.Module = new Proxy(Module, {
      construct: (target, [bytes]: [Uint8Array<ArrayBuffer>]) => {
        this.#slice += bytes.byteLength;
        return measure(() => new target(bytes));
      },
    });
    WebAssembly.Instance = new Proxy(Instance, {
      construct: (target, [module, imports]: [WebAssembly.Module, WebAssembly.Imports]) =>
        measure(() => new target(module, imports)),
    });
  }

  nextSlice(): void {
    this.bytes += this.#slice;
    this.most = Math.max(this.most, this.#slice);
    this.#slice = 0;
  }
}

async function run({ shared, tailCalls, kernels, scale }: BrowserCase, elf: Uint8Array): Promise<BrowserResult> {
  const compile = new CompileTime();
  const machine = loadKernels(elf, { shared, engine: "jit", jit: { tailCalls } });
  const checksums: Record<string, number> = {};
  let longestSlice = 0;
  for (const kernel of machine.kernels) {
    if (!kernels.includes(kernel.name)) continue;
    enterKernel(machine, kernel, Math.max(1, Math.floor(kernel.iterations / scale)));
    for (let checksum: number | undefined; checksum === undefined; ) {
      const start = performance.now();
      checksum = runKernel(machine, SLICE);
      longestSlice = Math.max(longestSlice, performance.now() - start);
      compile.nextSlice();
      if (checksum !== undefined) checksums[kernel.name] = checksum;
      await new Promise((resolve) => setTimeout(resolve));
    }
  }
  const { compiledInstructions = 0, modules = 0 } = machine.processor.jitStatistics ?? {};
  return {
    checksums,
    compiledShare: compiledInstructions / machine.processor.retired,
    modules,
    mostBytes: compile.most,
    bytesPerMillisecond: compile.bytes / compile.milliseconds,
    longestSlice,
    isolated: globalThis.crossOriginIsolated,
  };
}

(globalThis as unknown as { runCase: unknown }).runCase = async (what: BrowserCase): Promise<BrowserResult> =>
  run(what, new Uint8Array(await (await fetch("/bench.elf")).arrayBuffer()));
