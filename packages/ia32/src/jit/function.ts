/**
 * One compiled function: a region of blocks, how it is entered, and how it is left.
 *
 *   loop top                     dispatches to the block in STATE
 *     block exit                 store what changed; go on in another function, or return the budget
 *       block stay               store the site
 *       block stop               store EIP
 *         block leave            look EIP up in the jump cache; in another page, translate the fetch and look again
 *           blocks and loops of the region
 *
 * Here: that frame, blocks, and the edges between them. A block first checks that the budget lasts to its end; an edge to another
 * page checks that the TLB maps it as it was. Who cannot go on tells the host, which changes nothing that the interpreter
 * would not have changed. Not here: instructions (→ forms.ts), loops (→ structure.ts).
 * Long because all of it shares the labels of one function.
 * @module
 */
import type { Operation } from "../isa/operation.ts";
import {
  CARRIES_WORD,
  JUMPS_TAKEN,
  JUMPS_TAKEN_ENTRIES,
  NEXT_ENTRY_WORD,
  NEXT_WORD,
  REGISTER_FILE,
  SIGN_WORD,
  SITE_WORD,
  TLB_WORD,
  ZERO_WORD,
} from "../state/control-area.ts";
import { EIP as EIP_REGISTER } from "../state/registers.ts";
import { chainedLoads } from "./chains.ts";
import { distinct } from "./distinct.ts";
import { Emitter } from "./emitter.ts";
import * as flag from "./flags.ts";
import { CARRY } from "./flow.ts";
import { emitCall, emitOperation } from "./forms.ts";
import { COMPILED_TYPE, helperIndex } from "./imports.ts";
import { findJump, JUMP_ENTRY, JUMP_HOME, JUMP_SLOT, jumpIsMapped } from "./jump-cache.ts";
import * as local from "./locals.ts";
import { Lowering } from "./lowering.ts";
import { flagsLiveBehind, isDynamic, type RegionBlock } from "./region.ts";
import { entriesOf, type Item, structure } from "./structure.ts";
import { FETCH_SLOT } from "./system/events.ts";
import { registersOf, usesVectors } from "./vectors/vector-forms.ts";
import { VectorRegisters } from "./vectors/vector-registers.ts";
import { CodeWriter, type Label } from "./wasm/code-writer.ts";
import * as op from "./wasm/opcodes.ts";
import * as simd from "./wasm/simd-opcodes.ts";
import { FloatStack } from "./x87/float-stack.ts";
import type { FloatFunction } from "./x87/functions.ts";
import { planStack } from "./x87/stack-effects.ts";

/** Bits of a site that are the place in its block. */
export const SITE_BITS = 6;

/** Place in a site that means: before the block. */
export const AT_START: number = (1 << SITE_BITS) - 1;

export interface FunctionOptions {
  /** Place of the function in the table. */
  readonly slot: number;
  /** Number of a block, for sites. */
  readonly site: (block: RegionBlock) => number;
  readonly tailCalls: boolean;
  /** The function is hot: jumps are compared with where they are expected to go. */
  readonly hot: boolean;
  /** Hears of rows that are called. */
  readonly called: (block: RegionBlock, position: number) => void;
}

/** A compiled region: locals and code, and what it calls of x87/functions.ts. */
export interface CompiledBody {
  readonly body: CodeWriter;
  readonly floats: ReadonlySet<FloatFunction>;
}

/** The body of a region's function. */
export function functionBody(region: readonly RegionBlock[], options: FunctionOptions): CompiledBody {
  const writer = new FunctionWriter(region, options);
  return { body: writer.body(), floats: writer.floats };
}

/** A jump is compared with so many targets at most. */
const EXPECTED = 3;
const { TARGET, TARGET_ENTRY, LOOKUP, LOOKUP_TLB } = local;

/** Room for what comes before the blocks. */
const BEGINNING = new CodeWriter(1024);

class FunctionWriter {
  readonly #region: readonly RegionBlock[];
  readonly #options: FunctionOptions;
  readonly #emit = new Emitter();
  readonly #w = this.#emit.w;
  readonly #byEip = new Map<number, RegionBlock>();
  /** Where blocks are that come later, and heads of loops around. */
  readonly #forward = new Map<RegionBlock, Label>();
  readonly #loops = new Map<RegionBlock, Label>();
  /** Entries of loops that dispatch. */
  readonly #dispatched = new Set<RegionBlock>();
  /** What is known of the flags behind blocks. */
  readonly #flagsBehind = new Map<RegionBlock, flag.KnownFlags>();
  #chained: ReadonlySet<Operation> = new Set();
  #top: Label = 0;

