/**
 * Which loop runs: with the hot instructions written out, or the short one.
 *
 * Where hot code is compiled, the interpreter runs each piece of code a few hundred times at most. The long loop takes V8 seconds to
 * optimise, and never gets that far: a fifth of a Linux boot went into it. Here: the choice.
 * @module
 */
import type { Core } from "../state/core.ts";
import type { DecodedCode } from "./code-cache.ts";
import { dispatch } from "./generated/dispatch.ts";
import { interpret } from "./interpreter.ts";

/** Runs at most `budget` instructions (≥ 0); `core.exit` tells why it stopped. */
export function runLoop(core: Core, code: DecodedCode, powerWord: Int32Array, budget: number): void {
  if (code.hot === null) dispatch(core, code, powerWord, budget);
  else interpret(core, code, powerWord, budget);
}
