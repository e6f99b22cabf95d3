/**
 * The instruction table: all rows under their export names.
 *
 * Here: nothing but the list of groups. Adding a group means adding it here.
 * @module
 */
import * as binaryArithmetic from "./binary-arithmetic.ts";
import * as bitByte from "./bit-byte.ts";
import * as controlRegister from "./control-register.ts";
import * as controlTransfer from "./control-transfer.ts";
import * as dataTransfer from "./data-transfer.ts";
import * as decimalArithmetic from "./decimal-arithmetic.ts";
import * as descriptorRegister from "./descriptor-register.ts";
import * as enterLeave from "./enter-leave.ts";
import * as farTransfer from "./far-transfer.ts";
import * as flagControl from "./flag-control.ts";
import type { Instruction } from "./instruction.ts";
import * as io from "./io.ts";
import * as logical from "./logical.ts";
import * as miscellaneous from "./miscellaneous.ts";
import * as mmxArithmetic from "./mmx/arithmetic.ts";
import * as mmxComparison from "./mmx/comparison-logical.ts";
import * as mmxConversion from "./mmx/conversion.ts";
import * as mmxDataTransfer from "./mmx/data-transfer.ts";
import * as mmxShift from "./mmx/shift.ts";
import * as modelSpecific from "./model-specific.ts";
import * as multiplyDivide from "./multiply-divide.ts";
import * as segmentRegister from "./segment-register.ts";
import * as shiftRotate from "./shift-rotate.ts";
import * as softwareInterrupt from "./software-interrupt.ts";
import * as sseArithmetic from "./sse/arithmetic.ts";
import * as sseComparison from "./sse/comparison-logical.ts";
import * as sseConversion from "./sse/conversion.ts";
import * as sseDataTransfer from "./sse/data-transfer.ts";
import * as sseHorizontal from "./sse/horizontal.ts";
import * as sseShuffle from "./sse/shuffle.ts";
import * as sseState from "./sse/state.ts";
import * as string from "./string.ts";
import * as system from "./system.ts";
import * as x87Arithmetic from "./x87/arithmetic.ts";
import * as x87Comparison from "./x87/comparison.ts";
import * as x87Control from "./x87/control.ts";
import * as x87DataTransfer from "./x87/data-transfer.ts";
import * as x87Environment from "./x87/environment.ts";
import * as x87Store from "./x87/store.ts";
import * as x87Transcendental from "./x87/transcendental.ts";

/** File name of a group → what the file exports. */
export const GROUPS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "data-transfer": dataTransfer,
  "binary-arithmetic": binaryArithmetic,
  "multiply-divide": multiplyDivide,
  "decimal-arithmetic": decimalArithmetic,
  logical,
  "shift-rotate": shiftRotate,
  "bit-byte": bitByte,
  "control-transfer": controlTransfer,
  "far-transfer": farTransfer,
  "software-interrupt": softwareInterrupt,
  "enter-leave": enterLeave,
  string,
  io,
  "flag-control": flagControl,
  "segment-register": segmentRegister,
  miscellaneous,
  system,
  "descriptor-register": descriptorRegister,
  "control-register": controlRegister,
  "model-specific": modelSpecific,
  "x87/data-transfer": x87DataTransfer,
  "x87/store": x87Store,
  "x87/arithmetic": x87Arithmetic,
  "x87/comparison": x87Comparison,
  "x87/transcendental": x87Transcendental,
  "x87/control": x87Control,
  "x87/environment": x87Environment,
  "mmx/data-transfer": mmxDataTransfer,
  "mmx/conversion": mmxConversion,
  "mmx/arithmetic": mmxArithmetic,
  "mmx/comparison-logical": mmxComparison,
  "mmx/shift": mmxShift,
  "sse/data-transfer": sseDataTransfer,
  "sse/arithmetic": sseArithmetic,
  "sse/horizontal": sseHorizontal,
  "sse/comparison-logical": sseComparison,
  "sse/shuffle": sseShuffle,
  "sse/conversion": sseConversion,
  "sse/state": sseState,
};

export interface NamedRow {
  readonly group: string;
  readonly name: string;
  readonly row: Instruction;
}

/** Every row: exports in capitals, by group and name. */
export const TABLE: readonly NamedRow[] = Object.entries(GROUPS).flatMap(([group, exports]) =>
  Object.entries(exports)
    .filter(([name]) => /^[A-Z][A-Z0-9_]*$/.test(name))
    .map(([name, row]) => ({ group, name, row: row as Instruction }))
    .sort((a, b) => (a.name < b.name ? -1 : 1)),
);