  constructor(region: readonly RegionBlock[], options: FunctionOptions) {
    this.#region = region;
    this.#options = options;
    for (const block of region) this.#byEip.set(block.eip, block);
  }

  /** Functions of x87 arithmetic that the body calls. */
  get floats(): ReadonlySet<FloatFunction> {
    return this.#emit.floats.functions;
  }

  body(): CodeWriter {
    const w = this.#w;
    const operations = this.#region.flatMap((block) => block.operations);
    this.#emit.vectors.kept = registersOf(operations);
    this.#emit.floats.plan = planStack(this.#region);
    const withVectors = usesVectors(operations);
    const items = structure(this.#region);
    this.#findDispatched(items);
    this.#chained = chainedLoads(items);
    this.#emit.anchors.enabled = this.#options.hot;
    this.#emit.parts.enabled = this.#options.hot;
    this.#emit.floats.inline = this.#options.hot;
    this.#top = w.loop();
    const exit = w.block();
    const stay = w.block();
    const stop = w.block();
    const leave = w.block();
    this.#emit.ways = { leave, stop, stay, exit };
    this.#items(items, this.#entries);
    w.op(op.UNREACHABLE);
    w.end();
    this.#lookUp(exit);
    w.end();
    w.setWord(REGISTER_FILE + 4 * EIP_REGISTER, local.EIP);
    w.end();
    w.setWord(SITE_WORD, local.SITE);
    w.end();
    this.#epilogue();
    w.end();
    w.op(op.UNREACHABLE);
    w.op(op.END);

    const all = BEGINNING.clear();
    const { vectors, floats } = this.#emit;
    const withFloats = floats.plan !== null || withVectors;
    this.#declare(all, withFloats, withVectors);
    const { read, written } = this.#emit;
    for (let number = 0; number < 8; number++)
      if ((read | written) & (1 << number)) all.word(REGISTER_FILE + 4 * number).set(local.GPR + number);
    all.word(SIGN_WORD).set(local.SIGN).word(ZERO_WORD).set(local.RESULT).word(CARRIES_WORD).tee(local.B);
    all.const(31).op(op.I32_SHR_U).set(local.CARRY);
    all.word(TLB_WORD).set(local.TLB);
    new VectorRegisters(all, vectors.kept).load();
    new FloatStack(all, floats.plan, floats.inline).enter(this.#entries);
    return new CodeWriter(all.length + w.length).append(all).append(w);
  }

  /** Locals: a small function is compiled and entered faster without those that it does not use. */
  #declare(all: CodeWriter, floats: boolean, vectors: boolean): void {
    const { temporaries, usesWide, anchors } = this.#emit;
    if (!floats && !usesWide) {
      const end = Math.max(local.TEMPORARIES + temporaries, local.LOOKUP_END);
      const count = (anchors.enabled ? local.FSW : end) - local.GPR;
      all.unsigned(1).unsigned(count).op(op.I32);
      return;
    }
    all.unsigned(2 + (floats ? 2 : 0) + (vectors ? 3 : 0));
    all
      .unsigned(local.WIDE - local.GPR)
      .op(op.I32)
      .unsigned(local.WIDE_COUNT)
      .op(op.I64);
    if (floats) {
      all.unsigned(local.FLOAT_SIGNIFICANDS - local.FLOAT_WORDS).op(op.I32);
      all.unsigned(local.XMM - local.FLOAT_SIGNIFICANDS).op(op.I64);
    }
    if (vectors) {
      all.unsigned(local.DOUBLES - local.XMM).op(op.V128);
      all.unsigned(local.DOUBLE_COUNT).op(op.F64).unsigned(local.SINGLE_COUNT).op(simd.F32);
    }
  }

  get #entries(): readonly RegionBlock[] {
    return this.#region.filter((block) => block.entry);
  }

