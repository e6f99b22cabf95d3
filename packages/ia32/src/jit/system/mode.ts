/**
 * What compiled code sees of the processor's mode, and what it has changed of it.
 *
 * Here: the words of the control area that say so, before compiled code runs and behind a call that may have changed them; and
 * the other way round CPL, CS, SS, RF and cycles, when the host is called. Not here: who changes them (→ delivery.ts, interrupt-return.ts).
 * @module
 */
import {
  CPL_WORD,
  DIRECTORY_WORD,
  EVENTS_WORD,
  FLOATS_WORD,
  MODE_WORD,
  PDPTE_WORDS,
  REGISTER_FILE,
  RESUME_WORD,
  SHADOW_WORD,
  SLOW_WORD,
  TLB_WORD,
  WALK_WORD,
} from "../../state/control-area.ts";
import { CR4_PAE, CR4_PGE, CR4_PSE } from "../../state/control-registers.ts";
import { ADVANCED, type Core, RESUME, RETIRED_BEFORE, SHADOW } from "../../state/core.ts";
import { KEEP_RESUME, MODE_CS, MODE_SHADOW, MODE_SS } from "./delivery.ts";
import {
  WALK_GLOBAL,
  WALK_LARGE,
  WALK_NO_EXECUTE,
  WALK_PAE,
  WALK_PAGING,
  WALK_PROTECT,
  WALK_READY,
} from "./page-walk.ts";

const index = (address: number): number => (address - REGISTER_FILE) >> 2;
const FLOATS = index(FLOATS_WORD);
const TLB = index(TLB_WORD);
const CPL = index(CPL_WORD);
const SLOW = index(SLOW_WORD);
const EVENTS = index(EVENTS_WORD);
const MODE = index(MODE_WORD);
const RESUMES = index(RESUME_WORD);
const SHADOWS = index(SHADOW_WORD);
const WALKS = index(WALK_WORD);
const DIRECTORY = index(DIRECTORY_WORD);
const PDPTE = index(PDPTE_WORDS);

/** Bit 0: x87 instructions run; bit 1: SSE instructions, too. */
export function floatsThatRun(core: Core): number {
  if (core.emulation || core.taskSwitched) return 0;
  return core.osFxsr ? 3 : 1;
}

/** What WALK_WORD is. */
function walkMode(core: Core): number {
  const { system, paging } = core;
  const { cr4 } = system;
  if (!core.architectural || core.alignmentCheck || core.watch !== null || system.a20Mask !== -1) return 0;
  if (!paging) return WALK_READY;
  return (
    WALK_READY |
    WALK_PAGING |
    (cr4 & CR4_PAE ? WALK_PAE : 0) |
    (cr4 & (CR4_PAE | CR4_PSE) ? WALK_LARGE : 0) |
    (core.writeProtect ? WALK_PROTECT : 0) |
    (cr4 & CR4_PGE ? WALK_GLOBAL : 0) |
    (core.noExecute ? WALK_NO_EXECUTE : 0)
  );
}

/** Shows compiled code which mode it runs in. */
export function showMode(core: Core): void {
  const { control, system } = core;
  control[TLB] = core.tlbBase * 4;
  control[CPL] = core.cpl;
  control[FLOATS] = floatsThatRun(core);
  const waiting = system.interruptLine || system.nonMaskable || system.nonMaskableBlocked;
  control[SLOW] = waiting || core.exact || !core.architectural ? 1 : 0;
  control[DIRECTORY] = core.pageDirectory;
  control[WALKS] = walkMode(core);
  if (system.cr4 & CR4_PAE) control.set(system.pdpte, PDPTE);
}

/** Compiled code has changed nothing yet. */
export function beginMode({ control }: Core): void {
  control[EVENTS] = 0;
  control[MODE] = 0;
  control[RESUMES] = KEEP_RESUME;
}

/** Takes over what compiled code has delivered and returned from; returns the number of events that it delivered. */
export function takeMode(core: Core): number {
  const { control, clock, knownSegments } = core;
  const changed = control[MODE];
  if (changed & MODE_SHADOW) clock[SHADOW] = clock[RETIRED_BEFORE] + control[SHADOWS];
  if (changed & (MODE_CS | MODE_SS)) {
    const level = control[CPL];
    const from = level === 0 ? 0 : 2;
    core.adopt(level, knownSegments[from], changed & MODE_SS ? knownSegments[from + 1] : null);
  }
  const events = control[EVENTS];
  clock[ADVANCED] += events;
  core.charged += events;
  if (control[RESUMES] !== KEEP_RESUME) clock[RESUME] = clock[RETIRED_BEFORE] + control[RESUMES];
  beginMode(core);
  return events;
}
