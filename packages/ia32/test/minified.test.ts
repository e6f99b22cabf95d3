// The package in a minified bundle, which has other names of functions, does what it does from source.
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { beforeAll, expect, test } from "vitest";
import * as source from "../src/index.ts";

const RAM = 1 << 20;
const CODE = 0x1000;
/** Instructions of rows that are their own handlers, beside others; forty times around, then HLT. */
const PROGRAM = [
  ...[0x60, 0x61, 0x98, 0x0f, 0xa2], // again: pusha; popa; cwde; cpuid
  ...[0xb9, 2, 0, 0, 0, 0x8d, 0x44, 0x08, 0x03], // mov ecx, 2; lea eax, [eax + ecx + 3]
  ...[0xdb, 0xe3, 0xd9, 0xeb, 0xd8, 0xc8, 0xd9, 0xfa, 0xdd, 0x1d, 0, 0x20, 0, 0], // fninit; fldpi; fmul st; fsqrt; fstp qword [2000]
  ...[0xf9, 0xf5, 0x9c, 0x9d, 0x0f, 0xc7, 0x0d, 0, 0x20, 0, 0], // stc; cmc; pushf; popf; cmpxchg8b [2000]
  ...[0x66, 0x0f, 0x6e, 0xc0, 0x66, 0x0f, 0x70, 0xc8, 0x1b], // movd xmm0, eax; pshufd xmm1, xmm0, 1b
  ...[0x83, 0x2d, 0, 0x30, 0, 0, 1, 0x75, 0xc7], // sub dword [3000], 1; jnz again
  0xf4,
];

/** Runs the program; everything that it leaves behind. */
function run({ allocateMemory, GuestMemory, Processor, EIP, ESP }: typeof source, engine: "interpreter" | "jit") {
  const memory = new GuestMemory(allocateMemory(RAM), RAM);
  const ports = { read: () => 0xff, write: () => {} };
  const processor = new Processor({
    ...{ memory, ports, engine, architectural: true, model: "pentium4" },
    jit: { threshold: 0 },
  });
  const { state } = processor;
  if (state.system === null) throw new Error("not in architectural mode");
  // Protected mode with SSE; descriptors for flat segments.
  memory.writeBytes(0x508, Uint8Array.from([0xff, 0xff, 0, 0, 0, 0x9b, 0xcf, 0, 0xff, 0xff, 0, 0, 0, 0x93, 0xcf, 0]));
  processor.state = {
    ...state,
    system: { ...state.system, cr0: 0x31, cr4: 0x600, gdtr: { base: 0x500, limit: 0x17 } },
  };
  processor.loadSegment("cs", 8);
  for (const name of ["ss", "ds", "es"] as const) processor.loadSegment(name, 0x10);
  memory.writeBytes(CODE, Uint8Array.from(PROGRAM));
  memory.write32(0x3000, 40);
  processor.registers[EIP] = CODE;
  processor.registers[ESP] = 0x8000;
  const { kind } = processor.run(100_000);
  const { registers, floatRegisters, retired, jitStatistics } = processor;
  return {
    ...{ kind, retired, registers: [...registers], floats: [...floatRegisters] },
    ram: Buffer.from(memory.readBytes(0x2000, 8)).toString("hex"),
    compiled: (jitStatistics?.compiledInstructions ?? 0) > 0,
  };
}

let bundled: typeof source;

beforeAll(async () => {
  const result = await build({
    configFile: false,
    logLevel: "silent",
    build: {
      ...{ write: false, target: "esnext", minify: true },
      lib: { entry: fileURLToPath(new URL("../src/index.ts", import.meta.url)), formats: ["es"] },
    },
  });
  const [{ output }] = result as unknown as { output: { code: string }[] }[];
  bundled = await import(
    /* @vite-ignore */ `data:text/javascript;base64,${Buffer.from(output[0].code).toString("base64")}`
  );
}, 60_000);

test.each(["interpreter", "jit"] as const)("the %s of the bundle does what that of the source does", (engine) => {
  const expected = run(source, engine);
  expect(expected).toMatchObject({ kind: "halt", compiled: engine === "jit" });
  expect(expected.retired).toBeGreaterThan(600);
  expect(run(bundled, engine)).toEqual(expected);
});

test("names of functions really are other ones in the bundle", () => {
  expect(bundled.allocateMemory.name).not.toBe("allocateMemory");
});
