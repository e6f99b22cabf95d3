// Architectural mode: exceptions, interrupts, gates, tasks, modes, tables.
import { expect, test } from "vitest";
import { allocateMemory, EAX, EBP, EBX, ECX, EDX, EFLAGS, EIP, ESP, GuestMemory, Processor } from "../src/index.ts";
import {
  CODE,
  CODE16,
  createSystemMachine,
  dword,
  FREE,
  HANDLERS,
  KERNEL_CODE,
  KERNEL_DATA,
  LDT,
  LOCAL,
  RAM,
  STACK,
  TASK,
  TASK2,
  TSS,
  TSS2,
  toUser,
  USER_CODE,
  USER_CODE_SELECTOR,
  USER_DATA_SELECTOR,
  USER_STACK,
} from "./system-machine.ts";

const HLT = 0xf4;

/** The vector whose handler halted. */
function halted(processor: { registers: Int32Array }): number {
  return (processor.registers[EIP] - 1 - HANDLERS) / 16;
}

test("power-on is real mode at FFFFFFF0, and a first far jump goes below 1 MB", () => {
  const memory = new GuestMemory(allocateMemory(RAM), RAM);
  const rom = [0xea, 0x00, 0x10, 0x00, 0x00]; // jmp 0000:1000
  const processor = new Processor({
    memory,
    ports: { read: () => 0, write: () => {} },
    architectural: true,
    mmio: { read: (address) => rom[address - 0xfffffff0] ?? 0xff, write: () => {} },
  });
  memory.writeBytes(0x1000, Uint8Array.from([0x8c, 0xc8, HLT])); // mov ax, cs
  expect(processor.registers[EIP]).toBe(0xfff0);
  expect(processor.run(100).kind).toBe("halt");
  expect(processor.registers[EAX]).toBe(0);
  expect(processor.registers[EIP]).toBe(0x1003);
});

test("an exception from user code switches to the stack of the TSS and pushes all of it", () => {
  const machine = createSystemMachine({ code: toUser(), user: [0x0f, 0x0b] });
  expect(machine.processor.run(100).kind).toBe("halt");
  expect(halted(machine.processor)).toBe(6);
  expect(machine.processor.registers[ESP]).toBe(STACK - 0x1000 - 20);
  expect(machine.stack(5)).toEqual([USER_CODE, USER_CODE_SELECTOR, 0x10202, USER_STACK, USER_DATA_SELECTOR]);
  expect(machine.processor.registers[EFLAGS] & 0x200).toBe(0);
});

test("INT n from user code needs a gate of DPL 3, otherwise it is #GP with the gate's index", () => {
  const machine = createSystemMachine({ code: toUser(), user: [0xcd, 0x21] });
  machine.processor.run(100);
  expect(halted(machine.processor)).toBe(13);
  expect(machine.stack(2)).toEqual([0x21 * 8 + 2, USER_CODE]);
  expect(machine.processor.retired).toBe(6 + 1);
  const open = createSystemMachine({ code: toUser(), user: [0xcd, 0x21] });
  open.gate(0x21, 0xef00);
  open.processor.run(100);
  expect(halted(open.processor)).toBe(0x21);
  expect(open.stack(2)).toEqual([USER_CODE + 2, USER_CODE_SELECTOR]);
  // A trap gate leaves IF alone.
  expect(open.processor.registers[EFLAGS] & 0x200).toBe(0x200);
});

test("INT 1 is a software interrupt, so its gate must be open; INT1 is none", () => {
  const machine = createSystemMachine({ code: toUser(), user: [0xcd, 1] });
  machine.processor.run(100);
  expect(halted(machine.processor)).toBe(13);
  expect(machine.stack(2)).toEqual([1 * 8 + 2, USER_CODE]);
  const direct = createSystemMachine({ code: toUser(), user: [0xf1] });
  direct.processor.run(100);
  expect(halted(direct.processor)).toBe(1);
});

test("IRET from a handler goes back to user code with flags and stack", () => {
  const machine = createSystemMachine({ code: toUser(0xa93), user: [0x0f, 0x0b, 0x40, HLT] });
  // add dword [esp], 2; iret
  machine.memory.writeBytes(HANDLERS + 6 * 16, Uint8Array.from([0x83, 0x04, 0x24, 2, 0xcf]));
  machine.processor.run(100);
  expect(machine.processor.registers[EAX]).toBe(1);
  expect(halted(machine.processor)).toBe(13); // HLT at CPL 3
  expect(machine.stack(4)).toEqual([0, USER_CODE + 3, USER_CODE_SELECTOR, 0x10203]);
});

