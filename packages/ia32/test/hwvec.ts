// Runs hwvec vectors: single instructions and short sequences recorded on a real CPU.
//
// Here: the machine state of FORMAT.md in architectural mode, with real tables in guest RAM: exceptions go through the
// IDT and a privilege transfer to a handler, whose frame is compared. The comparison is by tier.
// Over 300 lines: set-up and comparison read the same table of regions and selectors.
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { allocateMemory, EFLAGS, EIP, ESP, GuestMemory, Processor, type SegmentName } from "../src/index.ts";
import {
  compareFloatState,
  type Difference,
  type FloatChange,
  type FloatState,
  type FloatVector,
  setFloatState,
} from "./hwvec-float.ts";

export interface Vector extends FloatVector {
  readonly f: string;
  readonly b: string;
  readonly i: {
    r: number[];
    ip: number;
    fl: number;
    sg?: Record<string, number>;
    m?: [number, string][];
    fpu?: FloatState;
  };
  readonly o: {
    r?: Record<number, number>;
    ip: number;
    fl?: number;
    sg?: Record<string, number>;
    m?: [number, string][];
    x?: [number, number, number?];
    fpu?: FloatChange;
  };
  readonly run?: "one" | "seq";
  readonly uf?: number;
  readonly mm?: [number, number][];
}

/** The vectors of one category. */
export function readVectors(file: string | URL): Vector[] {
  return gunzipSync(readFileSync(file))
    .toString()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Vector);
}

interface Page {
  readonly linear: number;
  readonly physical: number;
  /** Physical address of its page-table entry. */
  readonly entry: number;
  readonly writable: boolean;
  /** Contents before a vector's own bytes. */
  readonly pristine: Buffer;
}

const COMPARED_FLAGS = 0x247ed5 & ~0x10100;
const SELECTORS: Readonly<Record<string, number>> = { cs: 0x23, ds: 0x2b, es: 0x2b, ss: 0x2b, fs: 0, gs: 0 };
const SEGMENTS = ["es", "cs", "ss", "ds", "fs", "gs"] as const;

// The recording's operating system, as far as a program sees it: one supervisor region with its tables.
const PAGE_DIRECTORY_POINTERS = 0x80000;
const SYSTEM_LINEAR = 0xc0000000;
const SYSTEM_PHYSICAL = 0xa0000;
const GDT = 0x0000;
const LDT = 0x0100;
const TSS = 0x0200;
const IDT = 0x0800;
/** One byte for each vector: where its handler begins. */
const HANDLERS = 0x1000;
const STACK_TOP = 0x3000;
const SYSTEM_PAGES = 4;
const KERNEL_CODE = 0x08;
const KERNEL_DATA = 0x18;
const TASK = 0x40;
const LOCAL = 0x50;
/** Vectors that push an error code. */
const WITH_ERROR_CODE = [8, 10, 11, 12, 13, 14, 17];

