/**
 * Accesses of compiled code that miss the TLB: the page is walked to here, or by the host.
 *
 * These functions stand in for the host's of the same names (imports.ts) and call them where the walk gives up or the access
 * crosses a page. Here: their bodies. Not here: the walk (→ page-walk.ts).
 * @module
 */
import { OFFSET_MASK } from "../../mmu/tlb.ts";
import { CONTROL_AREA_SIZE, LEFT_WORD, TLB_AREA, TLB_WORD } from "../../state/control-area.ts";
import { type HelperName, helperIndex } from "../imports.ts";
import { CodeWriter } from "../wasm/code-writer.ts";
import * as op from "../wasm/opcodes.ts";
import { WALK } from "./events.ts";
import { WALK_READS, WALK_WRITES } from "./page-walk.ts";

const LOADS: Readonly<Record<number, number>> = { 8: op.I32_LOAD8_U, 16: op.I32_LOAD16_U, 32: op.I32_LOAD };
const STORES: Readonly<Record<number, number>> = { 8: op.I32_STORE8, 16: op.I32_STORE16, 32: op.I32_STORE };
const LINEAR = 0;

/** Where the access may be done: pushes its address in RAM to `then`; the budget, a parameter, is what is left. */
function walked(w: CodeWriter, size: number, write: boolean, budget: number, then: () => void): void {
  w.get(LINEAR).const(0xfff).op(op.I32_AND);
  w.const(0x1000 - size / 8).op(op.I32_LE_U);
  w.if();
  w.get(LINEAR)
    .const(write ? WALK_WRITES : WALK_READS)
    .call(WALK);
  w.if();
  w.setWord(LEFT_WORD, budget);
  w.get(LINEAR).const(8).op(op.I32_SHR_U).const(OFFSET_MASK).op(op.I32_AND).word(TLB_WORD).op(op.I32_ADD);
  w.memory(op.I32_LOAD, TLB_AREA + 8)
    .get(LINEAR)
    .op(op.I32_ADD);
  then();
  w.end();
  w.end();
}

/** readN(linear, site, budget) and modifyN(linear, site, budget). */
export function lookBody(name: HelperName, size: number): CodeWriter {
  const [SITE, BUDGET] = [1, 2];
  const w = new CodeWriter().unsigned(0);
  const modify = name.startsWith("modify");
  walked(w, size, modify, BUDGET, () => {
    if (!modify) w.memory(LOADS[size], CONTROL_AREA_SIZE);
    w.op(op.RETURN);
  });
  return w.get(LINEAR).get(SITE).get(BUDGET).call(helperIndex(name)).op(op.END);
}

/** writeN(linear, value, site, budget). */
export function storeBody(name: HelperName, size: number): CodeWriter {
  const [VALUE, SITE, BUDGET] = [1, 2, 3];
  const w = new CodeWriter().unsigned(0);
  walked(w, size, true, BUDGET, () => {
    w.get(VALUE).memory(STORES[size], CONTROL_AREA_SIZE).op(op.RETURN);
  });
  return w.get(LINEAR).get(VALUE).get(SITE).get(BUDGET).call(helperIndex(name)).op(op.END);
}
