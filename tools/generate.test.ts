import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { HEADERS, printHeader, ROOT } from "./generate.ts";

describe("generated files (stale? npm run generate)", () => {
  // In a process of its own: the order of a module's exports, which generators may follow, is the runtime's.
  it("are what their sources say", () => {
    const { status, stdout } = spawnSync(process.execPath, [join(ROOT, "tools/generate.ts"), "--check"]);
    expect([status, stdout.toString()]).toEqual([0, ""]);
  });

  it.each(HEADERS)("$output has no name twice", async (header) => {
    const names = [...(await printHeader(header)).matchAll(/^constexpr (?:unsigned )?int (\w+)/gm)].map(
      ([, name]) => name,
    );
    expect(names.length).toBeGreaterThan(20);
    expect(new Set(names).size).toBe(names.length);
  });
});
