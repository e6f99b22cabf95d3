/**
 * What a PC boots without firmware: a kernel with everything that is loaded beside it.
 *
 * Here: which loader takes an image. Not here: the loaders (→ linux.ts, multiboot.ts), reading files (→ commands/pc/).
 * @module
 */
import type { GuestMemory } from "@kintsugi/ia32";
import { err, type Result } from "neverthrow";
import type { ImageError } from "./image-error.ts";
import { loadLinux } from "./linux.ts";
import { loadMultiboot, type MultibootFile } from "./multiboot.ts";
import type { StartRegisters } from "./protected-start.ts";

export interface BootImage {
  readonly kernel: Uint8Array;
  /** What a multiboot kernel finds as the first word of its command line. */
  readonly name: string;
  /** The rest of it, and all that Linux gets. */
  readonly append: string;
  /** Linux: the initial RAM disk. */
  readonly ramDisk: Uint8Array | null;
  /** Multiboot: the modules. */
  readonly modules: readonly MultibootFile[];
}

/** Loads it as the first of the two formats that it is. */
export function loadBootImage(memory: GuestMemory, image: BootImage): Result<StartRegisters, ImageError> {
  const { kernel, name, append, ramDisk, modules } = image;
  const linux = loadLinux(memory, kernel, ramDisk, append);
  if (linux.isOk() && modules.length > 0)
    return err({ code: "unsupported", message: "it is Linux, and --module is for multiboot kernels; use --initrd" });
  if (linux.isOk() || linux.error.code !== "not-bzimage") return linux;
  if (ramDisk !== null)
    return err({ code: "not-bzimage", message: `${linux.error.message}, and --initrd is for Linux; use --module` });
  const commandLine = append === "" ? name : `${name} ${append}`;
  return loadMultiboot(memory, { bytes: kernel, commandLine }, modules).mapErr((error) =>
    error.code === "not-multiboot"
      ? { code: error.code, message: "it is neither a Linux bzImage nor a multiboot kernel" }
      : error,
  );
}
