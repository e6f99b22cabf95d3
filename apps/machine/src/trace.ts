/**
 * From the observers of kernel and servers to the machine's events.
 *
 * Here: translation only; no event has an effect on the run. Not here: the shapes (→ events.ts), who prints them.
 * @module
 */
import type { P3Options, Plan, ResidentObserver } from "@kintsugi/arc-framework";
import type { MachineEvent } from "./events.ts";

/** What P3 and the runtime of resident servers tell. */
export type ServerObserver = NonNullable<P3Options["observer"]> & ResidentObserver;

/** Turns what servers tell into events; `now` reads the virtual clock. */
export function traceServers(now: () => number, emit: (event: MachineEvent) => void): ServerObserver {
  return {
    planned: (pid, plan) => {
      emit(detectedEvent(now(), pid, plan));
      emit(plannedEvent(now(), pid, plan));
    },
    handlerRestart: (server, thread, error) =>
      emit({
        event: "handlerRestart",
        at: now(),
        server,
        thread,
        reason: error instanceof Error ? error.message : String(error),
      }),
  };
}

function detectedEvent(at: number, pid: number, { failure }: Plan): MachineEvent {
  const { kind, detector, address, instruction: ip } = failure;
  return { event: "detected", at, pid, kind, detector, address, ip };
}

function plannedEvent(at: number, pid: number, { action, steps }: Plan): MachineEvent {
  return {
    event: "planned",
    at,
    pid,
    action: action.kind,
    because: action.because,
    steps: steps.map((step) => step.kind),
  };
}
