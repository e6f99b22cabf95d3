// FERR# and IGNNE#: x87 errors as a PC hears of them, while CR0.NE is clear. SDM Vol. 1, appendix D.2.
import { expect, test } from "vitest";
import { EIP } from "../src/index.ts";
import { CODE, createSystemMachine, dword, HANDLERS, type SystemMachine } from "./system-machine.ts";

const DATA = 0x40000;
/** fninit; fldcw [DATA], which unmasks division by zero; fld1; fldz; fdivp. */
const DIVIDE = [0xdb, 0xe3, 0xd9, 0x2d, ...dword(DATA), 0xd9, 0xe8, 0xd9, 0xee, 0xde, 0xf9];
const FLD1 = [0xd9, 0xe8];
const FNCLEX = [0xdb, 0xe2];
const [STI, NOP, HLT, IRET] = [0xfb, 0x90, 0xf4, 0xcf];
const IRQ13 = 0x2d;

function machineOf(code: number[], heard: boolean[]): SystemMachine {
  const machine = createSystemMachine({
    code,
    vector: IRQ13,
    floatError: {
      set: (asserted) => {
        heard.push(asserted);
        machine.processor.setInterruptLine(asserted);
      },
    },
  });
  machine.memory.write16(DATA, 0x37b);
  machine.memory.writeBytes(HANDLERS + 16 * IRQ13, Uint8Array.from([...FNCLEX, IRET]));
  return machine;
}

test("an unmasked exception asserts FERR#, its interrupt comes behind the instruction, and FNCLEX takes it back", () => {
  const heard: boolean[] = [];
  const { processor } = machineOf([STI, NOP, ...DIVIDE, ...FLD1, HLT], heard);
  expect(processor.run(100).kind).toBe("halt");
  expect(heard).toEqual([true, false]);
  // STI, NOP, five of DIVIDE, FNCLEX, IRET, FLD1, HLT.
  expect(processor.retired).toBe(11);
});

test("with interrupts off the next x87 instruction waits, and IGNNE# lets it run", () => {
  const waiting = machineOf([...DIVIDE, NOP, ...FLD1, HLT], []).processor;
  expect(waiting.run(100).kind).toBe("halt");
  expect([waiting.registers[EIP], waiting.retired]).toEqual([CODE + DIVIDE.length + 1, 6]);
  const ignoring = machineOf([...DIVIDE, NOP, ...FLD1, HLT], []).processor;
  ignoring.setIgnoreNumericError(true);
  expect(ignoring.run(100).kind).toBe("halt");
  expect(ignoring.retired).toBe(8);
});

test("setting CR0.NE takes FERR# back: the exception is #MF now", () => {
  const heard: boolean[] = [];
  // mov eax, cr0; or al, 20h; mov cr0, eax
  const { processor } = machineOf([...DIVIDE, 0x0f, 0x20, 0xc0, 0x0c, 0x20, 0x0f, 0x22, 0xc0, ...FLD1], heard);
  expect(processor.run(100).kind).toBe("halt");
  expect(processor.registers[EIP]).toBe(HANDLERS + 16 * 16 + 1);
  expect(heard).toEqual([true, false]);
});
