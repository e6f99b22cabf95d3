/**
 * Threads in machine code: the kernel's entry, faults and exceptions, many at once, any cut of the run, probes.
 *
 * Here: what only guests show. Not here: calls one by one (→ control.test.ts, ipc.test.ts), which residents make.
 * Over 300 lines: the programs stand beside what is expected of them.
 */
import { EFLAGS, EIP, TAGS } from "@kintsugi/ia32";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ANY_THREAD,
  EXREGS_IP,
  EXREGS_RECEIVE,
  EXREGS_SEND,
  FPAGE_RWX,
  globalId,
  Kernel,
  KIP_EXCHANGE_REGISTERS,
  KIP_IPC,
  KIP_SYSTEM_CLOCK,
  KIP_THREAD_SWITCH,
  makeFpage,
  mapItem,
  PageFaultSignal,
  RESIDENT_PAGE_FAULT,
  type ResidentContext,
  STANDARD_KIP_AREA,
  TAG_ERROR,
  type ThreadId,
} from "../src/index.ts";
import {
  type Body,
  exchangeRegisters,
  KIP_FPAGE,
  localOf,
  Machine,
  message,
  ROOT,
  spaceControl,
  threadControl,
  UTCB_FPAGE,
  utcbOf,
} from "./fixture.ts";
import { violations } from "./invariants.ts";

const GUEST = globalId(70, 1);
/** Where guests run; the root's copy lies at the same physical addresses 4 MiB up. */
const CODE = 0x20000000;
const STACK = 0x20002000;
const COPY = 0x400000;

const word = (n: number): number[] => [n & 0xff, (n >>> 8) & 0xff, (n >>> 16) & 0xff, (n >>> 24) & 0xff];
/** int3; cmp $op,%al: EAX and ECX go to the test. */
const report = (op: number): number[] => [0xcc, 0x3c, op];
const moveToEax = (n: number): number[] => [0xb8, ...word(n)];
const moveToEcx = (n: number): number[] => [0xb9, ...word(n)];
const LOCAL_ID_TO_EDI = [0x65, 0x8b, 0x3d, ...word(0)];
/** Calls KIP code through its offset: mov KIP+field,%ebp; add $KIP,%ebp; call *%ebp. */
const callKip = (field: number): number[] => [
  ...[0x8b, 0x2d, ...word(STANDARD_KIP_AREA + field)],
  ...[0x81, 0xc5, ...word(STANDARD_KIP_AREA)],
  ...[0xff, 0xd5],
];
const ERROR_CODE_TO_ECX = [0x8b, 0x4f, 0xdc];
/** Sleeps for ever: receives from itself. */
const sleep = [...LOCAL_ID_TO_EDI, 0x31, 0xc0, 0x89, 0xfa, 0x31, 0xc9, 0x31, 0xf6, ...callKip(KIP_IPC)];

/** Starts a guest in its own space, with its code in the root's memory. */
function* startGuest(c: ResidentContext, code: readonly number[]): Generator<number, void> {
  yield* load(c, code);
  yield* threadControl(c, GUEST, GUEST, ROOT, 0, -1);
  yield* spaceControl(c, GUEST, KIP_FPAGE, UTCB_FPAGE);
  yield* threadControl(c, GUEST, GUEST, ROOT, ROOT, utcbOf(0));
  yield* message(c, GUEST, 0, { words: [CODE, STACK] });
}

/** Writes code into the root's memory, with faults to sigma0. */
function* load(c: ResidentContext, code: readonly number[], at: number = COPY): Generator<number, void> {
  for (;;) {
    try {
      c.fill(at, 0x3000, 0);
      c.writeBytes(at, Uint8Array.from(code));
      return;
    } catch (error) {
      if (!(error instanceof PageFaultSignal)) throw error;
    }
    yield RESIDENT_PAGE_FAULT;
  }
}

/** Answers page faults of guests with the page of the copy, writable only on a write; others are returned. */
function* page(c: ResidentContext, from: ThreadId): Generator<number, number[]> {
  for (;;) {
    const got = yield* message(c, 0, from);
    if (got.tag >>> 20 !== 0xffe) return [got.from, got.tag, ...got.words];
    const at = got.words[0] & ~0xfff;
    const rights = got.tag & 0x20000 ? FPAGE_RWX : 5;
    yield* message(c, got.from, 0, { items: [mapItem(at), makeFpage(COPY + at - CODE, 12, rights)] });
  }
}

