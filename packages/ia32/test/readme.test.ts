// The examples of the README run, and do what their comments say.
import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { expect, test } from "vitest";
import { EAX, type Exit, type Processor } from "../src/index.ts";

const README = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const EXAMPLES = [...README.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code);

/** What the examples name. */
interface Named {
  readonly exit: Exit;
  readonly processor: Processor;
  readonly lines: readonly string[];
}

/** Runs an example; gives the values of `names`. */
async function run(which: number, names: string): Promise<Named> {
  const code = EXAMPLES[which]
    .replaceAll("@kintsugi/ia32/conformance", new URL("../src/conformance/index.ts", import.meta.url).href)
    .replaceAll("@kintsugi/ia32", new URL("../src/index.ts", import.meta.url).href);
  const module = stripTypeScriptTypes(`${code}\nexport { ${names} };`);
  return await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(module)}`);
}

test("there are three, the first of at most ten lines behind its import", () => {
  expect(EXAMPLES).toHaveLength(3);
  expect(EXAMPLES[0].trim().split("\n").length - 2).toBeLessThanOrEqual(10);
});

test("a user program under a host kernel comes back with its system call", async () => {
  const { exit, processor } = await run(0, "exit, processor");
  expect(exit).toMatchObject({ kind: "softwareInterrupt", vector: 0x80 });
  expect([processor.registers[EAX], processor.retired]).toEqual([42, 2]);
});

test("a guest in real mode halts", async () => {
  const { exit, processor } = await run(1, "exit, processor");
  expect([exit.kind, processor.registers[EAX] & 0xffff]).toEqual(["halt", 42]);
});

test("a recording passes", async () => {
  expect((await run(2, "lines")).lines).toEqual(["add: A 1/1, B 1/1", "all: A 1/1, B 1/1"]);
});
