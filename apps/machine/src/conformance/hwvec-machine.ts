/**
 * The machine that hwvec tests run on: pages, descriptors, one processor.
 *
 * Here: the state that FORMAT.md describes, built with real page tables; running one test; comparing memory.
 * Not here: the other comparisons (→ hwvec-compare.ts). What the processor's public interface cannot express fails with
 * that as the reason: nothing is left out of the count.
 * @module
 */
import {
  allocateMemory,
  EFLAGS,
  EIP,
  type Exit,
  FCW,
  FSW,
  FTW,
  GuestMemory,
  MXCSR,
  Processor,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_USER,
  PTE_WRITABLE,
  R0,
} from "@kintsugi/ia32";
import { compareRegisters, type Outcome } from "./hwvec-compare.ts";
import {
  codeBase,
  type FloatState,
  fill,
  INITIAL_FLOAT,
  PAGE,
  REGIONS,
  SEGMENT_REGISTERS,
  SELECTORS,
  type Vector,
} from "./hwvec-format.ts";
import type { Difference } from "./score.ts";

interface Page {
  readonly linear: number;
  readonly physical: number;
  /** Physical address of its page-table entry. */
  readonly entry: number;
  readonly writable: boolean;
  /** Contents before a test's own bytes. */
  readonly pristine: Uint8Array;
}

const RAM = 0x100000;
const DIRECTORY = 0x80000;
const ADDRESS_SPACE = 1;
const INT3 = 0xcc;
const TI_LOCAL = 4;
/** A sequence that has not ended by then never will. */
const LONGEST = 1_000_000;
/** All pages are compared once in so many tests, those that were written always. */
const FULL_CHECK_EVERY = 64;
/** F2 or F3 among the prefixes: the instruction may stop between two iterations. */
const REPEATED = /^(?:26|2e|36|3e|64|65|66|67|f0|f2|f3)*?f[23]/i;

export class HwvecMachine {
  readonly #memory: GuestMemory = new GuestMemory(allocateMemory(RAM, false), RAM);
  readonly #processor: Processor;
  readonly #pages: Map<number, Page> = new Map();
  #count = 0;

