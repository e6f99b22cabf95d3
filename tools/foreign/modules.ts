/**
 * Kernel modules with everything that they need, in the order of loading.
 *
 * Here: the "depends" lines of module files. Linux, Documentation/kbuild/modules.rst.
 * @module
 */
import { readFileSync } from "node:fs";
import { basename } from "node:path";

/** Paths of the modules' files, each behind those that it depends on. `files`: all there are. */
export function inLoadingOrder(names: readonly string[], files: readonly string[]): readonly string[] {
  const byName = new Map(files.map((file) => [basename(file, ".ko").replaceAll("-", "_"), file]));
  const ordered = new Set<string>();
  const add = (name: string): void => {
    const file = byName.get(name.replaceAll("-", "_"));
    if (file === undefined) throw new Error(`there is no module ${name}`);
    if (ordered.has(file)) return;
    const [, depends] = /\0depends=([^\0]*)\0/.exec(readFileSync(file, "latin1")) ?? [];
    for (const needed of depends?.split(",") ?? []) if (needed !== "") add(needed);
    ordered.add(file);
  };
  for (const name of names) add(name);
  return [...ordered];
}