/** Selector → base, limit field, bits 23..8 of the second word without the limit: FORMAT.md, accessed and AVL set. */
const GDT_ENTRIES: readonly (readonly [number, number, number, number])[] = [
  [KERNEL_CODE, 0, 0xfffff, 0xc09b],
  [KERNEL_DATA, 0, 0xfffff, 0xc093],
  [0x20, 0, 0xfffff, 0xc0fb],
  [0x28, 0, 0xfffff, 0xc0f3],
  [0x30, 0, 0xfffff, 0xa0fb],
  [TASK, SYSTEM_LINEAR + TSS, 0x67, 0x008b],
  [LOCAL, SYSTEM_LINEAR + LDT, 11 * 8 - 1, 0x0082],
];
const LDT_ENTRIES: readonly (readonly [number, number, number, number])[] = [
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

const PRESENT_WRITABLE_USER = 7;
const PRESENT_USER = 5;
const PRESENT_WRITABLE = 3;
const NO_EXECUTE = -0x80000000;
const CODE_REGION = 0x10000000;

function fillByte(address: number): number {
  return Math.imul(address, 0x9e3779b1) >>> 24;
}

/** What the recording's system left of a selector that no program can load into a data segment register: null. */
function loaded(name: SegmentName, selector: number): number {
  const entry = LDT_ENTRIES.find(([number]) => number === selector);
  if (name === "cs" || entry === undefined) return selector;
  const executeOnly = (entry[3] & 0x0a) === 0x08;
  return executeOnly || (entry[3] & 0x80) === 0 ? 0 : selector;
}

/** Base of a code segment. */
function baseOf(selector: number): number {
  return LDT_ENTRIES.find(([entry]) => entry === selector)?.[1] ?? 0;
}

const PTE_DIRTY = 0x40;
/** All pages are compared once in so many vectors, the dirty ones always. */
const FULL_CHECK_EVERY = 64;

export class HwvecMachine {
  readonly memory: GuestMemory;
  readonly processor: Processor;
  readonly #pages = new Map<number, Page>();
  #nextTable = PAGE_DIRECTORY_POINTERS + 0x1000;
  #count = 0;
  /** The last vector used the float registers. */
  #floats = false;

  constructor() {
    const size = 0x100000;
    this.memory = new GuestMemory(allocateMemory(size), size);
    const ports = { read: () => 0, write: () => {} };
    this.processor = new Processor({ memory: this.memory, ports, model: "pentium4", architectural: true, float: true });
    let physical = 0x1000;
    const regions: [linear: number, pages: number, rights: number][] = [
      [0, 0x20, PRESENT_WRITABLE_USER],
      [CODE_REGION, 2, PRESENT_WRITABLE_USER],
      [0x20000000, 4, PRESENT_WRITABLE_USER],
      [0x20008000, 1, PRESENT_USER],
      [0x30000000, 4, PRESENT_WRITABLE_USER],
    ];
    for (const [from, pages, rights] of regions) {
      for (let linear = from; linear < from + pages * 0x1000; linear += 0x1000, physical += 0x1000) {
        const entry = this.#map(linear, physical, rights, from !== CODE_REGION);
        const pristine = Buffer.alloc(0x1000);
        for (let i = 0; i < 0x1000; i++) pristine[i] = from === CODE_REGION ? 0xcc : fillByte(linear + i);
        this.memory.writeBytes(physical, pristine);
        this.#pages.set(linear, { linear, physical, entry, writable: rights !== PRESENT_USER, pristine });
      }
    }
    this.#buildSystem();
  }

  /** Maps one page by PAE paging; returns the physical address of its entry. */
  #map(linear: number, physical: number, rights: number, noExecute: boolean): number {
    const { memory } = this;
    const table = (address: number): number => {
      if (memory.read32(address) === 0) {
        memory.write32(address, this.#nextTable | (address < PAGE_DIRECTORY_POINTERS + 32 ? 1 : 7));
        this.#nextTable += 0x1000;
      }
      return memory.read32(address) & ~0xfff;
    };
    const directory = table(PAGE_DIRECTORY_POINTERS + (linear >>> 30) * 8);
    const entry = table(directory + ((linear >>> 21) & 0x1ff) * 8) + ((linear >>> 12) & 0x1ff) * 8;
    memory.write32(entry, physical | rights);
    memory.write32(entry + 4, noExecute ? NO_EXECUTE : 0);
    return entry;
  }

  #buildSystem(): void {
    const { memory, processor } = this;
    for (let page = 0; page < SYSTEM_PAGES; page++)
      this.#map(SYSTEM_LINEAR + page * 0x1000, SYSTEM_PHYSICAL + page * 0x1000, PRESENT_WRITABLE, false);
    const put = (at: number, low: number, high: number): void => {
      memory.write32(SYSTEM_PHYSICAL + at, low);
      memory.write32(SYSTEM_PHYSICAL + at + 4, high);
    };
    const describe = (table: number, entries: typeof GDT_ENTRIES): void => {
      for (const [selector, base, limit, rights] of entries)
        put(
          table + (selector & ~7),
          (limit & 0xffff) | (base << 16),
          (base & 0xff000000) | (rights << 8) | (limit & 0xf0000) | ((base >>> 16) & 0xff),
        );
    };
    describe(GDT, GDT_ENTRIES);
    describe(LDT, LDT_ENTRIES);
    for (let vector = 0; vector < 256; vector++) {
      const handler = SYSTEM_LINEAR + HANDLERS + vector;
      const open = vector === 3 || vector === 4;
      put(
        IDT + vector * 8,
        (KERNEL_CODE << 16) | (handler & 0xffff),
        (handler & 0xffff0000) | (open ? 0xee00 : 0x8e00),
      );
    }
    memory.write32(SYSTEM_PHYSICAL + TSS + 4, SYSTEM_LINEAR + STACK_TOP);
    memory.write32(SYSTEM_PHYSICAL + TSS + 8, KERNEL_DATA);
    memory.write32(SYSTEM_PHYSICAL + TSS + 100, 0x68 << 16);
    const { state } = processor;
    if (state.system === null) throw new Error("not in architectural mode");
    const pointers = [0, 1, 2, 3].flatMap((i) => [memory.read32(PAGE_DIRECTORY_POINTERS + 8 * i), 0]);
    processor.state = {
      ...state,
      pageDirectory: PAGE_DIRECTORY_POINTERS,
      system: {
        ...state.system,
        cr0: 0x80050033 | 0,
        cr4: 0x620,
        efer: 0x800,
        gdtr: { base: (SYSTEM_LINEAR + GDT) | 0, limit: 0xff },
        idtr: { base: (SYSTEM_LINEAR + IDT) | 0, limit: 0x7ff },
        ldtr: { selector: LOCAL, base: (SYSTEM_LINEAR + LDT) | 0, limit: 11 * 8 - 1, wide: true },
        tr: { selector: TASK, base: (SYSTEM_LINEAR + TSS) | 0, limit: 0x67, wide: true },
        pdpte: pointers,
      },
    };
  }

  /** The exception whose handler the processor stands at; its frame is put back into the registers. */
  #takeException(): [number, number, number] | null {
    const { memory, processor } = this;
    const { registers } = processor;
    const vector = registers[EIP] - ((SYSTEM_LINEAR + HANDLERS) | 0);
    if (vector < 0 || vector > 255) return null;
    const word = (): number => {
      const value = memory.read32(SYSTEM_PHYSICAL + registers[ESP] - (SYSTEM_LINEAR | 0));
      registers[ESP] += 4;
      return value;
    };
    const errorCode = WITH_ERROR_CODE.includes(vector) ? word() : 0;
    const [eip, cs, eflags, esp, ss] = [word(), word(), word(), word(), word()];
    processor.loadSegment("cs", cs);
    processor.loadSegment("ss", ss);
    registers[EIP] = eip;
    registers[ESP] = esp;
    registers[EFLAGS] = eflags;
    return [vector, errorCode, vector === 14 ? processor.state.cr2 >>> 0 : 0];
  }

  /** Runs one vector; the list of differences is empty when the processor does what the silicon did. */
  check(vector: Vector): Difference[] {
    const { processor, memory } = this;
    const { registers } = processor;
    /** Page → contents the vector starts from, where they are not the pristine ones. */
    const initial = new Map<Page, Buffer>();
    const code = (vector.i.ip + baseOf(vector.i.sg?.cs ?? 0)) >>> 0;
    for (const [address, hex] of [...(vector.i.m ?? []), [code, vector.b] as [number, string]]) {
      Buffer.from(hex, "hex").forEach((byte, i) => {
        const page = this.#pages.get((address + i) & ~0xfff);
        if (!page?.writable) return;
        const contents = initial.get(page) ?? Buffer.from(page.pristine);
        contents[(address + i) & 0xfff] = byte;
        initial.set(page, contents);
      });
    }
    for (const [page, contents] of initial) memory.writeBytes(page.physical, contents);
    vector.i.r.forEach((value, number) => {
      registers[number] = value;
    });
    registers[EIP] = vector.i.ip;
    registers[EFLAGS] = vector.i.fl;
    for (const name of SEGMENTS) processor.loadSegment(name, loaded(name, vector.i.sg?.[name] ?? SELECTORS[name]));

    if (vector.i.fpu !== undefined || this.#floats) setFloatState(processor, vector.i.fpu);
    this.#floats = vector.i.fpu !== undefined;

    processor.run(1);
    let x = this.#takeException();
    if (vector.run === "seq") {
      for (let n = 0; n < 100_000 && x === null && this.#byteAt(registers[EIP]) !== 0xcc; n++) {
        processor.run(1);
        x = this.#takeException();
      }
    } else if (vector.f.startsWith("iret")) {
      // The recording went on to an INT3 at the target, or to the fault of fetching there.
      if (x === null && this.#byteAt(registers[EIP] + baseOf(processor.state.segments[1].selector)) !== 0xcc) {
        processor.run(1);
        x = this.#takeException();
      }
    } else {
      // A repeated instruction runs to completion.
      while (x === null && registers[EIP] === vector.i.ip && vector.f.startsWith("rep")) {
        processor.run(1);
        x = this.#takeException();
      }
    }
    const differences = this.#compareRegisters(vector, x);
    if (differences[0]?.what.startsWith("exception")) this.#restore(initial);
    else differences.push(...this.#compareMemory(vector, initial));
    return differences;
  }

  #byteAt(eip: number): number {
    const page = this.#pages.get(eip & ~0xfff);
    return page === undefined ? -1 : this.memory.read8(page.physical + (eip & 0xfff));
  }

  #restore(initial: ReadonlyMap<Page, Buffer>): void {
    for (const page of this.#pages.values()) {
      const dirty = this.memory.read32(page.entry) & PTE_DIRTY;
      if (dirty || initial.has(page)) this.memory.writeBytes(page.physical, page.pristine);
      if (!dirty) continue;
      this.memory.write32(page.entry, this.memory.read32(page.entry) & ~PTE_DIRTY);
      for (const tag of [0, 1]) this.processor.invalidatePage(tag, page.linear);
    }
  }

  #compareRegisters(vector: Vector, x: [number, number, number] | null): Difference[] {
    const differences: Difference[] = [];
    const { registers } = this.processor;
    const expected = vector.o.x ?? null;
    if (expected?.[0] !== x?.[0]) return [{ tier: "A", what: `exception: expected ${expected}, got ${x}` }];
    const differ = (tier: "A" | "B", what: string, wanted: number, got: number): void => {
      differences.push({
        tier,
        what: `${what}: expected ${(wanted >>> 0).toString(16)}, got ${(got >>> 0).toString(16)}`,
      });
    };
    if (expected !== null && x !== null) {
      if (expected[1] !== x[1]) differ("B", "error code", expected[1], x[1]);
      if (expected[0] === 14 && expected[2] !== x[2]) differ("B", "CR2", expected[2] ?? 0, x[2]);
    }
    for (let i = 0; i < 8; i++) {
      const value = vector.o.r?.[i] ?? vector.i.r[i];
      if (value >>> 0 !== registers[i] >>> 0) differ("A", `r${i}`, value, registers[i]);
    }
    if (vector.o.ip >>> 0 !== registers[EIP] >>> 0) differ("A", "EIP", vector.o.ip, registers[EIP]);
    const flags = vector.o.fl ?? vector.i.fl;
    if ((flags ^ registers[EFLAGS]) & COMPARED_FLAGS & ~(vector.uf ?? 0))
      differ("A", "EFLAGS", flags, registers[EFLAGS]);
    const { segments } = this.processor.state;
    SEGMENTS.forEach((name, number) => {
      const selector = vector.o.sg?.[name] ?? vector.i.sg?.[name] ?? SELECTORS[name];
      if (segments[number].selector !== selector) differ("A", name, selector, segments[number].selector);
    });
    return [...differences, ...compareFloatState(this.processor, vector)];
  }

  /** Compares all pages that may have changed, then puts them back. */
  #compareMemory(vector: Vector, initial: ReadonlyMap<Page, Buffer>): Difference[] {
    const differences: Difference[] = [];
    const expected = new Map<Page, Buffer>();
    const contentsOf = (page: Page): Buffer => expected.get(page) ?? initial.get(page) ?? page.pristine;
    for (const [address, hex] of vector.o.m ?? [])
      Buffer.from(hex, "hex").forEach((byte, i) => {
        const page = this.#pages.get((address + i) & ~0xfff);
        if (page === undefined) throw new Error(`${vector.f}: memory outside the regions`);
        const contents = expected.get(page) ?? Buffer.from(contentsOf(page));
        contents[(address + i) & 0xfff] = byte;
        expected.set(page, contents);
      });
    const full = this.#count++ % FULL_CHECK_EVERY === 0;
    for (const page of this.#pages.values()) {
      const dirty = (this.memory.read32(page.entry) & PTE_DIRTY) !== 0;
      if (!full && !dirty && !expected.has(page)) continue;
      const actual = Buffer.from(this.memory.readBytes(page.physical, 0x1000).buffer);
      const wanted = contentsOf(page);
      if (actual.equals(wanted)) continue;
      for (let i = 0; i < 0x1000; i++) {
        const address = page.linear + i;
        const ignored = vector.mm?.some(([from, length]) => address >= from && address < from + length);
        if (actual[i] !== wanted[i] && !ignored)
          differences.push({
            tier: "A",
            what: `byte ${address.toString(16)}: expected ${wanted[i]}, got ${actual[i]}`,
          });
      }
    }
    this.#restore(initial);
    return differences;
  }
}
