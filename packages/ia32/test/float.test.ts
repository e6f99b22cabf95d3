import fc from "fast-check";
import { expect, test } from "vitest";
import { allocateMemory, EAX, ECX, EIP, ESI, FCW, FSW, FTW, GuestMemory, MXCSR, Processor, R0 } from "../src/index.ts";
import { CODE, createMachine, dword, type MachineOptions, type TestMachine } from "./machine.ts";

const DATA = 0x2000;
const ONE = [0, 0, 0, 0, 0, 0, 0, 0x80, 0xff, 0x3f];

function machineOf(code: readonly number[], options: MachineOptions = {}): TestMachine {
  const machine = createMachine({ code, model: "pentium4", float: true, ...options });
  machine.processor.registers[ESI] = DATA;
  return machine;
}

const FLD1 = [0xd9, 0xe8];
const FLDZ = [0xd9, 0xee];
const FDIVP = [0xde, 0xf9];
/** FLD1, FLDZ, FDIVP: a division by zero. */
const DIVIDE_BY_ZERO = [...FLD1, ...FLDZ, ...FDIVP];
const FNINIT = [0xdb, 0xe3];
const FLDCW_ESI = [0xd9, 0x2e];

test("an unmasked x87 exception is #MF at the next waiting instruction, and EIP is that one's", () => {
  const { processor, memory } = machineOf([...FLDCW_ESI, ...DIVIDE_BY_ZERO, 0x40, 0xdb, 0xe2, ...DIVIDE_BY_ZERO, 0x9b]);
  memory.write16(DATA, 0x37b);
  expect(processor.run(5).kind).toBe("budget");
  // FDIVP kept its operands and the stack.
  expect(processor.floatRegisters[FSW] & 0xb8ff).toBe(0xb084);
  expect(processor.registers[EAX]).toBe(1);
  processor.run(1);
  expect(processor.floatRegisters[FSW] & 0x80ff).toBe(0);
  expect(processor.run(10)).toMatchObject({ kind: "exception", vector: 16, hasErrorCode: false });
  expect(processor.registers[EIP]).toBe(CODE + 2 + 6 + 1 + 2 + 6);
});

test("a control instruction that does not wait runs while an exception is pending", () => {
  const { processor, memory } = machineOf([...FLDCW_ESI, ...DIVIDE_BY_ZERO, 0xdf, 0xe0, 0x90]);
  memory.write16(DATA, 0x37b);
  expect(processor.run(6).kind).toBe("budget");
  expect(processor.registers[EAX] & 0x80ff).toBe(0x8084);
});

test("a denormal is loaded although its exception is not masked; a NaN is not", () => {
  for (const [bits, status] of [
    [1, 0xb882],
    [0x7f800001, 0x8081],
  ]) {
    // FLDCW [ESI]; FLD m32fp [ESI + 4]
    const { processor, memory } = machineOf([...FLDCW_ESI, 0xd9, 0x46, 0x04]);
    memory.write16(DATA, 0x37c);
    memory.write32(DATA + 4, bits);
    processor.run(2);
    expect(processor.floatRegisters[FSW]).toBe(status);
  }
});

test("an SSE exception is #XM before anything is written, and its flag is set", () => {
  // LDMXCSR [ESI]; DIVSS XMM0, XMM1
  const { processor, memory } = machineOf([0x0f, 0xae, 0x16, 0xf3, 0x0f, 0x5e, 0xc1]);
  memory.write32(DATA, 0x1d80);
  processor.floatRegisters.set([0x3f800000, 7, 8, 9, 0]);
  expect(processor.run(3)).toMatchObject({ kind: "exception", vector: 19, hasErrorCode: false });
  expect(processor.registers[EIP]).toBe(CODE + 3);
  expect([...processor.floatRegisters.subarray(0, 4)]).toEqual([0x3f800000, 7, 8, 9]);
  expect(processor.floatRegisters[MXCSR]).toBe(0x1d84);
});

test("without float registers x87, MMX and SSE are #UD and CPUID claims none of them", () => {
  for (const code of [FLD1, [0x0f, 0xfc, 0xc1], [0x0f, 0x58, 0xc1], [0x0f, 0xae, 0x06], [0x9b]])
    expect(machineOf(code, { float: false }).processor.run(1)).toMatchObject({ kind: "exception", vector: 6 });
  const { processor } = machineOf([0x0f, 0xa2], { float: false });
  processor.registers[EAX] = 1;
  processor.run(1);
  expect(processor.registers[ECX]).toBe(8);
});

