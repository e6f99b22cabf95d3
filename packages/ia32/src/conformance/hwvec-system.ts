/**
 * The operating system of the recordings, as far as a program sees it.
 *
 * Here: page tables (PAE, with execute-disable), GDT, LDT, TSS and an IDT whose handlers end the run; the frame of an
 * exception taken back into the registers. Not here: tests (→ hwvec-machine.ts).
 * Reference: FORMAT.md; SDM Vol. 3A, 3.4.5 (descriptors), 4.4 (PAE paging), 6.12 (frames), 7.2 (TSS).
 * @module
 */
import { EFLAGS, EIP, ESP, type GuestMemory, type Processor } from "../index.ts";
import type { SegmentRegister } from "./hwvec-format.ts";

const POINTERS = 0x80000;
const PAGE = 4096;
/** Physical and linear address of the supervisor's pages: descriptor tables, TSS, handlers, stack. */
const PHYSICAL = 0xa0000;
const LINEAR = 0xc0000000;
const PAGES = 4;
const GDT = 0x0000;
const LDT = 0x0100;
const TSS = 0x0200;
const IDT = 0x0800;
/** OUT HANDLER_PORT, AL for each vector. */
const HANDLERS = 0x1000;
const HANDLER_SIZE = 4;
const OUT = 0xe6;
/** The host ends the run when a handler writes here. */
export const HANDLER_PORT = 0x10;
const STACK_TOP = 0x3000;

const SUPERVISOR_CODE = 0x08;
const SUPERVISOR_DATA = 0x18;
const TASK = 0x40;
const LOCAL = 0x50;
const LDT_LIMIT = 11 * 8 - 1;
const TSS_LIMIT = 0x67;
const IDT_LIMIT = 256 * 8 - 1;

const PRESENT = 1;
const WRITABLE = 2;
const USER = 4;
const NO_EXECUTE = -0x80000000;
/** PG AM WP NE ET MP PE; PAE OSFXSR OSXMMEXCPT; NXE. */
const CR0 = 0x80050033 | 0;
const CR4 = 0x620;
const EFER = 0x800;

/** Selector, base, limit field, bits 23..8 of the descriptor's second word without the limit. */
type Entry = readonly [selector: number, base: number, limit: number, rights: number];

const GLOBAL_ENTRIES: readonly Entry[] = [
  [SUPERVISOR_CODE, 0, 0xfffff, 0xc09b],
  [SUPERVISOR_DATA, 0, 0xfffff, 0xc093],
  [0x20, 0, 0xfffff, 0xc0fb],
  [0x28, 0, 0xfffff, 0xc0f3],
  [0x30, 0, 0xfffff, 0xa0fb],
  [TASK, LINEAR + TSS, TSS_LIMIT, 0x008b],
  // Thread-local storage and the processor's number: the recording's system had them, programs can load them.
  [0x60, 0, 0xfffff, 0xd0f3],
  [0x78, 0, 0, 0x40f5],
  [LOCAL, LINEAR + LDT, LDT_LIMIT, 0x0082],
];
const LOCAL_ENTRIES: readonly Entry[] = [
  [0x07, 0x20000000, 0x0fff, 0x50f3],
  [0x0f, 0x20000000, 0x0fff, 0x10f1],
  [0x17, 0x20000000, 0x0fff, 0x50f7],
  [0x1f, 0x20000000, 0x0fff, 0x10f7],
  [0x27, 0x10000000, 0xffff, 0x10fb],
  [0x2f, 0x10000000, 0x1fff, 0x50f9],
  [0x37, 0x20000000, 0x0fff, 0x5073],
  [0x3f, 0x30000000, 0xffff, 0x10f3],
  [0x47, 0x20001000, 0x0001, 0xd0f3],
  [0x4f, 0, 0xfffff, 0xd07f],
  [0x57, 0, 0xfffff, 0xd0fb],
];
const RIGHTS_PRESENT = 0x80;
const TYPE_CODE_READABLE = 0x0a;
const TYPE_CODE = 0x08;

/** INT 3 and INTO are open to programs. */
const OPEN_VECTORS = [3, 4];
const GATE = 0x8e00;
const OPEN_GATE = 0xee00;
const WITH_ERROR_CODE = [8, 10, 11, 12, 13, 14, 17];
const PAGE_FAULT = 14;

/** Base of a code segment that tests use. */
export function segmentBase(selector: number): number {
  return LOCAL_ENTRIES.find(([local]) => local === selector)?.[1] ?? 0;
}

/** What the recording's system left of a selector that no program can load into a data segment register: null. */
export function loadedSelector(name: SegmentRegister, selector: number): number {
  const rights = LOCAL_ENTRIES.find(([local]) => local === selector)?.[3];
  if (name === "cs" || rights === undefined) return selector;
  const executeOnly = (rights & TYPE_CODE_READABLE) === TYPE_CODE;
  return executeOnly || (rights & RIGHTS_PRESENT) === 0 ? 0 : selector;
}

