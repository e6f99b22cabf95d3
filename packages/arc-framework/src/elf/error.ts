/**
 * What can be wrong with a program file: a closed list of codes.
 *
 * Here: the codes and the shape of an error, with a sentence for its user.
 * Not here: who finds them (`parse.ts`, `symbols.ts`).
 * @module
 */

/** Every reason for which a file is not loaded. */
export type ElfErrorCode =
  | "not-elf"
  | "truncated"
  | "wrong-class"
  | "wrong-machine"
  | "wrong-type"
  | "dynamic"
  | "no-segments"
  | "too-many-segments"
  | "segment-outside-file"
  | "segment-larger-in-file"
  | "segment-in-kernel-area"
  | "segment-in-fixed-area"
  | "segment-outside-image"
  | "segment-not-persistent"
  | "segments-overlap"
  | "entry-outside-text"
  | "too-large"
  | "bad-symbols";

/** An error whose text names what is wrong and the way out: one line of ASCII, at most 200 characters. */
export interface ElfError {
  readonly code: ElfErrorCode;
  readonly text: string;
}

/** A word as 0x and eight digits. */
export function hex(word: number): string {
  return `0x${(word >>> 0).toString(16).padStart(8, "0")}`;
}
