// What a model has not is undefined on it, and CPUID claims what is there. SDM Vol. 2A, CPUID.
import { describe, expect, test } from "vitest";
import { EAX, EBX, ECX, EDX, EIP, type Model } from "../src/index.ts";
import { createSystemMachine, dword, HANDLERS, KERNEL_CODE } from "./system-machine.ts";

const MODELS: readonly Model[] = ["i486", "pentium", "pentium3", "pentium4"];
const HLT = 0xf4;
const DATA = 0x40000;
/** mov eax, 600h; mov cr4, eax: OSFXSR and OSXMMEXCPT, where the model has them. */
const SSE_ON = [0xb8, ...dword(0x600), 0x0f, 0x22, 0xe0];
const UNDEFINED = 6;

/** The vector whose handler halted, or null where the code came to its HLT. */
function vectorOf(model: Model, code: number[]): number | null {
  const { processor } = createSystemMachine({ code: [...code, HLT], model });
  processor.run(100);
  const place = processor.registers[EIP] - 1 - HANDLERS;
  return place >= 0 && place < 0x300 ? place / 16 : null;
}

describe("instructions of later models are #UD", () => {
  const first: readonly (readonly [name: string, model: Model, code: number[]])[] = [
    ["BSWAP", "i486", [0x0f, 0xc8]],
    ["CMPXCHG", "i486", [0x0f, 0xb1, 0x0d, ...dword(DATA)]],
    ["CPUID", "i486", [0x0f, 0xa2]],
    ["INVLPG", "i486", [0x0f, 0x01, 0x3d, ...dword(DATA)]],
    ["CMPXCHG8B", "pentium", [0x0f, 0xc7, 0x0d, ...dword(DATA)]],
    ["RDTSC", "pentium", [0x0f, 0x31]],
    ["RDMSR", "pentium", [0xb9, ...dword(0x10), 0x0f, 0x32]],
    ["PADDB mm", "pentium", [0x0f, 0xfc, 0xc1]],
    ["EMMS", "pentium", [0x0f, 0x77]],
    ["CMOVO", "pentium3", [0x0f, 0x40, 0xc1]],
    ["FCMOVB", "pentium3", [0xdb, 0xe3, 0xda, 0xc1]],
    ["FUCOMI", "pentium3", [0xdb, 0xe3, 0xdb, 0xe9]],
    ["long NOP", "pentium3", [0x0f, 0x1f, 0xc0]],
    ["PREFETCHT0", "pentium3", [0x0f, 0x18, 0x0d, ...dword(DATA)]],
    ["FXSAVE", "pentium3", [0x0f, 0xae, 0x05, ...dword(DATA)]],
  ];
  const vector: readonly (readonly [name: string, model: Model, code: number[]])[] = [
    ["ADDPS", "pentium3", [0x0f, 0x58, 0xc1]],
    ["PAVGB mm", "pentium3", [0x0f, 0xe0, 0xc1]],
    ["SFENCE", "pentium3", [0x0f, 0xae, 0xf8]],
    ["ADDPD", "pentium4", [0x66, 0x0f, 0x58, 0xc1]],
    ["PADDB xmm", "pentium4", [0x66, 0x0f, 0xfc, 0xc1]],
    ["MFENCE", "pentium4", [0x0f, 0xae, 0xf0]],
    ["CLFLUSH", "pentium4", [0x0f, 0xae, 0x3d, ...dword(DATA)]],
    ["HADDPS", "pentium4", [0xf2, 0x0f, 0x7c, 0xc1]],
    ["FISTTP", "pentium4", [0xdb, 0xe3, 0xd9, 0xe8, 0xdb, 0x0d, ...dword(DATA)]],
    ["MONITOR", "pentium4", [0x31, 0xc9, 0x0f, 0x01, 0xc8]],
  ];
  test.each([...first, ...vector])("%s: from the %s on", (_name, from, code) => {
    const needsSse = vector.some(([, , other]) => other === code);
    for (const model of MODELS) {
      const has = MODELS.indexOf(model) >= MODELS.indexOf(from);
      const enabled = needsSse && MODELS.indexOf(model) >= MODELS.indexOf("pentium3") ? [...SSE_ON, ...code] : code;
      expect({ model, vector: vectorOf(model, enabled) }).toEqual({ model, vector: has ? null : UNDEFINED });
    }
  });

  test("SYSENTER is #UD before the Pentium III, and #GP where its MSR is 0", () => {
    expect(MODELS.map((model) => vectorOf(model, [0x0f, 0x34]))).toEqual([UNDEFINED, UNDEFINED, 13, 13]);
  });
});

