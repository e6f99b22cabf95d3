/**
 * A failure: what a detector found, as a value.
 *
 * Here: the kinds (the numbers of the restart page), the shape, a sentence for people.
 * Not here: finding one (`detect/`), choosing what to do (`policy/`).
 * Reference: thesis 4.3.2, "Failure Mode"; docs/protocols.md section 6.
 * @module
 */
import {
  FAILURE_EXCEPTION,
  FAILURE_GROUP,
  FAILURE_HANG,
  FAILURE_KILLED,
  FAILURE_PAGE_FAULT,
  FAILURE_PANIC,
} from "@kintsugi/microkernel";
import { hex } from "./elf/error.ts";

/**
 * How the program failed: by an access, another trap, its time, its own word, or a user's wish (thesis 4.3.2); or it has
 * not failed, but a server of its has started cold (4.4.2).
 */
export type FailureKind = "page fault" | "exception" | "hang" | "panic" | "killed" | "group";

/** The numbers under which the restart page and the protocols know the kinds. */
export const FAILURE_KINDS: Readonly<Record<FailureKind, number>> = {
  "page fault": FAILURE_PAGE_FAULT,
  exception: FAILURE_EXCEPTION,
  hang: FAILURE_HANG,
  panic: FAILURE_PANIC,
  killed: FAILURE_KILLED,
  group: FAILURE_GROUP,
};

/** The rule that found it. `no-memory`: a page that the program may have could not be had. */
export type Detector =
  | "outside-areas"
  | "access-rights"
  | "exception"
  | "hang"
  | "panic"
  | "kill"
  | "no-memory"
  | "group";

/** The rules in the order of the numbers under which records keep them. */
export const DETECTOR_NAMES: readonly Detector[] = [
  "outside-areas",
  "access-rights",
  "exception",
  "hang",
  "panic",
  "kill",
  "no-memory",
  "group",
];

/** What went wrong with a program, and where. */
export interface Failure {
  readonly kind: FailureKind;
  readonly detector: Detector;
  /** Page fault: the access's rwx bits; exception: the vector; hang: own time used, in µs; group: the server's pid; else 0. */
  readonly detail: number;
  /** Page fault: the address; else 0. */
  readonly address: number;
  /** Instruction pointer, or 0 where the message did not tell. */
  readonly instruction: number;
}

/** The kind with this number, as FAILURE_KINDS has it; undefined for a number that is none. */
export function failureKind(code: number): FailureKind | undefined {
  return (Object.keys(FAILURE_KINDS) as FailureKind[]).find((kind) => FAILURE_KINDS[kind] === code);
}

const ACCESS_WRITE = 2;

const RULES: Readonly<Partial<Record<Detector, string>>> = {
  "outside-areas": "outside all areas:",
  "access-rights": "against the rights of",
  "no-memory": "and no memory for",
};

/** One line for people, without a full stop. */
export function describeFailure(failure: Failure): string {
  const at = failure.instruction === 0 ? "" : ` (ip ${hex(failure.instruction)})`;
  switch (failure.kind) {
    case "page fault": {
      const access = (failure.detail & ACCESS_WRITE) === 0 ? "read" : "write";
      return `page fault: ${access} ${RULES[failure.detector] ?? "of"} ${hex(failure.address)}${at}`;
    }
    case "exception":
      return `exception ${failure.detail}${at}`;
    case "hang":
      return `hang after ${failure.detail} us of its own time${at}`;
    case "panic":
      return "panic";
    case "killed":
      return "killed";
    case "group":
      return `a server of its group (pid ${failure.detail}) started cold`;
  }
}