test("a fault while #GP is delivered is a double fault, and one more shuts the processor down", () => {
  const machine = createSystemMachine({ code: [0xcd, 0x2f] });
  machine.gate(0x2f, 0x0e00); // not present: #NP, whose gate is not present either
  machine.gate(11, 0x0e00);
  machine.processor.run(100);
  expect(halted(machine.processor)).toBe(8);
  expect(machine.stack(2)).toEqual([0, CODE]);
  const triple = createSystemMachine({ code: [0xcd, 0x2f] });
  for (const vector of [0x2f, 11, 8]) triple.gate(vector, 0x0e00);
  expect(triple.processor.run(100).kind).toBe("shutdown");
  expect(triple.processor.run(100).kind).toBe("shutdown");
});

test("a fault whose handler's stack raises it again ends in shutdown, not in a loop of the host", () => {
  // AC set, a misaligned stack, and a handler of #AC at the same level.
  const user = [0xbc, ...dword(USER_STACK - 3), 0x50];
  const machine = createSystemMachine({ code: toUser(0x40202), user });
  machine.gate(17, 0xee00, USER_CODE_SELECTOR);
  const { state } = machine.processor;
  if (state.system === null) throw new Error("not in architectural mode");
  machine.processor.state = { ...state, system: { ...state.system, cr0: 0x40011 } };
  expect(machine.processor.run(100).kind).toBe("shutdown");
});

test("the interrupt line is taken when IF lets it, behind the instruction after STI", () => {
  let acknowledged = 0;
  const machine = createSystemMachine({
    code: [0x90, 0xfb, 0x40, 0x40, HLT],
    acknowledged: () => acknowledged++,
  });
  machine.processor.setInterruptLine(true);
  machine.processor.run(100);
  expect(acknowledged).toBe(1);
  expect(halted(machine.processor)).toBe(0x20);
  expect(machine.stack(2)).toEqual([CODE + 3, KERNEL_CODE]);
  expect(machine.processor.registers[EAX]).toBe(1);
});

test("HLT waits: run() says so without retiring, and goes on when an interrupt comes", () => {
  const machine = createSystemMachine({ code: [0xfb, HLT, 0x40, HLT] });
  machine.memory.writeBytes(HANDLERS + 0x20 * 16, Uint8Array.from([0x43, 0xcf]));
  expect(machine.processor.run(100).kind).toBe("halt");
  expect(machine.processor.run(100).kind).toBe("halt");
  expect(machine.processor.retired).toBe(2);
  machine.processor.setInterruptLine(true);
  machine.processor.run(1);
  machine.processor.setInterruptLine(false);
  expect(machine.processor.run(100).kind).toBe("halt");
  expect([machine.processor.registers[EAX], machine.processor.registers[EBX]]).toEqual([1, 1]);
});

test("NMI ignores IF, and no second one comes before IRET", () => {
  const machine = createSystemMachine({ code: [0x90, 0x90, HLT] });
  machine.memory.writeBytes(HANDLERS + 2 * 16, Uint8Array.from([0x43, 0x90, 0x90, 0xcf]));
  machine.processor.raiseNonMaskable();
  machine.processor.run(2);
  machine.processor.raiseNonMaskable();
  machine.processor.run(2);
  expect(machine.processor.registers[EBX]).toBe(1);
  machine.processor.run(100);
  expect(machine.processor.registers[EBX]).toBe(2);
});

test("TF traps behind each instruction with DR6.BS, and the handler runs without it", () => {
  const machine = createSystemMachine({ code: toUser(0x302), user: [0x40, 0x40, 0x40] });
  machine.memory.writeBytes(HANDLERS + 16, Uint8Array.from([0x43, 0x83, 0xfb, 2, 0x74, 1, 0xcf, HLT])); // inc ebx; cmp ebx, 2; je; iret
  machine.processor.run(100);
  expect(machine.processor.registers[EAX]).toBe(2);
  expect((machine.processor.state.system?.debug[6] ?? 0) & 0x4000).toBe(0x4000);
});

