import { expect, test } from "vitest";
import { Decoder } from "../decode/decoder.ts";
import { DecodedCode } from "../interpreter/code-cache.ts";
import { HANDLERS } from "../interpreter/generated/handlers.ts";
import { interpret } from "../interpreter/interpreter.ts";
import { allocateMemory, GuestMemory } from "../memory/guest-memory.ts";
import { invalidateAll } from "../mmu/tlb.ts";
import { Core } from "../state/core.ts";
import { entryOfDescriptor, segmentOf } from "../state/descriptor.ts";
import { EIP, ESP } from "../state/registers.ts";
import { attachCompiler } from "./compiler.ts";
import { functionBody } from "./function.ts";
import { RegionFinder } from "./region.ts";

const RAM = 0x10000;
const START = 0x1000;
/** Blocks are compiled after many executions, but belong to a region after one. */
const jit = { threshold: 8 };

/** Decodes what `budget` instructions from START on run through. */
function ran(code: Readonly<Record<number, number[]>>, budget: number) {
  const memory = new GuestMemory(allocateMemory(RAM), RAM);
  const core = new Core(memory, { read: () => 0, write: () => {} }, "pentium4", true);
  const decoded = new DecodedCode(core, new Decoder(HANDLERS));
  attachCompiler(core, decoded, jit);
  invalidateAll(core);
  const flat = { base: 0, limit: 0xffffffff, dpl: 3 } as const;
  for (const number of [0, 2, 3])
    core.setSegment(number, segmentOf(0x13, entryOfDescriptor({ ...flat, kind: "data", writable: true })));
  core.setSegment(1, segmentOf(0x0b, entryOfDescriptor({ ...flat, kind: "code", readable: true })));
  for (const [at, bytes] of Object.entries(code)) memory.writeBytes(Number(at), Uint8Array.from(bytes));
  core.r[EIP] = START;
  core.r[ESP] = RAM;
  interpret(core, decoded, new Int32Array(1), budget);
  const page = decoded.known(START >>> 12);
  if (page === null) throw new Error("nothing was decoded");
  return { core, decoded, page, block: (eip: number) => page.blocks[page.index[eip & 0xfff]] };
}

test("a block that one edge leaves out and another takes is reached by both", () => {
  const { core, decoded, page, block } = ran(
    {
      [START]: [0xe8, 0x1b, 0, 0, 0, 0xeb, 0x14], // 1000: call 1020; 1005: jmp 101b
      4123: [0xe8, 0x20, 0, 0, 0, 0xc3], // 101b: call 1040; 1020: ret, the callee, behind another call
      4160: [0xc3],
    },
    5,
  );
  const seed = block(START);
  const callee = block(0x1020);
  if (seed === null || callee === null) throw new Error("a block is missing");
  // A function of its own, which calls leave to itself.
  callee.entry = 1;
  const region = new RegionFinder(core, decoded, 64, true, new Map()).find(seed, page, START);
  expect(region.map(({ eip }) => eip.toString(16))).toEqual(["1000", "1005", "101b", "1040", "1020"]);
  const of = (eip: number) => region.find((each) => each.eip === eip)?.successors.map((to) => to.eip.toString(16));
  expect(of(START)).toEqual(["1020"]);
  const { body } = functionBody(region, {
    slot: 1,
    site: ({ index }) => index,
    tailCalls: true,
    hot: false,
    called: () => undefined,
  });
  expect(body.length).toBeGreaterThan(100);
});

test("a block that has a function of its own stays out of a region that only calls it", () => {
  const { core, decoded, page, block } = ran({ [START]: [0xe8, 0x1b, 0, 0, 0, 0xf4], 4128: [0xc3] }, 3);
  const seed = block(START);
  const callee = block(0x1020);
  if (seed === null || callee === null) throw new Error("a block is missing");
  callee.entry = 1;
  const find = (sharing: boolean) =>
    new RegionFinder(core, decoded, 64, sharing, new Map()).find(seed, page, START).map(({ eip }) => eip);
  expect(find(true)).not.toContain(0x1020);
  expect(find(false)).toContain(0x1020);
});
