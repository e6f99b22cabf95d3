import { describe, expect, it } from "vitest";
import {
  KIP_KERN_DESC_PTR,
  KIP_KERNEL_ID,
  KIP_MAGIC,
  KIP_MAGIC_WORD,
  KIP_MEMORY_INFO,
  KIP_PAGE_INFO,
  KIP_PROC_DESC_PTR,
  KIP_PROCESSOR_INFO,
  KIP_SPACE_CONTROL,
  KIP_STATE_CONTROL,
  KIP_THREAD_INFO,
  KIP_UTCB_INFO,
  MEMORY_CONVENTIONAL,
  MEMORY_RESERVED,
  MEMORY_VIRTUAL,
  USER_AREA_END,
} from "../src/index.ts";
import { Machine, MEGABYTE } from "./fixture.ts";

describe("the kernel interface page", () => {
  const { kernel } = new Machine(new Map(), 8 * MEGABYTE, 2 * MEGABYTE);
  const { kip } = kernel.exportState();
  const at = (offset: number): number => kip[offset >>> 2] >>> 0;
  const bytes = new Uint8Array(Int32Array.from(kip).buffer);

  it("says what there is: one processor, no small spaces, two page sizes, rights r and w by themselves", () => {
    expect(at(KIP_MAGIC)).toBe(KIP_MAGIC_WORD);
    expect(at(KIP_PROCESSOR_INFO)).toBe(0x4000_0000); // descriptors of 2^4 bytes, 0 + 1 of them
    expect(at(at(KIP_PROC_DESC_PTR) + 4)).toBe(100_000); // kHz
    expect(at(KIP_PAGE_INFO)).toBe(0x0040_1006);
    expect(at(KIP_UTCB_INFO)).toBe(0x000c_2401);
    expect(at(KIP_THREAD_INFO)).toBe(0x0300_1011);
  });

  it("names the kernel, and no features: libl4 takes any string for each of them", () => {
    const descriptor = at(KIP_KERN_DESC_PTR);
    expect(at(descriptor)).toBe(KIP_KERNEL_ID);
    const text = String.fromCharCode(...bytes.subarray(descriptor + 16, descriptor + 64));
    expect(text.split("\0").slice(0, 2)).toEqual(["Kintsugi 0.1", ""]);
  });

  it("has entry code for every call inside the page", () => {
    for (let offset = KIP_SPACE_CONTROL; offset <= KIP_STATE_CONTROL; offset += 4) {
      if (offset > 0xf8 && offset < 0x110) continue; // reserved
      expect([offset, bytes[at(offset)] === 0]).toEqual([offset, false]);
    }
  });

  it("describes user memory as conventional virtual memory, and none of it as reserved", () => {
    const info = at(KIP_MEMORY_INFO);
    const list = Array.from({ length: info & 0xffff }, (_, i) => {
      const low = at((info >>> 16) + 8 * i);
      return { type: low & 0x3ff, low: (low & ~0x3ff) >>> 0, high: at((info >>> 16) + 8 * i + 4) | 0x3ff };
    });
    expect(list.filter(({ type }) => type === (MEMORY_RESERVED | MEMORY_VIRTUAL))).toEqual([]);
    const user = list.filter(({ type }) => type === (MEMORY_CONVENTIONAL | MEMORY_VIRTUAL));
    expect(user).toEqual([{ type: MEMORY_CONVENTIONAL | MEMORY_VIRTUAL, low: 0, high: (USER_AREA_END - 1) | 0 }]);
    expect(list).toContainEqual({ type: MEMORY_RESERVED, low: 6 * MEGABYTE, high: 8 * MEGABYTE - 1 });
  });
});
