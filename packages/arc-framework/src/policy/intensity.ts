/**
 * Restart intensity: a limit on restarts in a period, as OTP's supervisors have it, around any policy.
 *
 * Here: the limit. Not here: the policy inside. More than `intensity` failures within `period` and the supervisor
 * gives up; failures of any request count, and getting on does not reset the count: only time does.
 * Reference: OTP design principles, "Maximum Restart Intensity" (default 1 restart in 5 s).
 * @module
 */
import { failuresWithin, TIMES_LIMIT } from "./history.ts";
import { type ActionKind, around, MILLISECOND, type RecoveryPolicy } from "./policy.ts";

/** When a supervisor gives up. */
export interface Intensity {
  /** Restarts allowed within the period, 0…{@link TIMES_LIMIT} − 1. */
  readonly intensity: number;
  /** Cycles of the virtual clock. */
  readonly period: number;
  /** What giving up means; default remove. */
  readonly giveUp?: ActionKind;
  /** Whose failures count: the program's, or, as with a supervisor of OTP's, those of all programs. Default program. */
  readonly of?: "program" | "supervisor";
}

/**
 * `policy` while failures stay rare enough.
 * @throws RangeError for an intensity that no history can show
 */
export function withIntensity(policy: RecoveryPolicy, limit: Intensity): RecoveryPolicy {
  const { intensity, period, giveUp = "remove", of = "program" } = limit;
  const supervises = of === "supervisor" || policy.supervises === true;
  if (!(Number.isInteger(intensity) && intensity >= 0 && intensity < TIMES_LIMIT))
    throw new RangeError(`an intensity of ${intensity}: 0 to ${TIMES_LIMIT - 1} restarts can be counted`);
  return around({ ...policy, supervises }, (failure, history, program) => {
    const action = policy(failure, history, program);
    const times = of === "supervisor" ? (program.supervisor ?? history.times) : history.times;
    if (action.kind === "remove" || failuresWithin({ times }, period) <= intensity) return action;
    return { kind: giveUp, because: `more than ${intensity} failures within ${Math.round(period / MILLISECOND)} ms` };
  });
}