test("CPUID says family, model and features of each model, as named in its manual", () => {
  const leaf1 = MODELS.map((model) => {
    const { processor } = createSystemMachine({ code: [0xb8, ...dword(1), 0x0f, 0xa2, HLT], model });
    processor.run(10);
    return [processor.registers[EAX], processor.registers[EDX], processor.registers[ECX]].map((word) => word >>> 0);
  });
  expect(leaf1).toEqual([
    [0x480, 0x00000001, 0],
    [0x543, 0x00800139, 0],
    [0x68a, 0x0380a979, 0],
    [0xf34, 0x0788a979, 9],
  ]);
  const { processor } = createSystemMachine({ code: [0x31, 0xc0, 0x0f, 0xa2, HLT] });
  processor.run(10);
  const name = [EBX, EDX, ECX].flatMap((n) => dword(processor.registers[n]));
  expect(String.fromCharCode(...name)).toBe("GenuineIntel");
});

test("CR4 bits, EFER and model-specific registers that a model lacks are #GP", () => {
  const cr4 = (bits: number): number[] => [0xb8, ...dword(bits), 0x0f, 0x22, 0xe0];
  const allowed = (code: number[]): boolean[] => MODELS.map((model) => vectorOf(model, code) === null);
  expect(allowed(cr4(0x04))).toEqual([false, true, true, true]); // TSD
  expect(allowed(cr4(0x10))).toEqual([false, true, true, true]); // PSE
  expect(allowed(cr4(0x20))).toEqual([false, false, true, true]); // PAE
  expect(allowed(cr4(0x80))).toEqual([false, false, true, true]); // PGE
  expect(allowed(cr4(0x200))).toEqual([false, false, true, true]); // OSFXSR
  expect(allowed(cr4(0x2000))).toEqual([false, false, false, false]); // VMXE
  expect(allowed([0xb9, ...dword(0xc0000080), 0x0f, 0x32])).toEqual([false, false, false, true]); // EFER
  expect(allowed([0xb9, ...dword(0x12345), 0x0f, 0x32])).toEqual([false, false, false, false]);
});

test("the time-stamp counter goes on from what WRMSR wrote, for RDTSC and RDMSR alike", () => {
  // mov ecx, 10h; mov edx, 5; xor eax, eax; wrmsr; rdtsc; hlt
  const code = [0xb9, ...dword(0x10), 0xba, ...dword(5), 0x31, 0xc0, 0x0f, 0x30, 0x0f, 0x31, HLT];
  const { processor } = createSystemMachine({ code });
  processor.run(10);
  expect([processor.registers[EDX], processor.registers[EAX]]).toEqual([5, 1]);
});

test("SYSENTER goes to the selectors and addresses of its registers, SYSEXIT back to user code", () => {
  const KERNEL = 0x50000;
  const USER = 0x51000;
  const wrmsr = (number: number, value: number): number[] => [
    ...[0xb9, ...dword(number), 0xb8, ...dword(value), 0x31, 0xd2, 0x0f, 0x30],
  ];
  const code = [
    ...[...wrmsr(0x174, KERNEL_CODE), ...wrmsr(0x175, 0x60000), ...wrmsr(0x176, KERNEL)],
    ...[0xba, ...dword(USER), 0xb9, ...dword(0x70000), 0x0f, 0x35], // mov edx; mov ecx; sysexit
  ];
  const machine = createSystemMachine({ code });
  machine.memory.writeBytes(USER, Uint8Array.from([0x8c, 0xc8, 0x8c, 0xd3, 0x0f, 0x34])); // mov eax, cs; mov ebx, ss; sysenter
  machine.memory.writeBytes(KERNEL, Uint8Array.from([0x89, 0xe1, 0x8c, 0xca, HLT])); // mov ecx, esp; mov edx, cs
  expect(machine.processor.run(100).kind).toBe("halt");
  const { registers } = machine.processor;
  expect([EAX, EBX, ECX, EDX].map((n) => registers[n])).toEqual([0x1b, 0x23, 0x60000, KERNEL_CODE]);
});
