// Folders of the package from the bottom up: an import points down, or stays in its folder.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, it } from "vitest";

const SRC = join(import.meta.dirname, "../src");
const ORDER = [
  "protocol",
  "server",
  "session",
  "sigma0",
  "elf",
  "check-names.ts",
  "failure.ts",
  "policy",
  "detect",
  "art",
  "plan",
  "apply",
  "p3",
  "index.ts",
];

const layer = (path: string): number => ORDER.indexOf(path.split("/")[0]);

it("every import points down, or stays in its folder", () => {
  const upward: string[] = [];
  for (const entry of readdirSync(SRC, { recursive: true, encoding: "utf8" })) {
    if (!entry.endsWith(".ts") || entry.endsWith(".test.ts")) continue;
    expect([entry, layer(entry) >= 0]).toEqual([entry, true]);
    for (const [, target] of readFileSync(join(SRC, entry), "utf8").matchAll(/from "(\.[^"]+)"/g)) {
      const to = relative(SRC, join(SRC, dirname(entry), target));
      if (layer(to) > layer(entry)) upward.push(`${entry} imports ${to}`);
    }
  }
  expect(upward).toEqual([]);
});
