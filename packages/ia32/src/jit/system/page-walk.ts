/**
 * The page walk of compiled code: a miss of the TLB that changes nothing but the TLB.
 *
 * walk(linear, access) → 1, and the TLB has the page as mmu/tlb.ts would have entered it; or 0, and nothing has changed. The way
 * is taken in architectural mode where the tables lie in RAM, the access is allowed, and no accessed or dirty bit is missing.
 * Here: that, for 32-bit and PAE paging, and without paging. Not here: the whole walk (→ mmu/page-walk-full.ts).
 * SDM Vol. 3A, 4.3 to 4.8.
 * @module
 */
import {
  PDE_LARGE,
  PTE_ACCESSED,
  PTE_DIRTY,
  PTE_GLOBAL,
  PTE_PRESENT,
  PTE_USER,
  PTE_WRITABLE,
} from "../../mmu/fault.ts";
import {
  LARGE_RESERVED_32,
  LARGE_RESERVED_PAE,
  WALKED_DIRTY,
  WALKED_GLOBAL,
  WALKED_LARGE,
  WALKED_NO_EXECUTE,
} from "../../mmu/page-walk-full.ts";
import { INVALID, OFFSET_MASK } from "../../mmu/tlb.ts";
import {
  CONTROL_AREA_SIZE,
  CPL_WORD,
  DIRECTORY_WORD,
  FILLED_COUNT_WORD,
  FILLED_ENTRIES,
  FILLED_KNOWN,
  LARGE_CACHED,
  PAGE_DEVICE,
  PAGE_FLAGS,
  PAGE_HOOKED,
  PAGE_WRITE_CACHED,
  PDPTE_WORDS,
  RAM_PAGES_WORD,
  TLB_AREA,
  TLB_WORD,
  WALK_WORD,
} from "../../state/control-area.ts";
import { CodeWriter, type Label } from "../wasm/code-writer.ts";
import * as op from "../wasm/opcodes.ts";

/** WALK_WORD: compiled code may walk; CR0.PG; CR4.PAE; large pages; CR0.WP; CR4.PGE; IA32_EFER.NXE. */
export const WALK_READY = 1;
export const WALK_PAGING = 2;
export const WALK_PAE = 4;
export const WALK_LARGE = 8;
export const WALK_PROTECT = 16;
export const WALK_GLOBAL = 32;
export const WALK_NO_EXECUTE = 64;

const NX = -0x80000000;
/** What the access is: bits. */
export const WALK_READS = 0;
export const WALK_WRITES = 1;
export const WALK_FETCHES = 2;

const LINEAR = 0;
const ACCESS = 1;
const MODE = 2;
const AT = 3;
const ENTRY = 4;
const RIGHTS = 5;
const HIGH = 6;
const PHYSICAL = 7;
const WALKED = 8;
const FLAGS = 9;
const TLB = 10;

class Walk {
  readonly w: CodeWriter = new CodeWriter(1024).unsigned(1).unsigned(9).op(op.I32);
  #no: Label = 0;

  body(): CodeWriter {
    const { w } = this;
    this.#no = w.block();
    w.word(WALK_WORD).tee(MODE).const(WALK_READY).op(op.I32_AND, op.I32_EQZ).brIf(this.#no);
    w.const(WALKED_DIRTY).set(WALKED);
    w.get(LINEAR).set(PHYSICAL);
    this.#when(WALK_PAGING, () => this.#tables());
    this.#enter();
    w.const(1).op(op.RETURN);
    w.end();
    return w.const(0).op(op.END);
  }

  #when(mode: number, then: () => void, otherwise?: () => void): void {
    const { w } = this;
    w.get(MODE).const(mode).op(op.I32_AND);
    w.if();
    then();
    if (otherwise !== undefined) {
      w.else();
      otherwise();
    }
    w.end();
  }

  /** Gives up where the int32 on the stack is not 0. */
  #giveUp(): void {
    this.w.brIf(this.#no);
  }

