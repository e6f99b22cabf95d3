// Programs of random instructions that mostly run: ALU, memory, stack, strings, branches, a few faults.
import fc from "fast-check";
import { expect, test } from "vitest";
import { ECX, EDI, EIP, ESI, ESP } from "../src/index.ts";
import { CODE, createMachine, DIRECTORY, dword, entryOf, RAM, STACK, type TestMachine } from "./machine.ts";

/** Everything a program can see or change, without retired counts. */
function snapshot({ processor, memory }: TestMachine): unknown {
  return { state: processor.state, ram: Buffer.from(memory.ram).toString("base64") };
}

const register = fc.integer({ min: 0, max: 7 });
const instruction = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(
        fc.constantFrom(0x01, 0x03, 0x11, 0x13, 0x19, 0x21, 0x29, 0x2b, 0x31, 0x39, 0x85, 0x89, 0x8b),
        register,
        register,
      )
      .map(([op, a, b]) => [op, 0xc0 | (a << 3) | b]),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(
        fc.constantFrom(0x01, 0x29, 0x31, 0x89, 0x8b, 0x88, 0x8a, 0x87),
        register,
        fc.integer({ min: 0x8f00, max: 0xa100 }),
      )
      .map(([op, a, at]) => [op, 0x05 | (a << 3), ...dword(at)]),
  },
  { weight: 2, arbitrary: register.map((a) => [0x50 | a]) },
  { weight: 2, arbitrary: register.map((a) => [0x58 | a]) },
  { weight: 2, arbitrary: register.map((a) => [0x40 | a]) },
  { weight: 2, arbitrary: fc.tuple(register, fc.integer()).map(([a, value]) => [0xb8 | a, ...dword(value)]) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.integer({ min: 0, max: 15 }), fc.integer({ min: -20, max: 20 }))
      .map(([c, d]) => [0x70 | c, d & 0xff]),
  },
  { weight: 1, arbitrary: fc.integer({ min: -30, max: 10 }).map((d) => [0xe2, d & 0xff]) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.constantFrom(0xa4, 0xa5, 0xa6, 0xaa, 0xab, 0xac, 0xae),
        fc.constantFrom(0xf2, 0xf3, 0x90),
        fc.integer({ min: 0, max: 90 }),
      )
      .map(([op, rep, n]) => [0xb9, ...dword(n), 0xbe, ...dword(0x8fe0), 0xbf, ...dword(0x9fd0), rep, op]),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(0xd3, 0xf7, 0xc1), register, register, fc.nat(255))
      .map(([op, a, b, n]) => (op === 0xc1 ? [op, 0xc0 | (a << 3) | b, n] : [op, 0xc0 | (a << 3) | b])),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.integer({ min: 0, max: 60 }), fc.constantFrom(0x90, 0x40, 0xf9, 0x42))
      .map(([at, op]) => [0xc6, 0x05, ...dword(CODE + at), op]),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      [0xcc],
      [0x0f, 0x31],
      [0x9c],
      [0x9d],
      [0xfd],
      [0xfc],
      [0x99],
      [0x60],
      [0x61],
      [0xcd, 0x80],
      [0x0f, 0x0b],
      [0xc3],
    ),
  },
);
const program = fc.array(instruction, { minLength: 1, maxLength: 24 }).map((list) => list.flat());

function start(code: number[], paging: boolean): TestMachine {
  const machine = createMachine({ code, paging });
  machine.memory.write32(entryOf(0xa000), 0xa000 | 5); // stores there fault
  machine.processor.registers[ESI] = 0x9000;
  machine.processor.registers[EDI] = 0x9100;
  machine.processor.registers[ECX] = 5;
  return machine;
}

test("run(1) n times is run(n): states, RAM, counts and exits", () => {
  fc.assert(
    fc.property(program, fc.integer({ min: 1, max: 300 }), fc.boolean(), (code, budget, paging) => {
      const whole = start(code, paging);
      const single = start(code, paging);
      const exit = { ...whole.processor.run(budget) };
      let last = { ...single.processor.run(1) };
      for (let n = 1; n < budget && last.kind === "budget"; n++) last = { ...single.processor.run(1) };
      expect(last).toEqual(exit);
      expect(snapshot(single)).toEqual(snapshot(whole));
      if (exit.kind === "budget") expect(whole.processor.retired).toBe(budget);
    }),
    { numRuns: 200 },
  );
});

test("state and RAM taken in the middle and put into a new machine go on identically", () => {
  fc.assert(
    fc.property(program, fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 200 }), (code, before, after) => {
      const original = start(code, true);
      original.processor.run(before);
      const saved = JSON.parse(JSON.stringify(original.processor.state));
      const restored = createMachine();
      restored.memory.writeBytes(0, original.memory.readBytes(0, RAM));
      restored.processor.state = saved;
      expect(snapshot(restored)).toEqual(snapshot(original));
      expect({ ...restored.processor.run(after) }).toEqual({ ...original.processor.run(after) });
      expect(snapshot(restored)).toEqual(snapshot(original));
    }),
    { numRuns: 200 },
  );
});

test("a state of another version is refused", () => {
  const { processor } = createMachine();
  expect(() => {
    processor.state = { ...processor.state, version: 3 as 2 };
  }).toThrow(RangeError);
});

test("random bytes as a program: never throws, always ends, touches nothing outside the guest", () => {
  const bytes = fc.uint8Array({ minLength: 16, maxLength: 200 });
  fc.assert(
    fc.property(bytes, fc.array(fc.integer(), { minLength: 8, maxLength: 8 }), fc.boolean(), (code, values, open) => {
      const machine = createMachine({ code: [...code] });
      const { processor, memory } = machine;
      // Only 8 pages around code, data and stack stay mapped; the rest of RAM must not change.
      for (let linear = 0; linear < RAM; linear += 0x1000) if (linear >= 0xc000) memory.write32(entryOf(linear), 0);
      processor.registers.set(values);
      processor.registers[ESP] = STACK;
      if (open) processor.setIoPermission(new Uint8Array(8192));
      const tail = memory.readBytes(0x38000, 0x8000);
      let budget = 500;
      while (budget > 0) {
        const before = processor.retired;
        const exit = processor.run(budget);
        expect(processor.retired - before).toBeLessThanOrEqual(budget);
        budget -= Math.max(1, processor.retired - before);
        if (exit.kind === "exception") processor.registers[EIP] = CODE + (budget % code.length);
      }
      expect(memory.readBytes(0x38000, 0x8000)).toEqual(tail);
      expect(processor.state.pageDirectory).toBe(DIRECTORY);
      expect(processor.registers).toHaveLength(10);
    }),
    { numRuns: 120 },
  );
});
