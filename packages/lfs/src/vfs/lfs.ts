/**
 * The file system as a machine of steps: requests in, device requests out.
 *
 * Here: `Lfs`, the loop that carries an operation, a flush and the cleaner through. Not here: what they do.
 * It never waits: `step` runs until the device is needed or the operation is done, so a server in a kernel
 * can drive it as well as a promise can. One operation at a time. Nothing is kept beside the arena: at any
 * device request this object can be dropped and another attached to the same bytes.
 * @module
 */
import {
  ARENA_MAGIC,
  ARENA_VERSION,
  F_VALID,
  FIXED_SIZE,
  H,
  NAME_SIZE,
  NAMES_AT,
  TRANSFER_AT,
  TRANSFER_SIZE,
  VOLUME_FAILED,
  VOLUME_MOUNTING,
  VOLUME_UNMOUNTED,
  Volume,
} from "../cache/arena.ts";
import {
  DEVICE_FLUSH,
  DEVICE_IDLE,
  DEVICE_READ,
  DEVICE_WRITE,
  ERROR_CODES,
  type ErrorCode,
  MISS,
  Refusal,
} from "../cache/device.ts";
import { stepFlush } from "../checkpoint/checkpoint.ts";
import { isCleaning, stepCleaner } from "../cleaner/clean.ts";
import { FLUSH_NONE } from "../segment/flush.ts";
import { OPERATION_NAMES, OPERATIONS, type OperationName, prepareVolume } from "./operation.ts";

/** What the disk is asked for. `bytes` lie in the arena: filled by a read, taken by a write. */
export type DeviceRequest =
  | { readonly kind: "read" | "write"; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: "flush" };

/** An operation: its name, up to eight numbers, up to two names, data up to `TRANSFER_SIZE` bytes. */
export interface LfsRequest {
  readonly name: OperationName;
  readonly args?: readonly number[];
  readonly names?: readonly Uint8Array[];
  readonly data?: Uint8Array;
  /** Seconds and nanoseconds now. */
  readonly time?: readonly [number, number];
}

/** How the last operation ended. `data` lies in the arena and is good until the next operation. */
export interface LfsAnswer {
  readonly error: ErrorCode | undefined;
  readonly results: readonly number[];
  readonly data: Uint8Array;
}

const DEVICE_KINDS = ["", "read", "write", "flush"] as const;
/** `opPhase` before the housekeeping of `prepareVolume` has ended. */
const NOT_PREPARED = -1;

/** The file system as a machine of steps over an arena: begin an operation, serve the block requests, take the answer. */
export class Lfs {
  readonly #v: Volume;

  /**
   * Attaches to an arena: one that another `Lfs` has used goes on where it stood, any other begins
   * unmounted. Its size decides how much is cached; {@link leastArenaSize} says the least for a geometry.
   * @throws RangeError for an arena that begins at no multiple of 8 or could hold nothing
   */
  constructor(arena: Uint8Array) {
    if (arena.length < FIXED_SIZE) throw new RangeError(`an arena of ${arena.length} bytes holds nothing`);
    const words = new Int32Array(arena.buffer, arena.byteOffset, arena.byteLength >> 2);
    if (words[H.magic] !== ARENA_MAGIC || words[H.version] !== ARENA_VERSION || words[H.size] !== arena.length) {
      arena.fill(0, 0, TRANSFER_AT);
      words[H.magic] = ARENA_MAGIC;
      words[H.version] = ARENA_VERSION;
      words[H.size] = arena.length;
      words[H.opCode] = 0;
    }
    this.#v = new Volume(arena);
  }

  /** Views over the arena, for tools and tests that look inside. */
  get volume(): Volume {
    return this.#v;
  }

  /** Whether an operation is in progress. */
  get isBusy(): boolean {
    return this.#v.words[H.opCode] !== 0;
  }

  /** Stores an operation in the arena. The one before it is done. */
  begin(request: LfsRequest): void {
    if (this.isBusy) throw new Error("an operation is in progress");
    const v = this.#v;
    const w = v.words;
    v.args.fill(0);
    v.results.fill(0);
    v.args.set(request.args ?? []);
    for (const which of [0, 1] as const) {
      const name = request.names?.[which] ?? new Uint8Array(0);
      // A name that does not fit keeps its length, which every operation refuses.
      v.bytes.set(name.subarray(0, NAME_SIZE), NAMES_AT + which * NAME_SIZE);
      w[which === 0 ? H.nameLength0 : H.nameLength1] = Math.min(name.length, NAME_SIZE);
    }
    const data = request.data ?? new Uint8Array(0);
    if (data.length > TRANSFER_SIZE) throw new RangeError(`${data.length} bytes are more than an operation carries`);
    v.bytes.set(data, TRANSFER_AT);
    w[H.dataLength] = data.length;
    if (request.time !== undefined) [w[H.timeSeconds], w[H.timeNanoseconds]] = request.time;
    w[H.opErrno] = 0;
    w[H.cleanFailed] = 0;
    w[H.cleanCount] = 0;
    w[H.opPhase] = NOT_PREPARED;
    w[H.opCode] = OPERATION_NAMES.indexOf(request.name) + 1;
  }

