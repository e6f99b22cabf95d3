// How much is compiled without a break: what a host's event loop waits for. 28 KB take some 2 ms in Chromium (bench/browser).
import { expect, test } from "vitest";
import { allocateMemory, EAX, EIP, GuestMemory, Processor } from "../../src/index.ts";

const RAM = 1 << 20;
const CODE = 0x10000;
/** Of the largest module that is made at once. */
const MOST = 128 << 10;
const BLOCKS = 400;

/** Runs a loop of 400 blocks of 20 of these instructions until all of it is hot, and hotter. */
function runLoop(instruction: readonly number[]) {
  const memory = new GuestMemory(allocateMemory(RAM), RAM);
  const ports = { read: () => 0xff, write: () => {} };
  const processor = new Processor({
    memory,
    ports,
    engine: "jit",
    float: true,
    model: "pentium4",
    jit: { threshold: 4 },
  });
  const flat = { base: 0, limit: 0xffffffff, dpl: 3 } as const;
  processor.setDescriptor(3, { ...flat, kind: "code", readable: true });
  processor.setDescriptor(4, { ...flat, kind: "data", writable: true });
  processor.loadSegment("cs", 0x1b);
  for (const name of ["ss", "ds", "es"] as const) processor.loadSegment(name, 0x23);
  // fldz: the loop behind it finds a number to add to.
  const bytes: number[] = [0xd9, 0xee];
  for (let block = 0; block < BLOCKS; block++) {
    for (let i = 0; i < 20; i++) bytes.push(...instruction);
    bytes.push(0x85, 0xc0, 0x74, 0); // test eax, eax; jz to the next instruction
  }
  const back = -(bytes.length - 2 + 5);
  bytes.push(0xe9, back & 0xff, (back >> 8) & 0xff, (back >> 16) & 0xff, (back >> 24) & 0xff);
  memory.writeBytes(CODE, Uint8Array.from(bytes));
  processor.registers[EIP] = CODE;
  processor.registers[EAX] = 1;
  for (let i = 0; i < 30; i++) processor.run(10_000);
  const statistics = processor.jitStatistics;
  if (statistics === null) throw new Error("nothing compiles");
  return statistics;
}

test.each([
  ["additions to memory", [0x01, 0x05, 0, 0x80, 0, 0]], // add [8000], eax
  ["float additions", [0xdc, 0x05, 0, 0x80, 0, 0]], // fadd qword [8000]
  ["vector additions", [0x66, 0x0f, 0xfe, 0x05, 0, 0x80, 0, 0]], // paddd xmm0, [8000]
] as const)("a lot of hot code, %s, is compiled in small parts", (_, instruction) => {
  const { largestModule, compiledInstructions, instructions, regions, modules } = runLoop(instruction);
  expect(compiledInstructions).toBeGreaterThan(instructions / 2);
  expect(regions).toBeGreaterThan(5);
  expect(modules).toBeLessThanOrEqual(regions);
  expect(largestModule).toBeGreaterThan(10_000);
  expect(largestModule).toBeLessThan(MOST);
});