test.each([
  ["pentium", [0x0f, 0xfc, 0xc1], true],
  ["pentium", [0x0f, 0x58, 0xc1], false],
  ["pentium3", [0x0f, 0x58, 0xc1], true],
  ["pentium3", [0x66, 0x0f, 0x58, 0xc1], false],
  ["pentium4", [0x66, 0x0f, 0x58, 0xc1], true],
  ["pentium4", [0xf2, 0x0f, 0x7c, 0xc1], true],
  ["i486", [0xd9, 0xe8], true],
  ["i486", [0xda, 0xc1], false],
] as const)("a %s has the instruction %j: %s", (model, code, runs) => {
  expect(machineOf(code, { model }).processor.run(1).kind).toBe(runs ? "budget" : "exception");
});

test("an MMX write shows in the x87 register, marks all registers and sets TOP to 0; EMMS empties them", () => {
  // FLD1; MOVD MM1, ECX; EMMS
  const { processor } = machineOf([...FLD1, 0x0f, 0x6e, 0xc9, 0x0f, 0x77]);
  processor.registers[ECX] = 0x12345678;
  processor.run(2);
  const x = processor.floatRegisters;
  expect([x[R0 + 4], x[R0 + 5], x[R0 + 6]]).toEqual([0x12345678, 0, 0xffff]);
  expect([x[FSW] & 0x3800, x[FTW]]).toEqual([0, 0xff]);
  processor.run(1);
  expect(x[FTW]).toBe(0);
});

test("the float registers outlive their processor through the state", () => {
  const first = machineOf([...FLD1, 0x0f, 0x57, 0xc0, 0xd9, 0x3e]);
  first.memory.write16(DATA, 0);
  first.processor.floatRegisters.fill(0x55555555, 0, 32);
  first.processor.run(1);
  const second = machineOf([]);
  second.processor.state = JSON.parse(JSON.stringify(first.processor.state));
  expect([...second.processor.floatRegisters]).toEqual([...first.processor.floatRegisters]);
  expect(second.processor.floatRegisters[FCW]).toBe(0x37f);
});

test("a float store to a page that is not there changes neither memory nor the stack", () => {
  // FLD tbyte [ESI]; FSTP tbyte [ECX]
  const { processor, memory } = machineOf([0xdb, 0x2e, 0xdb, 0x39]);
  memory.writeBytes(DATA, Uint8Array.from(ONE));
  processor.registers[ECX] = 0x3fffc;
  processor.run(1);
  const before = [...processor.floatRegisters];
  expect(processor.run(1)).toMatchObject({ kind: "exception", vector: 14, cr2: 0x40000 });
  expect([...processor.floatRegisters]).toEqual(before);
  expect(memory.read32(0x3fffc)).toBe(0);
});

test("stores by XMM registers into running code take effect at once", () => {
  // MOVD XMM0, EAX; MOVD [next], XMM0; next: INC ECX ×4, overwritten by NOPs
  const next = CODE + 12;
  const { processor } = machineOf([
    0x66,
    0x0f,
    0x6e,
    0xc0,
    0x66,
    0x0f,
    0x7e,
    0x05,
    ...dword(next),
    0x41,
    0x41,
    0x41,
    0x41,
  ]);
  processor.registers[EAX] = 0x90909090 | 0;
  processor.run(6);
  expect(processor.registers[ECX]).toBe(0);
});

/** A machine in architectural mode, reset into 32-bit protected mode at CPL 0 with CR0 and CR4 as given. */
function systemOf(code: readonly number[], cr0: number, cr4: number): TestMachine {
  const memory = new GuestMemory(allocateMemory(0x10000, false), 0x10000);
  const ports = { read: () => 0, write: () => {} };
  const processor = new Processor({ memory, ports, model: "pentium4", architectural: true });
  const { state } = processor;
  if (state.system === null) throw new Error("not in architectural mode");
  const flat = { ...state.segments[0], base: 0, limit: 0xffffffff, big: true, flat: true };
  processor.state = {
    ...state,
    segments: state.segments.map((_, number) => ({ ...flat, code: number === 1, selector: 8 * (number + 1) })),
    system: { ...state.system, cr0, cr4, idtr: { base: 0, limit: 0 } },
  };
  memory.writeBytes(CODE, Uint8Array.from(code));
  processor.registers[EIP] = CODE;
  processor.registers[ESI] = DATA;
  return { processor, memory };
}
const PE_ET = 0x11;
const [MP, EM, TS, NE] = [0x2, 0x4, 0x8, 0x20];
const OSFXSR = 0x200;

