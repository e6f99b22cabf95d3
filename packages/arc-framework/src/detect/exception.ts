/**
 * Detector: an exception of the program (divide error, invalid opcode, …).
 *
 * Here: from message to failure. Not here: the other rules (`detect.ts`), what follows (`../policy`).
 * Reference: X.2 exception protocol on IA-32: label, EIP in MR1, vector in MR3.
 * @module
 */
import { EXCEPTION_EIP, EXCEPTION_NUMBER, LABEL_EXCEPTION } from "@kintsugi/microkernel";
import type { Failure } from "../failure.ts";
import { checkOf } from "./compiler-check.ts";
import { type Notice, wordOf } from "./notice.ts";

export function detectException(notice: Notice): Failure | undefined {
  if (notice.label !== LABEL_EXCEPTION || checkOf(notice) !== undefined) return undefined;
  return {
    kind: "exception",
    detector: "exception",
    detail: wordOf(notice, EXCEPTION_NUMBER),
    address: 0,
    instruction: wordOf(notice, EXCEPTION_EIP),
  };
}
