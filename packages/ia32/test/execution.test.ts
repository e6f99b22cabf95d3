// Programs of a few instructions in flat mode: code that changes, ports, segments, privilege, power.
import { expect, test } from "vitest";
import { EAX, EBX, EDI, EDX, EFLAGS, EIP, ESP, GuestMemory, POWER_WORD, Processor } from "../src/index.ts";
import { CODE, createMachine, dword, entryOf, RAM } from "./machine.ts";

test("code that changes the next instruction of its own block runs the new one", () => {
  // mov byte [CODE+11], 42h; nop; nop; nop; nop; (40h inc eax → 42h inc edx); int3
  const { processor } = createMachine({
    code: [0xc6, 0x05, ...dword(CODE + 11), 0x42, 0x90, 0x90, 0x90, 0x90, 0x40, 0xcc],
  });
  expect(processor.run(100)).toMatchObject({ kind: "exception", vector: 3 });
  expect(processor.registers[EAX]).toBe(0);
  expect(processor.registers[EDX]).toBe(1);
  expect(processor.retired).toBe(7);
});

test("a string move over its own code runs the new code afterwards", () => {
  // mov esi/edi/ecx; rep movsb onto the bytes behind itself
  const code = [0xbe, ...dword(CODE + 64), 0xbf, ...dword(CODE + 17), 0xb9, ...dword(2), 0xf3, 0xa4, 0x40, 0xcc];
  const { processor, memory } = createMachine({ code });
  memory.writeBytes(CODE + 64, Uint8Array.from([0x42, 0xcc]));
  expect(processor.run(100)).toMatchObject({ kind: "exception", vector: 3 });
  expect([processor.registers[EAX], processor.registers[EDX]]).toEqual([0, 1]);
});

test("code written through another mapping of its page is seen", () => {
  const { processor, memory } = createMachine({ code: [0x40, 0xc6, 0x05, ...dword(0x9000), 0x42, 0xeb, 0xf6] });
  memory.write32(entryOf(0x9000), CODE | 7);
  processor.run(4);
  expect([processor.registers[EAX], processor.registers[EDX]]).toEqual([1, 1]);
});

test("one frame mapped at two addresses runs at both, with relative branches right", () => {
  const { processor, memory } = createMachine({ code: [0xe8, 0, 0, 0, 0, 0x58, 0xcc] }); // call +0; pop eax; int3
  memory.write32(entryOf(0x9000), CODE | 7);
  processor.run(10);
  expect(processor.registers[EAX]).toBe(CODE + 5);
  processor.registers[EIP] = 0x9000;
  processor.run(10);
  expect(processor.registers[EAX]).toBe(0x9005);
});

test.each([
  ["write8", (memory: GuestMemory) => memory.write8(CODE, 0x42)],
  ["write16", (memory: GuestMemory) => memory.write16(CODE, 0xcc42)],
  ["write32", (memory: GuestMemory) => memory.write32(CODE, 0xcccccc42 | 0)],
  ["writeBytes", (memory: GuestMemory) => memory.writeBytes(CODE - 1, Uint8Array.from([0, 0x42]))],
  ["fill", (memory: GuestMemory) => memory.fill(CODE, 1, 0x42)],
  ["copy", (memory: GuestMemory) => memory.copy(CODE, 0x9000, 1)],
] as const)("%s of the host into code is seen by the next run", (_name, write) => {
  const { processor, memory } = createMachine({ code: [0x40, 0xcc] });
  memory.write8(0x9000, 0x42);
  processor.run(2);
  write(memory);
  processor.registers[EIP] = CODE;
  processor.run(1);
  expect([processor.registers[EAX], processor.registers[EDX]]).toEqual([1, 1]);
});

test("a guest's stores to a watched page are heard, also where the page was written before the watch", () => {
  const { processor, memory } = createMachine({ code: [0xa3, ...dword(0x9000), 0xeb, 0xf9] });
  let heard = 0;
  memory.observe({ pageWritten: () => heard++ });
  processor.run(4);
  memory.watch(9);
  processor.run(4);
  expect(heard).toBe(2);
  memory.unwatch(9);
  processor.run(4);
  expect(heard).toBe(2);
});

test("data beside code on one page can be written without losing the code", () => {
  const { processor, memory } = createMachine({ code: [0x40, 0xff, 0x05, ...dword(CODE + 0x800), 0xeb, 0xf7] });
  processor.run(300);
  expect(processor.registers[EAX]).toBe(100);
  expect(memory.read32(CODE + 0x800)).toBe(100);
});

