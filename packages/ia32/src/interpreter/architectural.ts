/**
 * Architectural mode: the interpreter's exits become what the processor itself does.
 *
 * Here: delivering exceptions and interrupts, HLT, single steps and debug conditions between stretches of the loop.
 * Delivering an exception retires nothing but lets one cycle pass. Not here: the loop (→ generated/dispatch.ts), delivery
 * (→ system/delivery.ts). SDM Vol. 3A, 6.9 (priorities), 17.3.
 * @module
 */
import type { InterruptSource } from "../bus.ts";
import type { ExitKind } from "../exit.ts";
import { VECTOR_DB, VECTOR_NMI } from "../interrupt/exception.ts";
import { DR6_BS } from "../state/control-registers.ts";
import { ADVANCED, type Core, RETIRED_BEFORE, SHADOW, STOP_EXIT } from "../state/core.ts";
import { IF, RF, TF } from "../state/eflags.ts";
import { deliver, type Event, faultEvent } from "../system/delivery.ts";
import type { DecodedCode } from "./code-cache.ts";
import { type Debugger, STOP_BREAKPOINT, STOP_DEBUG_FAULT } from "./debugger.ts";
import { runLoop } from "./loop.ts";

/** What the embedder adds to the loop. */
export interface Surroundings {
  readonly interrupts: InterruptSource;
  readonly debugger: Debugger;
}

/** Runs at most `budget` instructions; `core.exit` tells why it stopped. */
export function runArchitectural(
  core: Core,
  code: DecodedCode,
  powerWord: Int32Array,
  budget: number,
  surroundings: Surroundings,
): void {
  const { system, clock } = core;
  let left = budget;
  for (;;) {
    if (system.shutdown) {
      leave(core, "shutdown");
      return;
    }
    // Who asks is answered before anything else comes, also if the instruction has become an event.
    if (!core.requested && !takePending(core, surroundings)) {
      system.shutdown = true;
      continue;
    }
    if (core.requested) {
      leave(core, "requested");
      return;
    }
    if (system.halted) {
      leave(core, "halt");
      return;
    }
    const { systemFlags } = core;
    // An open interrupt that is in a shadow, a trap flag, a resume flag, or an onlooker: one instruction at a time.
    const waiting = system.nonMaskable || (system.interruptLine && (systemFlags & IF) !== 0);
    const single = waiting || (systemFlags & (TF | RF)) !== 0 || surroundings.debugger.stepping;
    if (surroundings.debugger.stepping) {
      const stop = surroundings.debugger.before();
      if (stop === STOP_BREAKPOINT) {
        leave(core, "breakpoint");
        return;
      }
      if (stop === STOP_DEBUG_FAULT) continue;
    }
    core.exact = single || core.again;
    core.again = false;
    runLoop(core, code, powerWord, core.exact ? Math.min(left, 1) : left);
    core.exact = true;
    const executed = core.executed;
    clock[RETIRED_BEFORE] += executed;
    core.executed = 0;
    left -= executed + core.charged;
    core.charged = 0;
    if (executed > 0 && systemFlags & RF) core.systemFlags &= ~RF;
    const { exit } = core;
    if (exit.kind === "exception" || exit.kind === "softwareInterrupt") {
      // Even a processor that only faults gets older.
      clock[ADVANCED]++;
      left--;
      if (!deliver(core, eventOf(core))) system.shutdown = true;
      else if (left <= 0 && !core.requested) {
        leave(core, "budget");
        return;
      }
      continue;
    }
    if (executed > 0 && systemFlags & TF && clock[SHADOW] !== core.retired) system.debugConditions |= DR6_BS;
    if (exit.kind === "halt") system.halted = true;
    if (surroundings.debugger.takeHit()) {
      leave(core, "watchpoint");
      return;
    }
    if (exit.kind === "halt" || (exit.kind === "budget" && core.requested)) continue;
    if (exit.kind !== "budget" || left <= 0) return;
  }
}

/** The event that made the loop stop: a fault, or a trap behind its instruction. */
function eventOf(core: Core): Event {
  const { vector, kind } = core.exit;
  if (core.stop !== STOP_EXIT) return faultEvent(core);
  // INT1 is no software interrupt, INT 1 is.
  const software = kind === "softwareInterrupt" || vector !== VECTOR_DB;
  return { vector, software, errorCode: null, resume: false };
}

/** Delivers the pending event of highest priority, if any; false: a triple fault. */
function takePending(core: Core, surroundings: Surroundings): boolean {
  const { system } = core;
  if (system.debugConditions !== 0) {
    system.debug[6] |= system.debugConditions;
    system.debugConditions = 0;
    system.halted = false;
    if (!deliver(core, { vector: VECTOR_DB, software: false, errorCode: null, resume: false })) return false;
  }
  if (core.clock[SHADOW] === core.retired) return true;
  if (system.nonMaskable && !system.nonMaskableBlocked) {
    system.nonMaskable = false;
    system.nonMaskableBlocked = true;
    system.halted = false;
    return deliver(core, { vector: VECTOR_NMI, software: false, errorCode: null, resume: false });
  }
  if (system.interruptLine && core.systemFlags & IF) {
    system.halted = false;
    const vector = surroundings.interrupts.acknowledge();
    return deliver(core, { vector, software: false, errorCode: null, resume: false });
  }
  return true;
}

/** Fills in the Exit. */
export function leave(core: Core, kind: Exclude<ExitKind, "exception" | "softwareInterrupt" | "sysenter">): void {
  const { exit } = core;
  exit.kind = kind;
  exit.vector = 0;
  exit.errorCode = 0;
  exit.hasErrorCode = false;
}
