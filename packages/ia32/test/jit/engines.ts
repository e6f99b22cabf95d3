// The engines that are held against the interpreter: the compiler, always hot, in the shapes that hosts give it.
import type { ProcessorOptions } from "../../src/index.ts";

/** What differs between two machines with the same program. */
export interface EngineOptions extends Pick<ProcessorOptions, "engine" | "jit" | "model"> {
  /** RAM is a SharedArrayBuffer. */
  readonly shared?: boolean;
}

export const INTERPRETER: EngineOptions = { engine: "interpreter" };
export const ENGINES: Readonly<Record<string, EngineOptions>> = {
  hot: { engine: "jit", jit: { threshold: 0 } },
  "hot, small cache": {
    engine: "jit",
    jit: { threshold: 1, again: 750, cacheRegions: 4, regionBlocks: 3, moduleRegions: 2 },
  },
  "warm, many to a module": { engine: "jit", jit: { threshold: 2, again: 750, moduleRegions: 5 } },
  "hot, no tail calls, shared memory": {
    engine: "jit",
    jit: { threshold: 1, again: 750, tailCalls: false },
    shared: true,
  },
};
