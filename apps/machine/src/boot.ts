/**
 * The boot loader: places modules in RAM and says to the kernel what lies where.
 *
 * Here: command lines of modules, their bytes in RAM, the kernel's boot configuration. Not here: what the kernel makes
 * of it (KIP, boot information → @kintsugi/microkernel), which programs there are (→ host/modules.ts).
 * Reference: docs/protocols.md, sections 2 and 10.
 * @module
 */
import { CYCLES_PER_MICROSECOND } from "@kintsugi/arc-framework";
import type { GuestMemory } from "@kintsugi/ia32";
import type { BootConfig } from "@kintsugi/microkernel";
import { ok, type Result } from "neverthrow";
import { ARENA_SIZE, type MemoryMapError, memoryMap, PAGE, type Region } from "./memory-map.ts";

/** A file that the machine has from the start. */
export interface BootModule {
  readonly name: string;
  /** The name, then words: `start`, `server`, `args=…`. */
  readonly commandLine: string;
  readonly bytes: Uint8Array;
}

/** Bytes of persistent memory that the resident servers want, and their program numbers. */
export interface ResidentNeeds {
  readonly sigma0: { readonly program: number; readonly bytes: number };
  readonly root: { readonly program: number; readonly bytes: number };
}

/** Copies the modules into RAM (a reset copies them again: nothing there can be trusted) and plans the rest. */
export function load(
  memory: GuestMemory,
  modules: readonly BootModule[],
  needs: ResidentNeeds,
): Result<BootConfig, MemoryMapError> {
  return memoryMap({
    ram: memory.size,
    modules: modules.map(({ bytes }) => bytes.length),
    sigma0: needs.sigma0.bytes,
    root: needs.root.bytes,
  }).andThen((map) => {
    const { sigma0, root } = needs;
    for (const [index, { start, size }] of map.modules.entries()) {
      memory.fill(start, Math.ceil(size / PAGE) * PAGE, 0);
      memory.writeBytes(start, modules[index].bytes);
    }
    return ok({
      memorySize: memory.size,
      arenaSize: ARENA_SIZE,
      modules: map.modules.map((place, index) => ({ ...place, commandLine: modules[index].commandLine })),
      sigma0: { program: sigma0.program, image: kipRange(map.sigma0) },
      root: { program: root.program, image: kipRange(map.root) },
      cyclesPerMicrosecond: CYCLES_PER_MICROSECOND,
    });
  });
}

/** The KIP names the end of a server's image, not its last byte. */
function kipRange({ low, high }: Region): Region {
  return { low, high: high + 1 };
}
