/**
 * The recordings of real processors that tests run: those in the directory that HWVEC names, and the sample for what is
 * not there.
 *
 * Here: finding and unpacking them. Not here: their format and running them (`@kintsugi/ia32/conformance`).
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { gunzipSync } from "node:zlib";

const directories = [new URL("./", import.meta.url)];
if (process.env.HWVEC) directories.unshift(pathToFileURL(`${process.env.HWVEC}/`));
const names = directories.flatMap((directory) => readdirSync(directory)).filter((name) => name.endsWith(".jsonl.gz"));

/** The categories that there are recordings of. */
export const CATEGORIES: readonly string[] = [...new Set(names)].map((name) => name.slice(0, -".jsonl.gz".length));

/** The recordings of a category, a test in a line. */
export function recordings(category: string): string {
  const [file] = directories.map((directory) => new URL(`${category}.jsonl.gz`, directory)).filter(existsSync);
  return gunzipSync(readFileSync(file)).toString();
}
