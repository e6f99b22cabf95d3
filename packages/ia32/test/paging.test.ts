import { expect, test } from "vitest";
import { ACCESS_USER, ACCESS_WRITE, EAX, EDX, EIP, walkPage } from "../src/index.ts";
import { CODE, createMachine, DIRECTORY, dword, entryOf, TABLE } from "./machine.ts";

const PAGE = 0x9000;
const LOAD = [0xa1, ...dword(PAGE)]; // mov eax, [PAGE]
const STORE = [0xa3, ...dword(PAGE)]; // mov [PAGE], eax
const ADD = [0x01, 0x05, ...dword(PAGE)]; // add [PAGE], eax
const P = 1;
const W = 2;
const U = 4;
const A = 0x20;
const D = 0x40;

const combinations = [0, 1, 2, 3, 4, 5, 6, 7].flatMap((pde) =>
  [0, 1, 2, 3, 4, 5, 6, 7].map((pte) => [pde, pte] as const),
);

/** Error code of a user access under these rights, or −1. */
function expectedFault(pde: number, pte: number, write: boolean): number {
  const access = (write ? 2 : 0) | 4;
  if (!(pde & P) || !(pte & P)) return access;
  const rights = pde & pte;
  return rights & U && (!write || rights & W) ? -1 : access | 1;
}

test.each(combinations)("rights of directory entry %i and table entry %i hold for user code", (pde, pte) => {
  for (const [bytes, write] of [
    [LOAD, false],
    [STORE, true],
    [ADD, true],
  ] as const) {
    // The code runs from another 4 MB through its own directory entry.
    const { processor, memory } = createMachine({ code: bytes });
    memory.write32(DIRECTORY + 4, (TABLE + 0x1000) | 7);
    memory.write32(TABLE + 0x1000 + (CODE >>> 12) * 4, CODE | 7);
    memory.write32(DIRECTORY, TABLE | pde);
    memory.write32(entryOf(PAGE), PAGE | pte);
    processor.registers[EIP] = 0x400000 + CODE;
    const ramBefore = memory.read32(PAGE);
    const exit = processor.run(1);
    const fault = expectedFault(pde, pte, write);
    if (fault < 0) {
      expect(exit.kind).toBe("budget");
      expect(memory.read32(entryOf(PAGE)) & (A | D)).toBe(write ? A | D : A);
      expect(memory.read32(DIRECTORY) & (A | D)).toBe(A);
    } else {
      expect(exit).toMatchObject({ kind: "exception", vector: 14, errorCode: fault, hasErrorCode: true, cr2: PAGE });
      expect(processor.registers[EIP]).toBe(0x400000 + CODE);
      expect(memory.read32(PAGE)).toBe(ramBefore);
      expect(memory.read32(entryOf(PAGE)) & (A | D)).toBe(0);
      expect(processor.retired).toBe(0);
    }
  }
});

test.each(combinations)("walkPage agrees with the rights %i and %i, for user and supervisor", (pde, pte) => {
  for (const write of [0, ACCESS_WRITE]) {
    const { memory } = createMachine();
    memory.write32(DIRECTORY, TABLE | pde);
    memory.write32(entryOf(PAGE), PAGE | pte);
    const user = expectedFault(pde, pte, write !== 0);
    expect(walkPage(memory, DIRECTORY, PAGE + 5, write | ACCESS_USER)).toBe(user < 0 ? PAGE + 5 : -1 - user);
    const present = (pde & pte & P) !== 0;
    const allowed = present && (write === 0 || (pde & pte & W) !== 0);
    const supervisor = walkPage(memory, DIRECTORY, PAGE + 5, write);
    expect(supervisor).toBe(allowed ? PAGE + 5 : -1 - ((write ? 2 : 0) | (present ? 1 : 0)));
  }
});

