/**
 * @kintsugi/machine: the reference machine, to run in any thread.
 *
 * Here: the public names. The command is `main.ts`; threads, files and terminals are in `host/`.
 * @module
 */
export type { BootModule } from "./boot.ts";
export type { ChipStates } from "./chips.ts";
export { CrashSchedule, type InjectedCrash, type ScheduledCrash } from "./crash-schedule.ts";
export type { MachineEvent, RecoveryStep } from "./events.ts";
export { canonical, type Digest, machineHash } from "./hash.ts";
export { CRASH_KINDS, type CrashAddresses, type CrashKind, machineCrashAddresses } from "./injector.ts";
export {
  Machine,
  type MachineError,
  type MachineExit,
  type MachineOptions,
  type MachineState,
  type Outside,
} from "./machine.ts";
export { type InputEntry, type InputLog, type LogHeader, parseLog } from "./run/input-log.ts";
export { type Operator, PersonOperator, ReplayOperator, ScriptOperator } from "./run/operator.ts";
export { Run, type RunEnd, type RunState } from "./run/run.ts";
