// A machine for streams of chance: random instructions in a random mode over random tables, again and again.
//
// Here: setting up a stream from its seed, running it, saying what must never happen. One machine runs many streams: its
// RAM is put back from a template, its processor by its state. Not here: how many (→ fuzz.test.ts). Over 300 lines: one set of tables, which choices share.
import {
  CONTROL_AREA_SIZE,
  GuestMemory,
  Processor,
  type ProcessorOptions,
  type ProcessorState,
  R0,
} from "../../src/index.ts";
import { PAGE_FLAGS, TLB_AREA, WORDS_PER_TAG } from "../../src/state/control-area.ts";
import type { Model } from "../../src/state/model.ts";
import { Random } from "./random.ts";

const RAM = 0x40000;
/** Behind RAM lies memory that no guest may reach. */
const GUARD = 0x10000;
const GUARD_BYTE = 0xa5;

const GDT = 0x1000;
const IDT = 0x1800;
const TSS = 0x2000;
const TSS2 = 0x2100;
const LDT = 0x2200;
const TSS8086 = 0x2300;
const POINTERS = 0x3000;
const DIRECTORY = 0x4000;
const PAE_DIRECTORY = 0x5000;
const TABLE = 0x6000;
const PAE_TABLE = 0x7000;
const HANDLERS = 0x8000;
const CODE = 0x10000;
const STACK = 0x20000;
const DATA = 0x30000;

const CODE_0 = 0x08;
const DATA_0 = 0x10;
const CODE_3 = 0x1b;
const DATA_3 = 0x23;
const TASK = 0x28;
const TASK2 = 0x30;
const CODE16_0 = 0x40;
const DATA16_0 = 0x48;
const CODE16_3 = 0x53;
const DATA16_3 = 0x5b;
const LOCAL = 0x60;
const SELECTORS = [
  0,
  CODE_0,
  DATA_0,
  CODE_3,
  DATA_3,
  TASK,
  TASK2,
  0x38,
  CODE16_0,
  DATA16_0,
  CODE16_3,
  DATA16_3,
  LOCAL,
  4,
  0xc,
  0x17,
  0x68,
  0x73,
];
/** Second words of descriptors: segments of all kinds, gates, TSSs, LDTs, not present, conforming, expand-down. */
const KINDS = [
  0xcf9a00, 0xcf9200, 0xcffa00, 0xcff200, 0x009a00, 0x009200, 0x00fa00, 0x00f200, 0xcf9e00, 0xcf1a00, 0x409600,
  0xcff600, 0x008900, 0x008b00, 0x008100, 0x008200, 0x008c00, 0x00ec02, 0x008400, 0x00e500, 0x008e00, 0x00ee00,
  0x008f00, 0x008700,
];
const GATES = [0x8e00, 0x8f00, 0xee00, 0xef00, 0x8600, 0xe700, 0x8500, 0xe500, 0x0e00, 0];

/** Bytes that chance would rarely put together: system instructions, far transfers, prefixes, float and MMX escapes. */
const PIECES: readonly (readonly number[])[] = [
  [0x0f, 0x22, 0xc0],
  [0x0f, 0x22, 0xd8],
  [0x0f, 0x22, 0xe0],
  [0x0f, 0x23, 0xf8],
  [0x0f, 0x23, 0xc0],
  [0x0f, 0x20, 0xc0],
  [0x0f, 0x01, 0x16],
  [0x0f, 0x01, 0x1e],
  [0x0f, 0x01, 0x3e],
  [0x0f, 0x01, 0xf0],
  [0x0f, 0x00, 0xd8],
  [0x0f, 0x00, 0xd0],
  [0x0f, 0x30],
  [0x0f, 0x32],
  [0x0f, 0x31],
  [0x0f, 0x34],
  [0x0f, 0x35],
  [0x0f, 0xa2],
  [0x0f, 0x06],
  [0x0f, 0x09],
  [0xcf],
  [0xcb],
  [0xca, 4, 0],
  [0x9d],
  [0x9c],
  [0xcd],
  [0xcc],
  [0xce],
  [0xf1],
  [0xea],
  [0x9a],
  [0xff, 0x2e],
  [0xff, 0x1e],
  [0x8e, 0xd8],
  [0x8e, 0xd0],
  [0x8e, 0xc0],
  [0x8e, 0xe0],
  [0x07],
  [0x17],
  [0x1f],
  [0x0f, 0xa1],
  [0xfb],
  [0xfa],
  [0xf4],
  [0xf3, 0xa5],
  [0xf3, 0xa4],
  [0xf2, 0xae],
  [0xf3, 0xab],
  [0xf3, 0x6e],
  [0x6c],
  [0x6f],
  [0xe4],
  [0xee],
  [0xed],
  [0x66],
  [0x67],
  [0xf0],
  [0x64],
  [0x2e],
  [0x0f],
  [0xd8],
  [0xd9],
  [0xdb],
  [0xdd],
  [0xdf],
  [0x0f, 0xae],
  [0xf3, 0x0f],
  [0xf2, 0x0f],
  [0x66, 0x0f],
  [0x0f, 0xc7],
  [0x0f, 0xb1],
  [0xc8],
  [0x60],
  [0x61],
  [0x62],
  [0x63],
  [0xd4],
  [0xc4],
  [0xc5],
];

