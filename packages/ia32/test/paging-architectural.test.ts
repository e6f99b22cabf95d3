// Paging as an operating system sees it: 4 KB, 4 MB and 2 MB pages, PAE, execute-disable, CR0.WP, reserved bits, and the
// error codes of what goes wrong. SDM Vol. 3A, 4.3 to 4.8.
import { expect, test } from "vitest";
import { EAX, EIP } from "../src/index.ts";
import {
  CODE,
  createSystemMachine,
  dword,
  HANDLERS,
  type SystemMachine,
  toUser,
  USER_CODE,
  USER_DATA_SELECTOR,
} from "./system-machine.ts";

const HLT = 0xf4;
const DIRECTORY = 0x100000;
const TABLE = 0x101000;
const POINTERS = 0x102000;
const PAE_DIRECTORY = 0x103000;
const PAE_TABLE = 0x104000;
const [P, W, U, LARGE] = [1, 2, 4, 0x80];
const NO_EXECUTE = 0x80000000 | 0;
const [PG, WP, PE_ET] = [0x80000000 | 0, 0x10000, 0x11];
const [PSE, PAE] = [0x10, 0x20];
/** A page for tests. */
const PAGE = 0x150000;

interface Paging {
  readonly cr0?: number;
  readonly cr4?: number;
  readonly efer?: number;
}

/** The first 2 MB mapped one to one, by both kinds of tables. */
function machineOf(
  code: number[],
  user: number[],
  paging: Paging,
  change: (machine: SystemMachine) => void,
): SystemMachine {
  const machine = createSystemMachine({ code, user });
  const { memory, processor } = machine;
  memory.write32(DIRECTORY, TABLE | P | W | U);
  memory.write32(POINTERS, PAE_DIRECTORY | P);
  memory.write32(PAE_DIRECTORY, PAE_TABLE | P | W | U);
  for (let page = 0; page < 0x200; page++) {
    memory.write32(TABLE + 4 * page, (page << 12) | P | W | U);
    memory.write32(PAE_TABLE + 8 * page, (page << 12) | P | W | U);
  }
  change(machine);
  const { state } = processor;
  if (state.system === null) throw new Error("not in architectural mode");
  const { cr0 = 0, cr4 = 0, efer = 0 } = paging;
  const pae = (cr4 & PAE) !== 0;
  processor.state = {
    ...state,
    pageDirectory: pae ? POINTERS : DIRECTORY,
    system: {
      ...state.system,
      cr0: PG | PE_ET | cr0,
      cr4,
      efer,
      pdpte: [memory.read32(POINTERS), 0, 0, 0, 0, 0, 0, 0],
    },
  };
  processor.run(200);
  return machine;
}

/** Error code of the #PF that halted in its handler, or null. */
function pageFault({ processor, memory }: SystemMachine): { code: number; address: number } | null {
  if (processor.registers[EIP] !== HANDLERS + 14 * 16 + 1) return null;
  return { code: memory.read32(processor.registers[4]), address: processor.state.cr2 >>> 0 };
}

/** mov eax, USER_DATA_SELECTOR; mov ds, eax: going to user code took DS away. */
const LOAD_DS = [0xb8, ...dword(USER_DATA_SELECTOR), 0x8e, 0xd8];
const READ = [0xa1, ...dword(PAGE), HLT];
const WRITE = [0xa3, ...dword(PAGE), HLT];
const entry =
  (value: number, high = 0) =>
  (machine: SystemMachine) => {
    machine.memory.write32(TABLE + 4 * (PAGE >>> 12), value);
    machine.memory.write32(PAE_TABLE + 8 * (PAGE >>> 12), value);
    machine.memory.write32(PAE_TABLE + 8 * (PAGE >>> 12) + 4, high);
  };

test.each([
  ["32-bit", {}],
  ["PAE", { cr4: PAE }],
])("%s paging: error codes say present, write and user", (_name, paging) => {
  const fault = (code: number) => ({ code, address: PAGE });
  expect(pageFault(machineOf(READ, [], paging, entry(0)))).toEqual(fault(0));
  expect(pageFault(machineOf(WRITE, [], paging, entry(0)))).toEqual(fault(2));
  expect(pageFault(machineOf(toUser(), [...LOAD_DS, ...READ], paging, entry(0)))).toEqual(fault(4));
  expect(pageFault(machineOf(toUser(), [...LOAD_DS, ...READ], paging, entry(PAGE | P | W)))).toEqual(fault(5));
  expect(pageFault(machineOf(toUser(), [...LOAD_DS, ...WRITE], paging, entry(PAGE | P | U)))).toEqual(fault(7));
  expect(pageFault(machineOf(READ, [], paging, entry(PAGE | P)))).toBeNull();
});