  #findDispatched(items: readonly Item[]): void {
    for (const item of items) {
      if (item.kind === "block") continue;
      if (item.entries.length > 1) for (const entry of item.entries) this.#dispatched.add(entry);
      this.#findDispatched(item.body);
    }
  }

  /** Items in order; each begins behind the end of a block that jumps to it leave. `dispatch`: STATE says where to begin. */
  #items(items: readonly Item[], dispatch: readonly RegionBlock[]): void {
    const w = this.#w;
    const labels: Label[] = new Array(items.length);
    const before = new Map<RegionBlock, Label | undefined>();
    for (let i = items.length - 1; i >= 0; i--) {
      labels[i] = w.block();
      for (const entry of entriesOf(items[i])) {
        before.set(entry, this.#forward.get(entry));
        this.#forward.set(entry, labels[i]);
      }
    }
    this.#dispatch(dispatch);
    items.forEach((item) => {
      w.end();
      for (const entry of entriesOf(item)) {
        const label = before.get(entry);
        if (label === undefined) this.#forward.delete(entry);
        else this.#forward.set(entry, label);
      }
      if (item.kind === "block") this.#block(item.block);
      else this.#loop(item.entries, item.body);
    });
  }

  #dispatch(entries: readonly RegionBlock[]): void {
    if (entries.length === 0) return;
    const first = this.#labelOf(entries[0]);
    if (entries.length === 1) {
      this.#w.br(first);
      return;
    }
    const labels: Label[] = new Array(this.#region.length).fill(first);
    for (const entry of entries) labels[entry.index] = this.#labelOf(entry);
    this.#w.get(local.STATE).brTable(labels, first);
  }

  #labelOf(block: RegionBlock): Label {
    const label = this.#forward.get(block);
    if (label === undefined) throw new Error(`no way to ${block.eip.toString(16)}`);
    return label;
  }

  #loop(entries: readonly RegionBlock[], body: readonly Item[]): void {
    const w = this.#w;
    const label = w.loop();
    for (const entry of entries) this.#loops.set(entry, label);
    this.#items(body, entries.length > 1 ? entries : []);
    for (const entry of entries) this.#loops.delete(entry);
    w.end();
    w.op(op.UNREACHABLE);
  }

  #goTo(block: RegionBlock): void {
    const w = this.#w;
    this.#emit.floats.align(block);
    if (this.#dispatched.has(block)) w.const(block.index).set(local.STATE);
    w.br(this.#loops.get(block) ?? this.#labelOf(block));
  }

  #block(block: RegionBlock): void {
    const w = this.#w;
    const emit = this.#emit;
    const { flags } = emit;
    const site = this.#options.site(block) << SITE_BITS;
    const { length } = block.operations;
    w.get(local.BUDGET).const(length).op(op.I32_LT_S);
    w.hint(false).if();
    this.#stay(block);
    w.end();
    w.get(local.BUDGET).const(length).op(op.I32_SUB).set(local.BUDGET);
    if (block.second !== null) {
      emit.mapped(block.second.page, block.second.home);
      w.op(op.I32_EQZ);
      w.if();
      w.get(local.BUDGET).const(length).op(op.I32_ADD).set(local.BUDGET);
      this.#stay(block);
      w.end();
    }
    flags.known = this.#flagsBefore(block);
    emit.vectors.forget();
    emit.floats.begin(block);
    const live = flagsLiveBehind(this.#region, block);
    const to = new Lowering(emit, block.operations[0], ({ operation }) => emitCall(emit, operation));
    emit.anchors.begin(block.operations);
    emit.parts.begin();
    block.operations.forEach((operation, position) => {
      emit.begin(site | position);
      emit.anchors.at(position);
      emit.chained = this.#chained.has(operation);
      emit.loose = block.block.loose.includes(operation) ? block.page.frame * 4096 + operation.end - 4 : -1;
      to.operation = operation;
      to.next = (block.pageBase + operation.end) | 0;
      to.flagsLive = live[position];
      if (!emitOperation(to)) this.#options.called(block, position);
    });
    if (isDynamic(block)) {
      const needed = live[length - 1];
      this.#give(needed);
      // Some entries may need all flags and others CF alone.
      if (needed > CARRY) flags.keepCarry();
    }
    this.#flagsBehind.set(block, flags.known);
    this.#end(block);
  }

  #flagsBefore({ only, flagsLive, eip }: RegionBlock): flag.KnownFlags {
    if (only === null)
      return { kind: (flagsLive & ~CARRY) !== 0 ? flag.WORDS : flag.UNKNOWN, carry: (flagsLive & CARRY) !== 0 };
    const known = this.#flagsBehind.get(only);
    if (known === undefined) throw new Error(`${eip.toString(16)} comes before the one that leads there`);
    return known;
  }

  /** Makes known of the flags what others need. */
  #give(needed: number): void {
    const { flags } = this.#emit;
    if (needed === CARRY) flags.keepCarry();
    else if (needed !== 0) flags.words();
  }

  /** The edges behind a block. */
  #end(block: RegionBlock): void {
    const w = this.#w;
    switch (block.flow) {
      case "next":
        this.#edge(block, block.next);
        return;
      case "jump":
      case "call":
        this.#edge(block, block.target);
        return;
      case "branch":
        w.if();
        this.#edge(block, block.target);
        w.end();
        this.#edge(block, block.next);
        return;
      case "leave":
        // It has been left.
        return;
      default:
        if (this.#options.hot) this.#expect(block);
        this.#leave(block);
    }
  }

  /** Compares EIP with where a jump of unknown target has gone, or where calls of this function come back to. */
  #expect(from: RegionBlock): void {
    const w = this.#w;
    const likely = from.likely.length > 0 || from.flow !== "return" ? from.likely : this.#returnPoints();
    if (likely.length <= EXPECTED) {
      for (const to of likely) this.#goIfThere(from, to);
      return;
    }
    const found = distinct(likely.map(({ eip }) => eip));
    if (found === null) return;
    const { multiplier, bits, order } = found;
    const miss = w.block();
    const cases = likely.map(() => w.block());
    w.get(local.EIP)
      .const(multiplier)
      .op(op.I32_MUL)
      .const(32 - bits)
      .op(op.I32_SHR_U);
    w.brTable(
      order.map((at) => (at < 0 ? miss : cases[at])),
      miss,
    );
    for (const to of likely.toReversed()) {
      w.end();
      this.#goIfThere(from, to);
      w.br(miss);
    }
    w.end();
  }

  /** Goes to a block whose EIP is in its local, if it is that one. */
  #goIfThere(from: RegionBlock, to: RegionBlock): void {
    const w = this.#w;
    w.get(local.EIP).const(to.eip).op(op.I32_EQ);
    if (to.pageBase !== from.pageBase) {
      this.#emit.mapped(to.pageBase, to.home);
      w.op(op.I32_AND);
    }
    w.if();
    if (this.#loops.has(to) || this.#forward.has(to)) this.#goTo(to);
    else {
      this.#emit.floats.align(to);
      w.const(to.index).set(local.STATE);
      w.br(this.#top);
    }
    w.end();
  }

  #returnPoints(): RegionBlock[] {
    const behind = new Set(this.#region.filter(({ flow }) => /call/i.test(flow)).map(({ next }) => next));
    return this.#region.filter((block) => block.entry && behind.has(block.eip));
  }

  #edge(from: RegionBlock, eip: number): void {
    const w = this.#w;
    const to = this.#byEip.get(eip);
    if (to === undefined) {
      w.const(eip).set(local.EIP);
      this.#leave(from);
      return;
    }
    if (to.pageBase !== from.pageBase) {
      this.#emit.mapped(to.pageBase, to.home);
      w.op(op.I32_EQZ);
      w.hint(false).if();
      w.const(eip).get(local.BUDGET).call(helperIndex("fetch"));
      this.#emit.mapped(to.pageBase, to.home);
      w.op(op.I32_EQZ);
      w.if();
      this.#stop(eip, from);
      w.end();
      w.end();
    }
    const { flags } = this.#emit;
    const { known } = flags;
    if (to.only === null) this.#give(to.flagsLive);
    this.#goTo(to);
    flags.known = known;
  }

  /** Goes to the EIP in its local. */
  #leave(from: RegionBlock): void {
    const w = this.#w;
    w.const(this.#options.site(from) << SITE_BITS).set(local.SITE);
    w.const(from.pageBase).set(local.PAGE).const(from.home).set(local.HOME);
    w.br(this.#emit.ways.leave);
  }

  /** Leaves before a block: the host sets EIP. */
  #stay(block: RegionBlock): void {
    const w = this.#w;
    w.const((this.#options.site(block) << SITE_BITS) | AT_START).set(local.SITE);
    w.br(this.#emit.ways.stay);
  }

  #stop(eip: number, block: RegionBlock): void {
    const w = this.#w;
    w.const(eip).set(local.EIP);
    w.const(this.#options.site(block) << SITE_BITS).set(local.SITE);
    w.br(this.#emit.ways.stop);
  }

  /** Finds compiled code for EIP: in this function, or in another one. */
  #lookUp(exit: Label): void {
    const w = this.#w;
    findJump(w, local.EIP, LOOKUP);
    w.if();
    w.get(local.EIP).get(local.PAGE).op(op.I32_XOR).const(12).op(op.I32_SHR_U, op.I32_EQZ);
    w.if(op.I32);
    w.get(LOOKUP).memory(op.I32_LOAD, JUMP_HOME).get(local.HOME).op(op.I32_EQ);
    w.else();
    jumpIsMapped(w, local.EIP, LOOKUP, local.TLB, LOOKUP_TLB);
    w.end();
    w.if();
    w.get(LOOKUP).memory(op.I32_LOAD, JUMP_SLOT).tee(TARGET).const(this.#options.slot).op(op.I32_EQ);
    w.if();
    w.get(LOOKUP).memory(op.I32_LOAD, JUMP_ENTRY).set(local.STATE);
    this.#emit.floats.enterAgain(this.#entries, LOOKUP_TLB);
    w.br(this.#top);
    w.end();
    w.get(LOOKUP).memory(op.I32_LOAD, JUMP_ENTRY).set(TARGET_ENTRY);
    w.const(1).set(local.PAGE);
    // A note for the compiler.
    w.get(local.BUDGET)
      .const(JUMPS_TAKEN_ENTRIES - 1)
      .op(op.I32_AND)
      .const(3)
      .op(op.I32_SHL)
      .tee(LOOKUP);
    w.get(local.SITE).memory(op.I32_STORE, JUMPS_TAKEN);
    w.get(LOOKUP)
      .get(local.EIP)
      .memory(op.I32_STORE, JUMPS_TAKEN + 4);
    w.br(exit);
    w.end();
    w.end();
    // In another page: one that the TLB does not know, perhaps.
    w.const(FETCH_SLOT).set(TARGET).get(local.SITE).set(TARGET_ENTRY);
    w.const(1).get(local.PAGE).get(local.EIP).get(local.PAGE).op(op.I32_XOR).const(12);
    w.op(op.I32_SHR_U, op.SELECT).set(local.PAGE);
  }

  /** Stores what changed; then goes on where the lookup found (PAGE is 1), or returns. */
  #epilogue(): void {
    const w = this.#w;
    const emit = this.#emit;
    const kinds: number[] = [];
    for (let kind = 1; kind < flag.KINDS; kind++) if (emit.flags.used & (1 << kind)) kinds.push(kind);
    if (kinds.length > 0) {
      const done = w.block();
      const labels: Label[] = new Array(flag.KINDS).fill(done);
      for (const kind of [...kinds].reverse()) labels[kind] = w.block();
      w.get(local.KIND).brTable(labels, done);
      for (const kind of kinds) {
        w.end();
        emit.flags.make(kind);
        w.br(done);
      }
      w.end();
    }
    if (emit.flags.used !== 0)
      w.setWord(SIGN_WORD, local.SIGN).setWord(ZERO_WORD, local.RESULT).setWord(CARRIES_WORD, local.B);
    emit.store(emit.written);
    emit.vectors.store(emit.vectors.written);
    emit.floats.spill();
    w.get(local.PAGE).const(1).op(op.I32_EQ);
    w.if();
    if (this.#options.tailCalls) {
      w.get(TARGET_ENTRY).get(local.BUDGET).get(TARGET);
      w.op(op.RETURN_CALL_INDIRECT).unsigned(COMPILED_TYPE).unsigned(0);
    } else {
      w.setWord(NEXT_WORD, TARGET).setWord(NEXT_ENTRY_WORD, TARGET_ENTRY);
      w.get(local.BUDGET).op(op.RETURN);
    }
    w.end();
    w.get(local.BUDGET).op(op.RETURN);
  }
}
