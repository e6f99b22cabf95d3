/**
 * Multiboot images: what a kernel finds in registers and memory, and images that lie.
 *
 * @module
 */
import { allocateMemory, GuestMemory } from "@kintsugi/ia32";
import { beforeEach, describe, expect, it } from "vitest";
import { loadMultiboot } from "./multiboot.ts";

const MIB = 1 << 20;
let memory: GuestMemory;

beforeEach(() => {
  memory = new GuestMemory(allocateMemory(4 * MIB, false), 4 * MIB);
});

/** A kernel with the address fields: header at its start, loaded at 1 MiB, `bss` bytes more than the file. */
function kernel(bss = 0, change: Record<number, number> = {}): Uint8Array {
  const bytes = new Uint8Array(64).fill(0x90);
  const words = [0x1badb002, 0x10003, -(0x1badb002 + 0x10003), MIB, MIB, 0, MIB + 64 + bss, MIB + 32];
  const view = new DataView(bytes.buffer);
  for (const [i, word] of words.entries()) view.setUint32(4 * i, change[i] ?? word, true);
  return bytes;
}

function text(address: number): string {
  let read = "";
  for (let at = address; memory.read8(at) !== 0; at++) read += String.fromCharCode(memory.read8(at));
  return read;
}

describe("multiboot", () => {
  it("tells the kernel of its command line, modules on pages of their own, and memory", () => {
    const modules = [1, 2].map((byte) => ({ bytes: new Uint8Array(5000).fill(byte), commandLine: `m${byte} x` }));
    const start = loadMultiboot(memory, { bytes: kernel(4096), commandLine: "k a=b" }, modules)._unsafeUnwrap();
    expect([start.eip, start.eax]).toEqual([MIB + 32, 0x2badb002]);
    const info = start.ebx as number;
    expect([memory.read32(info + 4), memory.read32(info + 8)]).toEqual([639, 3072]);
    expect(text(memory.read32(info + 16))).toBe("k a=b");
    const list = memory.read32(info + 24);
    const found = [0, 16].map((at) => [0, 4].map((field) => memory.read32(list + at + field)));
    expect(found).toEqual([
      [MIB + 0x2000, MIB + 0x2000 + 5000],
      [MIB + 0x4000, MIB + 0x4000 + 5000],
    ]);
    expect([text(memory.read32(list + 8)), text(memory.read32(list + 24))]).toEqual(["m1 x", "m2 x"]);
    expect([memory.read8(MIB + 0x2000), memory.read8(MIB + 0x4000 + 4999)]).toEqual([1, 2]);
    const map = memory.read32(info + 48);
    expect(memory.read32(info + 44)).toBe(4 * 24);
    expect([4, 12, 20].map((field) => memory.read32(map + 3 * 24 + field))).toEqual([MIB, 3 * MIB, 1]);
  });

  it("fills what the file does not hold with zeros", () => {
    memory.fill(MIB, MIB, 0xa5);
    loadMultiboot(memory, { bytes: kernel(100), commandLine: "" }, [])._unsafeUnwrap();
    expect([MIB + 63, MIB + 64, MIB + 163, MIB + 164].map((at) => memory.read8(at))).toEqual([0x90, 0, 0, 0xa5]);
  });

  it("refuses images that lie or ask for more than there is", () => {
    const code = (bytes: Uint8Array): string =>
      loadMultiboot(memory, { bytes, commandLine: "" }, []).match(
        () => "ok",
        (error) => error.code,
      );
    expect(code(new Uint8Array(64))).toBe("not-multiboot");
    expect(code(kernel(0, { 2: 1 }))).toBe("not-multiboot");
    expect(code(kernel(0, { 1: 0x10008, 2: -(0x1badb002 + 0x10008) }))).toBe("unsupported");
    expect(code(kernel(0, { 1: 3, 2: -(0x1badb002 + 3) }))).toBe("broken");
    expect(code(kernel(0, { 5: MIB + 65 }))).toBe("broken");
    expect(code(kernel(0, { 3: MIB - 4 }))).toBe("broken");
    expect(code(kernel(8 * MIB))).toBe("too-large");
  });
});
