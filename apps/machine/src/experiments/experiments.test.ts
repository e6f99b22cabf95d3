import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { page, tableLines } from "./format.ts";
import { observeAll } from "./observe.ts";

const outcomes = observeAll();
const found = (timing: string, quantity: string, fault: string) =>
  outcomes.find((one) => one.timing === timing && one.quantity === quantity && one.fault === fault);

it("docs/experiments.md is what the runs give (stale? npm run -s kintsugi -- experiments --page > docs/experiments.md)", () => {
  const docs = new URL("../../../../docs/experiments.md", import.meta.url);
  expect(readFileSync(docs, "utf8")).toBe(page(outcomes));
  expect(tableLines(outcomes)).toHaveLength(10);
});

it("a quiet moment costs no request; a complete restart there costs the state", () => {
  for (const quantity of ["checkpoint", "immediate"])
    expect(found("proactive", quantity, "leak")).toMatchObject({ answered: 12, errors: 0, state: "kept" });
  expect(found("proactive", "complete", "leak")).toMatchObject({ answered: 12, errors: 0, state: "lost" });
  expect(found("reactive", "complete", "leak")).toMatchObject({ answered: 11, errors: 1 });
});

it("an older checkpoint survives damage to the state, which the latest state does not", () => {
  expect(found("reactive", "checkpoint", "stray write")).toMatchObject({
    answered: 12,
    state: "kept",
    restarts: ["hot", "hot"],
  });
  expect(found("reactive", "immediate", "stray write")?.errors).toBe(6);
});

it("a request that fails with every replay is answered by delayed recovery alone", () => {
  for (const quantity of ["complete", "checkpoint", "immediate"]) {
    expect(found("delayed", quantity, "missing page")).toMatchObject({ answered: 12, errors: 0 });
    expect(found("reactive", quantity, "missing page")).toMatchObject({ answered: 11, errors: 1 });
  }
});
