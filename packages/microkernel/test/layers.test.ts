import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, it } from "vitest";

const SRC = join(import.meta.dirname, "../src");
/** From the bottom up; files directly in src count as the last layer they appear in here. */
const ORDER = ["api", "(edge)", "table", "object", "ipc", "fault", "export", "syscall", "resident", "glue", "(kernel)"];
/** Files in src that are interfaces or constants for every layer. */
const EDGE = ["hardware.ts", "observer.ts", "costs.ts", "boot-config.ts"];

function layer(path: string): number {
  const [folder] = path.split("/");
  if (folder !== path) return ORDER.indexOf(folder);
  return ORDER.indexOf(EDGE.includes(path) ? "(edge)" : "(kernel)");
}

it("every import points down, or stays in its folder", () => {
  const upward: string[] = [];
  for (const entry of readdirSync(SRC, { recursive: true, encoding: "utf8" })) {
    if (!entry.endsWith(".ts") || entry.endsWith(".test.ts")) continue;
    for (const [, target] of readFileSync(join(SRC, entry), "utf8").matchAll(/from "(\.[^"]+)"/g)) {
      const to = relative(SRC, join(SRC, dirname(entry), target));
      if (layer(to) > layer(entry)) upward.push(`${entry} imports ${to}`);
      if (layer(to) < 0 || layer(entry) < 0) upward.push(`${entry} or ${to} is in no layer`);
    }
  }
  expect(upward).toEqual([]);
});
