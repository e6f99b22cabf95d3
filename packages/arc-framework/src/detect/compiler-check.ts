/**
 * Detector: a check that the compiler has put into the program, which traps.
 *
 * Here: from an invalid-opcode exception and the bytes at its place to a failure. Not here: other exceptions (`exception.ts`),
 * the checks' names (`../check-names.ts`).
 *
 *     0F B9 /r    UD1 EAX, [EAX + number]; the number's byte is missing for 0
 *
 * Reference: Clang, `-fsanitize-trap`, `-fstack-protector`; Intel SDM Vol. 2, UD.
 * @module
 */
import { EXCEPTION_EIP, EXCEPTION_NUMBER, LABEL_EXCEPTION } from "@kintsugi/microkernel";
import type { Failure } from "../failure.ts";
import { type Notice, wordOf } from "./notice.ts";

const INVALID_OPCODE = 6;
const MODRM_EAX = 0x00;
const MODRM_EAX_BYTE = 0x40;

export function detectCompilerCheck(notice: Notice): Failure | undefined {
  const number = checkOf(notice);
  if (number === undefined) return undefined;
  const instruction = wordOf(notice, EXCEPTION_EIP);
  return { kind: "check", detector: "compiler-check", detail: number, address: 0, instruction };
}

/** The number of the check that an exception is; undefined for other exceptions and messages. */
export function checkOf(notice: Notice): number | undefined {
  const { label, code = [] } = notice;
  if (label !== LABEL_EXCEPTION || wordOf(notice, EXCEPTION_NUMBER) !== INVALID_OPCODE) return undefined;
  const [first, second, modrm, number] = code;
  if (first !== 0x0f || second !== 0xb9) return undefined;
  if (modrm === MODRM_EAX) return 0;
  return modrm === MODRM_EAX_BYTE ? number : undefined;
}