const WORDS = [
  0,
  1,
  -1,
  0x7fffffff,
  -0x80000000,
  0xffff,
  0x8000,
  DATA,
  DATA + 0xffe,
  STACK,
  CODE,
  RAM - 2,
  RAM,
  0xfff,
  0xffffe,
  0x100000,
];

/** What of the control area no processor in architectural mode has a use for: flags of pages and TLBs that are not there. */
const UNUSED: readonly (readonly [from: number, to: number])[] = [
  [PAGE_FLAGS + (RAM >>> 12), TLB_AREA],
  [TLB_AREA + 3 * WORDS_PER_TAG * 4, CONTROL_AREA_SIZE],
];

/** Segments of virtual-8086 mode, and bases for those of real mode. */
const SEGMENTS_8086: ProcessorState["segments"] = [DATA, CODE, STACK - 0x8000, DATA, 0, RAM - 0x100].map((base) => ({
  selector: base >>> 4,
  base,
  limit: 0xffff,
  readable: true,
  writable: true,
  code: false,
  conforming: false,
  expandDown: false,
  big: false,
  dpl: 3,
  flat: false,
}));

/** A register's value: something that matters, or anything. */
function word(random: Random): number {
  return random.one(2) ? random.pick(WORDS) : random.word() & (random.one(2) ? 0x3ffff : -1);
}

export class FuzzMachine {
  readonly memory: GuestMemory;
  readonly processor: Processor;
  readonly #all: Uint8Array;
  readonly #template: Uint8Array;
  readonly #start: ProcessorState;
  #random = new Random(0);

