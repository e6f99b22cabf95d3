// Runs hwvec vectors: single instructions and short sequences recorded on a real CPU.
//
// Here: the machine state of FORMAT.md built with real page tables in guest RAM, and the comparison by tier.
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { allocateMemory, EFLAGS, EIP, GuestMemory, Processor } from "../src/index.ts";

export interface Vector {
  readonly f: string;
  readonly b: string;
  readonly i: { r: number[]; ip: number; fl: number; sg?: Record<string, number>; m?: [number, string][] };
  readonly o: {
    r?: Record<number, number>;
    ip: number;
    fl?: number;
    sg?: Record<string, number>;
    m?: [number, string][];
    x?: [number, number, number?];
  };
  readonly run?: "one" | "seq";
  readonly uf?: number;
  readonly mm?: [number, number][];
}

export interface Difference {
  readonly tier: "A" | "B";
  readonly what: string;
}

/** The vectors of one category. */
export function readVectors(file: string | URL): Vector[] {
  return gunzipSync(readFileSync(file))
    .toString()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Vector);
}

interface Region {
  readonly linear: number;
  readonly size: number;
  readonly physical: number;
  readonly writable: boolean;
  readonly pristine: Uint8Array;
}

const PAGE_TABLES = 0x80000;
const COMPARED_FLAGS = 0x247ed5 & ~0x10100;
const SELECTORS: Readonly<Record<string, number>> = { cs: 0x23, ds: 0x2b, es: 0x2b, ss: 0x2b, fs: 0, gs: 0 };
const SEGMENTS = ["es", "cs", "ss", "ds", "fs", "gs"] as const;

function fillByte(address: number): number {
  return Math.imul(address, 0x9e3779b1) >>> 24;
}

export class HwvecMachine {
  readonly memory: GuestMemory;
  readonly processor: Processor;
  readonly #regions: Region[] = [];

  constructor() {
    const size = 0x100000;
    this.memory = new GuestMemory(allocateMemory(size), size);
    this.processor = new Processor({ memory: this.memory, ports: { read: () => 0, write: () => {} } });
    let physical = 0x1000;
    let table = PAGE_TABLES + 0x1000;
    const regions: [number, number, boolean][] = [
      [0, 0x20000, true],
      [0x10000000, 0x2000, true],
      [0x20000000, 0x4000, true],
      [0x20008000, 0x1000, false],
      [0x30000000, 0x4000, true],
    ];
    for (const [linear, bytes, writable] of regions) {
      const pristine = new Uint8Array(bytes);
      for (let i = 0; i < bytes; i++) pristine[i] = linear === 0x10000000 ? 0xcc : fillByte(linear + i);
      this.#regions.push({ linear, size: bytes, physical, writable, pristine });
      const entry = PAGE_TABLES + (linear >>> 22) * 4;
      if (this.memory.read32(entry) === 0) {
        this.memory.write32(entry, table | 7);
        table += 0x1000;
      }
      const pageTable = this.memory.read32(entry) & ~0xfff;
      for (let at = 0; at < bytes; at += 0x1000)
        this.memory.write32(pageTable + (((linear + at) >>> 12) & 0x3ff) * 4, (physical + at) | (writable ? 7 : 5));
      physical += bytes;
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
    for (const region of this.#regions) memory.writeBytes(region.physical, region.pristine);
    for (const [address, hex] of [...(vector.i.m ?? []), [vector.i.ip, vector.b] as [number, string]]) {
      const bytes = Buffer.from(hex, "hex");
      for (let i = 0; i < bytes.length; i++) {
        const region = this.#find(address + i);
        if (region?.writable) memory.write8(region.physical + address + i - region.linear, bytes[i]);
      }
    }
    vector.i.r.forEach((value, number) => {
      registers[number] = value;
    });
    registers[EIP] = vector.i.ip;
    registers[EFLAGS] = vector.i.fl;
    for (const name of SEGMENTS) processor.loadSegment(name, vector.i.sg?.[name] ?? SELECTORS[name]);

    const before = this.#regions.map((region) => memory.readBytes(region.physical, region.size));
    let exit = processor.run(1);
    if (vector.run === "seq") {
      for (let n = 0; n < 100_000 && exit.kind === "budget" && memory.read8(this.#codeAt(registers[EIP])) !== 0xcc; n++)
        exit = processor.run(1);
    } else {
      // A repeated instruction runs to completion.
      while (exit.kind === "budget" && registers[EIP] === vector.i.ip && /^rep/.test(vector.f)) exit = processor.run(1);
    }
    let x: [number, number, number] | null = null;
    if (exit.kind === "exception") x = [exit.vector, exit.errorCode, exit.cr2 >>> 0];
    else if (exit.kind === "softwareInterrupt") {
      // The operating system of the recording opened vectors 3 and 4 only.
      if (exit.vector === 3 || exit.vector === 4) x = [exit.vector, 0, 0];
      else {
        x = [13, exit.vector * 8 + 2, 0];
        registers[EIP] -= 2;
      }
    }
    return this.#compare(vector, x, before);
  }

  #find(address: number): Region | undefined {
    return this.#regions.find((region) => address >= region.linear && address < region.linear + region.size);
  }

  #codeAt(eip: number): number {
    const region = this.#find(eip >>> 0);
    return region === undefined ? -1 : region.physical + (eip >>> 0) - region.linear;
  }

  #compare(vector: Vector, x: [number, number, number] | null, before: Uint8Array[]): Difference[] {
    const differences: Difference[] = [];
    const { registers } = this.processor;
    const differ = (tier: "A" | "B", what: string, expected: number | string, got: number | string): void => {
      const text = (value: number | string): string => (typeof value === "number" ? (value >>> 0).toString(16) : value);
      differences.push({ tier, what: `${what}: expected ${text(expected)}, got ${text(got)}` });
    };
    const expected = vector.o.x ?? null;
    if (expected?.[0] !== x?.[0]) {
      differ("A", "exception", String(expected), String(x));
      return differences;
    }
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
    const after = new Map<number, number>();
    for (const [address, hex] of vector.o.m ?? [])
      Buffer.from(hex, "hex").forEach((byte, i) => {
        after.set(address + i, byte);
      });
    this.#regions.forEach((region, n) => {
      const ram = this.memory.ram;
      for (let i = 0; i < region.size; i++) {
        const address = region.linear + i;
        const value = after.get(address) ?? before[n][i];
        if (value === ram[region.physical + i]) continue;
        if (!vector.mm?.some(([from, length]) => address >= from && address < from + length))
          differ("A", `memory ${address.toString(16)}`, value, ram[region.physical + i]);
      }
    });
    return differences;
  }
}
