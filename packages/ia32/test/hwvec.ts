// Runs hwvec vectors: single instructions and short sequences recorded on a real CPU.
//
// Here: the machine state of FORMAT.md built with real page tables in guest RAM, and the comparison by tier.
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { allocateMemory, EFLAGS, EIP, GuestMemory, Processor } from "../src/index.ts";
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

const PAGE_TABLES = 0x80000;
const COMPARED_FLAGS = 0x247ed5 & ~0x10100;
const SELECTORS: Readonly<Record<string, number>> = { cs: 0x23, ds: 0x2b, es: 0x2b, ss: 0x2b, fs: 0, gs: 0 };
const SEGMENTS = ["es", "cs", "ss", "ds", "fs", "gs"] as const;

function fillByte(address: number): number {
  return Math.imul(address, 0x9e3779b1) >>> 24;
}

const PTE_DIRTY = 0x40;
/** All pages are compared once in so many vectors, the dirty ones always. */
const FULL_CHECK_EVERY = 64;

export class HwvecMachine {
  readonly memory: GuestMemory;
  readonly processor: Processor;
  readonly #pages = new Map<number, Page>();
  #count = 0;
  /** The last vector used the float registers. */
  #floats = false;

  constructor() {
    const size = 0x100000;
    this.memory = new GuestMemory(allocateMemory(size), size);
    this.processor = new Processor({
      memory: this.memory,
      ports: { read: () => 0, write: () => {} },
      model: "pentium4",
      float: true,
    });
    let physical = 0x1000;
    let table = PAGE_TABLES + 0x1000;
    const regions: [linear: number, pages: number, writable: boolean][] = [
      [0, 0x20, true],
      [0x10000000, 2, true],
      [0x20000000, 4, true],
      [0x20008000, 1, false],
      [0x30000000, 4, true],
    ];
    for (const [from, pages, writable] of regions) {
      for (let linear = from; linear < from + pages * 0x1000; linear += 0x1000, physical += 0x1000) {
        const directoryEntry = PAGE_TABLES + (linear >>> 22) * 4;
        if (this.memory.read32(directoryEntry) === 0) {
          this.memory.write32(directoryEntry, table | 7);
          table += 0x1000;
        }
        const entry = (this.memory.read32(directoryEntry) & ~0xfff) + ((linear >>> 12) & 0x3ff) * 4;
        this.memory.write32(entry, physical | (writable ? 7 : 5));
        const pristine = Buffer.alloc(0x1000);
        for (let i = 0; i < 0x1000; i++) pristine[i] = from === 0x10000000 ? 0xcc : fillByte(linear + i);
        this.memory.writeBytes(physical, pristine);
        this.#pages.set(linear, { linear, physical, entry, writable, pristine });
      }
    }
    const flat = { base: 0, limit: 0xffffffff, dpl: 3 } as const;
    this.processor.setDescriptor(4, { ...flat, kind: "code", readable: true });
    this.processor.setDescriptor(5, { ...flat, kind: "data", writable: true });
    this.processor.setAddressSpace(PAGE_TABLES, 1);
    this.processor.setPaging(true);
  }

  /** Runs one vector; the list of differences is empty when the processor does what the silicon did. */
  check(vector: Vector): Difference[] {
    const { processor, memory } = this;
    const { registers } = processor;
    /** Page → contents the vector starts from, where they are not the pristine ones. */
    const initial = new Map<Page, Buffer>();
    for (const [address, hex] of [...(vector.i.m ?? []), [vector.i.ip, vector.b] as [number, string]]) {
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
    for (const name of SEGMENTS) processor.loadSegment(name, vector.i.sg?.[name] ?? SELECTORS[name]);

    if (vector.i.fpu !== undefined || this.#floats) setFloatState(processor, vector.i.fpu);
    this.#floats = vector.i.fpu !== undefined;

    let exit = processor.run(1);
    if (vector.run === "seq") {
      for (let n = 0; n < 100_000 && exit.kind === "budget" && this.#byteAt(registers[EIP]) !== 0xcc; n++)
        exit = processor.run(1);
    } else {
      // A repeated instruction runs to completion.
      while (exit.kind === "budget" && registers[EIP] === vector.i.ip && vector.f.startsWith("rep"))
        exit = processor.run(1);
    }
    let x: [number, number, number] | null = null;
    if (exit.kind === "exception") x = [exit.vector, exit.errorCode, exit.cr2 >>> 0];
    else if (exit.kind === "softwareInterrupt") {
      // The operating system of the recording opened vectors 3 and 4 only.
      const open = exit.vector === 3 || exit.vector === 4;
      x = open ? [exit.vector, 0, 0] : [13, exit.vector * 8 + 2, 0];
      if (!open) registers[EIP] -= 2;
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
      this.processor.invalidatePage(1, page.linear);
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
      // The recording ran with execute-disable, which reports fetches in a bit that 32-bit paging does not have.
      const known = expected[0] === 14 ? expected[1] & ~0x10 : expected[1];
      if (known !== x[1]) differ("B", "error code", known, x[1]);
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
