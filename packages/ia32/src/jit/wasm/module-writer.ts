/**
 * Puts functions together to a WebAssembly module.
 *
 * Here: sections. Not here: instructions (→ code-writer.ts). WebAssembly Core Specification 2.0, 5.5.
 * @module
 */
import { CodeWriter } from "./code-writer.ts";

export interface FunctionType {
  readonly parameters: readonly number[];
  readonly results: readonly number[];
}

export interface FunctionImport {
  readonly name: string;
  readonly type: number;
}

export interface ModuleParts {
  readonly types: readonly FunctionType[];
  /** All imports are from module "m": the memory "memory", the table "table", then these functions. */
  readonly imports: readonly FunctionImport[];
  readonly sharedMemory: boolean;
  /** Each with its type, its export name ("": not exported) and its body: locals and instructions. */
  readonly functions: readonly { readonly type: number; readonly name: string; readonly body: CodeWriter }[];
}

const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const CUSTOM = 0;
const TYPE = 1;
const IMPORT = 2;
const FUNCTION = 3;
const EXPORT = 7;
const CODE = 10;
const FUNCTYPE = 0x60;
const FUNCREF = 0x70;
/** Branch hinting proposal, "Binary format"; other hosts skip the section. */
const BRANCH_HINTS = "metadata.code.branch_hint";
/** Pages that a 32-bit memory has at most: a shared memory's import must name a maximum. */
const MAXIMUM = 0x10000;

function name(to: CodeWriter, text: string): CodeWriter {
  to.unsigned(text.length);
  for (let i = 0; i < text.length; i++) to.byte(text.charCodeAt(i));
  return to;
}

function section(to: CodeWriter, id: number, content: CodeWriter): void {
  to.byte(id);
  to.unsigned(content.length).put(content);
}

/** Bytes of an unsigned LEB128 number. */
function sizeOf(value: number): number {
  return Math.max(1, Math.ceil((32 - Math.clz32(value)) / 7));
}

/** What comes before the functions, by types: modules of the same types mostly have the same imports. */
const beginnings = new WeakMap<readonly FunctionType[], Omit<ModuleParts, "functions"> & { bytes: CodeWriter }>();

function beginning({ types, imports, sharedMemory }: ModuleParts): CodeWriter {
  const known = beginnings.get(types);
  if (known !== undefined && known.imports === imports && known.sharedMemory === sharedMemory) return known.bytes;
  const bytes = new CodeWriter().op(...HEADER);
  const typeSection = new CodeWriter().unsigned(types.length);
  for (const { parameters, results } of types) {
    typeSection
      .op(FUNCTYPE)
      .unsigned(parameters.length)
      .op(...parameters);
    typeSection.unsigned(results.length).op(...results);
  }
  section(bytes, TYPE, typeSection);

  const importSection = new CodeWriter().unsigned(imports.length + 2);
  name(name(importSection, "m"), "memory").op(0x02);
  if (sharedMemory) importSection.op(0x03).unsigned(0).unsigned(MAXIMUM);
  else importSection.op(0x00).unsigned(0);
  name(name(importSection, "m"), "table").op(0x01, FUNCREF, 0x00).unsigned(0);
  for (const { name: text, type } of imports) name(name(importSection, "m"), text).op(0x00).unsigned(type);
  section(bytes, IMPORT, importSection);
  beginnings.set(types, { types, imports, sharedMemory, bytes });
  return bytes;
}

/** The bytes of the module. */
export function moduleBytes(parts: ModuleParts): Uint8Array<ArrayBuffer> {
  const first = beginning(parts);
  const functions = new CodeWriter().unsigned(parts.functions.length);
  for (const { type } of parts.functions) functions.unsigned(type);

  const exports = new CodeWriter().unsigned(parts.functions.filter(({ name: text }) => text !== "").length);
  parts.functions.forEach(({ name: text }, i) => {
    if (text !== "")
      name(exports, text)
        .op(0x00)
        .unsigned(parts.imports.length + i);
  });

  const hinted = parts.functions.flatMap(({ body }, i) => (body.hints.length > 0 ? [{ body, i }] : []));
  const hints = name(new CodeWriter(), BRANCH_HINTS).unsigned(hinted.length);
  for (const { body, i } of hinted) {
    hints.unsigned(parts.imports.length + i).unsigned(body.hints.length);
    for (const hint of body.hints) hints.unsigned(hint >>> 1).op(1, hint & 1);
  }

  let codeBytes = sizeOf(parts.functions.length);
  for (const { body } of parts.functions) codeBytes += sizeOf(body.length) + body.length;
  const sections = [functions, exports, hints].reduce((sum, { length }) => sum + 1 + sizeOf(length) + length, 0);
  const module = new CodeWriter(first.length + sections + 1 + sizeOf(codeBytes) + codeBytes).put(first);
  section(module, FUNCTION, functions);
  section(module, EXPORT, exports);
  if (hinted.length > 0) section(module, CUSTOM, hints);
  module.byte(CODE);
  module.unsigned(codeBytes).unsigned(parts.functions.length);
  for (const { body } of parts.functions) module.unsigned(body.length).put(body);
  return module.bytes.subarray(0, module.length);
}