export class HwvecSystem {
  readonly #memory: GuestMemory;
  readonly #processor: Processor;
  #nextTable = POINTERS + PAGE;

  constructor(memory: GuestMemory, processor: Processor) {
    this.#memory = memory;
    this.#processor = processor;
  }

  /** Maps a page for programs; gives the physical address of its entry. */
  map(linear: number, physical: number, rights: { readonly writable: boolean; readonly code: boolean }): number {
    return this.#map(linear, physical, PRESENT | USER | (rights.writable ? WRITABLE : 0), rights.code);
  }

  /** Puts the processor into protected mode on these tables, once all pages are mapped. */
  start(): void {
    for (let page = 0; page < PAGES; page++)
      this.#map(LINEAR + page * PAGE, PHYSICAL + page * PAGE, PRESENT | WRITABLE, true);
    this.#describe(GDT, GLOBAL_ENTRIES);
    this.#describe(LDT, LOCAL_ENTRIES);
    for (let vector = 0; vector < 256; vector++) {
      const handler = LINEAR + HANDLERS + vector * HANDLER_SIZE;
      this.#memory.write16(PHYSICAL + HANDLERS + vector * HANDLER_SIZE, OUT | (HANDLER_PORT << 8));
      const gate = OPEN_VECTORS.includes(vector) ? OPEN_GATE : GATE;
      this.#put(IDT + vector * 8, (SUPERVISOR_CODE << 16) | (handler & 0xffff), (handler & 0xffff0000) | gate);
    }
    this.#memory.write32(PHYSICAL + TSS + 4, LINEAR + STACK_TOP);
    this.#memory.write32(PHYSICAL + TSS + 8, SUPERVISOR_DATA);
    this.#memory.write32(PHYSICAL + TSS + 100, (TSS_LIMIT + 1) << 16);
    const { state } = this.#processor;
    if (state.system === null) throw new Error("the processor is not in architectural mode");
    this.#processor.state = {
      ...state,
      pageDirectory: POINTERS,
      system: {
        ...state.system,
        cr0: CR0,
        cr4: CR4,
        efer: EFER,
        gdtr: { base: (LINEAR + GDT) | 0, limit: 0xff },
        idtr: { base: (LINEAR + IDT) | 0, limit: IDT_LIMIT },
        ldtr: { selector: LOCAL, base: (LINEAR + LDT) | 0, limit: LDT_LIMIT, wide: true },
        tr: { selector: TASK, base: (LINEAR + TSS) | 0, limit: TSS_LIMIT, wide: true },
        pdpte: [0, 1, 2, 3].flatMap((n) => [this.#memory.read32(POINTERS + 8 * n), 0]),
      },
    };
  }

  /** Vector, error code and CR2, if the processor stands at or in a handler; the frame goes back into the registers. */
  takeException(): [number, number, number] | null {
    const { registers } = this.#processor;
    const place = registers[EIP] - ((LINEAR + HANDLERS) | 0);
    if (place < 0 || place >= 256 * HANDLER_SIZE) return null;
    const vector = Math.floor(place / HANDLER_SIZE);
    const pop = (): number => {
      const value = this.#memory.read32(PHYSICAL + registers[ESP] - (LINEAR | 0));
      registers[ESP] += 4;
      return value;
    };
    const errorCode = WITH_ERROR_CODE.includes(vector) ? pop() : 0;
    const [eip, cs, eflags, esp, ss] = [pop(), pop(), pop(), pop(), pop()];
    this.#processor.loadSegment("cs", cs & 0xffff);
    this.#processor.loadSegment("ss", ss & 0xffff);
    registers[EIP] = eip;
    registers[ESP] = esp;
    registers[EFLAGS] = eflags;
    return [vector, errorCode, vector === PAGE_FAULT ? this.#processor.state.cr2 : 0];
  }

  #map(linear: number, physical: number, rights: number, code: boolean): number {
    const table = (entry: number, bits: number): number => {
      if (this.#memory.read32(entry) === 0) {
        this.#memory.write32(entry, this.#nextTable | bits);
        this.#nextTable += PAGE;
      }
      return this.#memory.read32(entry) & -PAGE;
    };
    const directory = table(POINTERS + (linear >>> 30) * 8, PRESENT);
    const entries = table(directory + ((linear >>> 21) & 0x1ff) * 8, PRESENT | WRITABLE | USER);
    const entry = entries + ((linear >>> 12) & 0x1ff) * 8;
    this.#memory.write32(entry, physical | rights);
    this.#memory.write32(entry + 4, code ? 0 : NO_EXECUTE);
    return entry;
  }

  #describe(table: number, entries: readonly Entry[]): void {
    for (const [selector, base, limit, rights] of entries)
      this.#put(
        table + (selector & ~7),
        (limit & 0xffff) | (base << 16),
        (base & 0xff000000) | (rights << 8) | (limit & 0xf0000) | ((base >>> 16) & 0xff),
      );
  }

  #put(at: number, low: number, high: number): void {
    this.#memory.write32(PHYSICAL + at, low);
    this.#memory.write32(PHYSICAL + at + 4, high);
  }
}
