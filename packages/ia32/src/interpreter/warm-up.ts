/**
 * Warming up: runs every case of the dispatch loop once, in a scratch machine, before the first guest runs.
 *
 * V8 compiles the loop for the cases it has seen and throws the code away at the first new one; recompiling a
 * function of this size takes a third of a second, again and again. A few milliseconds here avoid that: both ways
 * of every branch, TLB hits and misses. It touches nothing but its own scratch memory.
 * @module
 */
import { Decoder } from "../decode/decoder.ts";
import { GuestMemory } from "../memory/guest-memory.ts";
import { invalidateAll } from "../mmu/tlb.ts";
import { CONTROL_AREA_SIZE } from "../state/control-area.ts";
import { Core } from "../state/core.ts";
import { entryOfDescriptor, segmentOf } from "../state/descriptor.ts";
import { setEflags } from "../state/lazy-flags.ts";
import { EAX, EBP, EBX, ECX, EDI, EIP, ESI, ESP } from "../state/registers.ts";
import { DecodedCode } from "./code-cache.ts";
import { CODES, dispatch, SAMPLES } from "./generated/dispatch.ts";
import { HANDLERS } from "./generated/handlers.ts";

const RAM = 0x10000;
const CODE = 0x8000;
const SLOT = 16;
/** Inside a page, and where every sum overflows. */
const ADDRESSES = [0x2000, 0x7fffffff];
/** No flag, ZF, SF, CF: every part of every condition; other samples take the first. */
const FLAGS = [0x002, 0x042, 0x082, 0x003];

/** Instructions without a case, so that the call in the loop knows many targets; the last one crosses a page. */
const COLD = [0x9e, 0x9f, 0xf5, 0xfc, 0x98, 0xf8, 0xd6, 0x90, 0x2f, 0xb8, 0, 0, 0, 0];
const COLD_CODE = 0x7000 - COLD.length + 2;

let warm = false;

/** Does its work once for each realm. */
export function warmUp(): void {
  if (warm) return;
  warm = true;
  runSamples();
}

// A function of its own: its closures would make every call of warmUp allocate their surroundings.
function runSamples(): void {
  const memory = new GuestMemory({ buffer: new ArrayBuffer(CONTROL_AREA_SIZE + RAM) }, RAM);
  const core = new Core(memory, { read: () => 0, write: () => {} }, "pentium4", true);
  const code = new DecodedCode(core, new Decoder(HANDLERS, CODES));
  const powerWord = new Int32Array(1);
  invalidateAll(core);
  const flat = { base: 0, limit: 0xffffffff, dpl: 3 } as const;
  for (const number of [0, 2, 3])
    core.setSegment(number, segmentOf(0x13, entryOfDescriptor({ ...flat, kind: "data", writable: true })));
  core.setSegment(1, segmentOf(0x0b, entryOfDescriptor({ ...flat, kind: "code", readable: true })));
  memory.fill(CODE, SAMPLES.length * SLOT, 0xcc);
  COLD.forEach((byte, i) => {
    memory.write8(COLD_CODE + i, byte);
  });
  SAMPLES.forEach((hex, slot) => {
    for (let i = 0; i < hex.length; i += 2)
      memory.write8(CODE + slot * SLOT + i / 2, Number.parseInt(hex.slice(i, i + 2), 16));
  });
  const { r } = core;
  for (let round = 0; round < 100; round++) {
    r[EIP] = COLD_CODE;
    dispatch(core, code, powerWord, round < 50 ? COLD.length : 3);
  }
  for (const address of ADDRESSES)
    for (let slot = 0; slot < SAMPLES.length; slot++)
      for (const flags of /^(7|0f8)/.test(SAMPLES[slot]) ? FLAGS : FLAGS.slice(0, 1)) {
        r[EAX] = r[EBX] = address;
        r[ECX] = 0;
        r[EDI] = 0;
        r[ESI] = address;
        r[EBP] = address;
        r[ESP] = address;
        r[EIP] = CODE + slot * SLOT;
        setEflags(core, flags);
        dispatch(core, code, powerWord, 2);
      }
}