test("a call gate switches to the inner stack and copies its parameters, and RET goes back over them", () => {
  const gateSelector = FREE | 3;
  const machine = createSystemMachine({
    code: toUser(),
    user: [0x68, ...dword(0x11), 0x68, ...dword(0x22), 0x9a, ...dword(0), gateSelector, 0, 0x40, HLT],
  });
  machine.describe(FREE, (KERNEL_CODE << 16) | (HANDLERS & 0xffff) | 0x800, (HANDLERS & 0xffff0000) | 0xec02);
  // mov ebx, [esp + 8]; mov ecx, [esp + 12]; retf 8
  machine.memory.writeBytes(HANDLERS + 0x800, Uint8Array.from([0x8b, 0x5c, 0x24, 8, 0x8b, 0x4c, 0x24, 12, 0xca, 8, 0]));
  machine.processor.run(100);
  const { registers } = machine.processor;
  expect([registers[EAX], registers[EBX], registers[ECX]]).toEqual([1, 0x22, 0x11]);
  expect(halted(machine.processor)).toBe(13);
  expect(machine.stack(5)[4]).toBe(USER_STACK);
});

test("a task switch saves the old task, loads the new one and links them; IRET goes back", () => {
  const machine = createSystemMachine({ code: [0xb8, ...dword(7), 0x9a, ...dword(0), TASK2, 0, 0x43, HLT] });
  const { memory } = machine;
  memory.write32(TSS2 + 32, HANDLERS + 0x800);
  memory.write32(TSS2 + 36, 2);
  memory.write32(TSS2 + 40, 99);
  memory.write32(TSS2 + 56, STACK - 0x4000);
  for (const [i, selector] of [KERNEL_DATA, KERNEL_CODE, KERNEL_DATA, KERNEL_DATA, 0, 0].entries())
    memory.write32(TSS2 + 72 + 4 * i, selector);
  memory.writeBytes(HANDLERS + 0x800, Uint8Array.from([0x40, 0xcf])); // inc eax; iret
  expect(machine.processor.run(3).kind).toBe("budget");
  expect(machine.processor.registers[EAX]).toBe(100);
  expect(machine.processor.state.system?.tr.selector).toBe(TASK2);
  expect(machine.processor.registers[EFLAGS] & 0x4000).toBe(0x4000);
  expect(memory.read16(TSS2)).toBe(TASK);
  expect(memory.read32(TSS + 40)).toBe(7);
  expect((machine.processor.state.system?.cr0 ?? 0) & 8).toBe(8);
  expect(machine.processor.run(100).kind).toBe("halt");
  expect([machine.processor.registers[EAX], machine.processor.registers[EBX]]).toEqual([7, 1]);
  expect(machine.processor.state.system?.tr.selector).toBe(TASK);
});

test("virtual-8086 code has real segments, and its INT goes to the monitor with them on the stack", () => {
  const frame = [0x1111, 0x2222, 0x3333, 0x4444, 0x5000, 0x100, 0x20202, 0x3000, 0];
  const machine = createSystemMachine({ code: [...frame.flatMap((word) => [0x68, ...dword(word)]), 0xcf] });
  // mov ax, cs; int 21h
  machine.memory.writeBytes(0x30000, Uint8Array.from([0x8c, 0xc8, 0xcd, 0x21]));
  machine.processor.run(100);
  expect(halted(machine.processor)).toBe(13); // IOPL 0: INT is the monitor's
  expect(machine.stack(10)).toEqual([0, 2, 0x3000, 0x30202, 0x100, 0x5000, 0x4444, 0x3333, 0x2222, 0x1111]);
  expect(machine.processor.registers[EAX]).toBe(0x3000);
  expect(machine.processor.state.segments[3].selector).toBe(0);
});

test("LGDT, LLDT and LTR load tables from memory, and STR, SLDT and SMSW show them", () => {
  const code = [
    ...[0x66, 0xb8, LOCAL, 0, 0x0f, 0x00, 0xd0], // mov ax; lldt ax
    ...[0x66, 0xb8, TASK2, 0, 0x0f, 0x00, 0xd8], // ltr ax
    ...[0x0f, 0x00, 0xc3, 0x0f, 0x00, 0xc9, 0x0f, 0x01, 0xe2], // sldt ebx; str ecx; smsw edx
    ...[0x66, 0xb8, 0x0c, 0, 0x8e, 0xe0, HLT], // mov fs, LDT selector 0C
  ];
  const machine = createSystemMachine({ code });
  machine.memory.write32(LDT + 8, 0x00000fff);
  machine.memory.write32(LDT + 12, 0x00409205);
  expect(machine.processor.run(100).kind).toBe("halt");
  const { registers, state } = machine.processor;
  expect([registers[EBX], registers[ECX], registers[EDX]]).toEqual([LOCAL, TASK2, 0x11]);
  expect(state.segments[4]).toMatchObject({ selector: 0x0c, base: 0x50000, limit: 0xfff });
  expect(machine.memory.read8(LDT + 13)).toBe(0x93);
});