test("ports see the exact count of retired instructions, in loops and in repeated strings", () => {
  const seen: [string, number, number, number][] = [];
  const { processor } = createMachine({
    ports: {
      read: (port, size) => {
        seen.push(["read", port, size, processor.retired]);
        return 0x12345678;
      },
      write: (port, size) => {
        seen.push(["write", port, size, processor.retired]);
      },
    },
    // nop; in al, 60h; nop; mov dx, 3f8h; out dx, eax; mov ecx, 2; mov edi, 9000h; rep insd; rdtsc; int3
    code: [
      0x90,
      0xe4,
      0x60,
      0x90,
      0x66,
      0xba,
      0xf8,
      0x03,
      0xef,
      0xb9,
      ...dword(2),
      0xbf,
      ...dword(0x9000),
      0xf3,
      0x6d,
      0x0f,
      0x31,
      0xcc,
    ],
  });
  processor.setIoPermission(new Uint8Array(8192));
  processor.advance(1000);
  expect(processor.run(100)).toMatchObject({ vector: 3 });
  expect(seen).toEqual([
    ["read", 0x60, 1, 1],
    ["write", 0x3f8, 4, 4],
    ["read", 0x3f8, 4, 7],
    ["read", 0x3f8, 4, 8],
  ]);
  expect(processor.registers[EAX]).toBe(1009);
  expect(processor.registers[EDX]).toBe(0);
  expect(processor.cycles).toBe(processor.retired + 1000);
});

test("requestExit in a port callback ends the run behind that instruction", () => {
  const machine = createMachine({
    code: [0xe6, 0x80, 0x40, 0xcc],
    ports: { read: () => 0, write: () => machine.processor.requestExit() },
  });
  machine.processor.setIoPermission(new Uint8Array(8192));
  expect(machine.processor.run(100).kind).toBe("requested");
  expect(machine.processor.registers[EIP]).toBe(CODE + 2);
  expect(machine.processor.retired).toBe(1);
  expect(machine.processor.run(1).kind).toBe("budget");
  expect(machine.processor.registers[EAX]).toBe(1);
});

test("a port is refused without a bitmap, by a set bit, and behind its end; IOPL 3 opens all", () => {
  const accesses: number[] = [];
  const ports = { read: () => 0, write: (port: number) => void accesses.push(port) };
  const { processor } = createMachine({ code: [0xe7, 0x10], ports }); // out 10h, eax
  const out = (): string => {
    processor.registers[EIP] = CODE;
    const exit = processor.run(1);
    return exit.kind === "exception" ? `#${exit.vector}(${exit.errorCode})` : exit.kind;
  };
  expect(out()).toBe("#13(0)");
  const bitmap = new Uint8Array(3);
  processor.setIoPermission(bitmap);
  expect(out()).toBe("budget");
  bitmap[2] = 0x08; // port 13h, the last byte of the access
  expect(out()).toBe("#13(0)");
  processor.setIoPermission(new Uint8Array(2));
  expect(out()).toBe("#13(0)");
  processor.registers[EFLAGS] = 0x3002;
  expect(out()).toBe("budget");
  expect(accesses).toEqual([0x10, 0x10]);
});

test("INS probes its destination before it reads the port: a fault loses no input", () => {
  let reads = 0;
  const { processor, memory } = createMachine({ code: [0x6c], ports: { read: () => ++reads, write: () => {} } });
  processor.setIoPermission(new Uint8Array(8192));
  processor.registers[EDI] = 0x9000;
  memory.write32(entryOf(0x9000), 0x9000 | 5);
  expect(processor.run(1)).toMatchObject({ vector: 14, errorCode: 7 });
  expect(reads).toBe(0);
});

test("a four-byte %gs segment answers at 0 and refuses byte 4", () => {
  const load = (offset: number): number[] => [0x65, 0xa1, ...dword(offset)];
  const { processor, memory } = createMachine({ code: [...load(0), ...load(1)] });
  memory.write32(0x9000, 0x55aa);
  expect(processor.run(1)).toMatchObject({ kind: "exception", vector: 13, errorCode: 0 }); // null selector
  processor.setDescriptor(3, { base: 0x9000, limit: 3, kind: "data", writable: false, dpl: 3 });
  processor.loadSegment("gs", 0x1b);
  expect(processor.run(1).kind).toBe("budget");
  expect(processor.registers[EAX]).toBe(0x55aa);
  expect(processor.run(1)).toMatchObject({ kind: "exception", vector: 13, errorCode: 0 });
  memory.writeBytes(CODE, Uint8Array.from([0x65, 0xa3, ...dword(0)])); // a store: the segment is read-only
  processor.registers[EIP] = CODE;
  expect(processor.run(1)).toMatchObject({ kind: "exception", vector: 13, errorCode: 0 });
});

test("MOV loads segment registers from the host's descriptors, with the manual's faults", () => {
  const { processor } = createMachine({ code: [0x8e, 0xe8, 0x8c, 0xeb] }); // mov gs, eax; mov ebx, gs
  processor.setDescriptor(3, { base: 0x9000, limit: 3, kind: "data", dpl: 3 });
  processor.setDescriptor(4, { base: 0, limit: 0xffffffff, kind: "data", writable: true, dpl: 0 });
  const move = (selector: number): string => {
    processor.registers[EIP] = CODE;
    processor.registers[EAX] = selector;
    const exit = processor.run(2);
    return exit.kind === "exception"
      ? `#${exit.vector}(${exit.errorCode.toString(16)})`
      : `${processor.registers[EBX]}`;
  };
  expect(move(0x1b)).toBe("27");
  expect(move(0)).toBe("0");
  expect(move(0x23)).toBe("#13(20)"); // DPL 0
  expect(move(0x2b)).toBe("#13(28)"); // absent
  expect(move(0x1f)).toBe("#13(1c)"); // an LDT selector
});

