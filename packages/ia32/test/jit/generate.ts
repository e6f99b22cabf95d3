// Programs of chance: blocks with loops, calls and jumps of all kinds, faults, code that writes code, and a host that interferes.
//
// Here: choosing. The same seed gives the same program. Not here: single instructions (instructions.ts), what it runs on (machine.ts). Over 300 lines: one program being chosen.
import { sseRun, x87Run } from "./float-runs.ts";
import { dataAddress, randomInstruction } from "./instructions.ts";
import { SERVICES } from "./kernel.ts";
import {
  BLOCK_TABLE,
  BLOCK_TABLE_LENGTH,
  CODE,
  CODE_SIZE,
  DATA,
  DATA_SIZE,
  DEVICE,
  TABLES,
  TASK_VECTOR,
} from "./places.ts";
import type { Block, Environment, Fixup, HostEvent, Item, Program, Step } from "./program.ts";
import { Random } from "./random.ts";

const PAGE = 4096;
const CODE_PAGES = CODE_SIZE / PAGE;
const DATA_PAGES = DATA_SIZE / PAGE;
/** Instructions that a program runs for; now and then as many as the processor runs without looking up. */
const LENGTH = 3000;
const LONG_LENGTH = 150_000;

/** The address of a place in code, wherever it will stand. */
type Field = Omit<Fixup, "at">;

function item(bytes: readonly number[], ...fixups: Fixup[]): Item {
  return { bytes, fixups };
}

function little(value: number): number[] {
  return [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24];
}

function shuffled(random: Random, length: number): number[] {
  const order = Array.from({ length }, (_, i) => i);
  if (random.once(2)) return order;
  for (let i = length - 1; i > 0; i--) {
    const other = random.below(i + 1);
    [order[i], order[other]] = [order[other], order[i]];
  }
  return order;
}

function environment(random: Random): Environment {
  const level = random.weighted([
    [6, "user"],
    [3, "kernel"],
    [3, "host"],
    [1, "virtual"],
  ] as const);
  const paging = random.weighted([
    [2, "off"],
    [5, "plain"],
    [level === "host" ? 0 : 3, "pae"],
  ] as const);
  const wide = level === "host" || (level !== "virtual" && !random.once(12));
  /** Present, writable, user; sometimes without one of them, sometimes accessed and dirty already. */
  const rights = (spoilt: number): number =>
    (random.once(spoilt) ? random.pick([0, 1, 3, 5, 6]) : 7) | (random.once(3) ? random.pick([0x20, 0x60]) : 0);
  return {
    level,
    paging,
    wide,
    mix: random.weighted([
      [10, "integer"],
      [5, "float"],
      [level === "kernel" ? 6 : 2, "system"],
    ]),
    large: random.once(3),
    writeProtect: random.once(2),
    alignmentMask: random.once(4),
    tablesOpen: random.once(6),
    device: random.once(4),
    demand: random.once(2),
    codeFrames: shuffled(random, CODE_PAGES),
    dataFrames: shuffled(random, DATA_PAGES),
    dataRights: Array.from({ length: DATA_PAGES }, () => rights(6)),
    codeRights: Array.from({ length: CODE_PAGES }, () => (random.once(12) ? rights(2) : 7)),
    aliasRights: random.once(4) ? 5 : 7,
    noExecute: paging === "pae" && random.once(2),
    controlWord: random.pick([0x37f, 0x37f, 0x27f, 0x7f, 0xf7f, 0x340, random.word() & 0xffff]),
    mxcsr: random.pick([0x1f80, 0x1f80, 0x9fc0, 0x7f80, 0x1f00, random.word() & 0xffff]),
  };
}

class Generator {
  readonly #random: Random;
  readonly #environment: Environment;
  readonly #count: number;
  /** Places whose bytes may be changed: immediates of moves. */
  readonly #patchable: { block: number; item: number }[] = [];

  constructor(random: Random, environment: Environment, count: number) {
    this.#random = random;
    this.#environment = environment;
    this.#count = count;
  }

