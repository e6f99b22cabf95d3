/**
 * The host functions that compiled code calls, in the order of their imports.
 *
 * Here: names and types. Not here: what they do (→ host.ts).
 * @module
 */
import type { FunctionImport, FunctionType } from "./wasm/module-writer.ts";
import { I32 } from "./wasm/opcodes.ts";

/** Types of a module: a compiled function (block, budget) → budget; calls of the host. */
export const TYPES: readonly FunctionType[] = [
  { parameters: [I32, I32], results: [I32] },
  { parameters: [I32, I32, I32], results: [I32] },
  { parameters: [I32, I32, I32, I32], results: [] },
  { parameters: [I32, I32], results: [] },
  { parameters: [I32, I32, I32, I32], results: [I32] },
];
export const COMPILED_TYPE = 0;
const LOOKING = 1;
const STORING = 2;
const RUNNING = 3;
const LOCATING = 4;

/**
 * readN(linear, site, budget): the value; modifyN: the address in RAM where it may be read and written;
 * writeN(linear, value, site, budget); inputN(port, site, budget): what the port says; outputN(port, value, site, budget);
 * locate(linear, bytes, site, budget): the address in RAM where so many bytes may be read, or, with WRITING added, written;
 * divideError(site, budget): #DE, the function is left; execute(site, budget): runs the instruction as the interpreter does;
 * fetch(linear, budget): if something is left of the budget, the TLB knows the page of code there that comes next, or else nothing
 * has changed; the shared functions do that (system/functions.ts), the host nothing;
 * transfer(site, budget): the same as execute for one by which its function has been left already; SITE_WORD gets where to blame it;
 * interpret(site, budget): the function is left before the instruction.
 */
export type HelperName =
  | "read8"
  | "read16"
  | "read32"
  | "modify8"
  | "modify16"
  | "modify32"
  | "write8"
  | "write16"
  | "write32"
  | "input8"
  | "input16"
  | "input32"
  | "output8"
  | "output16"
  | "output32"
  | "divideError"
  | "locate"
  | "fetch"
  | "execute"
  | "transfer"
  | "interpret";
/** Added to the size that locate() is asked for. */
export const WRITING = 0x100;
const HELPERS: Readonly<Record<HelperName, number>> = {
  read8: LOOKING,
  read16: LOOKING,
  read32: LOOKING,
  modify8: LOOKING,
  modify16: LOOKING,
  modify32: LOOKING,
  write8: STORING,
  write16: STORING,
  write32: STORING,
  input8: LOOKING,
  input16: LOOKING,
  input32: LOOKING,
  output8: STORING,
  output16: STORING,
  output32: STORING,
  divideError: RUNNING,
  locate: LOCATING,
  fetch: RUNNING,
  execute: RUNNING,
  transfer: RUNNING,
  interpret: RUNNING,
};

const NAMES = Object.keys(HELPERS) as HelperName[];

export const IMPORTS: readonly FunctionImport[] = NAMES.map((name) => ({ name, type: HELPERS[name] }));

export function helperIndex(name: HelperName): number {
  return NAMES.indexOf(name);
}
