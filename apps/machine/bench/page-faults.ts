/**
 * What a page fault costs with P3 and without it.
 *
 * Here: faults as the kernel sees them, from the fault until the pager's answer has been taken. Without P3: those of P3s themselves,
 * whose pager is ART, each for a page of its own. With P3: those of a program that touches a fresh heap page by page, and touches it again
 * when it has given the pages back. Not here: printing.
 * Reference: thesis 4.6 ("approximately 1.5 times as many cycles as the one without P3").
 */
import { performance } from "node:perf_hooks";
import { ART_ALLOCATE, HEAP_AREA, HEAP_SIZE, PROCESS_FIRST_THREAD } from "@kintsugi/arc-framework";
import { PAGE_SIZE, THREAD_VERSION_BITS, type ThreadId, threadNumber } from "@kintsugi/microkernel";
import { guests } from "@kintsugi/programs";
import { bootModules, guestModule } from "../src/host/modules.ts";
import { Rig } from "../test/rig.ts";
import { CYCLES_PER_MICROSECOND, median } from "./meter-machine.ts";

export interface FaultRow {
  readonly fault: string;
  readonly count: number;
  /** Means. */
  readonly chargedMicroseconds: number;
  readonly timesArtAlone: number;
  /** Medians. */
  readonly hostMicroseconds: number;
}

const ART_ALONE = "without P3: ART alone, a fresh page";
const FRESH = "with P3: fresh pages of a heap, four of which P3 takes from ART at once";
const ASKED = "of these, the one in four that waits for ART";
const AGAIN = "with P3: a page that P3 has";

/** `faulter` touches its heap so often. */
const ROUNDS = 2;
/** From a P3's thread id to its user thread's. */
const USER_BEHIND_P3 = 1 << THREAD_VERSION_BITS;

/** A fault that nobody has answered yet. */
interface Pending {
  readonly cycles: number;
  readonly host: number;
  readonly page: number;
  asked: boolean;
}

/** Runs the program so many times, each a new process. */
export function measurePageFaults(runs: number): FaultRow[] {
  const pending = new Map<ThreadId, Pending>();
  const touched = new Set<number>();
  const found = new Map<string, { cycles: number; readonly host: number[] }>();
  const note = (kind: string, cycles: number, host: number): void => {
    const all = found.get(kind) ?? { cycles: 0, host: [] };
    found.set(kind, all);
    all.cycles += cycles;
    all.host.push(host);
  };
  const rig: Rig = new Rig({
    modules: [...bootModules("exact"), guestModule("faulter", guests.faulter)],
    observer: {
      pageFault: (thread, address) => {
        const page = address - (address % PAGE_SIZE);
        pending.set(thread, { cycles: rig.machine.cycles, host: performance.now(), page, asked: false });
      },
      transferred: (from, to, tag) => {
        const asking = pending.get(from + USER_BEHIND_P3);
        if (asking !== undefined && tag >>> 16 === ART_ALLOCATE) asking.asked = true;
        const fault = pending.get(to);
        if (fault === undefined) return;
        pending.delete(to);
        const [cycles, host] = [rig.machine.cycles - fault.cycles, performance.now() - fault.host];
        if (isP3(to)) note(ART_ALONE, cycles, host);
        if (isP3(to) || fault.page < HEAP_AREA || fault.page >= HEAP_AREA + HEAP_SIZE) return;
        note(touched.has(fault.page) ? AGAIN : FRESH, cycles, host);
        if (fault.asked) note(ASKED, cycles, host);
        touched.add(fault.page);
      },
    },
  });
  rig.settle();
  for (let run = -1; run < runs; run++) {
    rig.command(`run faulter ${ROUNDS}`);
    touched.clear();
    if (run < 0) found.clear(); // that was to warm up
  }
  const mean = (kind: string): number => {
    const { cycles, host } = found.get(kind) ?? { cycles: 0, host: [] };
    return cycles / CYCLES_PER_MICROSECOND / host.length;
  };
  return [ART_ALONE, FRESH, ASKED, AGAIN].map((fault) => {
    const host = found.get(fault)?.host ?? [];
    const chargedMicroseconds = mean(fault);
    const timesArtAlone = chargedMicroseconds / mean(ART_ALONE);
    return { fault, count: host.length, chargedMicroseconds, timesArtAlone, hostMicroseconds: median(host) * 1000 };
  });
}

function isP3(thread: ThreadId): boolean {
  const place = threadNumber(thread) - PROCESS_FIRST_THREAD;
  return place >= 0 && place % 2 === 0;
}