test("a far jump to a 16-bit segment runs 16-bit code, and clearing PE ends in real mode", () => {
  const machine = createSystemMachine({ code: [0xea, ...dword(0x8000), CODE16, 0] });
  // mov eax, cr0; and al, FEh; mov cr0, eax; jmp 0900:0000
  machine.memory.writeBytes(
    0x8000,
    Uint8Array.from([0x0f, 0x20, 0xc0, 0x24, 0xfe, 0x0f, 0x22, 0xc0, 0xea, 0, 0, 0, 9]),
  );
  machine.memory.writeBytes(0x9000, Uint8Array.from([0xb8, 0x34, 0x12, HLT])); // mov ax, 1234h
  machine.processor.registers[EBX] = 0;
  expect(machine.processor.run(100).kind).toBe("halt");
  expect(machine.processor.registers[EAX] & 0xffff).toBe(0x1234);
  expect(machine.processor.state.segments[1]).toMatchObject({ selector: 0x900, base: 0x9000 });
});

test("a state taken anywhere and put into a new processor goes on identically", () => {
  const code = [...toUser(0x302), HLT];
  const user = [0x40, 0xcd, 0x21, 0x40, 0xeb, 0xfa];
  const build = (): ReturnType<typeof createSystemMachine> => {
    const machine = createSystemMachine({ code, user });
    for (const vector of [1, 13]) machine.memory.writeBytes(HANDLERS + vector * 16, Uint8Array.from([0x43, 0xcf]));
    machine.memory.writeBytes(HANDLERS + 13 * 16, Uint8Array.from([0x83, 0xc4, 4, 0x83, 0x04, 0x24, 2, 0xcf]));
    return machine;
  };
  const whole = build();
  whole.processor.run(200);
  for (const cut of [1, 6, 7, 8, 9, 15, 40, 111]) {
    const first = build();
    first.processor.run(cut);
    const second = build();
    second.memory.ram.set(first.memory.ram);
    second.processor.state = structuredClone(first.processor.state);
    second.processor.run(200 - cut);
    expect(second.processor.state).toEqual(whole.processor.state);
  }
});

test("MOV of control and debug registers means a register whatever mod says, with no displacement", () => {
  const program = (mod: number) => [
    ...[0xb8, 0xed, 0xac, 0x00, 0x00], // mov eax, aced
    ...[0x0f, 0x23, mod | 0x00], // mov dr0, eax
    ...[0x0f, 0x21, mod | 0x05], // mov ebp, dr0
    ...[0x0f, 0x20, mod | 0x04], // mov esp, cr0: neither SIB byte
    ...[0x0f, 0x22, mod | 0x04], // mov cr0, esp
    HLT,
  ];
  const results = [0x00, 0x40, 0x80, 0xc0].map((mod) => {
    const { processor } = createSystemMachine({ code: program(mod) });
    expect(processor.run(100).kind).toBe("halt");
    return [...processor.registers];
  });
  expect(results[0][EBP]).toBe(0xaced);
  expect(results[0][EIP]).toBe(CODE + 18);
  for (const result of results) expect(result).toEqual(results[3]);
});

test("ENTER over a 16-bit stack that wraps keeps the high half of ESP in the frame pointer, and in the display", () => {
  const code = [
    ...[0xb8, FREE, 0, 0, 0, 0x8e, 0xd0], // mov eax, FREE; mov ss, ax
    ...[0xbd, ...dword(0x12340100), 0xbc, ...dword(0x56780000)], // mov ebp; mov esp: SP 0
    ...[0xc8, 0x10, 0x00, 0x01, HLT], // enter 10h, 1
  ];
  const machine = createSystemMachine({ code });
  machine.describe(FREE, 0x0000ffff, 0x00009308); // 16 bits, base 80000
  machine.processor.run(100);
  const { registers } = machine.processor;
  expect([registers[EBP], registers[ESP]]).toEqual([0x5678fffc, 0x5678ffe8]);
  expect([machine.memory.read32(0x8fffc), machine.memory.read32(0x8fff8)]).toEqual([0x12340100, 0x5678fffc]);
});
