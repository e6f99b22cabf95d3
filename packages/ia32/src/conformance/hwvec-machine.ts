/**
 * The machine that hwvec tests run on: memory, one processor in architectural mode.
 *
 * Here: the state that FORMAT.md describes, running one test, comparing memory. Not here: the tables that programs do not
 * see (→ hwvec-system.ts), the other comparisons (→ hwvec-compare.ts).
 * @module
 */
import {
  allocateMemory,
  EFLAGS,
  EIP,
  FCW,
  FSW,
  FTW,
  GuestMemory,
  MXCSR,
  Processor,
  type ProcessorOptions,
  PTE_DIRTY,
  R0,
} from "../index.ts";
import { compareRegisters, type Outcome } from "./hwvec-compare.ts";
import {
  bytesOf,
  CODE_REGION,
  type FloatState,
  fill,
  INITIAL_FLOAT,
  PAGE,
  REGIONS,
  SEGMENT_REGISTERS,
  SELECTORS,
  type Vector,
} from "./hwvec-format.ts";
import { HANDLER_PORT, HwvecSystem, loadedSelector, segmentBase } from "./hwvec-system.ts";
import type { Difference } from "./score.ts";
import { isSentinel } from "./waivers.ts";

/** Settings of the processor that a caller may choose: those that change nothing a program can see. */
export type Settings = Omit<
  ProcessorOptions,
  "memory" | "ports" | "model" | "float" | "architectural" | "mmio" | "interrupts"
>;

interface Page {
  readonly linear: number;
  readonly physical: number;
  /** Physical address of its page-table entry. */
  readonly entry: number;
  readonly writable: boolean;
  /** It may be executed. */
  readonly code: boolean;
  /** Contents before a test's own bytes. */
  readonly pristine: Uint8Array;
}

const RAM = 0x100000;
/** The processor's tags for CPL 3 and for the rest. */
const ADDRESS_SPACES = [0, 1];
const INT3 = 0xcc;
/** A sequence that has not ended by then never will. */
const LONGEST = 1_000_000;
/** All pages are compared once in so many tests, those that were written always. */
const FULL_CHECK_EVERY = 64;
/** F2 or F3 among the prefixes: the instruction may stop between two iterations. */
const REPEATED = /^(?:26|2e|36|3e|64|65|66|67|f0|f2|f3)*?f[23]/i;

export class HwvecMachine {
  readonly #memory: GuestMemory = new GuestMemory(allocateMemory(RAM, false), RAM);
  readonly #processor: Processor;
  readonly #system: HwvecSystem;
  readonly #pages: Map<number, Page> = new Map();
  readonly #compiles: boolean;
  #count = 0;

  constructor(settings: Settings = {}) {
    this.#compiles = settings.engine === "jit";
    const ports = {
      read: () => 0,
      write: (port: number) => {
        if (port === HANDLER_PORT) this.#processor.requestExit();
      },
    };
    this.#processor = new Processor({
      ...settings,
      memory: this.#memory,
      ports,
      model: "pentium4",
      architectural: true,
    });
    this.#system = new HwvecSystem(this.#memory, this.#processor);
    let physical = PAGE;
    for (const { linear: first, pages, writable } of REGIONS) {
      const code = first === CODE_REGION;
      for (let linear = first; linear < first + pages * PAGE; linear += PAGE, physical += PAGE) {
        const entry = this.#system.map(linear, physical, { writable, code });
        const pristine = Uint8Array.from({ length: PAGE }, (_, offset) => fill(linear + offset));
        this.#memory.writeBytes(physical, pristine);
        this.#pages.set(linear, { linear, physical, entry, writable, code, pristine });
      }
    }
    this.#system.start();
  }

  /** Runs one test; no differences means that the processor did what the silicon did. */
  check(vector: Vector): Difference[] {
    const initial = this.#prepare(vector);
    const exception = this.#run(vector);
    const differences = compareRegisters(vector, this.#outcome(exception));
    if (!differences.some(({ what }) => what.startsWith("exception")))
      differences.push(...this.#compareMemory(vector, initial));
    this.#restore(initial);
    return differences;
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
    for (const [address, text] of [...(i.m ?? []), [(segmentBase(i.sg?.cs ?? 0) + i.ip) >>> 0, vector.b] as const])
      bytesOf(text).forEach((byte, offset) => {
        put(address + offset, byte);
      });
    for (const [page, bytes] of initial) this.#memory.writeBytes(page.physical, bytes);
    processor.registers.set(i.r);
    processor.registers[EIP] = i.ip;
    processor.registers[EFLAGS] = i.fl;
    for (const name of SEGMENT_REGISTERS) {
      processor.loadSegment(name, loadedSelector(name, i.sg?.[name] ?? SELECTORS[name]));
    }
    setFloat(processor.floatRegisters, i.fpu ?? INITIAL_FLOAT);
    return initial;
  }

  #run(vector: Vector): Outcome["exception"] {
    const { registers } = this.#processor;
    const run = (budget: number): Outcome["exception"] => {
      this.#processor.run(budget);
      return this.#system.takeException();
    };
    if (vector.run !== undefined || (this.#compiles && this.#endsAtInt3(vector))) {
      const exception = run(LONGEST);
      if (exception === null || !isSentinel(vector, exception[0])) return exception;
      registers[EIP]--;
      return null;
    }
    const repeated = REPEATED.test(vector.b);
    let exception = run(1);
    for (let n = 0; n < LONGEST && exception === null && repeated && registers[EIP] === vector.i.ip; n++)
      exception = run(1);
    return exception;
  }

  /** Compiled code has no single steps: an INT3 that stands where the test ends, or its exception, ends it too. */
  #endsAtInt3({ o, i }: Vector): boolean {
    if (o.x !== undefined) return true;
    const linear = (segmentBase(o.sg?.cs ?? i.sg?.cs ?? 0) + o.ip) >>> 0;
    const page = this.#pages.get(linear & -PAGE);
    return page?.code === true && this.#memory.read8(page.physical + (linear & (PAGE - 1))) === INT3;
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

  #compareMemory(vector: Vector, initial: ReadonlyMap<Page, Uint8Array>): Difference[] {
    const differences: Difference[] = [];
    const expected = new Map<Page, Uint8Array>();
    for (const [address, text] of vector.o.m ?? [])
      bytesOf(text).forEach((byte, offset) => {
        const page = this.#pages.get((address + offset) & -PAGE);
        if (page === undefined) differences.push({ tier: "A", what: "the test expects a byte outside memory" });
        else contents(expected, page, initial.get(page) ?? page.pristine)[(address + offset) & (PAGE - 1)] = byte;
      });
    const all = this.#count++ % FULL_CHECK_EVERY === 0;
    for (const page of this.#pages.values()) {
      if (!all && !this.#dirty(page) && !expected.has(page)) continue;
      const wanted = expected.get(page) ?? initial.get(page) ?? page.pristine;
      const actual = this.#memory.readBytes(page.physical, PAGE);
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
      for (const space of ADDRESS_SPACES) this.#processor.invalidatePage(space, page.linear);
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
