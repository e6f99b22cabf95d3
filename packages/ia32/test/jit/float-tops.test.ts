// The register stack in compiled code where paths come together with different tops.
import { describe, expect, it } from "vitest";
import { ENGINES, INTERPRETER } from "./engines.ts";
import { generate } from "./generate.ts";
import { CODE, DATA } from "./places.ts";
import type { Program } from "./program.ts";
import { firstDifference, noCoverage } from "./run.ts";

const { environment } = generate(1);

/** A program of these bytes for a host kernel, without paging, which runs for so many instructions, in two slices. */
function program(bytes: readonly number[]): Program {
  return {
    seed: 0,
    environment: {
      ...environment,
      level: "host",
      paging: "off",
      wide: true,
      device: false,
      demand: false,
      codeFrames: [0, 1, 2, 3, 4, 5, 6, 7],
      dataFrames: [0, 1, 2, 3, 4, 5, 6, 7],
      controlWord: 0x37f,
    },
    blocks: [{ at: CODE, items: [{ bytes, fixups: [] }] }],
    steps: Array.from({ length: 12 }, (_, i) => ({ budget: 3000 + i, event: null })),
    registers: new Array(8).fill(0),
  };
}

const address = [DATA & 0xff, (DATA >>> 8) & 0xff, (DATA >>> 16) & 0xff, DATA >>> 24];
const MOV_ECX_1000 = [0xb9, 0xe8, 3, 0, 0];
const FNINIT = [0xdb, 0xe3];
const FLD1 = [0xd9, 0xe8];
const FLDPI = [0xd9, 0xeb];
const FMUL_ST1 = [0xd8, 0xc9];
const FSTP_DATA = [0xdd, 0x1d, ...address];
const FSTP_ST0 = [0xdd, 0xd8];
const FFREE_ST7 = [0xdd, 0xc7];
const FCHS = [0xd9, 0xe0];
const FINCSTP = [0xd9, 0xf7];
const TEST_CL_1 = [0xf6, 0xc1, 1];
const DEC_ECX = [0x49];
const RET = [0xc3];
const back = (opcode: readonly number[], length: number): number[] => [...opcode, 256 - length - opcode.length - 1];

/** Multiplies two numbers and stores the product. */
const BODY = [...FLD1, ...FLDPI, ...FMUL_ST1, ...FSTP_DATA, ...FSTP_ST0];
const PROGRAMS: Readonly<Record<string, number[]>> = {
  "a branch that turns the stack": (() => {
    const loop = [...TEST_CL_1, 0x74, FINCSTP.length, ...FINCSTP, ...BODY, ...DEC_ECX];
    return [...FNINIT, ...MOV_ECX_1000, ...loop, ...back([0x75], loop.length), 0xf4];
  })(),
  "a function that returns a number": (() => {
    // Called from more places than a return is compared with; the function lies behind the loop.
    const behind = [...FLD1, ...FMUL_ST1, ...FSTP_DATA, ...FSTP_ST0];
    const calls = 5;
    const jump = [...DEC_ECX, 0x0f, 0x85, 0, 0, 0, 0];
    const length = calls * (5 + behind.length) + jump.length;
    const loop: number[] = [];
    for (let i = 0; i < calls; i++) loop.push(0xe8, (length + 1 - loop.length - 5) & 0xff, 0, 0, 0, ...behind);
    const distance = -length;
    jump.splice(3, 4, distance & 0xff, (distance >> 8) & 0xff, 0xff, 0xff);
    return [...FNINIT, ...MOV_ECX_1000, ...loop, ...jump, 0xf4, ...FLDPI, ...RET];
  })(),
  "a stack that goes round": (() => {
    const loop = [...FFREE_ST7, ...FLDPI, ...FCHS, ...DEC_ECX];
    return [...FNINIT, ...MOV_ECX_1000, ...loop, ...back([0x75], loop.length), 0xf4];
  })(),
};

describe("x87 tops", () => {
  for (const [name, bytes] of Object.entries(PROGRAMS))
    for (const [engine, options] of Object.entries(ENGINES))
      it(`${name}: ${engine}`, () => {
        const coverage = noCoverage();
        expect(firstDifference(program(bytes), INTERPRETER, options, coverage)).toBeNull();
        expect(coverage.instructions).toBeGreaterThan(5000);
        expect(coverage.compiled).toBeGreaterThan(1000);
      });
});
