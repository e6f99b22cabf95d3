import { readdirSync, readFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import { expect, test } from "vitest";

/**
 * Folders from the bottom up; a file imports values only from its own folder and those before it. What stands above the
 * public names has them too.
 */
const ORDER = [
  "softfloat",
  "state",
  "memory",
  "interrupt",
  "mmu",
  "system",
  "isa",
  "decode",
  "interpreter",
  "jit",
  "index.ts",
  "conformance",
];

test("no folder imports values from a folder above it", () => {
  const upward: string[] = [];
  for (const entry of readdirSync(import.meta.dirname, { recursive: true, withFileTypes: true })) {
    if (!entry.name.endsWith(".ts") || entry.name.endsWith(".test.ts")) continue;
    const folder = entry.parentPath.slice(import.meta.dirname.length + 1).split("/")[0];
    if (folder === "") continue;
    const text = readFileSync(`${entry.parentPath}/${entry.name}`, "utf8");
    for (const match of text.matchAll(/^(?:import|export) (?!type )[^;]*from "(\.[^"]+)";/gm)) {
      const target = relative(import.meta.dirname, resolve(entry.parentPath, match[1])).split("/")[0];
      if (!(ORDER.indexOf(target) <= ORDER.indexOf(folder) && ORDER.includes(target)))
        upward.push(`${folder}/${entry.name} → ${target}`);
    }
  }
  expect(upward).toEqual([]);
});

test("every folder has its place in the order", () => {
  const folders = readdirSync(import.meta.dirname, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
  expect(folders.sort()).toEqual(ORDER.filter((name) => !name.endsWith(".ts")).sort());
});