function guest(code: readonly number[], root?: Body): Machine {
  const body: Body = function* (c) {
    yield* startGuest(c, code);
    yield* page(c, ANY_THREAD);
  };
  const machine = new Machine(new Map([[ROOT, root ?? body]]));
  const exit = machine.kernel.run(1e8);
  expect(exit.kind).toBe("idle");
  expect(violations(machine.options)).toEqual([]);
  return machine;
}

describe("a guest program", () => {
  it("finds the KIP with lock nop, its local id at %gs:0, and calls the kernel through the KIP", () => {
    const machine = guest([
      ...[0xf0, 0x90],
      ...report(0x10),
      ...[0x89, 0xd0, 0x89, 0xf1], // edx, esi
      ...report(0x11),
      ...[...LOCAL_ID_TO_EDI, 0x89, 0xf8],
      ...report(0x12),
      ...[0x31, 0xc0, 0x83, 0xca, 0xff, ...moveToEcx(0x04000400), 0x31, 0xf6],
      ...[0x89, 0x25, ...word(STACK - 16)], // keep ESP
      ...callKip(KIP_IPC),
      ...[0x3b, 0x25, ...word(STACK - 16), 0x0f, 0x94, 0xc2], // same ESP: dl
      ...[0x89, 0xf0, ...ERROR_CODE_TO_ECX],
      ...report(0x13),
      ...[0x0f, 0xb6, 0xca, 0x29, 0xf8, 0x89, 0xf8], // ecx = dl, eax = edi
      ...report(0x14),
      ...callKip(KIP_SYSTEM_CLOCK),
      ...[0x89, 0xd1],
      ...report(0x15),
      ...moveToEax(0),
      ...callKip(KIP_THREAD_SWITCH),
      ...[...LOCAL_ID_TO_EDI, 0x8b, 0x47, 0xc4], // eax = MyGlobalId
      ...[0x31, 0xc9],
      ...callKip(KIP_EXCHANGE_REGISTERS),
      ...report(0x16),
      ...sleep,
    ]);
    const clock = machine.reports[5][1];
    expect(clock).toBeGreaterThan(0);
    expect(machine.reports).toEqual([
      [0x10, STANDARD_KIP_AREA, 0x84050000],
      [0x11, 0, 0x4b010000],
      [0x12, localOf(0) >>> 0, 0x4b010000],
      [0x13, TAG_ERROR, 3],
      [0x14, localOf(0) >>> 0, 1],
      [0x15, clock, 0],
      [0x16, localOf(0) >>> 0, 0],
    ]);
  });

  it("faults page by page, reads before it writes, and goes on at the same instruction", () => {
    const machine = guest([
      ...[0xa1, ...word(CODE + 0x2004)], // read
      ...[0xc7, 0x05, ...word(CODE + 0x2004), ...word(0x1234)], // write
      ...[0x8b, 0x0d, ...word(CODE + 0x2004)],
      ...report(1),
      ...sleep,
    ]);
    expect(machine.reports).toEqual([[1, 0, 0x1234]]);
    expect(machine.events.filter((event) => event.startsWith(`fault ${GUEST.toString(16)}`))).toEqual([
      "fault 118001 20000000 5 20000000",
      "fault 118001 20002004 5 20000000",
      "fault 118001 20002004 2 20000005",
      "fault 118001 20001ffc 2 20000033",
    ]);
  });

  it("sends its exceptions as register frames, and goes on where the reply says", () => {
    const messages: number[][] = [];
    const code = [
      ...[0x83, 0xff, 0xff, 0x90], // something harmless before
      ...[...LOCAL_ID_TO_EDI, 0xc7, 0x47, 0xd4, ...word(ROOT)], // ExceptionHandler = root
      ...[0xbb, ...word(0x1111), ...moveToEax(7), 0x31, 0xc9, 0x31, 0xd2],
      ...[0xf7, 0xf1], // div %ecx
      ...report(2),
      ...[0x0f, 0x0b], // ud2
      ...report(3),
      ...[0xcd, 0x80],
      ...report(4),
      ...[0xfa, 0xf4], // cli (IOPL 3), hlt
      ...report(5),
      ...sleep,
    ];
    const machine = guest(code, function* (c) {
      yield* startGuest(c, code);
      for (let i = 0; i < 4; i++) {
        const [, tag, ...words] = yield* page(c, GUEST);
        messages.push([tag, words[2], words[3], words[0] - CODE, words[11]]);
        words[0] += 2;
        words[11] = 0x5555 + i;
        words[1] = -1; // only the arithmetic flags are taken
        if (i === 3) words[0] -= 1; // hlt has one byte
        yield* message(c, GUEST, 0, { words });
      }
      yield* page(c, ANY_THREAD);
    });
    expect(messages).toEqual([
      [0xffb0000c, 0, 0, 32, 7],
      [0xffb0000c, 6, 0, 37, 0x5555],
      [0xffb0000c, 13, 0x402, 42, 0x5556],
      [0xffb0000c, 13, 0, 48, 0x5557],
    ]);
    expect(machine.reports.map(([op, eax]) => [op, eax])).toEqual([
      [2, 0x5555],
      [3, 0x5556],
      [4, 0x5557],
      [5, 0x5558],
    ]);
    expect((machine.kernel.threadInfo(GUEST)?.registers[EFLAGS] ?? 0) & 0x7202).toBe(0x3002); // its own cli
  });

  it("a wild jump, a write to the KIP and a touch of kernel addresses are page faults", () => {
    const faults: string[] = [];
    guest([], function* (c) {
      const wild = [...[0xa3, ...word(STANDARD_KIP_AREA)]];
      yield* startGuest(c, [...wild, 0xa1, ...word(0xf0000000), 0xe9, ...word(0x50000000 - CODE - 15)]);
      for (let i = 0; i < 4; i++) {
        const got = yield* message(c, 0, GUEST);
        faults.push(`${(got.tag >>> 16).toString(16)} ${got.words.map((w) => (w >>> 0).toString(16)).join(" ")}`);
        if (i === 0) {
          yield* message(c, GUEST, 0, { items: [mapItem(CODE), makeFpage(COPY, 12, FPAGE_RWX)] });
          continue;
        }
        // Break the fault off behind the instruction.
        yield* exchangeRegisters(c, GUEST, EXREGS_SEND | EXREGS_RECEIVE | EXREGS_IP, { ip: CODE + 5 * i });
      }
    });
    expect(faults).toEqual([
      "ffe5 20000000 20000000",
      "ffe2 bff00000 20000000",
      "ffe5 f0000000 20000005",
      "ffe5 50000000 50000000",
    ]);
  });
});

