/**
 * Exceptions of SSE floating-point instructions: MXCSR flags and #XM.
 *
 * Here: begin() clears what the last instruction left in the softfloat context, end() puts the flags into MXCSR or
 * raises #XM (#UD without CR4.OSXMMEXCPT) before a destination is written. SDM Vol. 1, 11.5.
 * @module
 */
import { raiseException, VECTOR_UD, VECTOR_XM } from "../../interrupt/exception.ts";
import { EXCEPTIONS, FLAGS, type FloatContext, MASKS, unmaskedExceptions } from "../../softfloat/context.ts";
import type { Core } from "../../state/core.ts";
import { MXCSR } from "../../state/fpu.ts";

export function begin(core: Core): FloatContext {
  core.sse.w[FLAGS] = 0;
  return core.sse;
}

export function end(core: Core): void {
  const w = core.sse.w;
  if ((w[FLAGS] & ~w[MASKS] & EXCEPTIONS) !== 0) stop(core);
  core.x[MXCSR] |= w[FLAGS] & EXCEPTIONS;
}

function stop(core: Core): never {
  unmaskedExceptions(core.sse);
  core.x[MXCSR] |= core.sse.w[FLAGS] & EXCEPTIONS;
  raiseException(core, core.osXmmExceptions ? VECTOR_XM : VECTOR_UD);
}
