import { expect, test } from "vitest";
import { allocateMemory, EAX, ECX, EIP, ESP, GuestMemory, Processor } from "./index.ts";

/** A processor at CPL 3 with flat segments and paging off, with `code` at 0x1000. */
function machine(code: number[]): { processor: Processor; memory: GuestMemory } {
  const memory = new GuestMemory(allocateMemory(0x10000), 0x10000);
  const processor = new Processor({ memory, ports: { read: () => 0, write: () => {} } });
  const flat = { base: 0, limit: 0xffffffff, dpl: 3 } as const;
  processor.setDescriptor(1, { ...flat, kind: "code", readable: true });
  processor.setDescriptor(2, { ...flat, kind: "data", writable: true });
  processor.loadSegment("cs", 0x0b);
  for (const name of ["ss", "ds", "es"] as const) processor.loadSegment(name, 0x13);
  memory.writeBytes(0x1000, Uint8Array.from(code));
  processor.registers[EIP] = 0x1000;
  processor.registers[ESP] = 0x8000;
  return { processor, memory };
}

test("a loop runs to its breakpoint and every instruction counts", () => {
  // mov ecx, 5; xor eax, eax; again: add eax, ecx; loop again; int3
  const { processor } = machine([0xb9, 5, 0, 0, 0, 0x31, 0xc0, 0x01, 0xc8, 0xe2, 0xfc, 0xcc]);
  const exit = processor.run(1000);
  expect(exit).toMatchObject({ kind: "exception", vector: 3, hasErrorCode: false });
  expect(processor.registers[EAX]).toBe(15);
  expect(processor.registers[ECX]).toBe(0);
  expect(processor.registers[EIP]).toBe(0x100c);
  expect(processor.retired).toBe(2 + 5 * 2 + 1);
});

test("INT n and SYSENTER come back as exits behind the instruction", () => {
  const { processor } = machine([0xcd, 0x80, 0x0f, 0x34]);
  expect(processor.run(10)).toMatchObject({ kind: "softwareInterrupt", vector: 0x80 });
  expect(processor.registers[EIP]).toBe(0x1002);
  expect(processor.run(10)).toMatchObject({ kind: "sysenter" });
  expect(processor.registers[EIP]).toBe(0x1004);
  expect(processor.retired).toBe(2);
});
