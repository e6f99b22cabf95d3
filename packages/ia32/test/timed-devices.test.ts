import { expect, test } from "vitest";
import { allocateMemory, EIP, GuestMemory, type MemoryIo, Processor } from "../src/index.ts";
import { ENGINES, INTERPRETER } from "./jit/engines.ts";
import { CODE, createSystemMachine, dword, RAM } from "./system-machine.ts";

const DEVICE = 0xe0000000;
const TIMED = DEVICE + 0x1000;
const HLT = 0xf4;
/** Three INC, a read, INC, three writes of a repeated string, a read-modify-write. */
const PROGRAM = [
  ...[0x40, 0x40, 0x40, 0xa1, ...dword(DEVICE), 0x40],
  ...[0xbf, ...dword(DEVICE), 0xb9, ...dword(3), 0xf3, 0xab, 0xff, 0x05, ...dword(DEVICE), HLT],
];

test("a timed device finds `retired` exact at every access, and sees each access once", () => {
  const seen: [string, number][] = [];
  const machine = createSystemMachine({
    code: PROGRAM,
    mmio: {
      timed: true,
      read: () => {
        seen.push(["read", machine.processor.retired]);
        return 0;
      },
      write: () => seen.push(["write", machine.processor.retired]),
    },
  });
  expect(machine.processor.run(100).kind).toBe("halt");
  expect(seen).toEqual([
    ["read", 3],
    ["write", 7],
    ["write", 8],
    ["write", 9],
    ["read", 10],
    ["write", 10],
  ]);
  expect(machine.processor.retired).toBe(12);
});

/** A program under a host kernel, flat at level 3. */
function underHost(code: readonly number[], mmio: MemoryIo): Processor {
  const memory = new GuestMemory(allocateMemory(RAM), RAM);
  const processor = new Processor({ memory, ports: { read: () => 0, write: () => {} }, mmio });
  processor.setDescriptor(1, { base: 0, limit: 0xffffffff, kind: "code", readable: true, dpl: 3 });
  processor.setDescriptor(2, { base: 0, limit: 0xffffffff, kind: "data", writable: true, dpl: 3 });
  processor.loadSegment("cs", 0x0b);
  for (const name of ["ss", "ds", "es"] as const) processor.loadSegment(name, 0x13);
  memory.writeBytes(CODE, Uint8Array.from(code));
  processor.registers[EIP] = CODE;
  return processor;
}

test("so it does under a host kernel, within one budget", () => {
  const seen: number[] = [];
  const processor = underHost(PROGRAM, {
    timed: true,
    read: () => {
      seen.push(processor.retired);
      return 0;
    },
    write: () => seen.push(processor.retired),
  });
  expect(processor.run(9).kind).toBe("budget");
  expect(seen).toEqual([3, 7, 8]);
  expect(processor.retired).toBe(9);
  expect(processor.run(100)).toMatchObject({ kind: "exception", vector: 13 });
  expect(seen).toEqual([3, 7, 8, 9, 10, 10]);
});

test("an exit that another device has asked for comes before the timed access in its block", () => {
  let reads = 0;
  const processor = underHost([0xa1, ...dword(DEVICE), 0xa1, ...dword(TIMED), HLT], {
    timed: (physical) => physical === TIMED,
    read: (physical) => {
      reads++;
      if (physical === DEVICE) processor.requestExit();
      return 0;
    },
    write: () => {},
  });
  expect(processor.run(100).kind).toBe("requested");
  expect([processor.registers[EIP], reads]).toEqual([CODE + 5, 1]);
  expect(processor.run(100)).toMatchObject({ kind: "exception", vector: 13 });
  expect([processor.registers[EIP], reads]).toEqual([CODE + 10, 2]);
});

test("an interrupt that an access asks for comes behind that very instruction where the address is timed", () => {
  const returnAddress = (device: number): number => {
    let acknowledged = 0;
    const machine = createSystemMachine({
      code: [0xfb, 0x90, 0xa3, ...dword(device), 0xfa, HLT], // sti; nop; mov [device], eax; cli; hlt
      acknowledged: () => acknowledged++,
      mmio: {
        timed: (physical) => physical >= TIMED,
        read: () => 0,
        write: () => machine.processor.setInterruptLine(true),
      },
    });
    machine.processor.run(100);
    return acknowledged === 0 ? 0 : machine.stack(1)[0];
  };
  expect(returnAddress(TIMED)).toBe(CODE + 7);
  expect(returnAddress(DEVICE)).toBe(0); // CLI is in the same block.
});

/** Counts at which a device that is not timed is read by REP MOVSD, whose first 24 of 26 iterations read RAM in front of it; three times. */
function readByRepetition(engine: (typeof ENGINES)[string]): number[] {
  const page = 0x50000;
  const seen: number[] = [];
  const registers = [0xbe, ...dword(page - 96), 0xbf, ...dword(0x40000), 0xb9, ...dword(26)];
  const machine = createSystemMachine({
    code: [0xbb, ...dword(3), ...registers, 0xf3, 0xa5, 0x4b, 0x75, 0xec, HLT],
    engine,
    mmio: { timed: false, read: () => seen.push(machine.processor.retired), write: () => {} },
  });
  machine.memory.setPages(page >>> 12, 1, "device");
  expect(machine.processor.run(1000).kind).toBe("halt");
  return seen;
}

test.each([INTERPRETER, ...Object.values(ENGINES)])(
  "a device finds the iterations of a repetition counted, timed or not: $engine $jit",
  (engine) => {
    const round = 3 + 26 + 2;
    expect(readByRepetition(engine)).toEqual([0, 1, 2].flatMap((i) => [4 + 24 + i * round, 4 + 25 + i * round]));
  },
);
