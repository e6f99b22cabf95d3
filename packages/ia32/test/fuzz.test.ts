import fc from "fast-check";
import { expect, test } from "vitest";
import { EIP } from "../src/index.ts";
import { CODE, createSystemMachine, GDT, HANDLERS, IDT, TSS, TSS2, toUser, USER_CODE } from "./system-machine.ts";

/** Opcodes that programs of chance would rarely form: system instructions, far transfers, flags, stack, prefixes. */
const SYSTEM_CODE = [
  [0x0f, 0x22, 0xc0],
  [0x0f, 0x22, 0xd8],
  [0x0f, 0x22, 0xe0],
  [0x0f, 0x23, 0xf8],
  [0x0f, 0x20, 0xc0],
  [0x0f, 0x01, 0x16],
  [0x0f, 0x01, 0x1e],
  [0x0f, 0x00, 0xd8],
  [0x0f, 0x00, 0xd0],
  [0x0f, 0x30],
  [0x0f, 0x34],
  [0x0f, 0x35],
  [0xcf],
  [0xcb],
  [0x9d],
  [0xcd],
  [0xea],
  [0x9a],
  [0x8e, 0xd8],
  [0x8e, 0xd0],
  [0xfb],
  [0xf3, 0xa5],
  [0x66],
  [0x67],
];
const piece = fc.oneof(
  fc.constantFrom(...SYSTEM_CODE),
  fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 6 }),
);
const program = fc.array(piece, { minLength: 1, maxLength: 40 }).map((pieces) => pieces.flat());
/** Words thrown over the tables. */
const damage = fc.array(
  fc.tuple(
    fc.constantFrom(GDT, IDT, TSS, TSS2),
    fc.integer({ min: 0, max: 31 }),
    fc.oneof(fc.integer(), fc.constantFrom(0x00008500, 0x00298500, 0x0000ee00, 0x00cf9a00, 0x00008900)),
  ),
  { maxLength: 6 },
);
/** Real mode, protected mode at CPL 0 and 3, virtual-8086 mode. */
const mode = fc.constantFrom("real", "kernel", "user", "8086");

test("random programs in random modes over damaged tables: the host never throws and time always passes", () => {
  fc.assert(
    fc.property(mode, program, damage, fc.boolean(), (kind, bytes, words, line) => {
      const frame = [0, 0, 0, 0, 0x8000, 0x100, 0x23202, USER_CODE >> 4, 0];
      const code =
        kind === "user"
          ? toUser(0x3202)
          : kind === "8086"
            ? [...frame.flatMap((word) => [0x68, word & 0xff, (word >> 8) & 0xff, word >> 16, 0]), 0xcf]
            : bytes;
      const { processor, memory } = createSystemMachine({ code, user: bytes });
      memory.writeBytes(
        HANDLERS,
        Uint8Array.from({ length: 0x300 }, (_, i) => (i % 16 === 0 ? 0xcf : 0x90)),
      );
      const { state } = processor;
      if (kind === "real" && state.system !== null) {
        processor.state = { ...state, system: { ...state.system, cr0: 0x10 } };
        for (const name of ["cs", "ss", "ds", "es"] as const) processor.loadSegment(name, CODE >> 4);
        processor.registers[EIP] = 0;
      } else processor.run(10);
      for (const [table, index, word] of words) memory.write32(table + 4 * index, word);
      processor.setInterruptLine(line);
      for (let i = 0; i < 20; i++) {
        const before = processor.cycles;
        const exit = processor.run(100);
        if (exit.kind === "halt" || exit.kind === "shutdown") break;
        expect(processor.cycles).toBeGreaterThan(before);
      }
      expect(structuredClone(processor.state)).toEqual(processor.state);
    }),
    { numRuns: Number(process.env.KINTSUGI_FUZZ ?? 150) },
  );
}, 300_000);
