// REP MOVS and STOS over several pages, some of them missing, with budgets that end anywhere: both engines alike.
import { expect, test } from "vitest";
import { allocateMemory, EAX, ECX, EDI, EFLAGS, EIP, ESI, GuestMemory, Processor } from "../../src/index.ts";
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

function drawn(random: Random): Case {
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
function run({ code, registers, budgets, missing }: Case, engine: "interpreter" | "jit"): unknown {
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
  if (engine === "jit") expect(processor.jitStatistics?.compiledInstructions).toBeGreaterThan(0);
  return [seen, sum];
}

test("a repetition over several pages stops, faults and counts as in the interpreter", () => {
  const random = new Random(1);
  for (let round = 0; round < 24; round++) {
    const each = drawn(random);
    expect(run(each, "jit"), JSON.stringify(each)).toEqual(run(each, "interpreter"));
  }
});