/** Guests in spaces of their own, each with two pages and its own code, all started; the root then serves their faults. */
function crowd(count: number, code: (n: number) => readonly number[]): Body {
  return function* (c) {
    const ids = Array.from({ length: count }, (_, n) => globalId(100 + n, 1));
    for (const [n, id] of ids.entries()) {
      yield* load(c, code(n), COPY + n * 0x2000);
      yield* threadControl(c, id, id, ROOT, 0, -1);
      yield* spaceControl(c, id, KIP_FPAGE, UTCB_FPAGE);
      yield* threadControl(c, id, id, ROOT, ROOT, utcbOf(0));
      yield* message(c, id, 0, { words: [CODE, CODE + 0x2000] });
    }
    for (;;) {
      const got = yield* message(c, 0, ANY_THREAD);
      const n = ids.indexOf(got.from);
      const at = got.words[0] & ~0xfff;
      const items = [mapItem(at), makeFpage(COPY + n * 0x2000 + at - CODE, 12, FPAGE_RWX)];
      yield* message(c, got.from, 0, { items });
    }
  };
}

/** Counts for ever in a word of its second page: incl COUNTER; jmp. */
const COUNTER = CODE + 0x1800;
const count = [0xff, 0x05, ...word(COUNTER), 0xeb, 0xf8];
const counted = (machine: Machine, n: number): number => machine.options.memory.read32(COPY + n * 0x2000 + 0x1800);