test("segments with a base and a limit bound data, stack and code alike", () => {
  const { processor, memory } = createMachine({ code: [0xa1, ...dword(0x10), 0x50, 0xeb, 0x7f] });
  memory.write32(CODE + 0x10, 77);
  processor.setDescriptor(3, { base: CODE, limit: 0x3f, kind: "code", readable: true, dpl: 3 });
  processor.setDescriptor(4, { base: CODE, limit: 0x3f, kind: "data", writable: true, dpl: 3 });
  processor.loadSegment("cs", 0x1b);
  for (const name of ["ds", "ss", "es"] as const) processor.loadSegment(name, 0x23);
  processor.registers[EIP] = 0;
  processor.registers[ESP] = 0x40;
  expect(processor.run(2).kind).toBe("budget");
  expect(memory.read32(CODE + 0x3c)).toBe(77);
  expect(processor.run(1)).toMatchObject({ kind: "exception", vector: 13, errorCode: 0 }); // jmp behind the limit
  expect(processor.registers[EIP]).toBe(6);
  processor.registers[EIP] = 0;
  processor.registers[ESP] = 0x42;
  expect(processor.run(2)).toMatchObject({ kind: "exception", vector: 12, errorCode: 0 }); // push over the limit
  processor.registers[EIP] = 0x40;
  expect(processor.run(1)).toMatchObject({ kind: "exception", vector: 13, errorCode: 0 }); // fetch behind the limit
});

test("IF and IOPL obey the privilege level", () => {
  const { processor } = createMachine({ code: [0xfa, 0xfb, 0x9d, 0xcc] }); // cli; sti; popf; int3
  expect(processor.run(1)).toMatchObject({ vector: 13, errorCode: 0 });
  processor.registers[EIP] = CODE + 2;
  processor.run(1);
  expect(processor.registers[EFLAGS] & 0x3200).toBe(0x200); // POPF of 0 changed neither IF nor IOPL
  processor.registers[EIP] = CODE;
  processor.registers[EFLAGS] = 0x3202;
  processor.run(1);
  expect(processor.registers[EFLAGS] & 0x200).toBe(0);
});

test("HLT ends the run only for CPL 0", () => {
  const { processor } = createMachine({ code: [0xf4] });
  expect(processor.run(5)).toMatchObject({ kind: "exception", vector: 13, errorCode: 0 });
  processor.setDescriptor(3, { base: 0, limit: 0xffffffff, kind: "code", dpl: 0 });
  processor.loadSegment("cs", 0x18);
  expect(processor.run(5).kind).toBe("halt");
  expect(processor.registers[EIP]).toBe(CODE + 1);
});

test("CPUID names the model and claims nothing that is missing", () => {
  const { processor } = createMachine({ code: [0x0f, 0xa2], model: "pentium" });
  processor.run(1);
  expect([processor.registers[EAX], processor.registers[EBX]]).toEqual([1, 0x756e6547]);
  processor.registers[EIP] = CODE;
  processor.registers[EAX] = 1;
  processor.run(1);
  expect(processor.registers[EAX]).toBe(0x543);
  expect(processor.registers[EDX]).toBe(0x118);
});

test("the power word stops a loop within 65536 instructions, and at once afterwards", () => {
  const { processor, memory } = createMachine({ code: [0xeb, 0xfe] });
  processor.run(100);
  new Int32Array(memory.buffer)[POWER_WORD / 4] = 1;
  expect(processor.run(1_000_000).kind).toBe("powerFail");
  expect(processor.retired).toBeLessThanOrEqual(100 + 65536);
  expect(new Processor({ memory, ports: { read: () => 0, write: () => {} } }).run(0).kind).toBe("budget");
});

test("a power cut from inside stops within 65536 instructions", () => {
  const machine = createMachine({
    code: [0xe6, 0x80, 0xeb, 0xfe],
    ports: { read: () => 0, write: () => machine.processor.requestPowerCut() },
  });
  machine.processor.setIoPermission(new Uint8Array(8192));
  expect(machine.processor.run(1_000_000).kind).toBe("powerFail");
  expect(machine.processor.retired).toBeLessThanOrEqual(65537);
});

test("a control area full of garbage is set up anew by the next power-on", () => {
  const { memory } = createMachine();
  new Uint8Array(memory.buffer, 0, memory.buffer.byteLength - RAM).fill(0xa5);
  const fresh = new GuestMemory({ buffer: memory.buffer }, RAM);
  const processor = new Processor({ memory: fresh, ports: { read: () => 0, write: () => {} } });
  expect([...processor.registers]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
  expect(fresh.flags.every((flag) => flag === 0)).toBe(true);
  expect(processor.run(0).kind).toBe("budget");
});
