/**
 * The recordings of real processors that tests run: all of them in the long tier, else a sample that keeps every form.
 *
 * Here: finding, unpacking and choosing them. Not here: their format (→ README.md) and running them
 * (`@kintsugi/ia32/conformance`).
 */
import { readdirSync, readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { gunzipSync } from "node:zlib";

const LONG = process.env.KINTSUGI_LONG !== undefined;
/** HWVEC names a directory of other recordings, which run whole. */
const OTHER = process.env.HWVEC;
const directory = OTHER ? pathToFileURL(`${OTHER}/`) : new URL("./", import.meta.url);

/** Recordings of a form in the sample. Sequences are few forms with much in each. */
const PER_FORM = 10;

/** The categories that there are recordings of. */
export const CATEGORIES: readonly string[] = readdirSync(directory)
  .filter((name) => name.endsWith(".jsonl.gz"))
  .map((name) => name.slice(0, -".jsonl.gz".length));

/** The recordings of a category, a test in a line. */
export function recordings(category: string): string {
  const text = gunzipSync(readFileSync(new URL(`${category}.jsonl.gz`, directory))).toString();
  return LONG || OTHER || category === "seq" ? text : sample(text);
}

function sample(text: string): string {
  const taken = new Map<string, number>();
  const lines = text.split("\n").filter((line) => {
    const form = /"f":"([^"]*)"/.exec(line)?.[1];
    if (form === undefined) return false;
    const count = taken.get(form) ?? 0;
    taken.set(form, count + 1);
    return count < PER_FORM;
  });
  return `${lines.join("\n")}\n`;
}