describe("many guests", () => {
  it("have their own memory, though there are more spaces than TLB tags", () => {
    const spaces = TAGS + 6;
    const twice = (n: number): number[] => [
      ...[...moveToEax(n), 0xa3, ...word(COUNTER)],
      ...[0x31, 0xc0, ...callKip(KIP_THREAD_SWITCH)],
      ...[0x8b, 0x0d, ...word(COUNTER), ...moveToEax(n)],
      ...report(1),
      ...sleep,
    ];
    const machine = new Machine(new Map([[ROOT, crowd(spaces, twice)]]));
    expect(machine.kernel.run(1e8).kind).toBe("idle");
    expect(machine.reports).toHaveLength(spaces);
    for (const [, eax, ecx] of machine.reports) expect(ecx).toBe(eax);
  });

  it.each(["rebuild", "reimport"] as const)(
    "have their own float registers, and keep them over a %s at each step",
    (how) => {
      const at = word(COUNTER);
      const twice = (n: number): number[] => [
        ...[...moveToEax(n), 0xa3, ...at],
        ...[0xdb, 0x05, ...at, 0xf3, 0x0f, 0x10, 0x05, ...at], // fild COUNTER; movss COUNTER,%xmm0
        ...[0x31, 0xc0, ...callKip(KIP_THREAD_SWITCH)],
        ...[0xdb, 0x1d, ...at, 0x8b, 0x0d, ...at, ...moveToEax(n)], // fistp COUNTER
        ...report(1),
        ...[0xf3, 0x0f, 0x11, 0x05, ...at, 0x8b, 0x0d, ...at, ...moveToEax(n)], // movss %xmm0,COUNTER
        ...report(2),
        ...[0x9b, 0xd9, 0x3d, ...at, 0x0f, 0xb7, 0x0d, ...at], // fstcw COUNTER
        ...report(3),
        ...sleep,
      ];
      const machine = new Machine(new Map([[ROOT, crowd(3, (n) => twice(n + 5))]]));
      while (machine.kernel.step(1e8) === null) machine[how]();
      expect(machine.reports.filter(([op]) => op < 3)).toHaveLength(6);
      for (const [op, eax, ecx] of machine.reports) expect(ecx).toBe(op === 3 ? 0x37f : eax);
    },
  );

  it("share the time evenly", () => {
    const machine = new Machine(new Map([[ROOT, crowd(3, () => count)]]));
    expect(machine.kernel.run(30_000_000).kind).toBe("limit");
    const counts = [0, 1, 2].map((n) => counted(machine, n));
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThan(600_000);
    expect(Math.min(...counts)).toBeGreaterThan(4_500_000);
  });

  it("run the same however the run is cut, and when the kernel is rebuilt at each cut", () => {
    const whole = new Machine(new Map([[ROOT, crowd(2, () => count)]]));
    whole.kernel.run(5_000_000);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 4_999_999 }), { maxLength: 8 }), (cuts) => {
        const cut = new Machine(new Map([[ROOT, crowd(2, () => count)]]));
        for (const until of [...cuts.sort((a, b) => a - b), 5_000_000]) {
          cut.kernel.run(until);
          cut.rebuild();
        }
        expect(cut.options.processor.cycles).toBe(whole.options.processor.cycles);
        expect(Buffer.compare(cut.options.memory.ram, whole.options.memory.ram)).toBe(0);
      }),
      { numRuns: 10 },
    );
  });
});

it("a probe stops a thread at an exact instruction and may send it elsewhere", () => {
  const stops: number[] = [];
  const ELSEWHERE = CODE + 0x100;
  const machine = new Machine(
    new Map([[ROOT, crowd(1, () => [...count, ...new Array(248).fill(0x90), ...report(9), ...sleep])]]),
  );
  const { processor } = machine.options;
  let left = 2001;
  let mark = 0;
  machine.kernel = Kernel.attach({
    ...machine.options,
    probe: {
      limit() {
        mark = processor.retired;
        return left;
      },
      reached(_thread, { registers }) {
        left -= processor.retired - mark;
        if (left > 0) return;
        stops.push(registers[EIP]);
        registers[EIP] = ELSEWHERE;
        left = Number.POSITIVE_INFINITY;
      },
    },
  })._unsafeUnwrap();
  expect(machine.kernel.run(1e8).kind).toBe("idle");
  expect(stops).toEqual([CODE + 6]); // the 2001st instruction was the 1001st incl: the jump comes next
  expect(counted(machine, 0)).toBe(1001);
  expect(machine.reports.map(([op]) => op)).toEqual([9]);
});
