/**
 * Privileged root tasks that call the kernel with random registers and UTCBs, from several threads and spaces.
 *
 * Nothing they do may throw, hang or write outside their RAM; how they end does not matter. Every storm is a number: the same
 * one gives the same code.
 */
import { readFileSync } from "node:fs";
import {
  type KernelOptions,
  SYSCALL_EXCHANGE_REGISTERS,
  SYSCALL_SPACE_CONTROL,
  SYSCALL_THREAD_CONTROL,
} from "@kintsugi/microkernel";
import { expect, it } from "vitest";
import { violations } from "../../../../packages/microkernel/test/invariants.ts";
import { elfFile } from "../../src/l4/elf-file.fixture.ts";
import { L4Machine } from "../../src/l4/l4-machine.ts";
import { Random } from "../../src/random.ts";
import { count, SEED } from "../tier.ts";
import { elf } from "./boot-foreign.ts";

const BASE = 0x400000;
const MEMORY = 16 << 20;
const STORMS: number = count(60, 10_000);
/** Cycles of a storm: ten virtual milliseconds. */
const LENGTH = 1_000_000;
const THREADS = 4;
const CALLS = 24;
const BLOCK = 0x1000;
const UTCB = 0xbf000000;
const ROOT = 0x000c8001;
const EAX = 0;
const ECX = 1;
const EDX = 2;
const EBX = 3;
const EBP = 5;
const ESI = 6;
const EDI = 7;
const VECTOR_EXCHANGE_REGISTERS = 0x30 + SYSCALL_EXCHANGE_REGISTERS;
const VECTOR_SPACE_CONTROL = 0x30 + SYSCALL_SPACE_CONTROL;
const VECTOR_THREAD_CONTROL = 0x30 + SYSCALL_THREAD_CONTROL;
/** All calls but Ipc, and two vectors that are none. */
const VECTORS: readonly number[] = Array.from({ length: 15 }, (_, n) => 0x31 + n);

function pick<T>(random: Random, values: readonly T[]): T {
  return values[random.below(values.length)] as T;
}

const thread = (n: number, version = 1): number => ((50 + n) << 14) | version;

/** A word as calls take them: ids, fpages, addresses, times, items, or anything. */
function word(random: Random): number {
  const n = random.below(8);
  const page = random.below(0x60) << 12;
  return pick(random, [
    0,
    -1,
    1,
    thread(n),
    thread(n, 1 + random.below(3)),
    UTCB + 256 + 512 * n,
    UTCB + 512 * n,
    0xffffffc0,
    (random.below(48) << 14) | 1,
    BASE + page,
    (BASE + page) | (12 << 4) | random.below(8),
    (UTCB & -0x400) | (17 << 4),
    0xbff000c0,
    0x10 | random.below(8),
    (BASE + page) | 8,
    (BASE + page) | 10,
    (random.below(0x2000) << 10) | random.below(0x400),
    0x04000400,
    0x04010401,
    0x0c010c01,
    random.below(0x200),
    (random.below(64) << 6) | random.below(64),
    0x11e,
    1 << random.below(32),
    random.below(2 ** 31) * 2 + random.below(2),
  ]);
}

/** mov $value, register. */
function move(register: number, value: number): number[] {
  return [0xb8 + register, value, value >>> 8, value >>> 16, value >>> 24];
}

/** movl $value, address. */
function store(address: number, value: number): number[] {
  return [0xc7, 0x05, ...move(0, address).slice(1), ...move(0, value).slice(1)];
}

/** What one thread does for ever: random words in its UTCB and registers, then a call. */
function block(random: Random, n: number): number[] {
  const code: number[] = [];
  const mr0 = UTCB + 256 + 512 * n;
  for (let call = 0; call < CALLS; call++) {
    for (let i = random.below(8); i > 0; i--) code.push(...store(mr0 + 4 * (random.below(48) - 32), word(random)));
    for (const register of [EAX, ECX, EDX, EBX, EBP, ESI]) code.push(...move(register, word(random)));
    code.push(...move(EDI, random.below(2) === 0 ? mr0 : word(random)));
    code.push(
      ...pick<number[]>(random, [
        [0xcd, pick(random, VECTORS)],
        [0xcd, pick(random, VECTORS)],
        ipc(),
        [0xcc],
        [0x0f, 0x0b],
        [0xf0, 0x90],
      ]),
    );
  }
  const back = -(code.length + 5);
  return [...code, 0xe9, ...move(0, back).slice(1)];
}

