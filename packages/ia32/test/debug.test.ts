import { expect, test } from "vitest";
import { EAX, EIP } from "../src/index.ts";
import { CODE, createMachine } from "./machine.ts";
import {
  createSystemMachine,
  dword,
  HANDLERS,
  KERNEL_CODE,
  KERNEL_DATA,
  STACK,
  CODE as SYSTEM_CODE,
  TASK2,
  TSS2,
} from "./system-machine.ts";

test("a breakpoint stops before its instruction, and the next run passes it", () => {
  const { processor } = createMachine({ code: [0x40, 0x40, 0x40, 0xcc] });
  processor.setBreakpoints([CODE + 1, CODE + 2]);
  expect(processor.run(100).kind).toBe("breakpoint");
  expect([processor.registers[EIP], processor.registers[EAX], processor.retired]).toEqual([CODE + 1, 1, 1]);
  expect(processor.run(100).kind).toBe("breakpoint");
  expect(processor.registers[EIP]).toBe(CODE + 2);
  processor.setBreakpoints([]);
  expect(processor.run(100)).toMatchObject({ kind: "exception", vector: 3 });
});

test("a run that begins with an interrupt still stops at its handler", () => {
  const { processor } = createSystemMachine({ code: [0xfb, 0x90, 0x90, 0xf4] }); // sti; nop; nop
  processor.run(2);
  processor.setBreakpoints([HANDLERS + 0x20 * 16]);
  processor.setInterruptLine(true);
  expect(processor.run(100).kind).toBe("breakpoint");
  expect(processor.registers[EIP]).toBe(HANDLERS + 0x20 * 16);
});

test("a watchpoint stops behind the access, in either mode", () => {
  const code = [0xa1, ...dword(0x9000), 0xa2, ...dword(0x9003), 0xa3, ...dword(0x9004), 0xcc];
  for (const { processor } of [createMachine({ code }), createSystemMachine({ code })]) {
    const start = processor.registers[EIP];
    processor.setWatchpoints([{ address: 0x9002, length: 2, access: "write" }]);
    expect(processor.run(100).kind).toBe("watchpoint");
    expect(processor.registers[EIP]).toBe(start + 10);
    expect(processor.watchpointHit).toEqual({ address: 0x9003, size: 1, write: true });
    processor.setWatchpoints([{ address: 0x9000, length: 1, access: "read" }]);
    processor.registers[EIP] = start;
    expect(processor.run(100).kind).toBe("watchpoint");
    expect(processor.registers[EIP]).toBe(start + 5);
  }
});

test("a trace hears of every instruction, and changes nothing", () => {
  const seen: number[] = [];
  const { processor } = createMachine({ code: [0x40, 0xeb, 0xfd] });
  processor.trace({ instruction: (linear) => seen.push(linear) });
  processor.run(4);
  expect(seen).toEqual([CODE, CODE + 1, CODE, CODE + 1]);
  expect(processor.retired).toBe(4);
});

test("DR0 breaks before an instruction until RF, DR1 behind a write", () => {
  // mov eax, …; mov dr0, eax; mov eax, 9000h; mov dr1, eax; mov eax, 100005h … mov dr7, eax; xor eax, eax; inc eax; mov [9000], eax
  const target = SYSTEM_CODE + 26;
  const code = [
    ...[0xb8, ...dword(target), 0x0f, 0x23, 0xc0, 0xb8, ...dword(0x9000), 0x0f, 0x23, 0xc8],
    ...[0xb8, ...dword(0x00d00005), 0x0f, 0x23, 0xf8, 0x31, 0xc0, 0x40, 0xa3, ...dword(0x9000), 0x40, 0xf4],
  ];
  const machine = createSystemMachine({ code });
  // or dword [esp + 8], 10000h; inc ebx; mov ecx, dr6; push …; iret
  machine.memory.writeBytes(
    HANDLERS + 16,
    Uint8Array.from([0x81, 0x4c, 0x24, 8, 0, 0, 1, 0, 0x43, 0x0f, 0x21, 0xf1, 0xcf]),
  );
  expect(machine.processor.run(100).kind).toBe("halt");
  const [eax, ecx, , ebx] = machine.processor.registers;
  expect([eax, ebx]).toEqual([2, 2]);
  expect(ecx & 0xf).toBe(3);
});

/** In the handler of #DB: mov edx, dr6; hlt. */
const SHOW_DR6 = Uint8Array.from([0x0f, 0x21, 0xf2, 0xf4]);

test("with DR7.GD the next access to a debug register is #DB before it, once", () => {
  // mov eax, 2000h; mov dr7, eax; mov ecx, dr7
  const machine = createSystemMachine({ code: [0xb8, ...dword(0x2000), 0x0f, 0x23, 0xf8, 0x0f, 0x21, 0xf9, 0xf4] });
  machine.memory.writeBytes(HANDLERS + 16, SHOW_DR6);
  expect(machine.processor.run(100).kind).toBe("halt");
  const [, ecx, edx] = machine.processor.registers;
  expect([machine.stack(1)[0], ecx, edx & 0xe00f]).toEqual([SYSTEM_CODE + 8, 0, 0x2000]);
});

test("a task with T in its TSS begins with #DB and DR6.BT, before its first instruction", () => {
  const machine = createSystemMachine({ code: [0xea, ...dword(0), TASK2, 0] });
  const { memory } = machine;
  const fields = { 32: HANDLERS + 0x800, 36: 2, 40: 99, 56: STACK - 0x4000, 100: 1 };
  for (const [offset, value] of Object.entries(fields)) memory.write32(TSS2 + Number(offset), value);
  for (const [i, selector] of [KERNEL_DATA, KERNEL_CODE, KERNEL_DATA, KERNEL_DATA, 0, 0].entries())
    memory.write32(TSS2 + 72 + 4 * i, selector);
  memory.writeBytes(HANDLERS + 0x800, Uint8Array.of(0x40, 0xf4)); // inc eax; hlt
  memory.writeBytes(HANDLERS + 16, SHOW_DR6);
  expect(machine.processor.run(100).kind).toBe("halt");
  const [eax, , edx] = machine.processor.registers;
  expect([machine.stack(1)[0], eax, edx & 0xe00f]).toEqual([HANDLERS + 0x800, 99, 0x8000]);
});
