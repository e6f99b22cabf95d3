import { expect, test } from "vitest";
import {
  C1,
  createFloatContext,
  DAZ,
  DE,
  FLAGS,
  FTZ,
  MASKS,
  OE,
  PE,
  PRECISION,
  ROUNDING,
  setControlWord,
  setMxcsr,
  unmaskedExceptions,
  ZE,
} from "./context.ts";

test("a new context is what FNINIT makes", () => {
  const fresh = createFloatContext();
  const initialized = createFloatContext();
  setControlWord(initialized, 0x037f);
  expect(initialized.w).toEqual(fresh.w);
});

test.each([
  [0x0040, 0, 24, 0],
  [0x0645, 5, 53, 1],
  [0x0b7f, 0x3f, 64, 2],
  [0x0d7f, 0x3f, 64, 3],
])("control word %o", (controlWord, masks, precision, rounding) => {
  const c = createFloatContext();
  setControlWord(c, controlWord);
  expect([c.w[MASKS], c.w[PRECISION], c.w[ROUNDING]]).toEqual([masks, precision, rounding]);
});

test("MXCSR gives masks, rounding, FTZ and DAZ", () => {
  const c = createFloatContext();
  setMxcsr(c, 0xea40);
  expect([c.w[MASKS], c.w[ROUNDING], c.w[FTZ], c.w[DAZ]]).toEqual([0x14, 3, 1, 1]);
  setMxcsr(c, 0x1f80);
  expect([c.w[MASKS], c.w[ROUNDING], c.w[FTZ], c.w[DAZ]]).toEqual([0x3f, 0, 0, 0]);
});

test("an unmasked exception before the operation hides what came after it", () => {
  const c = createFloatContext();
  c.w[FLAGS] = DE | OE | PE | C1;
  expect(unmaskedExceptions(c)).toBe(0);
  c.w[MASKS] = 0x3f & ~(OE | PE);
  expect(unmaskedExceptions(c)).toBe(OE | PE);
  expect(c.w[FLAGS]).toBe(DE | OE | PE | C1);
  c.w[MASKS] = 0x3f & ~(DE | ZE | PE);
  expect(unmaskedExceptions(c)).toBe(DE);
  expect(c.w[FLAGS]).toBe(DE);
});
