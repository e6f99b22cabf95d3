// Architectural mode: what an address means. A20, devices and ROM, global and 4 MiB pages.
import { expect, test } from "vitest";
import { EAX, EBX, EDX } from "../src/index.ts";
import { createSystemMachine, dword, RAM } from "./system-machine.ts";

const HLT = 0xf4;

test("with A20 off, addresses wrap at 1 MB", () => {
  const machine = createSystemMachine({ code: [0xa1, ...dword(0x100500), HLT] });
  machine.memory.write32(0x500, 0x11111111);
  machine.memory.write32(0x100500, 0x22222222);
  machine.processor.setA20(false);
  machine.processor.run(100);
  expect(machine.processor.registers[EAX]).toBe(0x11111111);
  const { processor } = createSystemMachine({ code: [0xa1, ...dword(0x100500), HLT] });
  processor.setA20(false);
  processor.setA20(true);
  processor.run(100);
  expect(processor.registers[EAX]).toBe(0);
});

test("devices answer for their pages and outside RAM, ROM swallows writes", () => {
  const seen: [string, number, number, number][] = [];
  const machine = createSystemMachine({
    // mov [A0001], ax; mov eax, [E0000000]; mov [C0000], eax; mov ebx, [C0000]; hlt
    code: [
      ...[0x66, 0xa3, ...dword(0xa0001), 0xa1, ...dword(0xe0000000), 0xa3, ...dword(0xc0000)],
      ...[0x8b, 0x1d, ...dword(0xc0000), HLT],
    ],
    mmio: {
      read: (address, size) => {
        seen.push(["read", address, size, 0]);
        return 0x87654321;
      },
      write: (address, size, value) => {
        seen.push(["write", address, size, value]);
      },
    },
  });
  machine.memory.write32(0xc0000, 0x55aa);
  machine.memory.setPages(0xa0, 0x20, "device");
  machine.memory.setPages(0xc0, 8, "readOnly");
  machine.processor.registers[EAX] = 0x1234;
  machine.processor.run(100);
  expect(seen).toEqual([
    ["write", 0xa0001, 2, 0x1234],
    ["read", 0xe0000000, 4, 0],
  ]);
  expect(machine.processor.registers[EAX]).toBe(0x87654321 | 0);
  expect(machine.processor.registers[EBX]).toBe(0x55aa);
});

test("global pages survive a load of CR3 and fall to INVLPG", () => {
  const DIRECTORY = 0x100000;
  const TABLE = 0x101000;
  // mov eax, [150000]; add [entry + 1], 0Fh; mov ecx, cr3; mov cr3, ecx; mov ebx, [150000]; invlpg [150000]; mov edx, [150000]; hlt
  const code = [
    ...[
      0xa1,
      ...dword(0x150000),
      0x83,
      0x05,
      ...dword(TABLE + 0x150 * 4 + 1),
      0x0f,
      0x0f,
      0x20,
      0xd9,
      0x0f,
      0x22,
      0xd9,
    ],
    ...[0x8b, 0x1d, ...dword(0x150000), 0x0f, 0x01, 0x3d, ...dword(0x150000), 0x8b, 0x15, ...dword(0x150000), HLT],
  ];
  const machine = createSystemMachine({ code });
  const { memory, processor } = machine;
  memory.write32(DIRECTORY, TABLE | 3);
  for (let page = 0; page < RAM / 0x1000; page++) memory.write32(TABLE + page * 4, (page << 12) | 3);
  // Adding 0Fh at its second byte moves the page from 15F000 to 160000, and clears its global bit.
  memory.write32(TABLE + 0x150 * 4, 0x15f103);
  memory.write32(0x15f000, 1);
  memory.write32(0x160000, 2);
  const { state } = processor;
  if (state.system === null) throw new Error("not in architectural mode");
  processor.state = { ...state, pageDirectory: DIRECTORY, system: { ...state.system, cr0: 0x80000011 | 0, cr4: 0x80 } };
  processor.run(100);
  expect([processor.registers[EAX], processor.registers[EBX]]).toEqual([1, 1]);
  expect(processor.registers[EDX]).toBe(2);
});

test("INVLPG anywhere in a 4 MB page forgets all of it", () => {
  const DIRECTORY = 0x100000;
  // mov eax, [401000]; mov byte [directory + 6], 0; invlpg [400000]; mov ebx, [401000]; hlt
  const code = [
    ...[0xa1, ...dword(0x401000), 0xc6, 0x05, ...dword(DIRECTORY + 6), 0, 0x0f, 0x01, 0x3d, ...dword(0x400000)],
    ...[0x8b, 0x1d, ...dword(0x401000), HLT],
  ];
  const { memory, processor } = createSystemMachine({ code });
  memory.write32(DIRECTORY, 0x83);
  memory.write32(DIRECTORY + 4, 0x400083);
  const { state } = processor;
  if (state.system === null) throw new Error("not in architectural mode");
  processor.state = { ...state, pageDirectory: DIRECTORY, system: { ...state.system, cr0: 0x80000011 | 0, cr4: 0x10 } };
  processor.run(100);
  expect(processor.registers[EAX]).toBe(-1);
  expect(processor.registers[EBX]).toBe(memory.read32(0x1000));
});
