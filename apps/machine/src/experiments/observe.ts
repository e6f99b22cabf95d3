/**
 * Chapter 3 of the thesis as experiments: when a server is recovered, how much of its state is kept, and what its client sees.
 *
 * Here: one real run for each timing, quantity and fault: twelve requests to the program `ledger` by `ledger-client`
 * (apps/programs), and what was answered. Not here: the table as text (`format.ts`), printing (→ ../commands/experiments.ts).
 * Reference: thesis 3.3 (timing), 3.4 (quantity).
 * @module
 */
import {
  crashOnly,
  decide,
  delayed,
  MILLISECOND,
  type RecoveryPolicy,
  withQuarantine,
  withRejuvenation,
} from "@kintsugi/arc-framework";
import { allocateMemory, CONTROL_AREA_SIZE } from "@kintsugi/ia32";
import { guests } from "@kintsugi/programs";
import { bootModules, guestModule } from "../host/modules.ts";
import { Machine, type MachineOptions, type MachineState } from "../machine.ts";

/** When a server is recovered: before it fails, when it has failed, or when it has answered although it has failed. */
export const TIMINGS = ["proactive", "reactive", "delayed"] as const;
/** How much of its state is kept: none; a checkpoint and the requests since; all that is significant. */
export const QUANTITIES = ["complete", "checkpoint", "immediate"] as const;
/**
 * What goes wrong: memory leaks away; a crash, once; a stray write into the state, once, which the next request trips over;
 * an access to what was never allocated, each time that the request is served.
 */
export const FAULTS = ["leak", "crash", "stray write", "missing page"] as const;

export type Timing = (typeof TIMINGS)[number];
export type Quantity = (typeof QUANTITIES)[number];
export type Fault = (typeof FAULTS)[number];

/** What the client has seen. */
export interface Outcome {
  readonly timing: Timing;
  readonly quantity: Quantity;
  readonly fault: Fault;
  /** Of its twelve requests. */
  readonly answered: number;
  readonly errors: number;
  /** What the server has in the end: every request that was answered, and no other; or less. */
  readonly state: "kept" | "lost" | "none";
  /** Restarts, by action. */
  readonly restarts: readonly string[];
}

/** `ledger-client`'s number of a fault. */
const NUMBERS: Readonly<Record<Fault, number>> = { crash: 1, "stray write": 2, "missing page": 3, leak: 4 };
const REQUESTS = 12;
const RAM = 24 << 20;
const SECOND = 100_000_000;
const WATCH = { period: MILLISECOND, starvation: 100 * MILLISECOND };
/** Of 256 pages of heap. */
const HEAP_LIMIT = 128;

/** Renews with nothing kept, as all restarts of this quantity. */
function renewedCold(policy: RecoveryPolicy): RecoveryPolicy {
  const { rejuvenate } = policy;
  const cold: RecoveryPolicy = (failure, history, program) => policy(failure, history, program);
  if (rejuvenate === undefined) return cold;
  return Object.assign(cold, {
    rejuvenate: (usage: Parameters<typeof rejuvenate>[0]) => {
      const action = rejuvenate(usage);
      return action && { ...action, kind: "cold" as const };
    },
  });
}

/** The policy of a row: what is done about failures, with the timing around it. */
export function policyOf(timing: Timing, quantity: Quantity): RecoveryPolicy {
  const reactive = quantity === "complete" ? crashOnly : withQuarantine(decide);
  if (timing === "reactive") return reactive;
  if (timing === "delayed") return delayed(reactive);
  const policy = withRejuvenation(reactive, { heap: HEAP_LIMIT });
  return quantity === "complete" ? renewedCold(policy) : policy;
}

/** A machine with the server at rest, as data: every run of a quantity begins with it. */
interface Booted {
  readonly options: Omit<MachineOptions, "policy" | "outside">;
  readonly ram: Uint8Array;
  readonly state: MachineState;
}

function boot(quantity: Quantity): Booted {
  const options = {
    memory: allocateMemory(RAM),
    ramSize: RAM,
    modules: [
      ...bootModules("exact"),
      guestModule("ledger", guests.ledger, `ledger start server args=${quantity}`),
      guestModule("ledger-client", guests["ledger-client"]),
    ],
    seed: 1,
    watch: WATCH,
  };
  const nothing = { serial: () => {}, paper: () => {}, sound: () => {}, event: () => {} };
  const machine = Machine.powerOn({ ...options, outside: nothing })._unsafeUnwrap();
  settle(machine);
  return { options, ram: machine.ram.slice(), state: structuredClone(machine.snapshot()) };
}

function settle(machine: Machine): void {
  const until = machine.cycles + 2 * SECOND;
  while (machine.cycles < until) {
    const { kind } = machine.run(until);
    if (kind !== "limit" && kind !== "reset") return;
  }
}

/** Runs every timing, quantity and fault; outcomes in that order. */
export function observeAll(): Outcome[] {
  const booted = new Map(QUANTITIES.map((quantity) => [quantity, boot(quantity)]));
  return TIMINGS.flatMap((timing) =>
    QUANTITIES.flatMap((quantity) =>
      FAULTS.map((fault) => observe(booted.get(quantity) as Booted, { timing, quantity, fault })),
    ),
  );
}

function observe(
  { options, ram, state }: Booted,
  run: { readonly timing: Timing; readonly quantity: Quantity; readonly fault: Fault },
): Outcome {
  const serial: number[] = [];
  const restarts: string[] = [];
  new Uint8Array(options.memory.buffer, CONTROL_AREA_SIZE).set(ram);
  const machine = Machine.restore(
    {
      ...options,
      policy: policyOf(run.timing, run.quantity),
      outside: {
        serial: (byte) => serial.push(byte),
        paper: () => {},
        sound: () => {},
        event: (event) => {
          if (event.event === "planned") restarts.push(event.action);
        },
      },
    },
    structuredClone(state),
  )._unsafeUnwrap();
  machine.type(new TextEncoder().encode(`run ledger-client ${NUMBERS[run.fault]}\r`));
  settle(machine);
  return { ...run, ...seen(String.fromCharCode(...serial)), restarts };
}

/** What the client has printed, put together. */
function seen(output: string): Pick<Outcome, "answered" | "errors" | "state"> {
  const lines = [...output.matchAll(/request (\d+): status (\d+) sum (\d+) count (\d+)/g)].map((line) =>
    line.slice(1).map(Number),
  );
  const good = lines.filter(([, status]) => status === 0);
  const expected = good.reduce((sum, [request]) => sum + request, 0);
  const [, , sum, count] = good.at(-1) ?? [0, 0, 0, 0];
  const state = sum === expected && count === good.length ? "kept" : "lost";
  return {
    answered: good.length,
    errors: lines.length - good.length,
    state: good.length === 0 || lines.length < REQUESTS ? "none" : state,
  };
}
