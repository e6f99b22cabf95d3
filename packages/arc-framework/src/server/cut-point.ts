/**
 * Cut points: the numbered places at which a test may crash a resident server.
 *
 * Here: what a probe is told, and what it throws. Not here: what happens then (`resident-server.ts`).
 * A server crashed before every store and around every yield has been crashed everywhere: between two
 * stores nothing happens that could matter.
 * @module
 */
import type { ThreadId } from "@kintsugi/microkernel";

/** Before a yield, after a commit, or before a store to persistent memory. */
export type CutKind = "yield" | "commit" | "store";

/** One place in one run: the same run has the same points under the same numbers. */
export interface CutPoint {
  /** Name of the server. */
  readonly server: string;
  readonly thread: ThreadId;
  readonly kind: CutKind;
  /** Counts all cut points of this server object, from 0. */
  readonly number: number;
}

/** May throw {@link ResidentCrash}; anything else that it throws counts as a crash, too. */
export type CutProbe = (point: CutPoint) => void;

/** What a probe throws: the server's code dies here, its persistent memory stays as it is. */
export class ResidentCrash extends Error {
  override readonly name: string = "ResidentCrash";
}
