/**
 * Linux images: what a kernel finds in its boot parameters, and images that are none.
 *
 * @module
 */
import { allocateMemory, GuestMemory } from "@kintsugi/ia32";
import { describe, expect, it } from "vitest";
import { loadLinux } from "./linux.ts";

const MIB = 1 << 20;

/** One setup sector, then `size` bytes of kernel; protocol 2.12. */
function bzImage(size = 5000): Uint8Array {
  const image = new Uint8Array(1024 + size).fill(0x90, 1024);
  const view = new DataView(image.buffer);
  image[0x1f1] = 1;
  view.setUint16(0x1fe, 0xaa55, true);
  image.set([0xeb, 0x66], 0x200);
  image.set(new TextEncoder().encode("HdrS"), 0x202);
  view.setUint16(0x206, 0x20c, true);
  image[0x211] = 1;
  view.setUint32(0x22c, 0x37ffffff, true);
  view.setUint32(0x238, 255, true);
  return image;
}

const machine = (): GuestMemory => new GuestMemory(allocateMemory(4 * MIB, false), 4 * MIB);

describe("a bzImage", () => {
  it("finds command line, RAM disk and memory map in its boot parameters", () => {
    const memory = machine();
    const start = loadLinux(memory, bzImage(), new Uint8Array(6000).fill(7), "quiet")._unsafeUnwrap();
    const at = start.esi as number;
    expect([start.eip, memory.read32(at + 0x202), memory.read8(at + 0x210)]).toEqual([MIB, 0x53726448, 0xff]);
    const commandLine = memory.read32(at + 0x228);
    expect(new TextDecoder().decode(memory.readBytes(commandLine, 6))).toBe("quiet\0");
    expect([memory.read32(at + 0x218), memory.read32(at + 0x21c)]).toEqual([4 * MIB - 0x2000, 6000]);
    expect([memory.read8(4 * MIB - 0x2000), memory.read8(MIB), memory.read8(MIB + 4999)]).toEqual([7, 0x90, 0x90]);
    expect(memory.read8(at + 0x1e8)).toBe(4);
    expect([0, 8, 16].map((field) => memory.read32(at + 0x2d0 + 3 * 20 + field))).toEqual([MIB, 3 * MIB, 1]);
  });

  it("is refused when it is none, ends early, or does not fit", () => {
    const code = (image: Uint8Array, commandLine = ""): string =>
      loadLinux(machine(), image, null, commandLine).match(
        () => "ok",
        (error) => error.code,
      );
    expect(code(bzImage())).toBe("ok");
    expect(code(new Uint8Array(0))).toBe("not-bzimage");
    expect(code(new Uint8Array(4096))).toBe("not-bzimage");
    expect(code(bzImage().subarray(0, 1024))).toBe("broken");
    expect(code(bzImage(8 * MIB))).toBe("too-large");
    expect(code(bzImage(), "x".repeat(256))).toBe("too-large");
    const old = bzImage();
    old[0x206] = 1; // protocol 2.1
    expect(code(old)).toBe("unsupported");
  });
});