test("CR0.WP decides whether the supervisor may write a read-only page", () => {
  expect(pageFault(machineOf(WRITE, [], {}, entry(PAGE | P)))).toBeNull();
  expect(pageFault(machineOf(WRITE, [], { cr0: WP }, entry(PAGE | P)))).toEqual({ code: 3, address: PAGE });
});

test("an access sets accessed and dirty in the entry", () => {
  const machine = machineOf(WRITE, [], {}, entry(PAGE | P | W));
  expect(machine.memory.read32(TABLE + 4 * (PAGE >>> 12)) & 0x60).toBe(0x60);
  expect(machine.memory.read32(TABLE + 4 * (PAGE >>> 12) + 4) & 0x60).toBe(0);
});

test("a 4 MB page needs CR4.PSE, a 2 MB page comes with PAE", () => {
  const large = (machine: SystemMachine): void => {
    machine.memory.write32(DIRECTORY + 4, 0 | LARGE | P | W);
    machine.memory.write32(PAE_DIRECTORY + 8, 0 | LARGE | P | W);
    machine.memory.write32(PAGE, 0x1234);
  };
  const read = (address: number): number[] => [0xa1, ...dword(address), HLT];
  expect(machineOf(read(0x400000 + PAGE), [], { cr4: PSE }, large).processor.registers[EAX]).toBe(0x1234);
  expect(machineOf(read(0x200000 + PAGE), [], { cr4: PAE }, large).processor.registers[EAX]).toBe(0x1234);
});

test("execute-disable refuses the fetch, not the read, once EFER.NXE is on; before, the bit is reserved", () => {
  const code = [0xa1, ...dword(PAGE), 0xe9, ...dword(PAGE - CODE - 10)];
  const paging = { cr4: PAE, efer: 0x800 };
  expect(pageFault(machineOf(code, [], paging, entry(PAGE | P | W, NO_EXECUTE)))).toEqual({
    code: 0x11,
    address: PAGE,
  });
  const reserved = machineOf(READ, [], { cr4: PAE }, entry(PAGE | P | W, NO_EXECUTE));
  expect(pageFault(reserved)).toEqual({ code: 9, address: PAGE });
  expect(pageFault(machineOf(READ, [], paging, entry(PAGE | P | W, NO_EXECUTE)))).toBeNull();
});

test("alignment is checked for users only, with CR0.AM and EFLAGS.AC", () => {
  const unaligned = [0xa1, ...dword(PAGE + 1), 0x0f, 0x0b];
  const vector = (flags: number, cr0: number): number => {
    const { processor } = machineOf(toUser(flags), [...LOAD_DS, ...unaligned], { cr0 }, () => {});
    return (processor.registers[EIP] - 1 - HANDLERS) / 16;
  };
  expect([vector(0x40202, 0x40000), vector(0x202, 0x40000), vector(0x40202, 0)]).toEqual([17, 6, 6]);
  const kernel = machineOf([0x68, ...dword(0x40002), 0x9d, ...unaligned], [], { cr0: 0x40000 }, () => {});
  expect((kernel.processor.registers[EIP] - 1 - HANDLERS) / 16).toBe(6);
});

test("an interrupt through a task gate switches tasks, with the error code on the new task's stack", () => {
  const machine = machineOf(toUser(), [...LOAD_DS, ...READ], {}, ({ memory, gate }) => {
    entry(0)({ memory } as SystemMachine);
    gate(14, 0x8500, 0x30);
    const TSS2 = 0x3100;
    memory.write32(TSS2 + 28, DIRECTORY);
    memory.write32(TSS2 + 32, HANDLERS + 0x400);
    memory.write32(TSS2 + 36, 2);
    memory.write32(TSS2 + 56, 0x70000);
    for (const [i, selector] of [0x10, 0x08, 0x10, 0x10, 0, 0].entries()) memory.write32(TSS2 + 72 + 4 * i, selector);
  });
  const { processor, memory } = machine;
  expect(processor.registers[EIP]).toBe(HANDLERS + 0x401);
  expect(processor.state.system?.tr.selector).toBe(0x30);
  expect([processor.registers[4], memory.read32(0x6fffc)]).toEqual([0x6fffc, 4]);
  // The outgoing task keeps its place and its level.
  expect([memory.read32(0x3000 + 32), memory.read16(0x3000 + 76)]).toEqual([USER_CODE + LOAD_DS.length, 0x1b]);
});

test("a host that loads a segment whose descriptor is not mapped gets an error that names the selector", () => {
  const { processor } = machineOf([HLT], [], {}, ({ memory }) => {
    memory.write32(TABLE + 4, 0);
  });
  expect(() => processor.loadSegment("fs", 0x10)).toThrow("no descriptor for selector 10");
});
