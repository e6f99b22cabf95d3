import { MEMORY_CONVENTIONAL, MEMORY_RESERVED, MEMORY_SHARED } from "@kintsugi/microkernel";
import { expect, it } from "vitest";
import { isShared } from "./kip.ts";

it("memory is a device's where the last description of all of it says so", () => {
  const descriptors = [
    { type: MEMORY_SHARED, low: 0, high: 0xffff_ffff },
    { type: MEMORY_CONVENTIONAL, low: 0, high: 0x3f_ffff },
    { type: MEMORY_SHARED, low: 0xa_0000, high: 0xf_ffff },
    { type: MEMORY_RESERVED, low: 0x30_0000, high: 0x3f_ffff },
  ];
  const answers = (
    [
      [0xb_8000, 0x1000],
      [0xf_f000, 0x1000],
      [0xf_f000, 0x2000],
      [0x9_f000, 0x2000],
      [0x10_0000, 0x1000],
      [0x30_0000, 0x1000],
      [0x40_0000, 0x1000],
      [0x3f_f000, 0x2000],
    ] as const
  ).map(([low, bytes]) => isShared(descriptors, low, bytes));
  expect(answers).toEqual([true, true, false, false, false, false, true, false]);
});
