/**
 * Device requests: how a step asks for the disk, and what happens to the step meanwhile.
 *
 * Here: the request in the arena, and MISS. Not here: who carries it out (`vfs/lfs.ts` and its callers).
 * A step that needs a block it does not have stores a request and throws MISS; when the request is done
 * the step is tried again from its beginning. So a step first brings in all it needs, then changes
 * anything: {@link mutate} marks that point, and a miss behind it is a bug of ours.
 * @module
 */
import { H, type Volume } from "./arena.ts";

export const DEVICE_IDLE = 0;
export const DEVICE_READ = 1;
export const DEVICE_WRITE = 2;
export const DEVICE_FLUSH = 3;

/** Thrown by a step that waits for the device; caught by the loop that runs steps. */
export const MISS: { readonly miss: true } = Object.freeze({ miss: true });

/** An expected refusal: the operation ends with this error and has changed nothing. */
export class Refusal {
  readonly code: ErrorCode;
  constructor(code: ErrorCode) {
    this.code = code;
  }
}

/** POSIX names of what an operation can answer; `EIO` includes a disk whose structures contradict each other. */
export type ErrorCode = (typeof ERROR_CODES)[number];
export const ERROR_CODES = [
  "ENOENT",
  "EIO",
  "EEXIST",
  "ENOTDIR",
  "EISDIR",
  "EINVAL",
  "EFBIG",
  "ENOSPC",
  "EROFS",
  "EMLINK",
  "ENAMETOOLONG",
  "ENOTEMPTY",
  "EPERM",
  "ESTALE",
  "ENOMEM",
  "EBUSY",
  "EXDEV",
  "ENOTSUP",
  "ELOOP",
  "EALREADY",
] as const;

const REFUSALS = new Map(ERROR_CODES.map((code) => [code, new Refusal(code)]));

/** Ends the operation with an error code. Nothing has been changed when this is called. */
export function refuse(code: ErrorCode): never {
  throw REFUSALS.get(code);
}

/** Attempts that have begun to change state, to catch a miss behind that point. */
const mutated = new WeakMap<Volume, number>();

/** Says that from here on the current attempt changes state. */
export function mutate(v: Volume): void {
  mutated.set(v, v.words[H.attempt]);
}

export function hasMutated(v: Volume): boolean {
  return mutated.get(v) === v.words[H.attempt];
}

/** Stores a request for `length` bytes at `at` of the arena; `offset` in bytes on the disk. */
export function requestDevice(
  v: Volume,
  kind: number,
  offset: number,
  length: number,
  at: number,
  row: number = -1,
): void {
  const w = v.words;
  if (w[H.deviceKind] !== DEVICE_IDLE) throw new Error("a device request is in progress");
  w[H.deviceKind] = kind;
  w[H.deviceOffsetLow] = offset | 0;
  w[H.deviceOffsetHigh] = Math.floor(offset / 2 ** 32);
  w[H.deviceLength] = length;
  w[H.deviceAt] = at;
  w[H.deviceRow] = row;
}

/** Asks for a read and gives the step up. */
export function readAndMiss(v: Volume, offset: number, length: number, at: number, row: number = -1): never {
  if (hasMutated(v)) throw new Error("a step missed a block after it had changed something");
  requestDevice(v, DEVICE_READ, offset, length, at, row);
  throw MISS;
}
