// Which package may import which: the arrows of ARCHITECTURE.md, held to every package.json.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Folder → the `@kintsugi/*` packages below it. */
const BELOW: Readonly<Record<string, readonly string[]>> = {
  "packages/records": [],
  "packages/pc": [],
  "packages/ia32": ["records"],
  "packages/microkernel": ["records", "ia32"],
  "packages/arc-framework": ["records", "ia32", "microkernel"],
  "packages/lfs": ["records"],
  "packages/drivers": [],
  "apps/programs": [],
  "apps/machine": ["records", "ia32", "pc", "microkernel", "arc-framework", "drivers", "lfs", "programs"],
};

const folders = ["packages", "apps"].flatMap((parent) =>
  readdirSync(join(root, parent)).map((name) => `${parent}/${name}`),
);

test("every package stands in the table of layers", () => {
  expect(folders.sort()).toEqual(Object.keys(BELOW).sort());
});

test.each(folders)("%s imports only what lies below it", (folder) => {
  const manifest = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
  const declared = ["dependencies", "devDependencies", "peerDependencies", "optionalDependencies"]
    .flatMap((kind) => Object.keys(manifest[kind] ?? {}))
    .filter((name) => name.startsWith("@kintsugi/"))
    .map((name) => name.slice("@kintsugi/".length));
  expect(BELOW[folder]).toEqual(expect.arrayContaining(declared));
});