/** call 1f; 1: the address on the stack is where Ipc comes back to. */
function ipc(): number[] {
  // call +0; pop %ebx; add $8, %ebx; mov %esp, %ebp; sysenter; nop
  return [0xe8, 0, 0, 0, 0, 0x5b, 0x83, 0xc3, 8, 0x89, 0xe5, 0x0f, 0x34, 0x90];
}

/** Makes threads (two of them in spaces of their own), lets each loose on its block, and joins them. */
function storm(seed: number): Uint8Array {
  const random = new Random(seed);
  const code: number[] = [];
  const call = (vector: number, registers: readonly [number, number][]): void => {
    for (const [register, value] of registers) code.push(...move(register, value));
    code.push(0xcd, vector);
  };
  code.push(...move(4, BASE + BLOCK * (THREADS + 1) + 0xff0)); // a stack
  for (let n = 0; n <= THREADS + 1; n++) code.push(0xa0, ...move(0, BASE + BLOCK * n).slice(1)); // touch every page
  for (let n = 1; n < THREADS; n++) {
    const own = n >= 2;
    const space = own ? thread(n) : ROOT;
    if (own) {
      call(VECTOR_THREAD_CONTROL, [
        [EAX, thread(n)],
        [ECX, 0],
        [EDX, ROOT],
        [ESI, thread(n)],
        [EDI, -1],
      ]);
      call(VECTOR_SPACE_CONTROL, [
        [EAX, thread(n)],
        [ECX, 0],
        [EDX, 0xbff000c0],
        [ESI, UTCB | (17 << 4)],
        [EDI, -1],
      ]);
    }
    call(VECTOR_THREAD_CONTROL, [
      [EAX, thread(n)],
      [ECX, ROOT],
      [EDX, ROOT],
      [ESI, space],
      [EDI, UTCB + 512 * n],
    ]);
    call(VECTOR_EXCHANGE_REGISTERS, [
      [EAX, thread(n)],
      [ECX, 0x11e],
      [EDX, BASE + BLOCK * (THREADS + 1) + 0x200 * (n + 1)],
      [ESI, BASE + BLOCK * (n + 1)],
      [EBX, 0],
      [EBP, 0],
    ]);
  }
  code.push(0xe9, ...move(0, BLOCK - code.length - 5).slice(1));
  const image = new Array<number>(BLOCK * (THREADS + 2)).fill(0x90);
  const put = (at: number, bytes: readonly number[]): void => {
    for (const [i, byte] of bytes.entries()) image[at + i] = byte & 0xff;
  };
  put(0, code);
  for (let n = 0; n < THREADS; n++) put(BLOCK * (n + 1), block(random, n));
  return elfFile([{ physical: BASE, virtual: BASE, bytes: image, size: image.length, flags: 7 }], { entry: BASE });
}

/** What the invariants of an arena need of the machine around it. */
function partsOf({ memory, processor, chips }: L4Machine): KernelOptions {
  const events = { nextEvent: () => Number.POSITIVE_INFINITY, advance: () => undefined };
  return {
    memory,
    processor,
    ports: chips.ports,
    interrupts: { pending: false, acknowledge: () => 0 },
    events,
    programs: new Map(),
  };
}

it("root tasks that call at random hurt nobody but themselves", () => {
  const sigma0 = { commandLine: "sigma0", bytes: new Uint8Array(readFileSync(elf("l4-sigma0"))) };
  const ends = new Map<string, number>();
  let instructions = 0;
  for (let seed = 1; seed <= STORMS; seed++) {
    const machine = L4Machine.powerOn({
      memory: MEMORY,
      engine: "interpreter",
      files: { sigma0, root: { commandLine: `storm ${seed}`, bytes: storm(SEED + seed) }, modules: [] },
      serial: () => undefined,
    })._unsafeUnwrap();
    let end = "";
    // Who is blocked for good is let loose again, a few times.
    for (let turn = 0; turn < 8 && end !== "dead"; turn++) {
      try {
        end = machine.run((turn + 1) * LENGTH).kind;
        for (let n = 0; n < THREADS; n++) machine.kernel.redirect(thread(n), BASE + BLOCK * (n + 1));
      } catch (error) {
        throw new Error(`storm ${seed}, turn ${turn}`, { cause: error });
      }
    }
    expect({ seed, wrong: violations(partsOf(machine)) }).toEqual({ seed, wrong: [] });
    ends.set(end, (ends.get(end) ?? 0) + 1);
    instructions += machine.processor.retired;
  }
  expect([...ends.values()].reduce((sum, n) => sum + n, 0)).toBe(STORMS);
  expect(instructions / STORMS).toBeGreaterThan(500);
}, 3_600_000);
