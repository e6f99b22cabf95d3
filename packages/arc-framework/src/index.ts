/**
 * @kintsugi/arc-framework: Arc's restart recovery on an L4 kernel.
 *
 * Here: the public names: the three resident programs, the runtime they stand on, the pure parts of
 * recovery (detect, decide, plan), the ELF reader, the protocol's numbers. Not here: anything else.
 * Reference: the thesis on Arc, chapter 4; docs/protocols.md.
 * @module
 */
export { createArt } from "./art/art.ts";
export { artImageSize, MODULE_LIMIT } from "./art/art-memory.ts";
export { WATCH, type WatchOptions } from "./art/watch.ts";
export { checkName } from "./check-names.ts";
export { DETECTORS, detect, isSwitch, type Switch } from "./detect/detect.ts";
export type { ElfError, ElfErrorCode } from "./elf/error.ts";
export { type ByteReader, type Program, parseElf, type Segment } from "./elf/parse.ts";
export { type ElfSymbol, symbolAt, symbols } from "./elf/symbols.ts";
export {
  DETECTOR_NAMES,
  type Detector,
  describeFailure,
  FAILURE_KINDS,
  type Failure,
  type FailureKind,
  failureKind,
  IN_RECOVERY,
} from "./failure.ts";
export type { RecoveryObserver } from "./p3/observer.ts";
export { createP3, type P3Options } from "./p3/p3.ts";
export { undertaker } from "./p3/undertaker.ts";
export { formatPlan, type Plan, type PlanStep, planFor } from "./plan/plan.ts";
export { BACK_OFF, type BackOff, withBackOff } from "./policy/back-off.ts";
export { type NamedPolicy, POLICIES } from "./policy/catalogue.ts";
export { withChangedEnvironment } from "./policy/changed-environment.ts";
export { crashOnly } from "./policy/crash-only.ts";
export { delayed } from "./policy/delayed.ts";
export { ATTEMPTS, type Attempts, escalation } from "./policy/escalation.ts";
export {
  explain,
  explainRenewal,
  type Growth,
  type Schedule,
  type ScheduleEnd,
  type ScheduleEntry,
  type Trouble,
} from "./policy/explain.ts";
export {
  AGREEMENTS,
  type Agreement,
  type Member,
  type Relation,
  type RestartGroup,
  restartGroup,
  TEMPERATURE_NAMES,
  type Temperature,
} from "./policy/group.ts";
export { faultOf, guarded } from "./policy/guarded.ts";
export {
  failuresWithin,
  type History,
  NO_HISTORY,
  type Progress,
  TIMES_LIMIT,
  type Tried,
  withFailure,
  withRestart,
} from "./policy/history.ts";
export { type Intensity, withIntensity } from "./policy/intensity.ts";
export { oneForAll, restForOne } from "./policy/one-for-all.ts";
export { only } from "./policy/only.ts";
export {
  type Action,
  type ActionKind,
  around,
  ENVIRONMENTS,
  type Environment,
  firstOf,
  LEVELS,
  type Level,
  MILLISECOND,
  type PolicyTraits,
  type RecoveryPolicy,
  type Rule,
  SECOND,
  type Supervised,
  type Usage,
} from "./policy/policy.ts";
export { QUARANTINE_LIMIT, withQuarantine } from "./policy/quarantine.ts";
export { decide, RULES } from "./policy/reference.ts";
export { REJUVENATION, type Rejuvenation, withRejuvenation } from "./policy/rejuvenation.ts";
export { withRollback } from "./policy/rollback.ts";
export { restartOrder, SIBLINGS, type Siblings } from "./policy/siblings.ts";
export * from "./protocol/address-space.ts";
export * from "./protocol/art.ts";
export * from "./protocol/driver.ts";
export * from "./protocol/ext2.ts";
export * from "./protocol/p3.ts";
export * from "./protocol/recovery-record.ts";
export * from "./protocol/session.ts";
export * from "./protocol/start-block.ts";
export * from "./protocol/status.ts";
export * from "./protocol/thread-numbers.ts";
export * from "./protocol/time.ts";
export type { IpcOptions, Message, Received } from "./server/action.ts";
export { type CutKind, type CutPoint, type CutProbe, ResidentCrash } from "./server/cut-point.ts";
export { THREAD_MEMORY_SIZE } from "./server/journal.ts";
export { type Answer, type Become, type Clock, type Handler, type Part, Request, reply } from "./server/request.ts";
export {
  CRASH_LIMIT,
  type HandlerFunction,
  type ResidentObserver,
  ResidentServer,
  type ServerDefinition,
} from "./server/resident-server.ts";
export { PersistentTable, type WordReader, type WordWriter } from "./server/table.ts";
export { packBytes, packText, unpackText } from "./server/text.ts";
export type { Pages, Transaction } from "./server/transaction.ts";
export { ask, pagerOf, Session, type SessionAnswer } from "./session/session.ts";
export {
  SESSION_TABLE_SIZE,
  type SessionControlBlock,
  type SessionHandler,
  type SessionHandlers,
  SessionServer,
} from "./session/session-server.ts";
export { createSigma0, sigma0ImageSize } from "./sigma0/sigma0.ts";
