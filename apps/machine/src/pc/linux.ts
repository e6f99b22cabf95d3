/**
 * Linux: a bzImage, its initial RAM disk and its boot parameters.
 *
 * Here: the 32-bit boot protocol from version 2.02 on. Not here: kernels of before (zImage), the real-mode entry.
 * Linux, Documentation/arch/x86/boot.rst ("The Real-Mode Kernel Header", "32-bit Boot Protocol") and zero-page.rst.
 * @module
 */
import type { GuestMemory } from "@kintsugi/ia32";
import { err, ok, type Result } from "neverthrow";
import type { ImageError } from "./image-error.ts";
import { HIGH_MEMORY, memoryRanges, type StartRegisters, writeDescriptors } from "./protected-start.ts";

// Fields of the boot parameters; from SETUP_SECTS on they are the kernel's own header.
const ORIG_VIDEO_MODE = 0x06;
const ORIG_VIDEO_COLS = 0x07;
const ORIG_VIDEO_LINES = 0x0e;
const ORIG_VIDEO_IS_VGA = 0x0f;
const ORIG_VIDEO_POINTS = 0x10;
const ALT_MEM_K = 0x1e0;
const E820_ENTRIES = 0x1e8;
const SETUP_SECTS = 0x1f1;
const BOOT_FLAG = 0x1fe;
const JUMP_TARGET = 0x201;
const HEADER = 0x202;
const VERSION = 0x206;
const TYPE_OF_LOADER = 0x210;
const LOADFLAGS = 0x211;
const RAMDISK_IMAGE = 0x218;
const RAMDISK_SIZE = 0x21c;
const HEAP_END = 0x224;
const COMMAND_LINE = 0x228;
const INITRD_ADDRESS_MAX = 0x22c;
const COMMAND_LINE_SIZE = 0x238;
const E820_TABLE = 0x2d0;

const BOOT_FLAG_VALUE = 0xaa55;
const HEADER_MAGIC = 0x53726448; // "HdrS"
const LOADED_HIGH = 0x01;
const CAN_USE_HEAP = 0x80;
const UNDEFINED_LOADER = 0xff;
const SECTOR = 512;
const PAGE = 4096;

const PARAMETERS_AT = 0x10000;
const COMMAND_LINE_AT = 0x20000;
const HEAP_END_VALUE = 0xde00;
/** What kernels before 2.03 and 2.06 take. */
const OLD_ADDRESS_MAX = 0x37ffffff;
const OLD_COMMAND_LINE = 255;

/** Loads everything into memory that is otherwise empty. */
export function loadLinux(
  memory: GuestMemory,
  image: Uint8Array,
  ramDisk: Uint8Array | null,
  commandLine: string,
): Result<StartRegisters, ImageError> {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  if (image.length < E820_TABLE || view.getUint16(BOOT_FLAG, true) !== BOOT_FLAG_VALUE)
    return err({ code: "not-bzimage", message: "it is no Linux kernel image" });
  if (view.getUint32(HEADER, true) !== HEADER_MAGIC)
    return err({ code: "not-bzimage", message: "it has no Linux boot header" });
  const version = view.getUint16(VERSION, true);
  if (version < 0x202 || (image[LOADFLAGS] & LOADED_HIGH) === 0)
    return err({
      code: "unsupported",
      message: `boot protocol ${version >> 8}.${version & 0xff}; it must be a bzImage`,
    });
  const kernelAt = ((image[SETUP_SECTS] || 4) + 1) * SECTOR;
  if (kernelAt >= image.length) return err({ code: "broken", message: "the file ends before its kernel" });
  const kernel = image.subarray(kernelAt);
  const text = new TextEncoder().encode(commandLine);
  const longest = version >= 0x206 ? view.getUint32(COMMAND_LINE_SIZE, true) : OLD_COMMAND_LINE;
  if (text.length > longest)
    return err({ code: "too-large", message: `its command line has at most ${longest} bytes` });
  const addressMax = version >= 0x203 ? view.getUint32(INITRD_ADDRESS_MAX, true) : OLD_ADDRESS_MAX;
  const diskSize = ramDisk?.length ?? 0;
  const diskAt = Math.floor((Math.min(memory.size, addressMax + 1) - diskSize) / PAGE) * PAGE;
  if (HIGH_MEMORY + kernel.length > diskAt)
    return err({ code: "too-large", message: `kernel and RAM disk need more than ${memory.size >> 20} MiB` });

  const parameters = new Uint8Array(PAGE);
  parameters.set(image.subarray(SETUP_SECTS, HEADER + image[JUMP_TARGET]), SETUP_SECTS);
  const fields = new DataView(parameters.buffer);
  parameters[ORIG_VIDEO_MODE] = 3;
  parameters[ORIG_VIDEO_COLS] = 80;
  parameters[ORIG_VIDEO_LINES] = 25;
  parameters[ORIG_VIDEO_IS_VGA] = 1;
  parameters[ORIG_VIDEO_POINTS] = 16;
  parameters[TYPE_OF_LOADER] = UNDEFINED_LOADER;
  parameters[LOADFLAGS] |= CAN_USE_HEAP;
  fields.setUint16(HEAP_END, HEAP_END_VALUE, true);
  fields.setUint32(COMMAND_LINE, COMMAND_LINE_AT, true);
  fields.setUint32(RAMDISK_IMAGE, diskSize === 0 ? 0 : diskAt, true);
  fields.setUint32(RAMDISK_SIZE, diskSize, true);
  fields.setUint32(ALT_MEM_K, (memory.size - HIGH_MEMORY) >> 10, true);
  const ranges = memoryRanges(memory.size);
  parameters[E820_ENTRIES] = ranges.length;
  ranges.forEach(({ first, count, type }, i) => {
    fields.setUint32(E820_TABLE + 20 * i, first, true);
    fields.setUint32(E820_TABLE + 20 * i + 8, count, true);
    fields.setUint32(E820_TABLE + 20 * i + 16, type, true);
  });

  writeDescriptors(memory);
  memory.writeBytes(HIGH_MEMORY, kernel);
  if (ramDisk !== null) memory.writeBytes(diskAt, ramDisk);
  memory.writeBytes(PARAMETERS_AT, parameters);
  memory.writeBytes(COMMAND_LINE_AT, text);
  memory.write8(COMMAND_LINE_AT + text.length, 0);
  return ok({ eip: HIGH_MEMORY, esi: PARAMETERS_AT });
}
