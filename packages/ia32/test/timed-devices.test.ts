import { expect, test } from "vitest";
import { allocateMemory, EIP, GuestMemory, Processor } from "../src/index.ts";
import { CODE, createSystemMachine, dword, RAM } from "./system-machine.ts";

const DEVICE = 0xe0000000;
const HLT = 0xf4;
/** Three INC, a read, INC, three writes of a repeated string, a read-modify-write. */
const PROGRAM = [
  ...[0x40, 0x40, 0x40, 0xa1, ...dword(DEVICE), 0x40],
  ...[0xbf, ...dword(DEVICE), 0xb9, ...dword(3), 0xf3, 0xab, 0xff, 0x05, ...dword(DEVICE), HLT],
];

test("a timed device finds `retired` exact at every access, and sees each access once", () => {
  const seen: [string, number][] = [];
  const machine = createSystemMachine({
    code: PROGRAM,
    mmio: {
      timed: true,
      read: () => {
        seen.push(["read", machine.processor.retired]);
        return 0;
      },
      write: () => seen.push(["write", machine.processor.retired]),
    },
  });
  expect(machine.processor.run(100).kind).toBe("halt");
  expect(seen).toEqual([
    ["read", 3],
    ["write", 7],
    ["write", 8],
    ["write", 9],
    ["read", 10],
    ["write", 10],
  ]);
  expect(machine.processor.retired).toBe(12);
});

test("so it does under a host kernel, within one budget", () => {
  const memory = new GuestMemory(allocateMemory(RAM), RAM);
  const seen: number[] = [];
  const processor = new Processor({
    memory,
    ports: { read: () => 0, write: () => {} },
    mmio: {
      timed: true,
      read: () => {
        seen.push(processor.retired);
        return 0;
      },
      write: () => seen.push(processor.retired),
    },
  });
  processor.setDescriptor(1, { base: 0, limit: 0xffffffff, kind: "code", readable: true, dpl: 3 });
  processor.setDescriptor(2, { base: 0, limit: 0xffffffff, kind: "data", writable: true, dpl: 3 });
  processor.loadSegment("cs", 0x0b);
  for (const name of ["ss", "ds", "es"] as const) processor.loadSegment(name, 0x13);
  memory.writeBytes(CODE, Uint8Array.from(PROGRAM));
  processor.registers[EIP] = CODE;
  expect(processor.run(9).kind).toBe("budget");
  expect(seen).toEqual([3, 7, 8]);
  expect(processor.retired).toBe(9);
  expect(processor.run(100)).toMatchObject({ kind: "exception", vector: 13 });
  expect(seen).toEqual([3, 7, 8, 9, 10, 10]);
});

test("an interrupt that an access asks for comes behind that very instruction where the address is timed", () => {
  const returnAddress = (device: number): number => {
    let acknowledged = 0;
    const machine = createSystemMachine({
      code: [0xfb, 0x90, 0xa3, ...dword(device), 0xfa, HLT], // sti; nop; mov [device], eax; cli; hlt
      acknowledged: () => acknowledged++,
      mmio: {
        timed: (physical) => physical >= DEVICE + 0x1000,
        read: () => 0,
        write: () => machine.processor.setInterruptLine(true),
      },
    });
    machine.processor.run(100);
    return acknowledged === 0 ? 0 : machine.stack(1)[0];
  };
  expect(returnAddress(DEVICE + 0x1000)).toBe(CODE + 7);
  expect(returnAddress(DEVICE)).toBe(0); // CLI is in the same block.
});
