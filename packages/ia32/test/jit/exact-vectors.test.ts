// Packed arithmetic while MXCSR has no PE: exact results stay in compiled code, one that is not is noted, whichever element it is in.
import { expect, test } from "vitest";
import { allocateMemory, EIP, GuestMemory, Processor } from "../../src/index.ts";
import { MXCSR } from "../../src/state/fpu.ts";
import { ENGINES, type EngineOptions, INTERPRETER } from "./engines.ts";

const RAM = 1 << 18;
const CODE = 0x10000;
const DATA = 0x8000;
const PE = 0x20;
const OPERATIONS: Readonly<Record<string, number>> = { ADD: 0x58, SUB: 0x5c, MUL: 0x59, DIV: 0x5e, SQRT: 0x51 };
/** Operands of which all results are exact. */
const EXACT = { first: [9, -2.25, 0, 0.5], second: [4, 0.25, 16, 1] };
/** Operands, in place of one pair of those, with which no result is. */
const INEXACT = [1 + 2 ** -23, 1 / 3] as const;

/** XMM0 = first; XMM0 = XMM0 ∘ second; and again. */
function run(engine: EngineOptions, opcode: number, wide: boolean, inexact: number): Processor {
  const memory = new GuestMemory(allocateMemory(RAM), RAM);
  const ports = { read: () => 0xff, write: () => {} };
  const processor = new Processor({ memory, ports, float: true, model: "pentium4", ...engine });
  const flat = { base: 0, limit: 0xffffffff, dpl: 3 } as const;
  processor.setDescriptor(3, { ...flat, kind: "code", readable: true });
  processor.setDescriptor(4, { ...flat, kind: "data", writable: true });
  processor.loadSegment("cs", 0x1b);
  for (const name of ["ss", "ds", "es"] as const) processor.loadSegment(name, 0x23);
  const prefix = wide ? [0x66] : [];
  const code = [...prefix, 0x0f, 0x28, 0x05, 0, 0x80, 0, 0, ...prefix, 0x0f, opcode, 0x05, 0x10, 0x80, 0, 0];
  memory.writeBytes(CODE, Uint8Array.from([...code, 0xeb, 0x100 - code.length - 2]));
  const elements = wide ? 2 : 4;
  const operands = [EXACT.first, EXACT.second].flatMap((all, operand) =>
    all.slice(0, elements).map((value, i) => (i === inexact ? INEXACT[operand] : value)),
  );
  memory.writeBytes(DATA, new Uint8Array((wide ? Float64Array : Float32Array).from(operands).buffer));
  processor.registers[EIP] = CODE;
  for (const budget of [1000, 77, 2000]) processor.run(budget);
  return processor;
}

test.each(Object.keys(ENGINES))("%s", (name) => {
  for (const [mnemonic, opcode] of Object.entries(OPERATIONS))
    for (const wide of [false, true])
      for (let inexact = -1; inexact < (wide ? 2 : 4); inexact++) {
        const what = `${mnemonic} ${wide ? 64 : 32} inexact ${inexact}`;
        const one = run(INTERPRETER, opcode, wide, inexact);
        const other = run(ENGINES[name], opcode, wide, inexact);
        expect([what, other.state]).toEqual([what, one.state]);
        expect([what, (one.floatRegisters[MXCSR] & PE) !== 0]).toEqual([what, inexact >= 0]);
        const share = (other.jitStatistics?.compiledInstructions ?? 0) / other.retired;
        expect([what, share > 0.5]).toEqual([what, true]);
      }
});
