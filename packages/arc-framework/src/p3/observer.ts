/**
 * What P3 tells whoever looks: plans, steps that are over, records.
 *
 * Here: the interface. Not here: any effect on the run. After a crash of P3 itself something may be told twice.
 * Reference: docs/protocols.md section 9; thesis Table 4.2.
 * @module
 */
import type { Plan } from "../plan/plan.ts";

/** Events of all P3s of a machine, told as they run: what an observer throws is a crash of that P3. */
export interface RecoveryObserver {
  /** A plan has been made for the process. */
  planned?(pid: number, plan: Plan): void;
  /** A step of the recovery (STEP_…) is over now. */
  marked?(pid: number, step: number): void;
  /** MR1… of the record that goes to ART. */
  reported?(record: readonly number[]): void;
}