test("CR0.WP is on for more privileged code: it cannot write a read-only page", () => {
  const { processor, memory } = createMachine({ code: STORE });
  processor.setDescriptor(3, { base: 0, limit: 0xffffffff, kind: "code", readable: true, dpl: 0 });
  processor.loadSegment("cs", 0x18);
  memory.write32(entryOf(PAGE), PAGE | P);
  expect(processor.run(1)).toMatchObject({ vector: 14, errorCode: 3 });
});

test("a 4 MB page maps by its directory entry alone", () => {
  const { processor, memory } = createMachine({ code: [0xa3, ...dword(0x800000 + PAGE)] });
  memory.write32(DIRECTORY + 8, 0x87);
  processor.registers[EAX] = 0x1234;
  expect(processor.run(1).kind).toBe("budget");
  expect(memory.read32(PAGE)).toBe(0x1234);
  expect(memory.read32(DIRECTORY + 8) & (A | D)).toBe(A | D);
  expect(walkPage(memory, DIRECTORY, 0x800000 + PAGE, 3)).toBe(PAGE);
});

test("reads set accessed only, and a later write sets dirty although the page is in the TLB", () => {
  const { processor, memory } = createMachine({ code: [...LOAD, ...LOAD, ...STORE] });
  processor.run(2);
  expect(memory.read32(entryOf(PAGE)) & (A | D)).toBe(A);
  processor.run(1);
  expect(memory.read32(entryOf(PAGE)) & (A | D)).toBe(A | D);
});

test("an access across two pages faults on the second one and changes nothing", () => {
  const { processor, memory } = createMachine({ code: [0xa3, ...dword(PAGE + 0xffe)] });
  memory.write32(entryOf(PAGE + 0x1000), 0);
  processor.registers[EAX] = -1;
  expect(processor.run(1)).toMatchObject({ vector: 14, errorCode: 6, cr2: PAGE + 0x1000 });
  expect(memory.read16(PAGE + 0xffe)).toBe(0);
});

test("an access across two pages reaches two frames that are not neighbours", () => {
  const { processor, memory } = createMachine({ code: [0xa3, ...dword(PAGE + 0xffe), 0xa1, ...dword(PAGE + 0xffe)] });
  memory.write32(entryOf(PAGE + 0x1000), 0x20000 | 7);
  processor.registers[EAX] = 0x11223344;
  processor.run(1);
  processor.registers[EAX] = 0;
  processor.run(1);
  expect(processor.registers[EAX]).toBe(0x11223344);
  expect(memory.read16(PAGE + 0xffe)).toBe(0x3344);
  expect(memory.read16(0x20000)).toBe(0x1122);
});

test("a fetch fault names the byte that could not be fetched, and EIP stays on the instruction", () => {
  const { processor, memory } = createMachine();
  memory.writeBytes(0x2ffd, Uint8Array.from([0xb8, 1, 2]));
  memory.write32(entryOf(0x3000), 0);
  processor.registers[EIP] = 0x2ffd;
  expect(processor.run(1)).toMatchObject({ vector: 14, errorCode: 4, cr2: 0x3000 });
  expect(processor.registers[EIP]).toBe(0x2ffd);
  memory.write32(entryOf(0x3000), 0x20000 | 7);
  memory.writeBytes(0x20000, Uint8Array.from([3, 4]));
  expect(processor.run(1).kind).toBe("budget");
  expect(processor.registers[EAX]).toBe(0x04030201);
  // The same linear page, now another frame: the crossing instruction must follow the mapping.
  memory.write32(entryOf(0x3000), 0x21000 | 7);
  memory.writeBytes(0x21000, Uint8Array.from([9, 9]));
  processor.invalidatePage(1, 0x3000);
  processor.registers[EIP] = 0x2ffd;
  processor.run(1);
  expect(processor.registers[EAX]).toBe(0x09090201);
});

