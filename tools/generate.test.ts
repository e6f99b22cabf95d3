import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { HEADERS, printHeader, ROOT } from "./generate.ts";

describe("generated headers", () => {
  it.each(HEADERS)("$output is what its modules say", async (header) => {
    expect(readFileSync(join(ROOT, header.output), "utf8")).toBe(await printHeader(header));
  });

  it.each(HEADERS)("$output has no name twice", async (header) => {
    const names = [...(await printHeader(header)).matchAll(/^constexpr (?:unsigned )?int (\w+)/gm)].map(
      ([, name]) => name,
    );
    expect(names.length).toBeGreaterThan(20);
    expect(new Set(names).size).toBe(names.length);
  });
});
