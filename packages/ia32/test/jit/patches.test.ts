// A program that patches immediates of a function in another page and calls it: what comes out is known, and compiled code stays.
import { expect, test } from "vitest";
import { allocateMemory, EBX, ECX, EIP, ESP, GuestMemory, Processor } from "../../src/index.ts";

const RAM = 1 << 20;
const CODE = 0x10000;
const FUNCTION = 0x20000;
const STACK = 0x80000;
const ROUNDS = 600;

function dword(value: number): number[] {
  return [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, (value >>> 24) & 0xff];
}

/** ADD EBX, imm32; XOR EBX, imm32; what stands `between`; RET. */
function patchedFunction(between: readonly number[]): number[] {
  return [0x81, 0xc3, ...dword(0), ...between, 0x81, 0xf3, ...dword(0), 0xc3];
}

/** mov [first], ecx; mov byte [second + 1], cl; call; dec ecx; jnz back; jmp itself */
function program(first: number, second: number): number[] {
  const code = [0x89, 0x0d, ...dword(first), 0x88, 0x0d, ...dword(second + 1)];
  code.push(0xe8, ...dword(FUNCTION - (CODE + code.length + 5)), 0x49);
  return [...code, 0x75, 256 - code.length - 2, 0xeb, 0xfe];
}

function run(engine: "interpreter" | "jit", between: readonly number[], budget: number): Processor {
  const memory = new GuestMemory(allocateMemory(RAM), RAM);
  const ports = { read: () => 0xff, write: () => {} };
  const processor = new Processor({ memory, ports, engine, model: "pentium4", jit: { threshold: 2 } });
  const flat = { base: 0, limit: 0xffffffff, dpl: 3 } as const;
  processor.setDescriptor(3, { ...flat, kind: "code", readable: true });
  processor.setDescriptor(4, { ...flat, kind: "data", writable: true });
  processor.loadSegment("cs", 0x1b);
  for (const name of ["ss", "ds", "es"] as const) processor.loadSegment(name, 0x23);
  const second = FUNCTION + 6 + between.length + 2;
  memory.writeBytes(CODE, Uint8Array.from(program(FUNCTION + 2, second)));
  memory.writeBytes(FUNCTION, Uint8Array.from(patchedFunction(between)));
  processor.registers[EIP] = CODE;
  processor.registers[ECX] = ROUNDS;
  processor.registers[ESP] = STACK;
  for (let left = ROUNDS * 16; left > 0; left -= budget) processor.run(Math.min(left, budget));
  return processor;
}

function expected(): number {
  let ebx = 0;
  for (let ecx = ROUNDS; ecx > 0; ecx--) ebx = ((ebx + ecx) | 0) ^ ((ecx & 0xff) << 8);
  return ebx;
}

/** What compiled code does itself, what it calls the interpreter for, and where the interpreter goes on. */
const BETWEEN: readonly (readonly [string, readonly number[]])[] = [
  ["nothing", []],
  ["CPUID, registers saved", [0x53, 0x51, 0x0f, 0xa2, 0x59, 0x5b]],
  ["a write to its page", [0x89, 0x0d, ...dword(FUNCTION + 0x800)]],
  ["a write to its first instruction", [0xc6, 0x05, ...dword(FUNCTION), 0x81]],
];

test.each(BETWEEN)("of two patched immediates the new values count: %s between", (_, between) => {
  for (const budget of [1_000_000, 97, 5]) {
    const interpreted = run("interpreter", between, budget);
    const compiled = run("jit", between, budget);
    expect(compiled.registers[EBX]).toBe(expected());
    expect([...compiled.registers]).toEqual([...interpreted.registers]);
    expect(compiled.retired).toBe(interpreted.retired);
  }
});

test("compiled code outlives its patches", () => {
  const { jitStatistics } = run("jit", [], 1_000_000);
  expect(jitStatistics?.dropped).toBeLessThan(10);
  expect(jitStatistics?.compiledInstructions).toBeGreaterThan(ROUNDS * 7);
});
