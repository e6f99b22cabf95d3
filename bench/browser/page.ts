/**
 * The page: kernels of the bench guest on the compiler, a slice at a time, and how long compiling holds up the page.
 *
 * Here: what runs inside the browser. Not here: starting one (run.ts).
 */
import { enterKernel, loadKernels, runKernel } from "../guest-kernels.ts";
import type { BrowserCase, BrowserResult } from "./cases.ts";

/** Instructions between two returns to the event loop. */
const SLICE = 200_000;

/** Bytes of modules, and the time that making each took; the constructors are wrapped to measure it. */
class CompileTime {
  readonly modules: [bytes: number, milliseconds: number][] = [];
  /** Bytes made within one slice at most. */
  most = 0;
  #slice = 0;

  constructor() {
    const { Module, Instance } = WebAssembly;
    WebAssembly.Module = new Proxy(Module, {
      construct: (target, [bytes]: [Uint8Array<ArrayBuffer>]) => {
        const start = performance.now();
        const module = new target(bytes);
        this.#slice += bytes.byteLength;
        this.modules.push([bytes.byteLength, performance.now() - start]);
        return module;
      },
    });
    WebAssembly.Instance = new Proxy(Instance, {
      construct: (
        target,
        [module, imports]: [WebAssembly.Module, ConstructorParameters<typeof WebAssembly.Instance>[1]],
      ) => {
        const start = performance.now();
        const instance = new target(module, imports);
        const last = this.modules.at(-1);
        if (last !== undefined) last[1] += performance.now() - start;
        return instance;
      },
    });
  }

  nextSlice(): void {
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
    made: compile.modules,
    longestSlice,
    isolated: (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated === true,
  };
}

(globalThis as unknown as { runCase: unknown }).runCase = async (what: BrowserCase): Promise<BrowserResult> =>
  run(what, new Uint8Array(await (await fetch("/bench.elf")).arrayBuffer()));
