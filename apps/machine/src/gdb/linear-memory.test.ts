/**
 * Page tables as a debugger reads them.
 * @module
 */
import { describe, expect, it } from "vitest";
import { physicalAddress, physicalAddresses } from "./linear-memory.ts";

const ram = new Uint8Array(0x10000);
const word = (at: number, value: number): void => new DataView(ram.buffer).setUint32(at, value, true);
const PG = 0x8000_0001;

describe("a linear address", () => {
  it("is physical without paging", () => {
    expect(physicalAddress(0xfffffff0, { cr0: 0x11, cr3: 0, cr4: 0 }, ram)).toBe(0xfffffff0);
  });

  it("goes through two levels, and large pages where CR4.PSE is set", () => {
    const at = { cr0: PG, cr3: 0x1018, cr4: 0x10 };
    word(0x1000 + 4 * 0x300, 0x2067);
    word(0x2000 + 4 * 5, 0x7067);
    word(0x1000 + 4 * 0x301, 0x00c000e7);
    expect(physicalAddress(0xc0005123, at, ram)).toBe(0x7123);
    expect(physicalAddress(0xc0006000, at, ram)).toBeUndefined();
    expect(physicalAddress(0xc0412345, at, ram)).toBe(0xc12345);
    word(0xc000 & 0xffff, 0);
    expect(physicalAddress(0xc0412345, { ...at, cr4: 0 }, ram)).toBeUndefined();
  });

  it("goes through three levels with PAE", () => {
    const at = { cr0: PG, cr3: 0x3020, cr4: 0x30 };
    word(0x3020 + 8 * 3, 0x4001);
    word(0x4000 + 8 * 2, 0x5063);
    word(0x5000 + 8 * 5, 0x8063);
    word(0x4000 + 8 * 3, 0x006000e3);
    expect(physicalAddress(0xc0405678, at, ram)).toBe(0x8678);
    expect(physicalAddress(0xc0612345, at, ram)).toBe(0x612345);
    expect(physicalAddress(0x00405678, at, ram)).toBeUndefined();
  });

  it("of several bytes ends where nothing is mapped, or RAM ends", () => {
    const at = { cr0: PG, cr3: 0x1000, cr4: 0 };
    expect(physicalAddresses(0xc0005ffe, 8, at, ram)).toEqual([0x7ffe, 0x7fff]);
    expect(physicalAddresses(0xfffe, 8, { ...at, cr0: 0 }, ram)).toEqual([0xfffe, 0xffff]);
  });
});
