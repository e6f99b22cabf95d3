/**
 * Boot: the arena's first contents, the KIP, sigma0 and the root task.
 *
 * Here: what exists before the first step. Not here: running it (→ kernel.ts).
 * sigma0 is created first; both start at once, without a start message, at priority 255.
 * Reference: X.2 on IA-32, initial servers.
 * @module
 */
import { err, ok, type Result } from "neverthrow";
import { makeFpage, PAGE_BITS, PAGE_SIZE } from "./api/fpage.ts";
import { STANDARD_KIP_AREA, STANDARD_UTCB_AREA, STANDARD_UTCB_AREA_BITS } from "./api/kip.ts";
import { INTERRUPT_LINES } from "./api/protocol/interrupt.ts";
import { globalId, NIL_THREAD, ROOT_THREAD_NUMBER, SIGMA0_THREAD_NUMBER, type ThreadId } from "./api/thread-id.ts";
import { UTCB_MR0_OFFSET } from "./api/utcb.ts";
import type { BootConfig, FirstProgram } from "./boot-config.ts";
import { bootInfoPages, describable, writeKip } from "./glue/ia32/kip-page.ts";
import { activate } from "./ipc/thread-life.ts";
import { initialiseSpace, takeSpace } from "./object/address-space.ts";
import { initialiseController } from "./object/irq.ts";
import { makeKernelPages } from "./object/kernel-pages.ts";
import { makeReady, refillSlice } from "./object/ready-queue.ts";
import { makeInterrupts, setRegister, takeThread } from "./object/thread.ts";
import { Arena, type ArenaError, type ArenaHardware, formatArena, resetReason } from "./table/arena.ts";
import { H, S, T } from "./table/layout.ts";
import { EIP, ESP } from "./table/registers.ts";
import { FLAG_START } from "./table/states.ts";

const FIRST_PRIORITY = 255;
const DEFAULT_CYCLES_PER_MICROSECOND = 100;
const DEFAULT_TIMESLICE = 10_000;
/** Part of the arena that a space without privilege may have. */
const DEFAULT_SHARE = 4;

export type BootError = ArenaError | { readonly code: "boot-config"; readonly text: string };

/** Formats an arena and makes the first spaces and threads in it. */
export function bootArena(hardware: ArenaHardware, config: BootConfig): Result<Arena, BootError> {
  const refusal = checkConfig(hardware, config);
  if (refusal !== null) return err({ code: "boot-config", text: refusal });
  const formatted = formatArena(hardware.memory, config.arenaSize);
  if (formatted.isErr()) return err(formatted.error);
  const a = new Arena(hardware, formatted.value);
  a.set(H.cyclesPerMicrosecond, config.cyclesPerMicrosecond ?? DEFAULT_CYCLES_PER_MICROSECOND);
  a.set(H.defaultTimeslice, config.defaultTimeslice ?? DEFAULT_TIMESLICE);
  a.set(H.quota, config.quota ?? config.arenaSize / DEFAULT_SHARE);
  a.set(H.ioFpages, config.io === "fpages" ? 1 : 0);
  makeKernelPages(a);
  writeKip(a.memory, a.get(H.kip), a.base, config, { resets: a.get(H.resetCount), reason: resetReason(a.words) });
  makeInterrupts(a, INTERRUPT_LINES);
  const root = globalId(ROOT_THREAD_NUMBER, 1);
  const sigma0 = globalId(SIGMA0_THREAD_NUMBER, 1);
  a.set(H.sigma0Space, makeFirst(a, sigma0, root, NIL_THREAD, config.sigma0));
  a.set(H.rootSpace, makeFirst(a, root, root, sigma0, config.root));
  a.setTime(a.header, 0, H.accountedAt, a.now());
  initialiseController(a.ports);
  a.set(H.complete, 1);
  return ok(a);
}

/** Why a configuration cannot be booted, null when it can. */
function checkConfig(hardware: ArenaHardware, config: BootConfig): string | null {
  const top = hardware.memory.size - config.arenaSize - bootInfoPages(config) * PAGE_SIZE;
  if (config.memorySize !== hardware.memory.size)
    return `${config.memorySize} bytes of memory are said to be there, not ${hardware.memory.size}`;
  if (!describable(config)) return `${config.modules.length} modules are more than the KIP can describe`;
  for (const module of config.modules) {
    if (module.start % PAGE_SIZE !== 0) return `module ${module.commandLine} is not page-aligned`;
    if (module.start < PAGE_SIZE || module.start + module.size > top)
      return `module ${module.commandLine} does not lie in memory below the boot info`;
  }
  for (const server of [config.sigma0, config.root]) {
    const { low, high } = "program" in server ? server.image : server;
    if (low < 0 || low > high || high > top)
      return `an image 0x${low.toString(16)}-0x${high.toString(16)} is not in memory`;
  }
  return null;
}

/** One of the first spaces with its thread, ready to run. Returns the space. */
function makeFirst(a: Arena, id: ThreadId, scheduler: ThreadId, pager: ThreadId, server: FirstProgram): number {
  const space = takeSpace(a);
  const kipArea = makeFpage(STANDARD_KIP_AREA, PAGE_BITS, 0);
  const utcbArea = makeFpage(STANDARD_UTCB_AREA, STANDARD_UTCB_AREA_BITS, 0);
  a.spaces.set(space, S.privileged, 1);
  initialiseSpace(a, space, kipArea, utcbArea);
  const row = takeThread(a, id, space);
  const t = a.threads;
  t.set(row, T.scheduler, scheduler);
  t.set(row, T.priority, FIRST_PRIORITY);
  t.set(row, T.timeslice, a.get(H.defaultTimeslice) * a.get(H.cyclesPerMicrosecond));
  t.set(row, T.utcb, STANDARD_UTCB_AREA + UTCB_MR0_OFFSET);
  refillSlice(a, row);
  activate(a, row, pager);
  t.set(row, T.flags, t.get(row, T.flags) & ~FLAG_START);
  t.set(row, T.from, NIL_THREAD);
  if ("program" in server) t.set(row, T.program, server.program);
  else {
    setRegister(a, row, EIP, server.ip);
    setRegister(a, row, ESP, server.sp);
  }
  makeReady(a, row);
  a.observer.threadCreated?.(id, space);
  return space;
}
