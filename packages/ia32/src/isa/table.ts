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
import * as modelSpecific from "./model-specific.ts";
import * as multiplyDivide from "./multiply-divide.ts";
import * as segmentRegister from "./segment-register.ts";
import * as shiftRotate from "./shift-rotate.ts";
import * as softwareInterrupt from "./software-interrupt.ts";
import * as string from "./string.ts";
import * as system from "./system.ts";

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
