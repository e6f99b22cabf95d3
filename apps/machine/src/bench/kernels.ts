/**
 * The kernels of the bench guest: their names, classes, and what is expected of them.
 *
 * Here: the list, in the guest's order. Not here: the guest (bench/guest), running it (→ guest-run.ts).
 * @module
 */

/** What a kernel exercises. `paged` repeats another kernel with paging on. */
export type KernelClass = "integer" | "x87" | "sse" | "code" | "system";

/** Kernels by class; the first three and `code` also run natively. */
export const KERNELS: Readonly<Record<KernelClass, readonly string[]>> = {
  integer: [
    ...["sieve", "sha256", "crc32", "matmul", "qsort", "fib", "interp", "icall", "repmovs", "repsmall", "memloop"],
    ...["chasebig", "chasesmall", "lz", "string", "muldiv64", "flags", "bytes"],
  ],
  x87: ["x87_nbody", "x87_mandel", "x87_dmat"],
  sse: ["sse_nbody", "sse_mandel", "sse_dmat", "sse2_int", "sse_ps"],
  code: ["bigcode", "smc", "smcdata"],
  system: ["syscall", "intnop", "pfault", "cr3flush", "pg_sieve", "pg_chasebig", "pio", "mmio"],
};

/** All kernels, in the guest's order. */
export const ALL_KERNELS: readonly string[] = Object.values(KERNELS).flat();

/** The class of a kernel, or undefined. */
export function classOf(kernel: string): KernelClass | undefined {
  return (Object.keys(KERNELS) as KernelClass[]).find((name) => KERNELS[name].includes(kernel));
}
