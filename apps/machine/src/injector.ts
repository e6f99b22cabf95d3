/**
 * The fault injector: makes running programs fail for real.
 *
 * Here: redirecting a thread's EIP to code that fails – on the kernel debugger's word (the shell's `crash`), or after an
 * exact number of the thread's own instructions (campaigns). Not here: detection and recovery; the injector never
 * talks to P3. The failing code is part of every program (packages/arc-framework/guest/faults.S), at the same place.
 * @module
 */
import { symbols } from "@kintsugi/arc-framework";
import type { BootModule } from "./boot.ts";

export const CRASH_KINDS: readonly CrashKind[] = ["page-fault", "divide", "undefined", "panic", "hang", "text-write"];
export type CrashKind = "page-fault" | "divide" | "undefined" | "panic" | "hang" | "text-write";

/** The code that a kind of crash runs. */
export const CRASH_SYMBOLS: Readonly<Record<CrashKind, string>> = {
  "page-fault": "arc_fault_wild_store",
  divide: "arc_fault_divide",
  undefined: "arc_fault_ud2",
  panic: "arc_fault_panic",
  hang: "arc_fault_hang",
  "text-write": "arc_fault_text_store",
};

/** `cmpb $op,%al` after int3: the kernel debugger's "redirect". */
export const DEBUGGER_REDIRECT = 0x4b;

/** Where a program's failing code is, and where it begins when it is started again. */
export type CrashAddresses = Readonly<Record<CrashKind | "entry", number>>;

/** Offset of e_entry in an ELF header. */
const ELF_ENTRY = 24;

/** Addresses of the failing code in a program; undefined when the file has no such symbols. */
export function crashAddresses(program: Uint8Array): CrashAddresses | undefined {
  const table = symbols(program);
  if (table.isErr()) return undefined;
  const address = (kind: CrashKind): number | undefined =>
    table.value.find((symbol) => symbol.name === CRASH_SYMBOLS[kind])?.address;
  const found = CRASH_KINDS.map((kind) => [kind, address(kind)] as const);
  if (found.some(([, at]) => at === undefined)) return undefined;
  const entry = new DataView(program.buffer, program.byteOffset).getUint32(ELF_ENTRY, true);
  return { ...(Object.fromEntries(found) as Record<CrashKind, number>), entry };
}

/** The crash kind that the shell's `crash` names by number, 1 … 6. */
export function crashKindOf(number: number): CrashKind | undefined {
  return CRASH_KINDS[number - 1];
}

/** The machine's crash addresses: every program has them at the same place, so the first that has any will do. */
export function machineCrashAddresses(modules: readonly BootModule[]): CrashAddresses | undefined {
  for (const { bytes } of modules) {
    const addresses = crashAddresses(bytes);
    if (addresses !== undefined) return addresses;
  }
  return undefined;
}
