/**
 * The modules that all processors have, compiled once.
 *
 * Here: keeping them. Not here: what is in them (→ trampoline.ts, system/functions.ts).
 * @module
 */
import { systemModule } from "./system/functions.ts";
import { trampolineModule } from "./trampoline.ts";

const fixedModules = new Map<string, WebAssembly.Module>();

/** The way in, or what regions share. */
export function fixedModule(which: "run" | "system", shared: boolean, tailCalls: boolean): WebAssembly.Module {
  const key = `${which} ${shared} ${tailCalls}`;
  const known = fixedModules.get(key);
  if (known !== undefined) return known;
  const bytes = which === "run" ? trampolineModule(shared) : systemModule(shared, tailCalls);
  const module = new WebAssembly.Module(bytes);
  fixedModules.set(key, module);
  return module;
}