test("writes to either page of a crossing instruction are seen", () => {
  const { processor, memory } = createMachine();
  memory.writeBytes(0x2ffd, Uint8Array.from([0xb8, 1, 2, 3, 4, 0xcc]));
  const value = (): number => {
    processor.registers[EIP] = 0x2ffd;
    processor.run(1);
    return processor.registers[EAX];
  };
  expect(value()).toBe(0x04030201);
  memory.write8(0x3000, 9);
  expect(value()).toBe(0x04090201);
  memory.write8(0x2fff, 8);
  expect(value()).toBe(0x04090801);
});

test("a crossing instruction that rewrites its own page does not run old code afterwards", () => {
  // mov byte [2ff0], 42h crosses; then jmp back to 2ff0, where a warm INC EAX stood.
  const { processor, memory } = createMachine();
  memory.writeBytes(0x2ff0, Uint8Array.from([0x40, 0xeb, 0x0a]));
  memory.writeBytes(0x2ffd, Uint8Array.from([0xc6, 0x05, ...dword(0x2ff0), 0x42, 0xeb, 0xea]));
  processor.registers[EIP] = 0x2ff0;
  processor.run(6);
  expect([processor.registers[EAX], processor.registers[EDX]]).toEqual([1, 1]);
});

test("a mapping counts until it is invalidated, page by page and space by space", () => {
  const { processor, memory } = createMachine({ code: [...LOAD, 0xeb, 0xf9] });
  memory.write32(PAGE, 1);
  memory.write32(0x20000, 2);
  const load = (): number => {
    processor.registers[EIP] = CODE;
    processor.run(1);
    return processor.registers[EAX];
  };
  expect(load()).toBe(1);
  memory.write32(entryOf(PAGE), 0x20000 | 7);
  expect(load()).toBe(1);
  processor.invalidatePage(2, PAGE);
  expect(load()).toBe(1);
  processor.invalidatePage(1, PAGE);
  expect(load()).toBe(2);
  memory.write32(entryOf(PAGE), PAGE | 7);
  processor.invalidateSpace(1);
  expect(load()).toBe(1);
});

test("tags keep address spaces apart, and switching flushes nothing", () => {
  const { processor, memory } = createMachine({ code: LOAD });
  const otherDirectory = 0x38000;
  memory.write32(otherDirectory, 0x39000 | 7);
  memory.write32(0x39000 + (CODE >>> 12) * 4, CODE | 7);
  memory.write32(0x39000 + (PAGE >>> 12) * 4, 0x20000 | 7);
  memory.write32(PAGE, 1);
  memory.write32(0x20000, 2);
  const load = (directory: number, tag: number): number => {
    processor.setAddressSpace(directory, tag);
    processor.registers[EIP] = CODE;
    processor.run(1);
    return processor.registers[EAX];
  };
  expect(load(DIRECTORY, 1)).toBe(1);
  expect(load(otherDirectory, 2)).toBe(2);
  memory.write32(entryOf(PAGE), 0);
  expect(load(DIRECTORY, 1)).toBe(1);
  expect(load(otherDirectory, 2)).toBe(2);
  expect(() => processor.setAddressSpace(DIRECTORY, 64)).toThrow(RangeError);
});

test("addresses outside RAM read as ones and swallow writes, as data and as page tables", () => {
  const { processor, memory } = createMachine({ code: [...STORE, ...LOAD] });
  memory.write32(entryOf(PAGE), 0x7ff00000 | 7);
  processor.registers[EAX] = 5;
  processor.run(2);
  expect(processor.registers[EAX]).toBe(-1);
  memory.write32(DIRECTORY, 0x7ff00000 | 7);
  processor.invalidateSpace(1);
  processor.registers[EIP] = CODE;
  expect(processor.run(1)).toMatchObject({ kind: "exception", vector: 6 });
});

test("code outside RAM is made of ones: undefined opcodes", () => {
  const { processor, memory } = createMachine();
  memory.write32(entryOf(CODE), 0x7ff00000 | 7);
  expect(processor.run(5)).toMatchObject({ kind: "exception", vector: 6 });
});
