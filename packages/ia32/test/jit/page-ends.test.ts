// REP MOVS and STOS over several pages, stack frames at their ends, some pages missing, budgets that end anywhere: both engines alike.
import { expect, test } from "vitest";
import { allocateMemory, EAX, ECX, EDI, EFLAGS, EIP, ESI, ESP, GuestMemory, Processor } from "../../src/index.ts";
import { Random } from "./random.ts";

const RAM = 1 << 22;
const CODE = 0x1000;
const DIRECTORY = 0x100000;
const TABLE = 0x101000;
const DATA = 0x200000;
const DATA_SIZE = 0x14000;
/** REP with MOVSB, MOVSD, MOVSW, STOSB, STOSD, STOSW. */
const REPETITIONS = [
  [0xf3, 0xa4],
  [0xf3, 0xa5],
  [0xf3, 0x66, 0xa5],
  [0xf3, 0xaa],
  [0xf3, 0xab],
  [0xf3, 0x66, 0xab],
];

interface Case {
  readonly code: readonly number[];
  readonly registers: readonly (readonly [number, number])[];
  readonly budgets: readonly number[];
  /** Page number that is not present, or −1. */
  readonly missing: number;
}

/**
 * push eax; push ecx; mov edx, [esp+4]; add [esp+8], edx; mov [esp+12], ecx; mov ebx, [esp+16]; add esp, 8; dec ecx; jnz back
 */
const FRAME = [
  ...[0x50, 0x51, 0x8b, 0x54, 0x24, 0x04, 0x01, 0x54, 0x24, 0x08, 0x89, 0x4c, 0x24, 0x0c, 0x8b, 0x5c, 0x24, 0x10],
  ...[0x83, 0xc4, 0x08, 0x49, 0x75, 0xe8],
];

function drawnFrame(random: Random): Case {
  const page = 1 + random.below(8);
  return {
    code: FRAME,
    registers: [
      [EAX, random.word() >>> 0],
      [ECX, 500 + random.below(500)],
      [ESP, DATA + 0x1000 * page - 32 + random.below(64)],
    ],
    budgets: Array.from({ length: 12 }, () => 1 + random.below(1500)),
    missing: random.below(3) === 0 ? (DATA >>> 12) + page - random.below(2) : -1,
  };
}

function drawnRepetition(random: Random): Case {
  const below = (bound: number): number => random.below(bound);
  return {
    code: random.pick(REPETITIONS),
    registers: [
      [ECX, below(3) > 0 ? below(9000) : below(20)],
      [ESI, DATA + below(0x4000)],
      [EDI, DATA + below(0x10000 - 0x9000)],
      [EAX, below(2) > 0 ? 0x41414141 : below(1 << 30)],
    ],
    budgets: Array.from({ length: 12 }, () => 1 + below(below(2) > 0 ? 3000 : 6)),
    missing: below(4) === 0 ? (DATA >>> 12) + below(DATA_SIZE >>> 12) : -1,
  };
}

/** What can be seen after each run, and of memory at the end. */
function runOn(
  { code, registers, budgets, missing }: Case,
  engine: "interpreter" | "jit",
): { visible: unknown; compiled: number } {
  const memory = new GuestMemory(allocateMemory(RAM), RAM);
  const ports = { read: () => 0xff, write: () => {} };
  const processor = new Processor({ memory, ports, engine, jit: { threshold: 0 } });
  processor.setDescriptor(1, { base: 0, limit: 0xffffffff, kind: "code", readable: true, dpl: 3 });
  processor.setDescriptor(2, { base: 0, limit: 0xffffffff, kind: "data", writable: true, dpl: 3 });
  processor.loadSegment("cs", 0x0b);
  for (const name of ["ss", "ds", "es"] as const) processor.loadSegment(name, 0x13);
  memory.write32(DIRECTORY, TABLE | 7);
  for (let page = 0; page < 1024; page++) memory.write32(TABLE + 4 * page, page === missing ? 0 : (page << 12) | 7);
  processor.setAddressSpace(DIRECTORY, 0);
  processor.setPaging(true);
  memory.writeBytes(CODE, Uint8Array.from([...code, 0xeb, 0xfe]));
  for (let at = 0; at < DATA_SIZE; at += 4) memory.write32(DATA + at, Math.imul(at, 0x9e3779b1));
  processor.registers[EIP] = CODE;
  processor.registers[EFLAGS] = 2;
  for (const [register, value] of registers) processor.registers[register] = value;
  const seen: unknown[] = [];
  for (const budget of budgets) {
    const { kind } = processor.run(budget);
    seen.push(kind, processor.retired, [...processor.registers]);
    if (kind !== "budget") break;
  }
  let sum = 0;
  for (let at = 0; at < DATA_SIZE; at += 4) sum = (Math.imul(sum, 31) + memory.read32(DATA + at)) | 0;
  return { visible: [seen, sum], compiled: processor.jitStatistics?.compiledInstructions ?? 0 };
}

function compare(draw: (random: Random) => Case, seed: number): void {
  const random = new Random(seed);
  let compiled = 0;
  for (let round = 0; round < 24; round++) {
    const each = draw(random);
    const run = runOn(each, "jit");
    expect(run.visible, JSON.stringify(each)).toEqual(runOn(each, "interpreter").visible);
    compiled += run.compiled;
  }
  expect(compiled).toBeGreaterThan(10_000);
}

test("a repetition over several pages stops, faults and counts as in the interpreter", () => {
  compare(drawnRepetition, 1);
});

test("a stack frame over the end of a page is read and written as in the interpreter", () => {
  compare(drawnFrame, 2);
});
