// The ten lines of the README run.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";

test.each([0, 1])("example %i of the README does what it says", async (which) => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const code = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)][which][1]
    .replaceAll("@kintsugi/lfs/testing", "../src/testing/index.ts")
    .replaceAll("@kintsugi/lfs", "../src/index.ts");
  const file = new URL(`./readme-example-${which}.ts`, import.meta.url);
  writeFileSync(file, `${code}\nexport {};\n`);
  try {
    expect(await import(file.href)).toBeDefined();
  } finally {
    rmSync(file);
  }
});