/** Without an IDT every exception ends in a shutdown; an instruction that runs uses up the budget. */
test.each<[string, number[], number, number, boolean]>([
  ["FLD1", FLD1, NE, 0, true],
  ["FLD1 with CR0.EM", FLD1, EM, 0, false],
  ["FLD1 with CR0.TS", FLD1, TS, 0, false],
  ["FWAIT with CR0.TS", [0x9b], TS, 0, true],
  ["FWAIT with CR0.TS and CR0.MP", [0x9b], TS | MP, 0, false],
  ["EMMS", [0x0f, 0x77], 0, 0, true],
  ["EMMS with CR0.EM", [0x0f, 0x77], EM, 0, false],
  ["ADDPS", [0x0f, 0x58, 0xc1], 0, OSFXSR, true],
  ["ADDPS without CR4.OSFXSR", [0x0f, 0x58, 0xc1], 0, 0, false],
  ["ADDPS with CR0.TS", [0x0f, 0x58, 0xc1], TS, OSFXSR, false],
  ["FXSAVE without CR4.OSFXSR", [0x0f, 0xae, 0x06], 0, 0, true],
  ["MONITOR", [0x0f, 0x01, 0xc8], 0, 0, true],
  ["MWAIT", [0x0f, 0x01, 0xc9], 0, 0, true],
  ["a pending exception at FLD1", [...FNINIT, ...FLDCW_ESI, ...DIVIDE_BY_ZERO, ...FLD1], NE, 0, false],
])("at CPL 0, %s", (_name, code, cr0, cr4, runs) => {
  const { processor, memory } = systemOf([...code, 0xeb, 0xfe], PE_ET | cr0, cr4);
  memory.write16(DATA, 0x37b);
  expect(processor.run(20).kind).toBe(runs ? "budget" : "shutdown");
});

test("in real mode FNSTENV stores linear addresses; the operand-size prefix chooses 32 bits", () => {
  // FNINIT; FLD m32fp [SI]; FNSTENV [0x3000]; o32 FNSTENV [0x3100]
  const code = [...FNINIT, 0xd9, 0x04, 0xd9, 0x36, 0x00, 0x30, 0x66, 0xd9, 0x36, 0x00, 0x31];
  const { processor, memory } = systemOf(code, 0x10, 0);
  const { state } = processor;
  const real = { ...state.segments[0], big: false, flat: false, limit: 0xffff };
  processor.state = {
    ...state,
    registers: state.registers.map((value, i) => (i === EIP ? 0x0010 : value)),
    segments: state.segments.map((_, number) =>
      number === 1
        ? { ...real, code: true, selector: CODE / 16 - 1, base: CODE - 16 }
        : { ...real, selector: 0x10, base: 0x100 },
    ),
  };
  expect(processor.run(4).kind).toBe("budget");
  const words = [0, 1, 2, 3, 4, 5, 6].map((i) => memory.read16(0x3100 + 2 * i));
  // FIP = CODE, opcode 104, FDP = DATA + 100; only one register is not empty.
  expect(words).toEqual([0x37f, 0x3800, 0x7fff, CODE + 2, 0x104, DATA + 0x100, 0]);
  expect([3, 4, 5, 6].map((i) => memory.read32(0x3200 + 4 * i))).toEqual([
    0xffff0000 | (CODE + 2),
    0x104,
    0xffff0000 | (DATA + 0x100),
    0,
  ]);
});

/** Random operands behind float opcodes: a prefix, an opcode, ModR/M with a register or [ESI + disp8], a byte. */
const floatInstruction = fc
  .tuple(
    fc.constantFrom<number[]>([], [0x66], [0xf3], [0xf2]),
    fc.oneof(
      fc.integer({ min: 0xd8, max: 0xdf }).map((opcode) => [opcode]),
      fc.integer({ min: 0x10, max: 0xff }).map((opcode) => [0x0f, opcode]),
    ),
    fc.integer({ min: 0, max: 0xff }).map((byte) => (byte < 0xc0 ? (byte & 0x38) | 0x46 : byte)),
    fc.integer({ min: 0, max: 0xff }),
  )
  .map(([prefix, opcode, modrm, byte]) => [...prefix, ...opcode, modrm, byte]);

test("random float code: never throws, and run(1) n times is run(n)", () => {
  fc.assert(
    fc.property(fc.array(floatInstruction, { minLength: 1, maxLength: 12 }), fc.array(fc.integer()), (code, words) => {
      const [whole, stepped] = [0, 1].map(() => {
        const machine = machineOf(code.flat());
        machine.processor.floatRegisters.set(words.slice(0, 64));
        machine.processor.floatRegisters[FTW] = words.length & 0xff;
        return machine;
      });
      const exit = { ...whole.processor.run(20) };
      let last = { ...stepped.processor.run(1) };
      for (let i = 1; i < 20 && last.kind === "budget"; i++) last = { ...stepped.processor.run(1) };
      expect(last).toEqual(exit);
      expect(stepped.processor.state).toEqual(whole.processor.state);
      expect(Buffer.compare(stepped.memory.ram, whole.memory.ram)).toBe(0);
    }),
    { numRuns: 150 },
  );
});
