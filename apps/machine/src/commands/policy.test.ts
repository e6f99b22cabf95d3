import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { explain, MILLISECOND, POLICIES } from "@kintsugi/arc-framework";
import { describe, expect, it } from "vitest";
import { loadPolicy } from "../host/policy-file.ts";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
const OWN = fileURLToPath(new URL("../../../../examples/own-policy.ts", import.meta.url));
const DIVIDE = { kind: "exception", detector: "exception", detail: 0, address: 0, instruction: 0 } as const;

function policy(...words: string[]): string[] {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, "policy", ...words], { encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return stdout.trimEnd().split("\n");
}

// Their timelines in a machine are compared with the same schedules (→ ../../test/policies.test.ts).
describe("kintsugi policy explain", () => {
  it("prints the whole schedule of a policy in a file, as a table and as JSON", async () => {
    const chosen = (await loadPolicy(OWN))._unsafeUnwrap();
    const { entries, end } = explain(chosen, { failure: DIVIDE, scope: "request", again: MILLISECOND }, 100);
    expect(entries.length).toBeGreaterThan(2);
    const lines = policy("explain", OWN, "--json").map((line) => JSON.parse(line));
    expect(lines).toEqual(JSON.parse(JSON.stringify([...entries, { end }])));
    const [, ...table] = policy("explain", OWN);
    const rows = table.slice(0, entries.length);
    for (const [n, { action }] of entries.entries()) {
      expect(rows[n]).toMatch(new RegExp(`^${n + 1} .* ${action.kind}\\b`));
      expect(rows[n]).toContain(action.because);
    }
    expect(table[entries.length]).toBe(`then ${end}`);
  });
});

it("kintsugi policy list names all of them", () => {
  expect(policy("list").map((line) => line.split(" ")[0])).toEqual([...POLICIES.keys()]);
});