  constructor() {
    this.#processor = new Processor({
      memory: this.#memory,
      ports: { read: () => 0, write: () => {} },
      model: "pentium4",
      float: true,
    });
    this.#map();
    const flat = { base: 0, limit: 0xffffffff, dpl: 3 } as const;
    this.#processor.setDescriptor(SELECTORS.cs >> 3, { ...flat, kind: "code", readable: true });
    this.#processor.setDescriptor(SELECTORS.ds >> 3, { ...flat, kind: "data", writable: true });
    this.#processor.setAddressSpace(DIRECTORY, ADDRESS_SPACE);
    this.#processor.setPaging(true);
  }

  /** Runs one test; no differences means that the processor did what the silicon did. */
  check(vector: Vector): Difference[] {
    if (SEGMENT_REGISTERS.some((name) => (vector.i.sg?.[name] ?? 0) & TI_LOCAL))
      return [{ tier: "A", what: "the processor's interface has no local descriptor table" }];
    const initial = this.#prepare(vector);
    const exception = this.#run(vector);
    const differences = compareRegisters(vector, this.#outcome(exception));
    if (!differences.some(({ what }) => what.startsWith("exception")))
      differences.push(...this.#compareMemory(vector, initial));
    this.#restore(initial);
    return differences;
  }

  #map(): void {
    const memory = this.#memory;
    let physical = PAGE;
    let table = DIRECTORY + PAGE;
    const rights = PTE_PRESENT | PTE_USER;
    for (const { linear: first, pages, writable } of REGIONS) {
      for (let linear = first; linear < first + pages * PAGE; linear += PAGE, physical += PAGE) {
        const directoryEntry = DIRECTORY + (linear >>> 22) * 4;
        if (memory.read32(directoryEntry) === 0) {
          memory.write32(directoryEntry, table | rights | PTE_WRITABLE);
          table += PAGE;
        }
        const entry = (memory.read32(directoryEntry) & -PAGE) + ((linear >>> 12) & 0x3ff) * 4;
        memory.write32(entry, physical | rights | (writable ? PTE_WRITABLE : 0));
        const pristine = Uint8Array.from({ length: PAGE }, (_, offset) => fill(linear + offset));
        memory.writeBytes(physical, pristine);
        this.#pages.set(linear, { linear, physical, entry, writable, pristine });
      }
    }
  }

  /** Loads a test; gives the contents of the pages that do not start as the pristine ones. */
  #prepare(vector: Vector): ReadonlyMap<Page, Uint8Array> {
    const { i } = vector;
    const processor = this.#processor;
    const initial = new Map<Page, Uint8Array>();
    const put = (address: number, byte: number): void => {
      const page = this.#pages.get(address & -PAGE);
      if (page?.writable) contents(initial, page, page.pristine)[address & (PAGE - 1)] = byte;
    };
    for (const [address, text] of [...(i.m ?? []), [codeBase(vector) + i.ip, vector.b] as const])
      Buffer.from(text, "hex").forEach((byte, offset) => {
        put(address + offset, byte);
      });
    for (const [page, bytes] of initial) this.#memory.writeBytes(page.physical, bytes);
    processor.registers.set(i.r);
    processor.registers[EIP] = i.ip;
    processor.registers[EFLAGS] = i.fl;
    for (const name of SEGMENT_REGISTERS) processor.loadSegment(name, i.sg?.[name] ?? SELECTORS[name]);
    setFloat(processor.floatRegisters, i.fpu ?? INITIAL_FLOAT);
    return initial;
  }

  #run(vector: Vector): Outcome["exception"] {
    const { registers } = this.#processor;
    const sequence = vector.run === "seq";
    const repeated = REPEATED.test(vector.b);
    const base = codeBase(vector);
    let exit = this.#processor.run(1);
    for (let n = 0; n < LONGEST && exit.kind === "budget"; n++) {
      if (sequence ? this.#byteAt(base + registers[EIP]) === INT3 : !repeated || registers[EIP] !== vector.i.ip) break;
      exit = this.#processor.run(1);
    }
    return this.#exceptionOf(exit);
  }

  /** The system of the recording let programs use INT 3 and INTO only; other INT n were #GP(selector of the gate). */
  #exceptionOf(exit: Exit): Outcome["exception"] {
    if (exit.kind === "exception") return [exit.vector, exit.errorCode, exit.cr2];
    if (exit.kind === "budget") return null;
    if (exit.kind !== "softwareInterrupt") return [-1, 0, 0];
    if (exit.vector === 3 || exit.vector === 4) return [exit.vector, 0, 0];
    this.#processor.registers[EIP] -= 2;
    return [13, exit.vector * 8 + 2, 0];
  }

  #outcome(exception: Outcome["exception"]): Outcome {
    const { registers, floatRegisters, state } = this.#processor;
    return {
      registers,
      ip: registers[EIP],
      flags: registers[EFLAGS],
      selectors: state.segments.map(({ selector }) => selector),
      float: floatOf(floatRegisters),
      exception,
    };
  }

  #byteAt(linear: number): number {
    const page = this.#pages.get(linear & -PAGE);
    return page === undefined ? -1 : this.#memory.read8(page.physical + (linear & (PAGE - 1)));
  }

  #compareMemory(vector: Vector, initial: ReadonlyMap<Page, Uint8Array>): Difference[] {
    const differences: Difference[] = [];
    const expected = new Map<Page, Uint8Array>();
    for (const [address, text] of vector.o.m ?? [])
      Buffer.from(text, "hex").forEach((byte, offset) => {
        const page = this.#pages.get((address + offset) & -PAGE);
        if (page === undefined) differences.push({ tier: "A", what: "the test expects a byte outside memory" });
        else contents(expected, page, initial.get(page) ?? page.pristine)[(address + offset) & (PAGE - 1)] = byte;
      });
    const all = this.#count++ % FULL_CHECK_EVERY === 0;
    for (const page of this.#pages.values()) {
      if (!all && !this.#dirty(page) && !expected.has(page)) continue;
      const wanted = expected.get(page) ?? initial.get(page) ?? page.pristine;
      const actual = this.#memory.readBytes(page.physical, PAGE);
      if (Buffer.compare(actual, wanted) === 0) continue;
      for (let offset = 0; offset < PAGE; offset++) {
        const address = page.linear + offset;
        const ignored = vector.mm?.some(([from, length]) => address >= from && address < from + length);
        if (actual[offset] === wanted[offset] || ignored) continue;
        const [a, b] = [wanted[offset].toString(16), actual[offset].toString(16)];
        differences.push({ tier: "A", what: `byte ${address.toString(16)} expected ${a}, got ${b}` });
      }
    }
    return differences;
  }

  #restore(initial: ReadonlyMap<Page, Uint8Array>): void {
    for (const page of this.#pages.values()) {
      const dirty = this.#dirty(page);
      if (dirty || initial.has(page)) this.#memory.writeBytes(page.physical, page.pristine);
      if (!dirty) continue;
      this.#memory.write32(page.entry, this.#memory.read32(page.entry) & ~PTE_DIRTY);
      this.#processor.invalidatePage(ADDRESS_SPACE, page.linear);
    }
  }

  #dirty(page: Page): boolean {
    return (this.#memory.read32(page.entry) & PTE_DIRTY) !== 0;
  }
}

/** The bytes that `pages` has for a page, or a copy of `otherwise` put there. */
function contents(pages: Map<Page, Uint8Array>, page: Page, otherwise: Uint8Array): Uint8Array {
  const known = pages.get(page);
  if (known !== undefined) return known;
  const copy = otherwise.slice();
  pages.set(page, copy);
  return copy;
}

/** Words of a register from its digits, most significant first. */
function words(digits: string, count: number): number[] {
  const padded = digits.padStart(count * 8, "0");
  return Array.from({ length: count }, (_, n) => Number.parseInt(padded.slice(-8 * (n + 1)).slice(0, 8), 16));
}

function digits(file: Int32Array, at: number, count: number): string {
  let text = "";
  for (let n = count - 1; n >= 0; n--) text += (file[at + n] >>> 0).toString(16).padStart(8, "0");
  return text;
}

/** XMM registers lie at 0, R0 to R7 behind them, four words each. */
function setFloat(file: Int32Array, { cw, sw, tw, mx, r, x }: FloatState): void {
  for (let n = 0; n < 8; n++) {
    file.set(words(x[n], 4), 4 * n);
    file.set(words(r[n], 3), R0 + 4 * n);
  }
  file[FCW] = cw;
  file[FSW] = sw;
  file[FTW] = tw;
  file[MXCSR] = mx;
}

function floatOf(file: Int32Array): FloatState {
  const registers = [0, 1, 2, 3, 4, 5, 6, 7];
  return {
    cw: file[FCW],
    sw: file[FSW],
    tw: file[FTW],
    mx: file[MXCSR],
    r: registers.map((n) => digits(file, R0 + 4 * n, 3).slice(-20)),
    x: registers.map((n) => digits(file, 4 * n, 4)),
  };
}
