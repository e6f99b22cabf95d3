// Runs of x87 and SSE instructions as programs have them: the register stack is kept in order, nearly always.
//
// Instructions by chance alone (instructions.ts) meet a stack fault at once, and then nothing goes the compiler's fast way.
// Here: choosing them. Not here: when (generate.ts).
import { dataAddress } from "./instructions.ts";
import type { Random } from "./random.ts";

function little(value: number): number[] {
  return [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24];
}

/** ModR/M of `digit` with an absolute address. */
function absolute(digit: number, address: number): number[] {
  return [(digit << 3) | 5, ...little(address)];
}

const FNINIT = [0xdb, 0xe3];
const EMMS = [0x0f, 0x77];
const POP = [0xdd, 0xd8];
/** Opcode and digit of loads, stores that pop, stores, and of what works on ST(0) and memory. */
const LOADS = [
  [0xd9, 0],
  [0xdd, 0],
  [0xdd, 0],
  [0xdb, 5],
  [0xdf, 0],
  [0xdb, 0],
  [0xdf, 5],
] as const;
const POPS = [
  [0xd9, 3],
  [0xdd, 3],
  [0xdd, 3],
  [0xdb, 7],
  [0xdb, 3],
  [0xdf, 3],
  [0xdf, 7],
  [0xdb, 1],
  [0xdd, 1],
] as const;
const STORES = [
  [0xd9, 2],
  [0xdd, 2],
  [0xdb, 2],
  [0xdf, 2],
  [0xd9, 7],
  [0xdd, 7],
] as const;
/** FADD … FDIVR, FCOM: digits 0 to 7 but 3, which pops. */
const DIGITS = [0, 0, 1, 1, 2, 4, 5, 6, 7];
/** FCHS, FABS, FTST, FXAM, FSQRT, FRNDINT, FNOP. */
const ALONE = [0xe0, 0xe1, 0xe4, 0xe5, 0xfa, 0xfc, 0xd0];
const CONTROL_WORDS = [0x37f, 0x37f, 0x27f, 0x27f, 0x7f, 0xf7f, 0x77f, 0xb7f, 0x37e, 0x35f];
const MXCSRS = [0x1f80, 0x1fa0, 0x1fa0, 0x1f80, 0x9fc0, 0x3f80, 0x1e80];

/** A number in memory that the run can come back to. */
class Memory {
  readonly #places: number[] = [];
  readonly #random: Random;
  constructor(random: Random) {
    this.#random = random;
  }
  address(aligned = false): number {
    const random = this.#random;
    if (this.#places.length > 0 && random.once(2)) return random.pick(this.#places);
    const address = dataAddress(random, true) & (aligned ? ~15 : ~7);
    this.#places.push(address);
    return address;
  }
}

function loadControl(random: Random, opcode: readonly number[], digit: number, value: number): number[][] {
  const address = dataAddress(random, true);
  return [
    [0xc7, ...absolute(0, address), ...little(value)],
    [...opcode, ...absolute(digit, address)],
  ];
}

/** x87 instructions for 32-bit code. */
export function x87Run(random: Random): number[][] {
  const memory = new Memory(random);
  const run: number[][] = [];
  // Nothing: the registers are as blocks before have left them, and TOP is what the path here has made of it.
  const start = random.below(4);
  if (start === 0) run.push(FNINIT);
  else if (start === 1) run.push(EMMS);
  if (random.once(3)) run.push(...loadControl(random, [0xd9], 5, random.pick(CONTROL_WORDS)));
  let depth = 0;
  const atMemory = (choices: readonly (readonly [number, number])[]): number[] => {
    const [opcode, digit] = random.pick(choices);
    return [opcode, ...absolute(digit, memory.address())];
  };
  for (let left = 3 + random.below(20); left > 0; left--) {
    // Now and then one more, or one less, than there are.
    const known = random.once(60) ? random.below(9) : depth;
    const i = random.below(Math.max(known, 1));
    const kind = random.below(known === 0 ? 2 : known === 1 ? 8 : known >= 8 ? 20 : 16);
    if (kind < 2 && known < 8) {
      run.push(
        random.weighted<() => number[]>([
          [6, () => atMemory(LOADS)],
          [known > 0 ? 3 : 0, () => [0xd9, 0xc0 + i]],
          [2, () => [0xd9, 0xe8 + random.below(7)]],
        ])(),
      );
      depth = Math.min(depth + 1, 8);
    } else if (kind < 4) {
      run.push([random.pick([0xd8, 0xdc, 0xdc, 0xda, 0xde]), ...absolute(random.pick(DIGITS), memory.address())]);
    } else if (kind === 4) run.push([0xd9, random.pick(ALONE)]);
    else if (kind === 5) run.push(atMemory(STORES));
    else if (kind === 6) run.push(random.pick([[0xdf, 0xe0], [0xd9, 0xd0], [0x9b]]));
    else if (kind === 7 || kind > 15) {
      run.push(random.once(3) ? POP : atMemory(POPS));
      depth = Math.max(depth - 1, 0);
    } else if (kind < 10) run.push([random.pick([0xd8, 0xdc]), 0xc0 + (random.pick(DIGITS) << 3) + i]);
    else if (kind < 12) {
      run.push([0xde, 0xc0 + (random.pick([0, 1, 4, 5, 6, 7]) << 3) + i]);
      depth--;
    } else if (kind === 12) run.push([0xd9, 0xc8 + i]);
    else if (kind === 13) {
      const pops = random.once(2);
      run.push(random.once(4) ? [0xda, 0xe9] : [pops ? 0xdf : 0xdb, 0xe8 + 8 * random.below(2) + i]);
      const last = run[run.length - 1];
      depth -= last[0] === 0xda ? 2 : pops ? 1 : 0;
    } else if (kind === 14) run.push([random.pick([0xda, 0xdb]), 0xc0 + 8 * random.below(4) + i]);
    else
      run.push(
        random.weighted<() => number[]>([
          [4, () => [0xdd, 0xd0 + i]],
          [1, () => [0xd9, random.pick([0xf6, 0xf7])]],
          [1, () => [0xdd, 0xc0 + i]],
          [1, () => [0xdb, 0xe2]],
          [1, () => [0xd9, random.pick([0xf8, 0xfd, 0xfe])]],
        ])(),
      );
  }
  if (!random.once(4)) while (depth-- > 0) run.push(POP);
  // The same numbers from another place.
  if (random.once(6)) run.push([0xd9, random.pick([0xf6, 0xf7])]);
  return run;
}

/** SSE and SSE2 arithmetic for 32-bit code: one width, few registers, so that results are operands. */
export function sseRun(random: Random): number[][] {
  const memory = new Memory(random);
  const run: number[][] = [];
  if (random.once(2)) run.push(...loadControl(random, [0x0f, 0xae], 2, random.pick(MXCSRS)));
  const prefix = random.pick([[0xf2], [0xf2], [0xf3], [0x66], []]);
  const scalar = prefix[0] === 0xf2 || prefix[0] === 0xf3;
  for (let left = 3 + random.below(16); left > 0; left--) {
    const reg = random.below(4);
    const rm = random.below(4);
    // ADD MUL SUB DIV SQRT MIN MAX, moves.
    const opcode = random.pick([0x58, 0x58, 0x59, 0x59, 0x5c, 0x5e, 0x51, 0x5d, 0x5f, 0x10, 0x10, 0x11]);
    const operand =
      opcode === 0x11 || random.once(3) ? absolute(reg, memory.address(!scalar)) : [0xc0 | (reg << 3) | rm];
    run.push([...prefix, 0x0f, opcode, ...operand]);
  }
  return run;
}
