/**
 * The way from the host into compiled code.
 *
 * run(slot, entry, budget) calls the function in the table; where functions have no tail calls, one that goes on in another
 * says so in NEXT_WORD and returns. Here: that module, and which kind of jump the host has.
 * @module
 */
import { NEXT_ENTRY_WORD, NEXT_WORD } from "../state/control-area.ts";
import { COMPILED_TYPE, TYPES } from "./imports.ts";
import { CodeWriter } from "./wasm/code-writer.ts";
import { moduleBytes } from "./wasm/module-writer.ts";
import * as op from "./wasm/opcodes.ts";

const RUN_TYPE = TYPES.length;
const SLOT = 0;
const ENTRY = 1;
const BUDGET = 2;

/** The module that exports "run". */
export function trampolineModule(sharedMemory: boolean): Uint8Array<ArrayBuffer> {
  const w = new CodeWriter();
  w.unsigned(0);
  const again = w.loop();
  w.const(0).const(0).memory(op.I32_STORE, NEXT_WORD);
  w.get(ENTRY).get(BUDGET).get(SLOT).op(op.CALL_INDIRECT).unsigned(COMPILED_TYPE).unsigned(0).set(BUDGET);
  w.word(NEXT_WORD).tee(SLOT);
  w.if();
  w.word(NEXT_ENTRY_WORD).set(ENTRY);
  w.br(again);
  w.end();
  w.end();
  w.get(BUDGET).op(op.END);
  return moduleBytes({
    types: [...TYPES, { parameters: [op.I32, op.I32, op.I32], results: [op.I32] }],
    imports: [],
    sharedMemory,
    functions: [{ type: RUN_TYPE, name: "run", body: w }],
  });
}

let known: boolean | undefined;

/** The host knows tail calls. */
export function hasTailCalls(): boolean {
  known ??= validatesTailCalls();
  return known;
}

function validatesTailCalls(): boolean {
  const w = new CodeWriter();
  w.unsigned(0).get(0).get(1).const(0).op(op.RETURN_CALL_INDIRECT).unsigned(COMPILED_TYPE).unsigned(0).op(op.END);
  return WebAssembly.validate(
    moduleBytes({
      types: TYPES,
      imports: [],
      sharedMemory: false,
      functions: [{ type: COMPILED_TYPE, name: "f", body: w }],
    }),
  );
}
