/**
 * The module of functions that all regions share: leaving a block by an instruction that sets EIP, and delivering events.
 *
 *   place in the table   function(argument, budget) → budget
 *   TRANSFER_SLOT        the host runs the instruction at the site; goes on where it led
 *   INTERRUPT_SLOT       INT n at the site (EVENT_WORD: what; EIP: behind it)
 *   RETURN_SLOT          IRET of 32 bits at the site
 *   GO_ON_SLOT           goes on at EIP; argument: the site to blame
 *   FETCH_SLOT           the same, in another page of code
 *   FAULT_SLOT           delivers EVENT_WORD at EIP; argument: the site to blame; returns DECLINED if that could not be done
 *
 * A region comes here with its registers and flags stored, and does not come back: each of them goes on in the function that
 * the jump cache has for the new EIP, or returns to the loop. What they cannot do exactly the host does.
 * Here: those functions. Not here: what they are called by (→ events.ts), delivery (→ delivery.ts), IRET (→ interrupt-return.ts).
 * @module
 */
import { OFFSET_MASK, PAGE_MASK } from "../../mmu/tlb.ts";
import {
  CONTROL_AREA_SIZE,
  EVENT_WORD,
  GDT_WORD,
  LEFT_WORD,
  NEXT_ENTRY_WORD,
  NEXT_WORD,
  REGISTER_FILE,
  SITE_WORD,
  TLB_AREA,
  TLB_WORD,
} from "../../state/control-area.ts";
import { EIP } from "../../state/registers.ts";
import { LEAVE_NOW } from "../emitter.ts";
import { SITE_BITS } from "../function.ts";
import { COMPILED_TYPE, type HelperName, helperIndex, IMPORTS, TYPES } from "../imports.ts";
import { findJump, JUMP_ENTRY, JUMP_SLOT, jumpIsMapped } from "../jump-cache.ts";
import { CodeWriter } from "../wasm/code-writer.ts";
import { moduleBytes } from "../wasm/module-writer.ts";
import * as op from "../wasm/opcodes.ts";
import { lookBody, storeBody } from "./accesses.ts";
import { deliveryBody } from "./delivery.ts";
import {
  DECLINED,
  DELIVER,
  FAULT_SLOT,
  FETCH,
  FETCH_ANEW,
  FETCH_SLOT,
  GO_ON,
  GO_ON_SLOT,
  INTERRUPT_SLOT,
  RETURN,
  RETURN_SLOT,
  SYSTEM_ADDRESS,
  TRANSFER,
  TRANSFER_SLOT,
  WALK,
} from "./events.ts";
import { returnBody } from "./interrupt-return.ts";
import { WALK_FETCHES, walkBody } from "./page-walk.ts";

const EIP_WORD = REGISTER_FILE + 4 * EIP;
const DESCRIPTOR = 8;
const SELECTOR_TYPE = TYPES.length;
const FETCHING = IMPORTS[helperIndex("fetch")].type;
/** Bits of a site that are the place in its block. */
const POSITIONS = (1 << SITE_BITS) - 1;

function body(locals: number): CodeWriter {
  const w = new CodeWriter();
  return locals === 0 ? w.unsigned(0) : w.unsigned(1).unsigned(locals).op(op.I32);
}

/** fetch(linear, budget): see imports.ts. */
function fetch(): CodeWriter {
  const [LINEAR, BUDGET] = [0, 1];
  const w = body(0);
  w.get(BUDGET).const(0).op(op.I32_GT_S);
  w.get(LINEAR).const(8).op(op.I32_SHR_U).const(OFFSET_MASK).op(op.I32_AND).word(TLB_WORD).op(op.I32_ADD);
  w.memory(op.I32_LOAD, TLB_AREA).get(LINEAR).const(PAGE_MASK).op(op.I32_AND, op.I32_NE, op.I32_AND);
  w.if();
  w.get(LINEAR).const(WALK_FETCHES).call(WALK).op(op.DROP);
  w.end();
  return w.op(op.END);
}

/** As goOn(), in another page than that of the code that runs. */
function goOnElsewhere(tailCalls: boolean): CodeWriter {
  const [SITE, BUDGET] = [0, 1];
  const w = body(0);
  w.word(EIP_WORD).get(BUDGET).call(FETCH);
  w.get(SITE).get(BUDGET);
  finish(w, tailCalls);
  return w.op(op.END);
}

