import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { generateDispatch } from "../scripts/generate-dispatch.ts";
import { generateHandlers } from "../scripts/generate-handlers.ts";

const generated = (name: string): string =>
  readFileSync(new URL(`../src/interpreter/generated/${name}`, import.meta.url), "utf8");

test("regenerating the handlers changes nothing", () => {
  expect(generateHandlers()).toBe(generated("handlers.ts"));
});

test("regenerating the dispatch loop changes nothing", () => {
  expect(generateDispatch()).toBe(generated("dispatch.ts"));
});
