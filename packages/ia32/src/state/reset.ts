/**
 * What power-on leaves in architectural mode: real mode at FFFFFFF0.
 *
 * Here: the registers that Core does not start with already. SDM Vol. 3A, table 9-1.
 * @module
 */
import { CR0_CD, CR0_ET, CR0_NW, deriveControl } from "./control-registers.ts";
import type { Core } from "./core.ts";
import { CS, realSegment } from "./descriptor.ts";
import { FCW, FTW } from "./fpu.ts";
import { signatureOf } from "./model.ts";
import { EDX, EIP } from "./registers.ts";

export function reset(core: Core): void {
  for (let number = 0; number < 6; number++) core.setSegment(number, { ...realSegment(0, null), dpl: 0 });
  core.setSegment(CS, { ...realSegment(0xf000, null), base: 0xffff0000 | 0, dpl: 0 });
  core.r[EIP] = 0xfff0;
  core.r[EDX] = signatureOf(core.model);
  // Other than what FNINIT leaves: SDM Vol. 3A, table 9-1.
  core.x[FCW] = 0x40;
  core.x[FTW] = 0xff;
  core.system.cr0 = CR0_CD | CR0_NW | CR0_ET;
  core.cpl = 0;
  deriveControl(core);
}
