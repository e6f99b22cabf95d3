import fc from "fast-check";
import { expect, test } from "vitest";
import { Decoder } from "../src/decode/decoder.ts";
import { DecodedCode } from "../src/interpreter/code-cache.ts";
import { CODES, dispatch, SAMPLES } from "../src/interpreter/generated/dispatch.ts";
import { HANDLERS } from "../src/interpreter/generated/handlers.ts";
import { interpret } from "../src/interpreter/interpreter.ts";
import { GuestMemory } from "../src/memory/guest-memory.ts";
import { invalidateAll } from "../src/mmu/tlb.ts";
import { CONTROL_AREA_SIZE } from "../src/state/control-area.ts";
import { Core } from "../src/state/core.ts";
import { entryOfDescriptor, segmentOf } from "../src/state/descriptor.ts";
import { eflags, setEflags } from "../src/state/lazy-flags.ts";
import { EIP, ESP } from "../src/state/registers.ts";

const RAM = 0x20000;
const CODE = 0x8000;
const PRISTINE = Uint8Array.from({ length: RAM }, (_, i) => Math.imul(i, 0x9e3779b1) >>> 24);

/** Runs `code` from these registers; what is left afterwards. */
function run(loop: typeof dispatch, codes: typeof CODES, code: number[], registers: number[], flags: number): unknown {
  const memory = new GuestMemory({ buffer: new ArrayBuffer(CONTROL_AREA_SIZE + RAM) }, RAM);
  const core = new Core(memory, { read: () => 0, write: () => {} }, "pentium3");
  const decoded = new DecodedCode(core, new Decoder(HANDLERS, codes));
  invalidateAll(core);
  const flat = { base: 0, limit: 0xffffffff, dpl: 3 } as const;
  for (const number of [0, 2, 3])
    core.setSegment(number, segmentOf(0x13, entryOfDescriptor({ ...flat, kind: "data", writable: true })));
  core.setSegment(1, segmentOf(0x0b, entryOfDescriptor({ ...flat, kind: "code", readable: true })));
  memory.writeBytes(0, PRISTINE);
  memory.writeBytes(CODE, Uint8Array.from([...code, 0xcc]));
  core.r.set(registers);
  core.r[ESP] = 0x4000 + (core.r[ESP] & 0x1fff);
  core.r[EIP] = CODE;
  setEflags(core, flags & 0x8d5);
  loop(core, decoded, new Int32Array(1), 40);
  return {
    registers: [...core.r],
    flags: eflags(core),
    exit: { ...core.exit },
    executed: core.executed,
    ram: Buffer.from(memory.ram).toString("base64"),
  };
}

const value = fc.oneof(
  fc.integer({ min: 0x1000, max: 0x6000 }),
  fc.integer(),
  fc.constantFrom(0, -1, 0x7fffffff, -0x80000000),
);
const registers = fc.array(value, { minLength: 8, maxLength: 8 });
const samples = fc.array(fc.constantFrom(...SAMPLES), { minLength: 1, maxLength: 12 });

test("the dispatch loop does what calling every operation does", () => {
  fc.assert(
    fc.property(samples, registers, fc.integer(), (hexes, values, flags) => {
      const code = [...Buffer.from(hexes.join("").replaceAll("ffffff7f", "00000000"), "hex")];
      expect(run(dispatch, CODES, code, values, flags)).toEqual(run(interpret, {}, code, values, flags));
    }),
    { numRuns: 250 },
  );
});

test("every case of the dispatch loop alone does what its handler does", () => {
  const values = fc.sample(registers, { seed: 1, numRuns: 6 });
  for (const hex of SAMPLES) {
    const code = [...Buffer.from(hex.replaceAll("ffffff7f", "00000000"), "hex")];
    values.forEach((list, n) => {
      const flags = [0, 0x8d5, 0x40, 0x80, 0x1, 0x800][n];
      expect(run(dispatch, CODES, code, list, flags), hex).toEqual(run(interpret, {}, code, list, flags));
    });
  }
});