  /** Runs until the device is needed, and says for what; undefined when the operation is done. */
  step(): DeviceRequest | undefined {
    const v = this.#v;
    while (v.words[H.deviceKind] === DEVICE_IDLE) {
      if (!this.isBusy) return undefined;
      v.words[H.attempt]++;
      try {
        this.#advance();
      } catch (reason) {
        if (reason instanceof Refusal) this.#end(reason.code);
        else if (reason !== MISS) throw reason;
      }
    }
    return this.#request();
  }

  #advance(): void {
    const v = this.#v;
    const w = v.words;
    if (w[H.flushKind] !== FLUSH_NONE) {
      stepFlush(v);
      return;
    }
    if (isCleaning(v)) {
      stepCleaner(v);
      return;
    }
    const name = OPERATION_NAMES[w[H.opCode] - 1];
    if (w[H.opPhase] === NOT_PREPARED) {
      if (prepareVolume(v, name)) w[H.opPhase] = 0;
    } else if (OPERATIONS[name].step(v)) this.#end(undefined);
  }

  #end(code: ErrorCode | undefined): void {
    const w = this.#v.words;
    w[H.opErrno] = code === undefined ? 0 : ERROR_CODES.indexOf(code) + 1;
    if (code !== undefined) {
      w[H.dataLength] = 0;
      // A flush, a cleaning or a mount that meets a disk that contradicts itself cannot be gone on with.
      if (w[H.flushKind] !== FLUSH_NONE) this.#fail();
      w[H.cleanPhase] = 0;
      w[H.cleanAge] = 0;
      if (w[H.state] === VOLUME_MOUNTING) this.#forget();
    }
    w[H.opCode] = 0;
  }

  /** Nothing more goes to the disk; what it holds is found again by the next mount. */
  #fail(): void {
    const w = this.#v.words;
    w[H.flushKind] = FLUSH_NONE;
    w[H.flushPhase] = 0;
    w[H.state] = VOLUME_FAILED;
  }

  #forget(): void {
    const w = this.#v.words;
    w[H.state] = VOLUME_UNMOUNTED;
    w[H.inodeRows] = 0;
    w[H.flushKind] = FLUSH_NONE;
  }

  #request(): DeviceRequest {
    const { words: w, bytes } = this.#v;
    const kind = DEVICE_KINDS[w[H.deviceKind]];
    if (kind === "flush") return { kind };
    const offset = (w[H.deviceOffsetLow] >>> 0) + w[H.deviceOffsetHigh] * 2 ** 32;
    return {
      kind: kind as "read" | "write",
      offset,
      bytes: bytes.subarray(w[H.deviceAt], w[H.deviceAt] + w[H.deviceLength]),
    };
  }

  /** Says that the device request of the last `step` is done, or that the device has failed. */
  complete(succeeded: boolean = true): void {
    const v = this.#v;
    const w = v.words;
    const kind = w[H.deviceKind];
    if (kind === DEVICE_IDLE) throw new Error("no device request is in progress");
    w[H.deviceKind] = DEVICE_IDLE;
    const row = w[H.deviceRow];
    if (kind === DEVICE_READ && row !== -1 && w[H.inodeRows] > 0) {
      if (succeeded) v.buffers.setFlags(row, v.buffers.flags(row) | F_VALID);
      else v.buffers.remove(row);
    }
    if (succeeded) return;
    if (kind === DEVICE_READ) w[H.rollWindow] = 0;
    if (kind === DEVICE_WRITE || kind === DEVICE_FLUSH) this.#fail();
    this.#end("EIO");
  }

  /** How the last operation ended. */
  answer(): LfsAnswer {
    if (this.isBusy) throw new Error("the operation is not done");
    const v = this.#v;
    const errno = v.words[H.opErrno];
    return {
      error: errno === 0 ? undefined : ERROR_CODES[errno - 1],
      results: [...v.results],
      data: v.bytes.subarray(TRANSFER_AT, TRANSFER_AT + v.words[H.dataLength]),
    };
  }
}
