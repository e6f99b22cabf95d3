/**
 * Programs over a file system: generators that yield operations and get answers.
 *
 * Here: the type, and how a refusal inside one becomes its result. Not here: who runs them: a promise
 * (`promises/`), a resident server, a test. A program keeps nothing that matters between its operations:
 * what it makes has no name until it is whole.
 * @module
 */
import { err, ok, type Result } from "neverthrow";
import type { ErrorCode } from "../cache/device.ts";
import { ULFS_ROOTINO } from "../format/constants.ts";
import type { LfsAnswer, LfsRequest } from "../vfs/lfs.ts";

/** Yields operations, is sent their answers, returns a value. */
export type FileProgram<T> = Generator<LfsRequest, T, LfsAnswer>;

/** Why a program failed: a refused operation, or bytes that are no generation of an image. */
export type ProgramError = ErrorCode | "not-an-image";

/** Ends the program from any depth. */
export class ProgramRefusal {
  readonly code: ProgramError;
  constructor(code: ProgramError) {
    this.code = code;
  }
}

/** One operation; a refusal ends the program unless it is `allowed`, which gives undefined. */
export function* operate(request: LfsRequest, allowed?: ErrorCode): FileProgram<LfsAnswer | undefined> {
  const answer = yield request;
  if (answer.error === undefined) return answer;
  if (answer.error === allowed) return undefined;
  throw new ProgramRefusal(answer.error);
}

/** One operation whose refusal ends the program. */
export function* demand(request: LfsRequest): FileProgram<LfsAnswer> {
  return (yield* operate(request)) as LfsAnswer;
}

/** A program whose refusals are a value. */
export function* asResult<T>(program: FileProgram<T>): FileProgram<Result<T, ProgramError>> {
  try {
    return ok(yield* program);
  } catch (reason) {
    if (reason instanceof ProgramRefusal) return err(reason.code);
    throw reason;
  }
}

/** Names here are ASCII. */
export const asciiBytes = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));
export const asciiText = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

/** The inode of a name, undefined when it is not there. */
export function* find(directory: number, name: string): FileProgram<number | undefined> {
  const answer = yield* operate({ name: "lookup", args: [directory], names: [asciiBytes(name)] }, "ENOENT");
  return answer?.results[0];
}

/** The directory at a path from the root, made when it is not there. */
export function* directoryAt(path: string, mode: number): FileProgram<number> {
  let at = ULFS_ROOTINO;
  for (const part of path.split("/").filter((p) => p !== "")) {
    const there = yield* find(at, part);
    at = there ?? (yield* demand({ name: "create", args: [at, mode, 0, 0], names: [asciiBytes(part)] })).results[0];
  }
  return at;
}
