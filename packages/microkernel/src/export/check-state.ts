/**
 * Shapes: whether a value from outside has the form of a state, field for field.
 *
 * Here: kinds and ranges. The result is a fresh copy with the known fields only. Not here: whether the objects fit each
 * other (→ relations.ts).
 * @module
 */
import { FLOAT_REGISTER_COUNT } from "@kintsugi/ia32";
import { err, ok, type Result } from "neverthrow";
import { PAGE_SIZE } from "../api/fpage.ts";
import { IO_SPACE_BITS } from "../api/io-fpage.ts";
import { INTERRUPT_LINES } from "../api/protocol/interrupt.ts";
import { BR_COUNT, MR_COUNT } from "../api/utcb.ts";
import { RESET_REASON_BYTES } from "../table/layout.ts";
import { REGISTER_COUNT } from "../table/registers.ts";
import { FAULT_QUANTUM, STATUS_ACCESSED, STATUS_WRITTEN, XFER_RECEIVERS } from "../table/states.ts";
import {
  type ContinuationState,
  type CursorState,
  type FaultState,
  type FrameState,
  type InterruptState,
  type IpcState,
  type MappingState,
  type PageState,
  type ReceiveWaitState,
  type RegionState,
  type SendWaitState,
  type SpaceState,
  STATE_VERSION,
  type StateError,
  type SystemState,
  type ThreadState,
  type TimeoutState,
  type TransferState,
} from "./state.ts";

/** Reads a value as a T, or throws a {@link ShapeFault} that names the place. */
type Shape<T> = (value: unknown, at: string) => T;

/** Caught at the edge of this file. */
class ShapeFault extends Error {}

const whole =
  (low: number, high: number): Shape<number> =>
  (value, at) => {
    if (typeof value === "number" && Number.isInteger(value) && value >= low && value <= high) return value + 0;
    throw new ShapeFault(`${at} is no whole number from ${low} to ${high}`);
  };

const word: Shape<number> = whole(-(2 ** 31), 2 ** 31 - 1);
const natural: Shape<number> = whole(0, 2 ** 31 - 1);
/** Cycles or microseconds: some centuries. */
const time: Shape<number> = whole(0, 2 ** 52);
const code: Shape<number> = whole(0, 0xffff);
const page: Shape<number> = whole(0, 0xfffff);

const flag: Shape<boolean> = (value, at) => {
  if (typeof value === "boolean") return value;
  throw new ShapeFault(`${at} is neither true nor false`);
};

const bits =
  (mask: number): Shape<number> =>
  (value, at) => {
    const bitsSet = natural(value, at);
    if ((bitsSet & ~mask) === 0) return bitsSet;
    throw new ShapeFault(`${at} has bits outside 0x${mask.toString(16)}`);
  };

const text =
  (length: number): Shape<string> =>
  (value, at) => {
    if (typeof value === "string" && value.length <= length) return value;
    throw new ShapeFault(`${at} is no text of at most ${length} characters`);
  };

const oneOf =
  <T extends string>(...values: readonly T[]): Shape<T> =>
  (value, at) => {
    if (values.includes(value as T)) return value as T;
    throw new ShapeFault(`${at} is none of ${values.join(", ")}`);
  };

const list =
  <T>(of: Shape<T>, length?: number): Shape<T[]> =>
  (value, at) => {
    if (!Array.isArray(value) || (length !== undefined && value.length !== length))
      throw new ShapeFault(`${at} is no list${length === undefined ? "" : ` of ${length}`}`);
    return Array.from(value as unknown[], (item, i) => of(item, `${at}[${i}]`));
  };

const orNull =
  <T>(of: Shape<T>): Shape<T | null> =>
  (value, at) =>
    value === null ? null : of(value, at);

const record =
  <T>(fields: { readonly [K in keyof T]: Shape<T[K]> }): Shape<T> =>
  (value, at) => {
    if (typeof value !== "object" || value === null) throw new ShapeFault(`${at} is no record`);
    const result: Partial<T> = {};
    for (const name of Object.keys(fields) as (keyof T & string)[])
      result[name] = fields[name]((value as Record<string, unknown>)[name], `${at}.${name}`);
    return result as T;
  };

const byKind =
  <T extends { readonly kind: string }>(
    shapes: { readonly [K in T["kind"]]: Shape<Extract<T, { kind: K }>> },
  ): Shape<T> =>
  (value, at) => {
    const kind = typeof value === "object" && value !== null ? (value as { kind?: unknown }).kind : undefined;
    if (typeof kind !== "string" || !Object.hasOwn(shapes, kind)) throw new ShapeFault(`${at}.kind is unknown`);
    return shapes[kind as T["kind"]](value, at) as T;
  };

const ipc: Shape<IpcState> = record<IpcState>({
  from: word,
  receiveTimeout: code,
  virtualSender: word,
  intended: word,
});

