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
  /** Each with its type, its export name and its body: locals and instructions. */
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
  to.unsigned(content.length).append(content);
}

/** The bytes of the module. */
export function moduleBytes(parts: ModuleParts): Uint8Array<ArrayBuffer> {
  const module = new CodeWriter().op(...HEADER);
  const types = new CodeWriter().unsigned(parts.types.length);
  for (const { parameters, results } of parts.types) {
    types
      .op(FUNCTYPE)
      .unsigned(parameters.length)
      .op(...parameters);
    types.unsigned(results.length).op(...results);
  }
  section(module, TYPE, types);

  const imports = new CodeWriter().unsigned(parts.imports.length + 2);
  name(name(imports, "m"), "memory").op(0x02);
  if (parts.sharedMemory) imports.op(0x03).unsigned(0).unsigned(MAXIMUM);
  else imports.op(0x00).unsigned(0);
  name(name(imports, "m"), "table").op(0x01, FUNCREF, 0x00).unsigned(0);
  for (const { name: text, type } of parts.imports) name(name(imports, "m"), text).op(0x00).unsigned(type);
  section(module, IMPORT, imports);

  const functions = new CodeWriter().unsigned(parts.functions.length);
  for (const { type } of parts.functions) functions.unsigned(type);
  section(module, FUNCTION, functions);

  const exports = new CodeWriter().unsigned(parts.functions.length);
  parts.functions.forEach(({ name: text }, i) => {
    name(exports, text)
      .op(0x00)
      .unsigned(parts.imports.length + i);
  });
  section(module, EXPORT, exports);

  const hinted = parts.functions.flatMap(({ body }, i) => (body.hints.length > 0 ? [{ body, i }] : []));
  if (hinted.length > 0) {
    const hints = name(new CodeWriter(), BRANCH_HINTS).unsigned(hinted.length);
    for (const { body, i } of hinted) {
      hints.unsigned(parts.imports.length + i).unsigned(body.hints.length);
      for (const [offset, taken] of body.hints) hints.unsigned(offset).op(1, taken);
    }
    section(module, CUSTOM, hints);
  }

  const code = new CodeWriter().unsigned(parts.functions.length);
  for (const { body } of parts.functions) code.unsigned(body.length).append(body);
  section(module, CODE, code);
  return module.bytes.slice(0, module.length) as Uint8Array<ArrayBuffer>;
}
