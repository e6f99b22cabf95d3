/**
 * A failure: what a detector found, as a value.
 *
 * Here: the kinds (the numbers of the restart page), the shape, a sentence for people.
 * Not here: finding one (`detect/`), choosing what to do (`policy/`).
 * Reference: thesis 4.3.2, "Failure Mode"; docs/protocols.md section 6.
 * @module
 */
import {
  FAILURE_AGING,
  FAILURE_CHECK,
  FAILURE_CORRUPTION,
  FAILURE_DEADLOCK,
  FAILURE_EXCEPTION,
  FAILURE_GROUP,
  FAILURE_HANG,
  FAILURE_KILLED,
  FAILURE_PAGE_FAULT,
  FAILURE_PANIC,
  FAILURE_PROTOCOL,
  FAILURE_STARVATION,
} from "@kintsugi/microkernel";
import { checkName } from "./check-names.ts";
import { hex } from "./elf/error.ts";

/**
 * How the program failed: by an access, another trap, its time, its own word, or a user's wish (thesis 4.3.2); by waiting in
 * a circle, by taking all time, by damaged memory, by a message that may not be, by its compiler's check; or it has not failed,
 * but a server of its has started cold (4.4.2), or it is renewed before it fails (3.3.1).
 */
export type FailureKind =
  | "page fault"
  | "exception"
  | "hang"
  | "panic"
  | "killed"
  | "group"
  | "deadlock"
  | "starvation"
  | "corruption"
  | "protocol"
  | "check"
  | "aging";

/** The numbers under which the restart page and the protocols know the kinds. */
export const FAILURE_KINDS: Readonly<Record<FailureKind, number>> = {
  "page fault": FAILURE_PAGE_FAULT,
  exception: FAILURE_EXCEPTION,
  hang: FAILURE_HANG,
  panic: FAILURE_PANIC,
  killed: FAILURE_KILLED,
  group: FAILURE_GROUP,
  deadlock: FAILURE_DEADLOCK,
  starvation: FAILURE_STARVATION,
  corruption: FAILURE_CORRUPTION,
  protocol: FAILURE_PROTOCOL,
  check: FAILURE_CHECK,
  aging: FAILURE_AGING,
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
  | "group"
  | "deadlock"
  | "starvation"
  | "code-checksum"
  | "checked-memory"
  | "invariant"
  | "protocol"
  | "compiler-check"
  | "usage";

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
  "deadlock",
  "starvation",
  "code-checksum",
  "checked-memory",
  "invariant",
  "protocol",
  "compiler-check",
  "usage",
];

/** What went wrong with a program, and where. */
export interface Failure {
  readonly kind: FailureKind;
  readonly detector: Detector;
  /**
   * Page fault: the access's rwx bits; exception: the vector; hang: own time used, in µs; group: the server's pid; deadlock: the
   * pid that it waits for; starvation: how long others had no time, in ms; corruption: {@link IN_RECOVERY} or 0; protocol: the
   * message's label; check: its number; aging: pages of heap; else 0.
   */
  readonly detail: number;
  /** Page fault: the address; corruption of code: the page; else 0. */
  readonly address: number;
  /** Instruction pointer, or 0 where the message did not tell. */
  readonly instruction: number;
}

/** The kind with this number, as FAILURE_KINDS has it; undefined for a number that is none. */
export function failureKind(code: number): FailureKind | undefined {
  return (Object.keys(FAILURE_KINDS) as FailureKind[]).find((kind) => FAILURE_KINDS[kind] === code);
}

const ACCESS_WRITE = 2;

/** Detail of a corruption that was found when the program was about to recover: its persistent memory is of no use. */
export const IN_RECOVERY = 1;

const RULES: Readonly<Partial<Record<Detector, string>>> = {
  "outside-areas": "outside all areas:",
  "access-rights": "against the rights of",
  "no-memory": "and no memory for",
};

const DAMAGE: Readonly<Partial<Record<Detector, string>>> = {
  "code-checksum": "code",
  "checked-memory": "checked memory",
  invariant: "an invariant of its memory",
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
    case "deadlock":
      return `deadlock: it waits for pid ${failure.detail}, which waits for it`;
    case "starvation":
      return `starvation: others have had no time for ${failure.detail} ms`;
    case "corruption":
      return `${DAMAGE[failure.detector] ?? "memory"} is damaged${failure.address === 0 ? "" : ` at ${hex(failure.address)}`}`;
    case "protocol":
      return `a message ${hex(failure.detail)} that its protocol does not allow`;
    case "check":
      return `a check of the compiler: ${checkName(failure.detail)}${at}`;
    case "aging":
      return `renewed with ${failure.detail} pages of heap`;
    case "group":
      return `a server of its group (pid ${failure.detail}) started cold`;
  }
}
