/**
 * Processor models, as CPUID shows them.
 *
 * Here: family, model and stepping of real parts, with the feature bits cut down to what is implemented.
 * SDM Vol. 2A, CPUID.
 * @module
 */

export type Model = "i486" | "pentium" | "pentium3" | "pentium4";

const PSE = 1 << 3;
const TSC = 1 << 4;
const CX8 = 1 << 8;
const SEP = 1 << 11;
const CMOV = 1 << 15;

interface Identity {
  readonly signature: number;
  readonly features: number;
  readonly brand: number;
}

const IDENTITIES: Readonly<Record<Model, Identity>> = {
  i486: { signature: 0x00000480, features: 0, brand: 0 },
  pentium: { signature: 0x00000543, features: PSE | TSC | CX8, brand: 0 },
  pentium3: { signature: 0x0000068a, features: PSE | TSC | CX8 | SEP | CMOV, brand: 0x02 },
  pentium4: { signature: 0x00000f29, features: PSE | TSC | CX8 | SEP | CMOV, brand: 0x09 },
};

/** "GenuineIntel" in EBX, EDX, ECX. */
const GENUINE = [0x756e6547, 0x49656e69, 0x6c65746e];

/** EAX, EBX, ECX, EDX for a leaf; leaves behind the last one read as the last one. */
export function cpuidLeaf(model: Model, leaf: number): readonly [number, number, number, number] {
  const { signature, features, brand } = IDENTITIES[model];
  if (leaf === 0) return [1, GENUINE[0], GENUINE[2], GENUINE[1]];
  return [signature, brand, 0, features];
}
