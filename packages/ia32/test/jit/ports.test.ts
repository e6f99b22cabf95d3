import { describe, expect, test } from "vitest";
import { EAX, ECX } from "../../src/index.ts";
import { CODE, createSystemMachine, dword, HANDLERS, type SystemMachine, toFlatUser } from "../system-machine.ts";
import { ENGINES, type EngineOptions, INTERPRETER } from "./engines.ts";

const DEVICE = 0xe0000000;
const HLT = 0xf4;
const CYCLES = 100;

/** Reads port 40, writes port 41, a thousand times. */
const PROGRAM = [0xb9, ...dword(1000), 0x40, 0xe4, 0x40, 0xe6, 0x41, 0x49, 0x75, 0xf8, HLT];

interface Ports {
  readonly machine: SystemMachine;
  /** What went by ports, with the count of instructions and the clock. */
  readonly traffic: string[];
}

function ports(engine: EngineOptions, code: readonly number[], user: readonly number[] = []): Ports {
  const traffic: string[] = [];
  const note = (text: string): void => {
    const { processor } = machine;
    traffic.push(`${processor.retired} ${processor.cycles} ${text}`);
    processor.charge(CYCLES);
  };
  const machine: SystemMachine = createSystemMachine({
    code,
    user,
    engine,
    ports: {
      read: (port) => {
        note(`in ${port}`);
        return traffic.length & 0xff;
      },
      write: (port, size, value) => note(`out ${port} ${size} ${value}`),
    },
  });
  return { machine, traffic };
}

