/**
 * Processor models, as CPUID shows them.
 *
 * Here: family, model and stepping of real parts, with the feature bits cut down to what is implemented.
 * SDM Vol. 2A, CPUID.
 * @module
 */

/** The processors that CPUID can say it is. */
export type Model = "i486" | "pentium" | "pentium3" | "pentium4";

/**
 * Feature flags of leaf 1 by their names in the manual. Those of EDX stand at their places; SSE3 and MONITOR, of
 * ECX, and NX, of leaf 80000001, at places that EDX reserves.
 */
export const FEATURES = {
  FPU: 0x00000001,
  PSE: 0x00000008,
  TSC: 0x00000010,
  MSR: 0x00000020,
  PAE: 0x00000040,
  CX8: 0x00000100,
  SSE3: 0x00000400,
  SEP: 0x00000800,
  PGE: 0x00002000,
  CMOV: 0x00008000,
  CLFSH: 0x00080000,
  MONITOR: 0x00100000,
  MMX: 0x00800000,
  FXSR: 0x01000000,
  SSE: 0x02000000,
  SSE2: 0x04000000,
  NX: 0x40000000,
} as const;
export type Feature = keyof typeof FEATURES;
/** No feature missing. */
export const ALL_FEATURES: number = -1;

const { FPU, PSE, TSC, MSR, PAE, CX8, SSE3, SEP, PGE, CMOV, CLFSH, MONITOR, MMX, FXSR, SSE, SSE2, NX } = FEATURES;
const FLOAT: number = FPU | MMX | FXSR | SSE | SSE2 | SSE3;
/** Features of architectural mode: a host kernel has no such registers. */
const SYSTEM: number = MSR | PAE | PGE | NX;
const PENTIUM: number = FPU | PSE | TSC | MSR | CX8 | MMX;
const PENTIUM3: number = PENTIUM | PAE | SEP | PGE | CMOV | FXSR | SSE;

interface Identity {
  readonly signature: number;
  readonly features: number;
  readonly brand: number;
}

/** i486DX4, Pentium with MMX, Pentium III (Coppermine), Pentium 4 (Prescott). */
const IDENTITIES: Readonly<Record<Model, Identity>> = {
  i486: { signature: 0x00000480, features: FPU, brand: 0 },
  pentium: { signature: 0x00000543, features: PENTIUM, brand: 0 },
  pentium3: { signature: 0x0000068a, features: PENTIUM3, brand: 0x02 },
  pentium4: { signature: 0x00000f34, features: PENTIUM3 | SSE2 | SSE3 | CLFSH | MONITOR | NX, brand: 0x09 },
};

/** The features of a model, with or without those that need the float registers and those of system programs. */
export function featuresOf(model: Model, float: boolean, architectural: boolean): number {
  return IDENTITIES[model].features & (float ? -1 : ~FLOAT) & (architectural ? -1 : ~SYSTEM);
}

/** "GenuineIntel" in EBX, EDX, ECX. */
const GENUINE = [0x756e6547, 0x49656e69, 0x6c65746e];

/** Size of a cache line in units of 8 bytes, at its place in EBX. */
const CLFLUSH_LINE = 8 << 8;

/** Physical and linear addresses have 32 bits. */
const ADDRESS_BITS = 0x2020;
const EXTENDED_NX = 1 << 20;

/** Leaves 80000000 to 80000008, of models that have NX. */
function extendedLeaf(leaf: number): readonly [number, number, number, number] {
  if (leaf === 0) return [0x80000008, 0, 0, 0];
  if (leaf === 1) return [0, 0, 0, EXTENDED_NX];
  return leaf === 8 ? [ADDRESS_BITS, 0, 0, 0] : [0, 0, 0, 0];
}

/** EAX, EBX, ECX, EDX for a leaf; leaves behind the last one read as the last one. */
export function cpuidLeaf(model: Model, features: number, leaf: number): readonly [number, number, number, number] {
  const { signature, brand } = IDENTITIES[model];
  if (features & NX && leaf >>> 0 >= 0x80000000 && leaf >>> 0 <= 0x80000008) return extendedLeaf(leaf & 15);
  if (leaf === 0) return [1, GENUINE[0], GENUINE[2], GENUINE[1]];
  const ecx = (features & SSE3 ? 1 << 0 : 0) | (features & MONITOR ? 1 << 3 : 0);
  return [signature, brand | (features & CLFSH ? CLFLUSH_LINE : 0), ecx, features & ~(SSE3 | MONITOR | NX)];
}

/** Family, model and stepping: EDX after power-on. */
export function signatureOf(model: Model): number {
  return IDENTITIES[model].signature;
}