/** goOn(site, budget): goes on at EIP; where that is not compiled, or not mapped as it was, the function has been left at the site. */
function goOn(tailCalls: boolean): CodeWriter {
  const [SITE, BUDGET, TO, FOUND, TLB, SCRATCH] = [0, 1, 2, 3, 4, 5];
  const w = body(4);
  w.word(EIP_WORD).set(TO);
  w.get(SITE).const(POSITIONS).op(op.I32_AND).const(FETCH_ANEW).op(op.I32_EQ);
  w.if();
  w.get(TO).get(BUDGET).call(FETCH);
  w.end();
  findJump(w, TO, FOUND);
  w.if();
  w.word(TLB_WORD).set(TLB);
  jumpIsMapped(w, TO, FOUND, TLB, SCRATCH);
  w.if();
  w.get(FOUND).memory(op.I32_LOAD, JUMP_ENTRY);
  if (tailCalls) {
    w.get(BUDGET).get(FOUND).memory(op.I32_LOAD, JUMP_SLOT);
    w.op(op.RETURN_CALL_INDIRECT).unsigned(COMPILED_TYPE).unsigned(0);
  } else {
    w.set(TO).setWord(NEXT_ENTRY_WORD, TO);
    w.get(FOUND).memory(op.I32_LOAD, JUMP_SLOT).set(TO).setWord(NEXT_WORD, TO);
    w.get(BUDGET).op(op.RETURN);
  }
  w.end();
  w.end();
  w.setWord(SITE_WORD, SITE);
  return w.get(BUDGET).op(op.END);
}

/** systemAddress(linear, bytes): where RAM has them, if a supervisor's TLB knows; −1. */
function systemAddress(): CodeWriter {
  const [LINEAR, BYTES, TLB] = [0, 1, 2];
  const w = body(1);
  w.get(LINEAR).const(8).op(op.I32_SHR_U).const(OFFSET_MASK).op(op.I32_AND).tee(TLB).memory(op.I32_LOAD, TLB_AREA);
  w.get(LINEAR).get(BYTES).op(op.I32_ADD).const(-1).op(op.I32_ADD).const(-4096).op(op.I32_AND, op.I32_EQ);
  w.if(op.I32);
  w.get(TLB)
    .memory(op.I32_LOAD, TLB_AREA + 8)
    .get(LINEAR)
    .op(op.I32_ADD);
  w.else();
  w.const(-1);
  w.end();
  return w.op(op.END);
}

/** isKnown(selector, place): the selector's descriptor is still the one at a place of KNOWN_SEGMENTS. */
function isKnown(): CodeWriter {
  const [SELECTOR, PLACE, OFFSET] = [0, 1, 2];
  const w = body(1);
  w.const(0);
  const no = w.block();
  w.get(SELECTOR).get(PLACE).memory(op.I32_LOAD, 0).op(op.I32_NE).brIf(no);
  w.get(SELECTOR).const(0xfff8).op(op.I32_AND).tee(OFFSET).const(7).op(op.I32_ADD);
  w.word(GDT_WORD + 4)
    .op(op.I32_GT_U)
    .brIf(no);
  w.get(OFFSET).word(GDT_WORD).op(op.I32_ADD).const(DESCRIPTOR).call(SYSTEM_ADDRESS);
  w.tee(OFFSET).const(-1).op(op.I32_EQ).brIf(no);
  w.get(OFFSET).memory(op.I64_LOAD, CONTROL_AREA_SIZE).get(PLACE).memory(op.I64_LOAD, 8).op(op.I64_EQ, op.RETURN);
  w.end();
  return w.op(op.END);
}

/** Calls the function that goes on and returns what it returns; site and budget are on the stack. */
function finish(w: CodeWriter, tailCalls: boolean): void {
  if (tailCalls) w.op(op.RETURN_CALL).unsigned(GO_ON);
  else w.call(GO_ON).op(op.RETURN);
}