describe.each(Object.keys(ENGINES))("%s", (name) => {
  test("what a port charges passes and counts against the budget, and `retired` is exact there", () => {
    const one = ports(INTERPRETER, PROGRAM);
    const other = ports(ENGINES[name], PROGRAM);
    for (let budget = 1; budget < 60_000; budget += 4711) {
      const { kind } = one.machine.processor.run(budget);
      expect(other.machine.processor.run(budget).kind).toBe(kind);
      expect(other.machine.processor.state).toEqual(one.machine.processor.state);
      expect(other.machine.processor.cycles).toBe(one.machine.processor.cycles);
    }
    expect(other.traffic).toEqual(one.traffic);
    expect(one.traffic.length).toBe(2000);
    // MOV, then INC before each IN.
    expect(one.traffic[0]).toBe("2 2 in 64");
    expect(one.traffic[2]).toBe(`7 ${7 + 2 * CYCLES} in 64`);
    expect(other.machine.processor.cycles).toBe(other.machine.processor.retired + 2000 * CYCLES);
  });

  test("wherever a budget ends behind what a port has charged, the program goes on there", () => {
    const round = 5 + 2 * CYCLES;
    const one = ports(INTERPRETER, PROGRAM);
    const other = ports(ENGINES[name], PROGRAM);
    for (let budget = 2 * round; budget < 3 * round; budget++) {
      one.machine.processor.run(budget);
      other.machine.processor.run(budget);
      expect([budget, other.machine.processor.registers]).toEqual([budget, one.machine.processor.registers]);
    }
    expect(other.traffic).toEqual(one.traffic);
  });

  test("a port that is peeked at gives the same run as one that is read", () => {
    const seen = { peeks: 0, reads: 0 };
    const registers = (engine: EngineOptions, peek: boolean): SystemMachine => {
      let writes = 0;
      const machine: SystemMachine = createSystemMachine({
        code: PROGRAM,
        user: [],
        engine,
        ports: {
          read: () => {
            seen.reads++;
            machine.processor.charge(CYCLES);
            return writes & 0xff;
          },
          write: () => {
            writes++;
            machine.processor.charge(CYCLES);
          },
          // Not each: a read that has an effect is not peeked.
          ...(peek && {
            peek: () => {
              if (writes % 3 === 0) return -1;
              seen.peeks++;
              machine.processor.charge(CYCLES);
              return writes & 0xff;
            },
          }),
        },
      });
      return machine;
    };
    const one = registers(INTERPRETER, false);
    const other = registers(ENGINES[name], true);
    for (let budget = 1; budget < 60_000; budget += 977) {
      one.processor.run(budget);
      other.processor.run(budget);
      expect(other.processor.state).toEqual(one.processor.state);
    }
    expect(seen.peeks).toBeGreaterThan(100);
    expect(seen.reads + seen.peeks).toBe(2000);
  });

  test("a run ends when its cycles are used up, be it by ports", () => {
    const { machine, traffic } = ports(ENGINES[name], PROGRAM);
    machine.processor.run(1000);
    expect(machine.processor.cycles).toBeGreaterThanOrEqual(1000);
    expect(machine.processor.cycles).toBeLessThan(1000 + 3 * CYCLES);
    expect(traffic.length).toBeLessThanOrEqual(10);
  });

  test("a program that may not use a port gets #GP, however often it may have been", () => {
    const { machine, traffic } = ports(ENGINES[name], toFlatUser(0x3202), PROGRAM);
    machine.memory.writeBytes(HANDLERS + 13 * 16, Uint8Array.from([HLT]));
    while (machine.processor.run(100).kind === "budget" && traffic.length < 1000);
    const { state } = machine.processor;
    // IOPL 3 is taken away.
    const registers = state.registers.with(-1, 0x202);
    machine.processor.state = { ...state, registers };
    expect(machine.processor.run(1000).kind).toBe("halt");
    expect(traffic.length).toBe(1000);
  });

  test("a division whose operand is a device's reads it once, also when it faults", () => {
    let reads = 0;
    // div dword [DEVICE], idiv dword [DEVICE]: by 1, then by 0.
    for (const digit of [0x35, 0x3d])
      for (const divisor of [1, 0]) {
        reads = 0;
        const code = [
          0xb8,
          ...dword(7),
          0x31,
          0xd2,
          0xb9,
          ...dword(40),
          0xf7,
          digit,
          ...dword(DEVICE),
          0x49,
          0x75,
          0xf7,
          HLT,
        ];
        const { processor } = createSystemMachine({
          code,
          engine: ENGINES[name],
          mmio: { read: () => (++reads < 30 ? 1 : divisor), write: () => {} },
        });
        expect(processor.run(1000).kind).toBe("halt");
        expect(reads).toBe(divisor === 0 ? 30 : 40);
        expect(processor.registers[ECX]).toBe(divisor === 0 ? 11 : 0);
        expect(processor.registers[EAX]).toBe(7);
      }
  });

  test("a device's integer whose conversion has to be rounded is read once", () => {
    let reads = 0;
    const control = CODE + 0x100;
    // mov eax, cr4; or ah, 2; mov cr4, eax; ldmxcsr [control]; mov ecx, 40
    const code = [
      0x0f,
      0x20,
      0xe0,
      0x80,
      0xcc,
      2,
      0x0f,
      0x22,
      0xe0,
      0x0f,
      0xae,
      0x15,
      ...dword(control),
      0xb9,
      ...dword(40),
    ];
    // cvtsi2ss xmm3, [DEVICE]; dec ecx; jnz back
    code.push(0xf3, 0x0f, 0x2a, 0x1d, ...dword(DEVICE), 0x49, 0x75, 0xf5, HLT);
    const { memory, processor } = createSystemMachine({
      code,
      engine: ENGINES[name],
      mmio: { read: () => 0x4000_0000 + ++reads, write: () => {} },
    });
    // Everything masked, rounded up.
    memory.write32(control, 0x5f80);
    expect(processor.run(1000).kind).toBe("halt");
    expect(reads).toBe(40);
    expect(processor.registers[ECX]).toBe(0);
    // 2^30 and one unit in the last place.
    expect(processor.floatRegisters[12]).toBe(0x4e80_0001);
  });

  test("a device's word that becomes code of the running page is read once", () => {
    const end = CODE + 17;
    // inc eax, three times; hlt
    const word = 0xf4404040;
    for (const reading of [
      // mov edi, end; mov esi, DEVICE; movsd
      [0xbf, ...dword(end), 0xbe, ...dword(DEVICE), 0xa5],
      // mov esp, end + 4; push dword [DEVICE]
      [0xbc, ...dword(end + 4), 0xff, 0x35, ...dword(DEVICE)],
    ]) {
      let reads = 0;
      const { processor } = createSystemMachine({
        code: [0xb8, ...dword(0), ...reading, ...new Array(12 - reading.length).fill(0x90), ...dword(0xf4f4f4f4)],
        engine: ENGINES[name],
        mmio: {
          read: () => {
            reads++;
            return word;
          },
          write: () => {},
        },
      });
      expect(processor.run(1000).kind).toBe("halt");
      expect(reads).toBe(1);
      expect(processor.registers[EAX]).toBe(3);
    }
  });
});