  #block(): number {
    return this.#random.below(this.#count);
  }

  /** A jump or call (`opcodes` before a field of the operand size) to the start of a block, or into one. */
  #near(opcodes: readonly number[], block: number = this.#block(), into = 0): Item {
    const size = this.#environment.wide ? 4 : 2;
    const field = new Array(size).fill(0);
    const kind = size === 4 ? "rel32" : "rel16";
    return item([...opcodes, ...field], { at: opcodes.length, kind, block, item: into, add: 0 });
  }

  /** A store to bytes of code: an immediate that was noted earlier, or that of an instruction beside the store. */
  #patch(own: number, items: readonly Item[]): Item[] {
    const random = this.#random;
    const beside = this.#patchable.length === 0 || random.once(2);
    const behind = random.once(2);
    const target = beside ? { block: own, item: items.length + (behind ? 1 : 0) } : random.pick(this.#patchable);
    const wild = random.once(6);
    const field: Field = { kind: random.once(4) ? "alias" : "linear", ...target, add: wild ? random.below(4) : 1 };
    const byte = wild ? random.pick([0x90, 0x40, 0xf4, 0xc3, random.below(256)]) : random.below(256);
    const stores = random.once(2) ? this.#store(field, byte) : this.#oddStore(field);
    if (!beside) return stores;
    this.#patchable.push(target);
    const victim = item([0xb8 + random.pick([0, 1, 2, 3, 6, 7]), ...this.#word(random.operand())]);
    return behind ? [...stores, victim] : [victim, ...stores];
  }

  /** Stores that compilers write out. `field`: the address, without its place. */
  #store(field: Field, byte: number): Item[] {
    const random = this.#random;
    const prefix = this.#environment.wide ? [] : [0x67];
    const [opcode, ...immediate] = random.pick([
      [0xc6, byte],
      [0xc6, byte],
      [0xc7, ...this.#word(random.operand())],
      [0x00],
      [0x01],
      [0xff],
    ]);
    return [item([...prefix, opcode, 0x05, 0, 0, 0, 0, ...immediate], { at: prefix.length + 2, ...field })];
  }

  /** Stores of other instructions, and by strings. */
  #oddStore(field: Field): Item[] {
    const random = this.#random;
    const { wide } = this.#environment;
    if (wide && random.once(3)) {
      const bytes = random.pick([[0xaa], [0xab], [0xa4], [0xf3, 0xaa], [0xf3, 0xa4], [0xf3, 0xab]]);
      const count = item([0xb9, ...little(1 + random.below(4))]);
      const source = item([0xbe, ...little(dataAddress(random, false))]);
      return [item([0xbf, 0, 0, 0, 0], { at: 1, ...field }), count, source, item(bytes)];
    }
    if (wide && random.once(6)) {
      const up = { ...field, add: field.add + 4 };
      return [item([0x89, 0xe5]), item([0xbc, 0, 0, 0, 0], { at: 1, ...up }), item([0x50]), item([0x89, 0xec])];
    }
    const opcodes = random.pick([
      [0x86, 0x05],
      [0x87, 0x05],
      [0x0f, 0x95, 0x05],
      [0x0f, 0xb0, 0x05],
      [0x0f, 0xc1, 0x05],
      [0x8f, 0x05],
      [0xd9, 0x15],
      [0xdf, 0x3d],
      [0x0f, 0x7e, 0x05],
      [0xf3, 0x0f, 0x11, 0x05],
      [0x0f, 0x11, 0x05],
      [0xf0, 0x01, 0x05],
      [0x0f, 0xb3, 0x05],
      [0xd1, 0x05],
      [0x0f, 0xa5, 0x05],
    ]);
    const prefix = wide ? [] : [0x67];
    return [item([...prefix, ...opcodes, 0, 0, 0, 0], { at: prefix.length + opcodes.length, ...field })];
  }

  /** An immediate of the operand size. */
  #word(value: number): number[] {
    return little(value).slice(0, this.#environment.wide ? 4 : 2);
  }

  /** An instruction with the address of a block as its immediate. */
  #address(opcodes: readonly number[], kind: "eip" | "eipAlias"): Item {
    const field: Fixup = { at: opcodes.length, kind, block: this.#block(), item: 0, add: 0 };
    return item([...opcodes, 0, 0, 0, 0], field);
  }

  /** Items that leave a block. */
  #leave(own: number): Item[] {
    const random = this.#random;
    const { wide } = this.#environment;
    const jcc = (): Item => this.#near([0x0f, 0x80 + random.below(16)]);
    const jump = (): Item => this.#near([0xe9]);
    const eip = (kind: "eip" | "eipAlias"): Item[] => [
      this.#address([0xb8], kind),
      item(
        random.pick([
          [0xff, 0xe0],
          [0xff, 0xd0],
          [0x50, 0xc3],
        ]),
      ),
    ];
    const table = (opcode: number): Item[] =>
      wide
        ? [item([0x83, 0xe0 + 3, BLOCK_TABLE_LENGTH - 1]), item([0xff, opcode, 0x9d, ...little(BLOCK_TABLE)])]
        : [item([0xff, opcode === 0x24 ? 0x26 : 0x16, ...little(BLOCK_TABLE + 4 * random.below(16)).slice(0, 2)])];
    return random.weighted<() => Item[]>([
      [12, () => [jump()]],
      [14, () => [jcc(), jump()]],
      [4, () => [jcc(), jcc(), jump()]],
      [8, () => [this.#near([0xe8]), jump()]],
      [3, () => [item([0xc3])]],
      [wide ? 6 : 0, () => [this.#address([0x68], "eip"), item([0xc3])]],
      [1, () => [item([0xc2, 4 * random.below(4), 0])]],
      [wide ? 3 : 0, () => eip("eip")],
      [wide && this.#environment.paging !== "off" ? 6 : 0, () => eip("eipAlias")],
      [5, () => table(0x24)],
      [4, () => [...table(0x14), jump()]],
      [6, () => [item([0xb0, random.below(SERVICES), 0xcd, 0x80]), jump()]],
      [2, () => [item([0xcd, TASK_VECTOR]), jump()]],
      [2, () => [this.#near([0xe9], this.#block(), random.below(6))]],
      [1, () => [item([0xcd, random.pick([3, 4, 0x20, 0x30, 0x80])]), jump()]],
      [2, () => []],
      [1, () => [this.#near([0xe9], own, 0)]],
    ])();
  }

  /** One item or a few that belong together. */
  #some(own: number, items: readonly Item[]): Item[] {
    const random = this.#random;
    const { wide, level, mix } = this.#environment;
    const kind = random.below(100);
    if (kind < 4) return this.#patch(own, items);
    if (kind < 6) return [this.#near([0x0f, 0x80 + random.below(16)], own, items.length + random.below(4))];
    if (kind < 7 && wide) {
      const address = random.pick([DEVICE + random.below(PAGE), TABLES + 4 * random.below(0x1000)]);
      const store = random.once(2);
      return [item([random.pick(store ? [0x88, 0x89, 0x01] : [0x8a, 0x8b, 0x03]), 0x05, ...little(address)])];
    }
    if (kind === 7)
      return [item(random.pick([[0xe4, 0x40], [0xe5, 0x40], [0xe6, 0x40], [0xe7, 0x40], [0xec], [0xee]]))];
    if (kind === 8 && random.once(3))
      return [
        item([0x9c]),
        item(
          random.pick([
            [0x80, 0x4c, 0x24, 1, random.pick([1, 4, 0x40])],
            [0x80, 0x74, 0x24, 2, 4],
          ]),
        ),
        item([0x9d]),
      ];
    if (kind === 9 && random.once(3)) {
      const selector = random.pick([0x23, 0x33, 0x33, 0, 0x10, 0x1b]);
      const move = wide ? [0xb8, ...little(selector)] : [0xb8, selector, 0];
      return [item(move), item([0x8e, 0xc0 | (random.pick([0, 3, 3, 4, 5]) << 3)])];
    }
    if (kind > 93 && wide && (mix === "float" || random.once(20)))
      return (random.once(3) ? sseRun(random) : x87Run(random)).map((bytes) => item(bytes));
    if (kind === 10 && level === "kernel" && random.once(2)) return this.#kernelOnly();
    if (kind === 11) return this.#equalOperands();
    return randomInstruction(random, mix, wide).map((bytes) => item(bytes));
  }

  /** Arithmetic of a register with its copy, with or without a carry, and what reads its flags: a corner of every rule about flags. */
  #equalOperands(): Item[] {
    const random = this.#random;
    const copy = item([0x89, 0xc3]); // MOV EBX, EAX
    const arithmetic = item([random.pick([0x01, 0x11, 0x11, 0x19, 0x19, 0x29, 0x31, 0x39]) - random.below(2), 0xd8]);
    const carry = random.pick([[0xf8], [0xf9], [0xf5], []]);
    const between = random.pick([[0x41], [0x49], [0x89, 0xc1], [], []]);
    return [copy, item(carry), arithmetic, item(between), this.#readsFlags()];
  }

  /** What only CPL 0 may do: flush, change paging, wait. */
  #kernelOnly(): Item[] {
    const random = this.#random;
    const control = (register: number, bit: number): Item[] => [
      item([0x0f, 0x20, 0xc0 | (register << 3)]),
      item([0x0f, 0xba, 0xf8, bit]),
      item([0x0f, 0x22, 0xc0 | (register << 3)]),
    ];
    return random.weighted<() => Item[]>([
      [4, () => [item([0x0f, 0x20, 0xd8]), item([0x0f, 0x22, 0xd8])]],
      [4, () => [item([0x0f, 0x01, 0x3d, ...little(dataAddress(random, false))])]],
      [2, () => control(0, 16)],
      [2, () => control(0, 3)],
      [1, () => control(0, 31)],
      [2, () => control(4, 7)],
      [1, () => control(4, 4)],
      [2, () => [item([random.pick([0xfa, 0xfb])])]],
      [1, () => [item([0xf4])]],
      [1, () => [item([0x0f, 0x01, 0xe0 | random.below(8)])]],
    ])();
  }

  /** An instruction that shows the flags that other blocks have left. */
  #readsFlags(): Item {
    const random = this.#random;
    const condition = random.below(16);
    return item(
      random.pick([
        [0x0f, 0x90 | condition, 0xc0 | random.below(8)],
        [0x0f, 0x40 | condition, 0xc0 | random.below(64)],
        [0x11, 0xd8],
        [0x9f],
        [0x9c],
        [0xd1, 0xd0],
        [0xdb, 0xc0 | random.below(32)],
      ]),
    );
  }

  block(own: number): Item[] {
    const random = this.#random;
    const { wide } = this.#environment;
    const items: Item[] = [];
    const loop = random.once(4);
    const top = loop ? 1 : 0;
    if (loop)
      items.push(
        item([
          0xb9,
          ...little(1 + random.below(random.pick([3, 8, 8, 20, 20, random.once(6) ? 5000 : 100]))).slice(
            0,
            wide ? 4 : 2,
          ),
        ]),
      );
    if (random.once(3)) items.push(this.#readsFlags());
    for (let left = 1 + random.below(random.pick([4, 12, 24])); left > 0; left--) items.push(...this.#some(own, items));
    if (random.once(3)) items.push(item(random.pick([[0x39, 0xd8], [0x84, 0xc0], [0x01, 0xd8], [0xd1, 0xe8], [0x41]])));
    if (loop) {
      const back: Fixup = { at: 1, kind: "rel8", block: own, item: top, add: 0 };
      if (random.once(3)) items.push(item([random.pick([0xe2, 0xe2, 0xe1, 0xe0]), 0], back));
      else items.push(item([0x49]), item([0x75, 0], back));
    }
    items.push(...this.#leave(own));
    return items;
  }
}

/** Chooses addresses: one block behind the other, now and then over the end of a page. */
function place(random: Random, bodies: readonly (readonly Item[])[]): Block[] {
  const blocks: Block[] = [];
  let at = CODE;
  for (const items of bodies) {
    const size = items.reduce((sum, { bytes }) => sum + bytes.length, 0);
    if (random.once(bodies.length > 20 ? 5 : 2)) {
      const end = (at & ~(PAGE - 1)) + PAGE;
      at = Math.max(at, end - 1 - random.below(size + 1));
    } else at += random.pick([0, 0, 0, 1, 7, 16, 64]);
    if (at + size > CODE + CODE_SIZE) at = CODE + CODE_SIZE - size;
    blocks.push({ at, items });
    at += size;
  }
  return blocks;
}

function hostEvent(random: Random, blocks: readonly Block[], { level }: Environment): HostEvent | null {
  const code = (): number => random.pick(blocks).at + random.below(20);
  const bytes = (): number[] => Array.from({ length: 1 + random.below(6) }, () => random.below(256));
  return random.weighted<() => HostEvent | null>([
    [60, () => null],
    [level === "host" ? 0 : 14, () => ({ kind: "interrupt" })],
    [level === "host" ? 0 : 1, () => ({ kind: "nonMaskable" })],
    [3, () => ({ kind: "write", physical: code(), bytes: bytes() })],
    [3, () => ({ kind: "write", physical: DATA + random.below(DATA_SIZE), bytes: bytes() })],
    [1, () => ({ kind: "breakpoint", linear: random.once(2) ? null : random.pick(blocks).at })],
    [1, () => ({ kind: "watchpoint", linear: random.once(2) ? null : dataAddress(random, true) })],
    [1, () => ({ kind: "observe", page: random.pick([CODE, DATA]) / PAGE + random.below(DATA_PAGES) })],
    [1, () => ({ kind: "restore" })],
    [1, () => ({ kind: "flags", value: random.pick([0x100, 0x400, 0x8d5, 0]) })],
  ])();
}

function steps(random: Random, blocks: readonly Block[], environment: Environment): Step[] {
  const list: Step[] = [];
  const style = random.below(4);
  const long = random.once(20);
  for (let left = long ? LONG_LENGTH : LENGTH; left > 0; ) {
    const budget =
      long && !random.once(4)
        ? 1 + random.below(100_000)
        : style === 0
          ? 1000
          : random.weighted<() => number>([
              [3, () => 1],
              [6, () => 1 + random.below(8)],
              [6, () => 1 + random.below(100)],
              [style * 2, () => 1 + random.below(1500)],
            ])();
    list.push({ budget, event: style === 0 && list.length === 0 ? null : hostEvent(random, blocks, environment) });
    left -= Math.max(budget, 20);
  }
  return list;
}

/** The program of a seed. */
export function generate(seed: number): Program {
  const random = new Random(seed);
  const around = environment(random);
  const count = random.pick([8, 30, 50, 80]);
  const generator = new Generator(random, around, count);
  const blocks = place(
    random,
    Array.from({ length: count }, (_, own) => generator.block(own)),
  );
  const registers = Array.from({ length: 8 }, () => (random.once(2) ? dataAddress(random, false) : random.operand()));
  return { seed, environment: around, blocks, steps: steps(random, blocks, around), registers };
}
