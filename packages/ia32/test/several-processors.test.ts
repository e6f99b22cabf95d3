// Processors side by side in one process: there is nothing that they share.
import { expect, test } from "vitest";
import { allocateMemory, EIP, type Engine, GuestMemory, type Model, Processor } from "../src/index.ts";

const RAM = 1 << 20;
const START = 0x7c00;

/** In real mode: 300 rounds of adding, storing words from 1000 on, and changing the number that is added. */
function made(engine: Engine, model: Model, addend: number): { processor: Processor; memory: GuestMemory } {
  const memory = new GuestMemory(allocateMemory(RAM), RAM);
  const ports = { read: () => addend, write: () => {} };
  const jit = { threshold: 0 };
  const processor = new Processor({ memory, ports, architectural: true, model, engine, jit });
  const code = [
    ...[0xdb, 0xe3, 0xb9, 0x2c, 0x01, 0xbf, 0x00, 0x10], // fninit; mov cx, 300; mov di, 1000
    ...[0x05, addend, 0x00, 0xab], // add ax, addend; stosw
    ...[0xd9, 0xe8, 0xdd, 0xd8], // fld1; fstp st(0)
    ...[0x2e, 0xfe, 0x06, 0x09, 0x7c], // inc byte [cs:7c09]
    ...[0xe2, 0xf1, 0xe5, 0x10, 0xf4], // loop add; in ax, 10; hlt
  ];
  memory.writeBytes(START, Uint8Array.from(code));
  processor.loadSegment("cs", 0);
  processor.registers[EIP] = START;
  return { processor, memory };
}

const KINDS: [Engine, Model, number][] = [
  ["interpreter", "pentium4", 3],
  ["jit", "pentium4", 5],
  ["jit", "pentium3", 3],
  ["interpreter", "i486", 7],
];

test("processors of both engines and several models, run in turns, end as each does alone", () => {
  const alone = KINDS.map((kind) => {
    const machine = made(...kind);
    expect(machine.processor.run(100_000).kind).toBe("halt");
    expect(machine.processor.retired).toBe(3 + 6 * 300 + 2);
    return machine;
  });
  const together = KINDS.map((kind) => made(...kind));
  const halted = new Set<Processor>();
  while (halted.size < together.length)
    for (const { processor } of together.filter((machine) => !halted.has(machine.processor)))
      if (processor.run(71).kind === "halt") halted.add(processor);
  together.forEach(({ processor, memory }, i) => {
    expect(processor.state).toEqual(alone[i].processor.state);
    expect(Buffer.compare(memory.ram, alone[i].memory.ram)).toBe(0);
  });
  const words = (i: number): number => together[i].memory.read16(0x1000 + 2 * 299);
  expect(new Set([words(0), words(1), words(3)]).size).toBe(3);
  expect(words(0)).toBe(words(2));
});