  constructor(model: Model, settings: Partial<ProcessorOptions> = {}) {
    const memory = new WebAssembly.Memory({ initial: (CONTROL_AREA_SIZE + RAM + GUARD) / 0x10000 });
    this.memory = new GuestMemory(memory, RAM);
    this.processor = new Processor({
      ...settings,
      memory: this.memory,
      ports: {
        read: (_port, size) => (this.#random.word() >>> 0) & (0xffffffff >>> (32 - 8 * size)),
        write: () => {
          if (this.#random.one(8)) this.processor.requestExit();
        },
      },
      mmio: {
        read: (_address, size) => (this.#random.word() >>> 0) & (0xffffffff >>> (32 - 8 * size)),
        write: () => {},
      },
      interrupts: { acknowledge: () => this.#random.below(256) },
      model,
      architectural: true,
    });
    this.#start = this.processor.state;
    this.#all = new Uint8Array(memory.buffer);
    for (const [from, to] of [...UNUSED, [CONTROL_AREA_SIZE + RAM, this.#all.length] as const])
      this.#all.fill(GUARD_BYTE, from, to);
    this.#template = this.#tables();
  }

  /** Runs the stream of a seed: throws where a promise is broken. @returns instructions retired */
  run(seed: number): number {
    const { processor } = this;
    const random = new Random(seed);
    this.#random = random;
    this.memory.ram.set(this.#template);
    this.#prepare(random);
    for (let slice = 0; slice < 4; slice++) {
      const { cycles, retired } = processor;
      const budget = 1 + random.below(40);
      const { kind } = processor.run(budget);
      if (kind === "shutdown" || (kind === "halt" && !random.one(4))) break;
      if (processor.retired - retired > budget) throw new Error(`${processor.retired - retired} retired of ${budget}`);
      if (processor.cycles === cycles && kind === "budget") throw new Error("time stands still");
      if (random.one(6)) processor.setInterruptLine(random.one(2));
      if (random.one(12)) processor.raiseNonMaskable();
    }
    return processor.retired - this.#start.retired;
  }

  /** Bytes outside the guest that changed. */
  changedOutside(): number[] {
    const changed: number[] = [];
    for (const [from, to] of [...UNUSED, [CONTROL_AREA_SIZE + RAM, this.#all.length] as const])
      for (let at = from; at < to; at++) if (this.#all[at] !== GUARD_BYTE) changed.push(at);
    return changed;
  }

  /** RAM with sound tables, before a stream's damage. */
  #tables(): Uint8Array {
    const ram = new Uint8Array(RAM);
    const view = new DataView(ram.buffer);
    const put = (at: number, value: number): void => view.setUint32(at, value, true);
    const describe = (selector: number, low: number, high: number): void => {
      put(GDT + (selector & ~7), low);
      put(GDT + (selector & ~7) + 4, high);
    };
    describe(CODE_0, 0xffff, 0xcf9a00);
    describe(DATA_0, 0xffff, 0xcf9200);
    describe(CODE_3, 0xffff, 0xcffa00);
    describe(DATA_3, 0xffff, 0xcff200);
    describe(TASK, 0x67 | (TSS << 16), 0x8b00);
    describe(TASK2, 0x67 | (TSS2 << 16), 0x8900);
    describe(0x38, (CODE_0 << 16) | HANDLERS, 0xec01);
    describe(CODE16_0, 0xffff, 0x009a01);
    describe(DATA16_0, 0xffff, 0x009202);
    describe(CODE16_3, 0xffff, 0x00fa01);
    describe(DATA16_3, 0xffff, 0x00f202);
    describe(LOCAL, 0x3f | (LDT << 16), 0x8200);
    for (let i = 0; i < 8; i++) {
      put(LDT + 8 * i, 0x0fff | (DATA << 16));
      put(LDT + 8 * i + 4, KINDS[i] | (DATA >>> 16));
    }
    for (let vector = 0; vector < 64; vector++) {
      put(IDT + vector * 8, (CODE_0 << 16) | (HANDLERS + vector * 16));
      put(IDT + vector * 8 + 4, 0x8e00);
      // Real mode finds its vectors at 0.
      put(vector * 4, ((HANDLERS >>> 4) << 16) | (vector * 16));
      ram.fill(0x90, HANDLERS + vector * 16, HANDLERS + vector * 16 + 15);
      ram[HANDLERS + vector * 16 + 15] = 0xcf;
    }
    for (const task of [TSS, TSS2, TSS8086]) {
      put(task + 4, STACK - 0x1000);
      put(task + 8, DATA_0);
      put(task + 28, DIRECTORY);
      put(task + 32, CODE + 0x100);
      put(task + 36, task === TSS8086 ? 0x20002 : 2);
      put(task + 56, STACK - 0x2000);
      for (const [i, selector] of [DATA_0, CODE_0, DATA_0, DATA_0, 0, 0, LOCAL].entries())
        put(task + 72 + 4 * i, selector);
      put(task + 100, 0x680000);
    }
    for (let i = 0; i < 4; i++) put(POINTERS + 8 * i, PAE_DIRECTORY | 1);
    put(DIRECTORY, TABLE | 7);
    put(PAE_DIRECTORY, PAE_TABLE | 7);
    for (let page = 0; page < RAM >>> 12; page++) {
      put(TABLE + 4 * page, (page << 12) | 7);
      put(PAE_TABLE + 8 * page, (page << 12) | 7);
    }
    return ram;
  }

  #prepare(random: Random): void {
    const mode = random.below(4);
    const flags = (random.word() & 0x47cd7) | (random.one(3) ? 0x3000 : 0) | (mode === 3 ? 0x20002 : 2);
    this.#loadSegments(random, mode);
    this.#program(random);
    const paging = mode > 0 && random.one(2);
    const pae = paging && random.one(2);
    const { processor } = this;
    const { ram } = this.memory;
    const put = (at: number, value: number): void => {
      for (let i = 0; i < 4; i++) ram[at + i] = value >>> (8 * i);
    };
    for (let i = random.below(8); i > 0; i--) {
      const table = random.pick([GDT, GDT, LDT, IDT, IDT, TSS, TSS2, 0]);
      put(table + 4 * random.below(32), random.one(2) ? random.pick(KINDS) : random.word());
    }
    for (let i = random.below(6); i > 0; i--)
      put(IDT + 8 * random.below(32) + 4, random.pick(GATES) | (random.one(4) ? random.word() & 0xffff0000 : 0));
    if (paging)
      for (let i = random.below(8); i > 0; i--) {
        const table = random.pick(pae ? [PAE_TABLE, PAE_TABLE, PAE_DIRECTORY, POINTERS] : [TABLE, TABLE, DIRECTORY]);
        const entry = random.one(2) ? random.word() : (random.below(RAM >>> 12) << 12) | (random.word() & 0x1ff);
        put(table + 4 * random.below(128), random.one(4) ? entry | 0x80 : entry);
      }
    const { state } = processor;
    const { system } = this.#start;
    if (system === null) throw new Error("not in architectural mode");
    const { base } = state.segments[1];
    processor.state = {
      ...state,
      registers: [
        ...[0, 1, 2, 3].map(() => word(random)),
        base === 0 ? STACK - 4 * random.below(64) : 0x7000 + random.below(0x100),
        ...[5, 6, 7].map(() => word(random)),
        (base === 0 ? CODE : 0) + (random.one(4) ? 0xff0 + random.below(16) : 0),
        flags,
      ],
      floatRegisters: state.floatRegisters.map((value, i) => (i < R0 + 32 && random.one(2) ? random.word() : value)),
      segments: mode === 3 ? SEGMENTS_8086 : state.segments,
      cpl: mode === 3 ? 3 : state.cpl,
      pageDirectory: pae ? POINTERS : DIRECTORY,
      system: {
        ...system,
        cr0: 0x10 | (random.word() & 0x5002e) | (mode > 0 ? 1 : 0) | (paging ? -0x80000000 : 0),
        cr4: (random.word() & 0x69c) | (pae ? 0x20 : 0),
        efer: random.one(2) ? 0x800 : 0,
        gdtr: { base: GDT, limit: random.one(16) ? random.below(0x80) : 0x7f },
        idtr:
          mode === 0 ? { base: 0, limit: 0x3ff } : { base: IDT, limit: random.one(16) ? random.below(0x200) : 0x1ff },
        ldtr: { selector: LOCAL, base: LDT, limit: 0x3f, wide: true },
        tr: { selector: TASK, base: TSS, limit: 0x67, wide: true },
        pdpte: [0, 1, 2, 3].flatMap(() => [PAE_DIRECTORY | (random.one(8) ? 0 : 1), 0]),
        debug: random.one(8)
          ? [
              CODE + random.below(64),
              DATA,
              random.word(),
              random.pick(WORDS),
              0,
              0,
              -0xf010,
              random.word() & 0xffff27ff,
            ]
          : system.debug,
        sysenter: [random.pick(SELECTORS), STACK, HANDLERS],
        interruptLine: random.one(8),
        a20Mask: random.one(16) ? ~0x100000 : -1,
      },
    };
  }

  /** Segments of real mode, or of protected mode at level 0 or 3, of 16 or 32 bits. */
  #loadSegments(random: Random, mode: number): void {
    const { processor } = this;
    const { system } = this.#start;
    if (system === null) throw new Error("not in architectural mode");
    const protectedMode = mode === 1 || mode === 2;
    const gdtr = { base: GDT, limit: 0x7f };
    const ldtr = { selector: LOCAL, base: LDT, limit: 0x3f, wide: true };
    processor.state = { ...this.#start, system: { ...system, cr0: protectedMode ? 0x11 : 0x10, gdtr, ldtr } };
    if (!protectedMode) {
      for (const [n, name] of (["es", "cs", "ss", "ds"] as const).entries())
        processor.loadSegment(name, SEGMENTS_8086[n].selector);
      return;
    }
    const wide = random.one(2);
    const user = mode === 2;
    processor.loadSegment("cs", wide ? (user ? CODE_3 : CODE_0) : user ? CODE16_3 : CODE16_0);
    const data = wide ? (user ? DATA_3 : DATA_0) : user ? DATA16_3 : DATA16_0;
    for (const name of ["ss", "ds", "es"] as const) processor.loadSegment(name, data);
    if (random.one(3)) processor.loadSegment("fs", 0xc | (user ? 3 : 0));
  }

  #program(random: Random): void {
    const { ram } = this.memory;
    const write = (from: number, length: number): void => {
      for (let at = from; at < from + length; ) {
        const bytes = random.one(2)
          ? random.pick(PIECES)
          : [random.word() & 0xff, random.word() & 0xff, random.word() & 0xff];
        for (const byte of bytes) ram[at++] = byte;
      }
    };
    write(CODE, 64);
    // Across the end of the page, and where tasks begin.
    write(CODE + 0xff0, 40);
    write(CODE + 0x100, 24);
    for (let i = 0; i < 16; i++) ram[DATA + 4 * i + random.below(4)] = random.word();
  }
}
