/**
 * The compiler, as the processor sees it.
 *
 * Here: attaching it to decoded code. @module
 */
import type { Block, CodePage, DecodedCode, HotCode } from "../interpreter/code-cache.ts";
import type { Operation } from "../isa/operation.ts";
import type { Core } from "../state/core.ts";
import { DEFAULT_OPTIONS, type JitOptions, type JitStatistics } from "./options.ts";

export class Compiler implements HotCode {
  readonly threshold: number;
  faulted = false;
  page: CodePage | null = null;
  resume: Operation | null = null;

  constructor(options: JitOptions) {
    this.threshold = options.threshold ?? DEFAULT_OPTIONS.threshold;
  }

  enter(block: Block, _pageBase: number, _limit: number): boolean {
    block.heat = 0;
    return false;
  }

  dropped(_page: CodePage): void {}

  flushed(): void {}

  statistics(retired: number): JitStatistics {
    return {
      modules: 0,
      regions: 0,
      bytes: 0,
      compiled: 0,
      dropped: 0,
      compiledInstructions: 0,
      instructions: retired,
      notLowered: {},
    };
  }
}

/** A compiler for this processor's decoded code; null where its memory is no WebAssembly.Memory. */
export function attachCompiler(core: Core, code: DecodedCode, options: JitOptions): Compiler | null {
  if (!(core.memory.source instanceof WebAssembly.Memory)) return null;
  const compiler = new Compiler(options);
  code.hot = compiler;
  return compiler;
}
