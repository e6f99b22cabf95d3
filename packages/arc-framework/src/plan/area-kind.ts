/**
 * The kinds of areas that a process has: what a plan speaks of.
 *
 * Here: the words. Not here: where areas lie (`../p3/areas.ts`), what happens to which (`plan.ts`).
 * @module
 */

export type AreaKind = "image" | "heap" | "persistent memory" | "restart page" | "recovery stack" | "stack";

/** The kinds in the order of the numbers under which records keep them. */
export const AREA_KINDS: readonly AreaKind[] = [
  "image",
  "heap",
  "persistent memory",
  "restart page",
  "recovery stack",
  "stack",
];
