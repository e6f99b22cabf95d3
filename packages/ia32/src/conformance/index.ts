/**
 * \@kintsugi/ia32/conformance: a processor against recordings of real ones.
 *
 * Here: the public names, nothing else. hwvec and TestFloat files are text, MOO files bytes; unpack .gz first.
 * @module
 */
export { runHwvec } from "./hwvec.ts";
export {
  type Bytes,
  type FloatChange,
  type FloatState,
  parseVectors,
  type SegmentRegister,
  type Selectors,
  type Vector,
} from "./hwvec-format.ts";
export type { Settings } from "./hwvec-machine.ts";
export { runMoo } from "./moo.ts";
export { type MooFile, type MooRegisters, type MooState, type MooTest, parseMoo } from "./moo-format.ts";
export { type Difference, type FormScore, Score, type Summary, type Tally } from "./score.ts";
export { runTestFloat } from "./testfloat.ts";
export { parseTestFloat, type TestFloatCase, type TestFloatSection } from "./testfloat-format.ts";
export { type Format, FUNCTIONS, type TestFloatFunction } from "./testfloat-functions.ts";
