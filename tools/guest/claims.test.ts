/**
 * The claim table of packages/drivers/README.md against the tests that it names: each row has one, and it exists.
 *
 * Here: titles. Not here: whether a test shows what a row says: that is for who reads both.
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const at = (path: string): URL => new URL(`../../${path}`, import.meta.url);
const README = readFileSync(at("packages/drivers/README.md"), "utf8");
/** Nothing is said yet that a test could hold. */
const NO_CLAIM = "not claimed yet";

interface Row {
  readonly event: string;
  readonly claim: string;
  /** File and beginning of the title. */
  readonly tests: readonly (readonly [file: string, title: string])[];
}

/** Rows of the table under "Claims": driver, event, claim, why, tests. */
function rowsOf(page: string): Row[] {
  const [, table = ""] = /\n\| Driver \| Event \| Claim \| Why \| Tests \|\n\|[-|]+\|\n((?:\|.*\n)+)/.exec(page) ?? [];
  let driver = "";
  return table
    .trimEnd()
    .split("\n")
    .map((line) => {
      const cells = line.slice(1, -1).split(/(?<!\\)\|/);
      expect({ line, cells: cells.length }).toEqual({ line, cells: 5 });
      const [first, event, claim, , tests] = cells.map((cell) => cell.trim()) as [
        string,
        string,
        string,
        string,
        string,
      ];
      driver = first || driver;
      const named = tests === "" ? [] : tests.split(/; (?=`)/);
      return {
        event: `${driver}: ${event}`,
        claim,
        tests: named.map((test): [string, string] => {
          const [, file, title] = /^`([^`]+)` (.+)$/.exec(test) ?? [];
          return [file ?? "", title ?? ""];
        }),
      };
    });
}

/** Titles of a file's tests, up to the first thing that is put in. */
function titlesOf(file: string): string[] {
  const path = file.startsWith("machine/") ? `apps/machine/test/${file.slice(8)}` : `tools/guest/${file}`;
  if (!existsSync(at(`${path}.test.ts`))) return [];
  const source = readFileSync(at(`${path}.test.ts`), "utf8");
  const calls = source.matchAll(
    /(?:\bit|\bit\.each(?:<[^>]*>)?\([\s\S]*?\n? *\]?\))\(\s*(["`])((?:\\.|(?!\1)[^\\])*)\1,/g,
  );
  return [...calls].map(([, , title]) => title!);
}

describe("the claims of the drivers", () => {
  const rows = rowsOf(README);

  it("stand in a table, one in each row", () => {
    expect(rows.length).toBeGreaterThan(40);
    expect(new Set(rows.map(({ event }) => event)).size).toBe(rows.length);
    expect(rows.filter(({ claim }) => claim === "")).toEqual([]);
  });

  it("are held by tests, each of which there is", () => {
    for (const { event, claim, tests } of rows) {
      expect({ event, held: tests.length > 0 || claim === NO_CLAIM }).toEqual({ event, held: true });
      for (const [file, title] of tests) {
        const found = titlesOf(file).filter((one) => one.startsWith(title));
        expect({ event, file, title, found: found.length > 0 }).toEqual({ event, file, title, found: true });
      }
    }
  });

  it("would be missed without a test, or with the title of none", () => {
    expect(titlesOf("serial").some((title) => title.startsWith("is kept for the next reader"))).toBe(true);
    expect(titlesOf("serial").some((title) => title.startsWith("is kept for nobody"))).toBe(false);
    expect(titlesOf("none")).toEqual([]);
    const [row] = rowsOf(
      "\n| Driver | Event | Claim | Why | Tests |\n|---|---|---|---|---|\n| a | crash | exact | | |\n",
    );
    expect(row).toEqual({ event: "a: crash", claim: "exact", tests: [] });
  });
});