  /** Gives up where a bit of a local is clear. */
  #need(local: number, bit: number): void {
    this.w.get(local).const(bit).op(op.I32_AND, op.I32_EQZ);
    this.#giveUp();
  }

  /** Gives up where the physical address in a local is not one of RAM; FLAGS gets the page's. */
  #inRam(address: number): void {
    const { w } = this;
    w.get(address).const(12).op(op.I32_SHR_U).tee(FLAGS).word(RAM_PAGES_WORD).op(op.I32_GE_U);
    this.#giveUp();
    w.get(FLAGS).memory(op.I32_LOAD8_U, PAGE_FLAGS).tee(FLAGS).const(PAGE_DEVICE).op(op.I32_AND);
    this.#giveUp();
  }

  /** ENTRY is the entry of the table in AT for the address, whose index stands `shift` bits up; HIGH collects upper words. */
  #entry(table: () => void, plainShift: number, wideShift: number): void {
    const { w } = this;
    this.#when(
      WALK_PAE,
      () => {
        table();
        w.get(LINEAR).const(wideShift).op(op.I32_SHR_U).const(0xff8).op(op.I32_AND, op.I32_OR).set(AT);
        this.#inRam(AT);
        w.get(AT)
          .memory(op.I32_LOAD, CONTROL_AREA_SIZE + 4)
          .get(HIGH)
          .op(op.I32_OR)
          .set(HIGH);
      },
      () => {
        table();
        w.get(LINEAR).const(plainShift).op(op.I32_SHR_U).const(0xffc).op(op.I32_AND, op.I32_OR).set(AT);
        this.#inRam(AT);
      },
    );
    w.get(AT).memory(op.I32_LOAD, CONTROL_AREA_SIZE).set(ENTRY);
    this.#need(ENTRY, PTE_PRESENT);
    this.#need(ENTRY, PTE_ACCESSED);
  }

  #tables(): void {
    const { w } = this;
    w.const(0).set(HIGH);
    w.word(DIRECTORY_WORD).set(AT);
    this.#when(WALK_PAE, () => {
      w.get(LINEAR).const(30).op(op.I32_SHR_U).const(3).op(op.I32_SHL).memory(op.I32_LOAD, PDPTE_WORDS).set(AT);
      this.#need(AT, PTE_PRESENT);
    });
    this.#entry(() => w.get(AT).const(-4096).op(op.I32_AND), 20, 18);
    w.get(ENTRY).set(RIGHTS);
    w.get(ENTRY).const(PDE_LARGE).op(op.I32_AND).get(MODE).const(WALK_LARGE).op(op.I32_AND).const(0);
    w.op(op.I32_NE).const(7).op(op.I32_SHL, op.I32_AND);
    w.if();
    this.#when(
      WALK_PAE,
      () => this.#large(LARGE_RESERVED_PAE, 0x1fffff),
      () => this.#large(LARGE_RESERVED_32, 0x3fffff),
    );
    w.get(WALKED).const(WALKED_LARGE).op(op.I32_OR).set(WALKED);
    w.else();
    this.#entry(() => w.get(ENTRY).const(-4096).op(op.I32_AND), 10, 9);
    w.get(RIGHTS).get(ENTRY).op(op.I32_AND).set(RIGHTS);
    w.get(ENTRY).const(-4096).op(op.I32_AND).get(LINEAR).const(0xfff).op(op.I32_AND, op.I32_OR).set(PHYSICAL);
    w.end();
    this.#rights();
  }

  #large(reserved: number, offset: number): void {
    const { w } = this;
    w.get(ENTRY).const(reserved).op(op.I32_AND);
    this.#giveUp();
    w.get(ENTRY).const(~offset).op(op.I32_AND).get(LINEAR).const(offset).op(op.I32_AND, op.I32_OR).set(PHYSICAL);
  }

  #rights(): void {
    const { w } = this;
    // Upper words: nothing but NX, where there is one.
    w.get(HIGH).get(MODE).const(WALK_NO_EXECUTE).op(op.I32_AND).const(25).op(op.I32_SHL);
    w.const(-1).op(op.I32_XOR, op.I32_AND);
    this.#giveUp();
    w.get(HIGH).const(NX).op(op.I32_AND);
    w.if();
    w.get(ACCESS).const(WALK_FETCHES).op(op.I32_AND);
    this.#giveUp();
    w.get(WALKED).const(WALKED_NO_EXECUTE).op(op.I32_OR).set(WALKED);
    w.end();
    // A user's access needs the user's right; a write the right to write, unless it is a supervisor's without CR0.WP.
    w.word(CPL_WORD).const(3).op(op.I32_EQ).tee(AT).get(RIGHTS).const(PTE_USER).op(op.I32_AND, op.I32_EQZ, op.I32_AND);
    this.#giveUp();
    w.get(RIGHTS).const(PTE_WRITABLE).op(op.I32_AND, op.I32_EQZ);
    w.get(AT).get(MODE).const(WALK_PROTECT).op(op.I32_AND, op.I32_OR).const(0).op(op.I32_NE, op.I32_AND);
    w.get(ENTRY).const(PTE_DIRTY).op(op.I32_AND, op.I32_EQZ, op.I32_OR);
    w.if();
    w.get(ACCESS).const(WALK_WRITES).op(op.I32_AND);
    this.#giveUp();
    w.get(WALKED).const(~WALKED_DIRTY).op(op.I32_AND).set(WALKED);
    w.end();
    w.get(ENTRY).const(PTE_GLOBAL).op(op.I32_AND).const(0).op(op.I32_NE);
    w.get(MODE).const(WALK_GLOBAL).op(op.I32_AND).const(0).op(op.I32_NE, op.I32_AND);
    w.if();
    w.get(WALKED).const(WALKED_GLOBAL).op(op.I32_OR).set(WALKED);
    w.end();
  }

  /** The entry of the TLB. */
  #enter(): void {
    const { w } = this;
    this.#inRam(PHYSICAL);
    // HIGH: the page may be written without asking.
    w.get(FLAGS).const(PAGE_HOOKED).op(op.I32_AND, op.I32_EQZ).tee(HIGH).op(op.I32_EQZ).get(ACCESS).op(op.I32_AND);
    this.#giveUp();
    w.get(HIGH).get(WALKED).const(WALKED_DIRTY).op(op.I32_AND).const(0).op(op.I32_NE, op.I32_AND).set(HIGH);
    w.get(LINEAR).const(8).op(op.I32_SHR_U).const(OFFSET_MASK).op(op.I32_AND).word(TLB_WORD).op(op.I32_ADD).set(TLB);
    w.get(LINEAR).const(-4096).op(op.I32_AND).set(AT);
    w.get(TLB).get(AT).memory(op.I32_STORE, TLB_AREA);
    w.get(TLB)
      .get(AT)
      .const(INVALID)
      .get(HIGH)
      .op(op.SELECT)
      .memory(op.I32_STORE, TLB_AREA + 4);
    w.get(TLB)
      .get(PHYSICAL)
      .const(-4096)
      .op(op.I32_AND)
      .get(AT)
      .op(op.I32_SUB)
      .memory(op.I32_STORE, TLB_AREA + 8);
    w.get(TLB)
      .get(WALKED)
      .memory(op.I32_STORE, TLB_AREA + 12);
    w.get(HIGH);
    w.if();
    w.get(PHYSICAL).const(12).op(op.I32_SHR_U);
    w.get(FLAGS).const(PAGE_WRITE_CACHED).op(op.I32_OR).memory(op.I32_STORE8, PAGE_FLAGS);
    w.end();
    w.get(WALKED).const(WALKED_LARGE).op(op.I32_AND);
    w.if();
    w.get(LINEAR).const(22).op(op.I32_SHR_U).const(1).memory(op.I32_STORE8, LARGE_CACHED);
    w.end();
    w.word(FILLED_COUNT_WORD).tee(AT).const(FILLED_KNOWN).op(op.I32_LT_S);
    w.get(WALKED).const(WALKED_GLOBAL).op(op.I32_AND, op.I32_EQZ, op.I32_AND);
    w.if();
    w.get(AT).const(2).op(op.I32_SHL).get(TLB).const(2).op(op.I32_SHR_U).memory(op.I32_STORE, FILLED_ENTRIES);
    w.const(0).get(AT).const(1).op(op.I32_ADD).memory(op.I32_STORE, FILLED_COUNT_WORD);
    w.end();
  }
}

/** The body of walk(linear, access). */
export function walkBody(): CodeWriter {
  return new Walk().body();
}