const send: Shape<SendWaitState> = record<SendWaitState>({ kind: oneOf("send"), to: word, position: natural, ipc });
const receive: Shape<ReceiveWaitState> = record<ReceiveWaitState>({ kind: oneOf("receive"), ipc });

const cursor: Shape<CursorState> = record<CursorState>({
  tag: word,
  item: whole(1, MR_COUNT),
  sub: whole(0, MR_COUNT - 1),
  offset: whole(0, 1 << 22),
  buffer: whole(1, BR_COUNT),
  bufferSub: whole(1, BR_COUNT),
  bufferOffset: whole(0, 1 << 22),
  more: word,
  bytes: whole(0, (1 << 28) - 1),
  timed: whole(0, XFER_RECEIVERS),
});

const transfer: Shape<TransferState> = record<TransferState>({
  kind: oneOf("transfer"),
  peer: word,
  cursor: orNull(cursor),
  ipc,
});

const user: Shape<{ readonly kind: "user" }> = record<{ readonly kind: "user" }>({ kind: oneOf("user") });

const fault: Shape<FaultState> = record<FaultState>({
  kind: oneOf("fault"),
  fault: whole(1, FAULT_QUANTUM),
  phase: byKind<SendWaitState | ReceiveWaitState>({ send, receive }),
  savedMr: list(word, 13),
  savedBr0: word,
  savedError: word,
  savedVirtualSender: word,
  resume: byKind<FaultState["resume"]>({ user, transfer }),
});

const continuation: Shape<ContinuationState> = byKind<ContinuationState>({
  inactive: record<{ readonly kind: "inactive" }>({ kind: oneOf("inactive") }),
  user,
  send,
  receive,
  transfer,
  fault,
});

const thread: Shape<ThreadState> = record<ThreadState>({
  id: word,
  space: word,
  utcb: word,
  scheduler: word,
  pager: word,
  halted: flag,
  starting: flag,
  preempted: flag,
  delaying: flag,
  exhausted: flag,
  registers: list(word, REGISTER_COUNT),
  floats: orNull(list(word, FLOAT_REGISTER_COUNT)),
  program: word,
  priority: whole(0, 255),
  timeslice: natural,
  slice: word,
  quantum: word,
  quantumLeft: time,
  sensitivePriority: whole(0, 255),
  maximumDelay: natural,
  delayLeft: natural,
  preemptedAt: time,
  readyPosition: whole(-1, 2 ** 31 - 1),
  timeout: orNull(record<TimeoutState>({ deadline: time, position: natural })),
  continuation,
  supervisor: word,
  restartPage: word,
  recorder: word,
  deadlineOwn: time,
  ownTime: time,
});

const space: Shape<SpaceState> = record<SpaceState>({
  name: word,
  initialised: flag,
  kipArea: word,
  utcbArea: word,
  redirector: word,
  privileged: flag,
  utcbPages: list(record<PageState>({ page, words: list(word, PAGE_SIZE / 4) })),
});

const status: Shape<number> = bits(STATUS_ACCESSED | STATUS_WRITTEN);

const mapping: Shape<MappingState> = record<MappingState>({
  space: word,
  page,
  frame: page,
  writable: flag,
  status,
  accessed: flag,
  dirty: flag,
  parentSpace: word,
  parentPage: page,
});

const system: Shape<SystemState> = record<SystemState>({
  version: whole(STATE_VERSION, STATE_VERSION),
  clock: time,
  accountedAt: time,
  current: word,
  accounted: word,
  floatOwner: word,
  cyclesPerMicrosecond: whole(1, 2 ** 31 - 1),
  defaultTimeslice: natural,
  boots: natural,
  resets: natural,
  resetReason: text(RESET_REASON_BYTES),
  resetPending: flag,
  kip: list(word, PAGE_SIZE / 4),
  sigma0: word,
  root: word,
  spaces: list(space),
  threads: list(thread),
  mappings: list(mapping),
  frames: list(record<FrameState>({ frame: page, entered: flag, accessed: flag, dirty: flag, status })),
  ioFpages: flag,
  regions: list(
    record<RegionState>({
      space: word,
      port: whole(0, 2 ** IO_SPACE_BITS - 1),
      bits: whole(0, IO_SPACE_BITS),
      parentSpace: word,
    }),
  ),
  interrupts: list(
    record<InterruptState>({
      line: whole(0, INTERRUPT_LINES - 1),
      handler: word,
      phase: oneOf("idle", "delivering", "unacknowledged"),
      position: whole(-1, 2 ** 31 - 1),
    }),
  ),
});

/** A state of the right form, or the first field that is not. */
export function checkShape(value: unknown): Result<SystemState, StateError> {
  try {
    return ok(system(value, "state"));
  } catch (error) {
    if (error instanceof ShapeFault) return err({ code: "bad-state", text: error.message });
    throw error;
  }
}
