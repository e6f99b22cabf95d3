/**
 * Shapes: whether a value from outside has the form of a state, field for field.
 *
 * Here: kinds and ranges. The result is a fresh copy with the known fields only. Not here: whether the objects fit each
 * other (→ relations.ts). Over 300 lines: one shape for each object of the state.
 * @module
 */
import { FLOAT_REGISTER_COUNT } from "@kintsugi/ia32";
import { err, ok, type Result } from "neverthrow";
import { PAGE_BITS, PAGE_SIZE } from "../api/fpage.ts";
import { IO_SPACE_BITS } from "../api/io-fpage.ts";
import { INTERRUPT_LINES } from "../api/protocol/interrupt.ts";
import { BR_COUNT, MR_COUNT } from "../api/utcb.ts";
import { LARGE_PAGE_BITS } from "../object/page-table.ts";
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

/** Reads a value as a T, or throws a {@link ShapeFault} that names the place in it. */
type Shape<T> = (value: unknown) => T;

/** Caught at the edge of this file. The place is put together on the way out: nobody pays for it before. */
class ShapeFault extends Error {
  place = "";

  /** Another name in front of the place. */
  within(name: string): this {
    this.place = name + this.place;
    return this;
  }
}

const whole =
  (low: number, high: number): Shape<number> =>
  (value) => {
    if (typeof value === "number" && Number.isInteger(value) && value >= low && value <= high) return value + 0;
    throw new ShapeFault(`is no whole number from ${low} to ${high}`);
  };

const word: Shape<number> = (value) => {
  if (typeof value === "number" && (value | 0) === value) return value + 0;
  throw new ShapeFault(`is no whole number from ${-(2 ** 31)} to ${2 ** 31 - 1}`);
};
const natural: Shape<number> = whole(0, 2 ** 31 - 1);
/** Cycles or microseconds: some centuries. */
const time: Shape<number> = whole(0, 2 ** 52);
const code: Shape<number> = whole(0, 0xffff);
const page: Shape<number> = whole(0, 0xfffff);

const flag: Shape<boolean> = (value) => {
  if (typeof value === "boolean") return value;
  throw new ShapeFault("is neither true nor false");
};

const bits =
  (mask: number): Shape<number> =>
  (value) => {
    const bitsSet = natural(value);
    if ((bitsSet & ~mask) === 0) return bitsSet;
    throw new ShapeFault(`has bits outside 0x${mask.toString(16)}`);
  };

const text =
  (length: number): Shape<string> =>
  (value) => {
    if (typeof value === "string" && value.length <= length) return value;
    throw new ShapeFault(`is no text of at most ${length} characters`);
  };

const oneOf =
  <T extends string>(...values: readonly T[]): Shape<T> =>
  (value) => {
    if (values.includes(value as T)) return value as T;
    throw new ShapeFault(`is none of ${values.join(", ")}`);
  };

const list =
  <T>(of: Shape<T>, length?: number): Shape<T[]> =>
  (value) => {
    if (!Array.isArray(value) || (length !== undefined && value.length !== length))
      throw new ShapeFault(`is no list${length === undefined ? "" : ` of ${length}`}`);
    const result: T[] = [];
    try {
      for (let i = 0; i < value.length; i++) result.push(of(value[i]));
    } catch (error) {
      throw error instanceof ShapeFault ? error.within(`[${result.length}]`) : error;
    }
    return result;
  };

const orNull =
  <T>(of: Shape<T>): Shape<T | null> =>
  (value) =>
    value === null ? null : of(value);

const record = <T>(fields: { readonly [K in keyof T]: Shape<T[K]> }): Shape<T> => {
  const names = Object.keys(fields) as (keyof T & string)[];
  return (value) => {
    if (typeof value !== "object" || value === null) throw new ShapeFault("is no record");
    const result: Partial<T> = {};
    for (const name of names) {
      try {
        result[name] = fields[name]((value as Record<string, unknown>)[name]);
      } catch (error) {
        throw error instanceof ShapeFault ? error.within(`.${name}`) : error;
      }
    }
    return result as T;
  };
};

const byKind =
  <T extends { readonly kind: string }>(
    shapes: { readonly [K in T["kind"]]: Shape<Extract<T, { kind: K }>> },
  ): Shape<T> =>
  (value) => {
    const kind = typeof value === "object" && value !== null ? (value as { kind?: unknown }).kind : undefined;
    if (typeof kind !== "string" || !Object.hasOwn(shapes, kind)) throw new ShapeFault("is unknown").within(".kind");
    return shapes[kind as T["kind"]](value) as T;
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
  handle: word,
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

const mappingBits: Shape<number> = (value) => {
  if (value === PAGE_BITS || value === LARGE_PAGE_BITS) return value;
  throw new ShapeFault(`is neither ${PAGE_BITS} nor ${LARGE_PAGE_BITS}`);
};

const mapping: Shape<MappingState> = record<MappingState>({
  space: word,
  page,
  bits: mappingBits,
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
  quota: natural,
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
    return ok(system(value));
  } catch (error) {
    if (error instanceof ShapeFault) return err({ code: "bad-state", text: `state${error.place} ${error.message}` });
    throw error;
  }
}
