/**
 * Control registers: what loading CR0, CR3 and CR4 does.
 *
 * Here: checks, derived switches, TLB flushes, the page-directory-pointer registers. Not here: the instructions
 * (→ isa/control-register.ts). SDM Vol. 3A, 2.5, 4.4.1, 4.10.4.
 * @module
 */
import { raiseGeneralProtection } from "../interrupt/exception.ts";
import { invalidateAll, invalidateLocal } from "../mmu/tlb.ts";
import {
  CR0_CD,
  CR0_ET,
  CR0_NW,
  CR0_PE,
  CR0_PG,
  CR0_SETTABLE,
  CR0_WP,
  CR4_PAE,
  CR4_PGE,
  CR4_PSE,
  deriveControl,
} from "../state/control-registers.ts";
import type { Core } from "../state/core.ts";

const PRESENT = 1;
/** Bits of a page-directory-pointer entry that must be 0, low word; so must the whole high word. */
const PDPTE_RESERVED = 0x1e6;

/** Loads the four page-directory-pointer registers, or raises #GP(0). */
function loadPointers(core: Core, pageDirectory: number): void {
  const table = pageDirectory & ~0x1f;
  const words = Array.from({ length: 8 }, (_, i) => core.memory.read32((table + 4 * i) >>> 0));
  for (let i = 0; i < 8; i += 2)
    if (words[i] & PRESENT && (words[i] & PDPTE_RESERVED || words[i + 1] !== 0)) raiseGeneralProtection(core);
  core.system.pdpte.set(words);
}

export function setControl0(core: Core, value: number): void {
  const { system } = core;
  const wanted = (value & CR0_SETTABLE) | CR0_ET;
  if (wanted & CR0_PG && (wanted & CR0_PE) === 0) raiseGeneralProtection(core);
  if (wanted & CR0_NW && (wanted & CR0_CD) === 0) raiseGeneralProtection(core);
  const changed = wanted ^ system.cr0;
  if (changed & CR0_PG && wanted & CR0_PG && system.cr4 & CR4_PAE) loadPointers(core, core.pageDirectory);
  system.cr0 = wanted;
  deriveControl(core);
  core.updateFloatError();
  if (changed & (CR0_PG | CR0_WP | CR0_PE)) invalidateAll(core);
  core.refetch = true;
}

export function loadPageDirectory(core: Core, value: number): void {
  const { cr0, cr4 } = core.system;
  if (cr0 & CR0_PG && cr4 & CR4_PAE) loadPointers(core, value);
  core.pageDirectory = value;
  invalidateLocal(core);
  core.refetch = true;
}

/** `settable`: the bits that the processor's model has. */
export function setControl4(core: Core, value: number, settable: number): void {
  const { system } = core;
  if (value & ~settable) raiseGeneralProtection(core);
  const changed = value ^ system.cr4;
  if (changed & CR4_PAE && value & CR4_PAE && system.cr0 & CR0_PG) loadPointers(core, core.pageDirectory);
  system.cr4 = value;
  deriveControl(core);
  if (changed & (CR4_PAE | CR4_PGE | CR4_PSE)) invalidateAll(core);
  core.refetch = true;
}
