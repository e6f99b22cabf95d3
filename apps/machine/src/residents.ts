/**
 * The resident servers of the reference machine: sigma0, ART and the P3 that every process has.
 *
 * Here: which program number is whose, and how much persistent memory each wants of the loader.
 * Not here: the servers (→ @kintsugi/arc-framework). Reference: docs/protocols.md, section 8.
 * @module
 */
import {
  artImageSize,
  type CutProbe,
  createArt,
  createP3,
  createSigma0,
  MILLISECOND,
  PROGRAM_ART,
  PROGRAM_P3,
  PROGRAM_SIGMA0,
  PROGRAM_UNDERTAKER,
  type RecoveryPolicy,
  type Switch,
  sigma0ImageSize,
  undertaker,
  type WatchOptions,
} from "@kintsugi/arc-framework";
import type { ResidentProgram } from "@kintsugi/microkernel";
import type { ResidentNeeds } from "./boot.ts";
import type { Trace } from "./trace.ts";

/** How often programs are looked at, and how long one may be ready without getting time; cycles of the virtual clock. */
export type Watch = Pick<WatchOptions, "period" | "starvation">;

/** Who is ready for so long without getting time starves. */
const STARVATION = 100 * MILLISECOND;
/** Milliseconds from one look to the next where only the policy wants the watch. */
const POLICYS_PERIOD = 10;

/** The watch of a machine: as often as its user says, or as a policy needs it that renews servers; else none. */
export function watchFor(milliseconds: number | undefined, policy: RecoveryPolicy): Watch | undefined {
  const period = milliseconds ?? (policy.rejuvenate === undefined ? undefined : POLICYS_PERIOD);
  return period === undefined ? undefined : { period: period * MILLISECOND, starvation: STARVATION };
}

/** What the loader sets aside in a machine with so many bytes of RAM. */
export function residentNeeds(ramSize: number): ResidentNeeds {
  return {
    sigma0: { program: PROGRAM_SIGMA0, bytes: sigma0ImageSize(ramSize) },
    root: { program: PROGRAM_ART, bytes: artImageSize(ramSize) },
  };
}

/** New program objects; they remember nothing that is not in RAM. */
export function residentPrograms(
  observer: Trace["servers"],
  policy: RecoveryPolicy,
  without: ReadonlySet<Switch>,
  watch?: Watch,
  probe?: CutProbe,
): ReadonlyMap<number, ResidentProgram> {
  const options = { observer, ...(probe ? { probe } : {}) };
  return new Map<number, ResidentProgram>([
    [PROGRAM_SIGMA0, createSigma0(options)],
    [PROGRAM_ART, createArt({ ...options, ...(watch ? { watch: { ...watch, without } } : {}) })],
    [PROGRAM_P3, createP3({ ...options, policy, without })],
    [PROGRAM_UNDERTAKER, undertaker],
  ]);
}