/** The host runs the instruction and, where EIP is all that there is to it, says in SITE_WORD how to go on. */
function transfer(tailCalls: boolean): CodeWriter {
  const [SITE, BUDGET] = [0, 1];
  const w = body(0);
  w.get(SITE).get(BUDGET).call(helperIndex("transfer"));
  w.word(LEFT_WORD).tee(BUDGET).const(LEAVE_NOW).op(op.I32_NE);
  w.if();
  w.word(SITE_WORD).get(BUDGET);
  finish(w, tailCalls);
  w.end();
  return w.get(BUDGET).op(op.END);
}

/** A site whose page of code is translated anew. */
function anew(w: CodeWriter, site: number): void {
  w.get(site).const(~POSITIONS).op(op.I32_AND).const(FETCH_ANEW).op(op.I32_OR);
}

function interrupt(tailCalls: boolean): CodeWriter {
  const [SITE, BUDGET] = [0, 1];
  const w = body(0);
  w.word(EVENT_WORD).get(BUDGET).call(DELIVER);
  w.if();
  anew(w, SITE);
  w.get(BUDGET).const(1).op(op.I32_SUB);
  finish(w, tailCalls);
  w.end();
  w.get(SITE).get(BUDGET).call(TRANSFER);
  return w.op(op.END);
}

function interruptReturn(tailCalls: boolean): CodeWriter {
  const [SITE, BUDGET, LEVEL] = [0, 1, 2];
  const w = body(1);
  w.get(BUDGET).call(RETURN).tee(LEVEL).const(-1).op(op.I32_NE);
  w.if();
  w.get(SITE).const(~POSITIONS).op(op.I32_AND).get(LEVEL).const(0).op(op.I32_NE, op.I32_OR);
  w.get(BUDGET);
  finish(w, tailCalls);
  w.end();
  w.get(SITE).get(BUDGET).call(TRANSFER);
  return w.op(op.END);
}

function fault(tailCalls: boolean): CodeWriter {
  const [SITE, BUDGET] = [0, 1];
  const w = body(0);
  w.word(EVENT_WORD).get(BUDGET).call(DELIVER);
  w.if();
  anew(w, SITE);
  w.get(BUDGET).const(1).op(op.I32_SUB);
  finish(w, tailCalls);
  w.end();
  return w.const(DECLINED).op(op.END);
}

/** The module: SYSTEM_EXPORTS and what they call. */
export function systemModule(sharedMemory: boolean, tailCalls: boolean): Uint8Array<ArrayBuffer> {
  const two = COMPILED_TYPE;
  return moduleBytes({
    types: [...TYPES, { parameters: [op.I32], results: [op.I32] }],
    imports: IMPORTS,
    sharedMemory,
    functions: [
      { type: two, name: "goOn", body: goOn(tailCalls) },
      { type: two, name: "systemAddress", body: systemAddress() },
      { type: two, name: "isKnown", body: isKnown() },
      { type: two, name: "deliver", body: deliveryBody() },
      { type: SELECTOR_TYPE, name: "return", body: returnBody() },
      { type: two, name: "transfer", body: transfer(tailCalls) },
      { type: two, name: "walk", body: walkBody() },
      { type: FETCHING, name: "fetch", body: fetch() },
      { type: two, name: "goOnElsewhere", body: goOnElsewhere(tailCalls) },
      { type: two, name: "interrupt", body: interrupt(tailCalls) },
      { type: two, name: "interruptReturn", body: interruptReturn(tailCalls) },
      { type: two, name: "fault", body: fault(tailCalls) },
      ...ACCESSES.filter((name) => name !== "fetch").map((name) => {
        const size = Number(/\d+/.exec(name)?.[0]);
        const body = name.startsWith("write") ? storeBody(name, size) : lookBody(name, size);
        return { type: IMPORTS[helperIndex(name)].type, name, body };
      }),
    ],
  });
}

/** Functions that stand in for the host's. */
export const ACCESSES: readonly HelperName[] = [
  "fetch",
  "read8",
  "read16",
  "read32",
  "modify8",
  "modify16",
  "modify32",
  "write8",
  "write16",
  "write32",
];

/** Exports by their places in the table. */
export const SYSTEM_EXPORTS: Readonly<Record<number, string>> = {
  [TRANSFER_SLOT]: "transfer",
  [INTERRUPT_SLOT]: "interrupt",
  [RETURN_SLOT]: "interruptReturn",
  [FAULT_SLOT]: "fault",
  [GO_ON_SLOT]: "goOn",
  [FETCH_SLOT]: "goOnElsewhere",
};
