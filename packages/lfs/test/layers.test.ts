// The folders of this package import downwards only, and the checker nothing but the formats.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ORDER = ["format", "cache", "usage", "inode", "ifile", "segment", "checkpoint", "cleaner", "vfs", "image"];
ORDER.push("promises", "tools", "testing");
/** Folders beside the order: what they may import. */
const ALONE: Readonly<Record<string, readonly string[]>> = { fsck: ["format"], devices: [] };

const src = join(dirname(dirname(fileURLToPath(import.meta.url))), "src");
const folders = readdirSync(src, { withFileTypes: true }).filter((entry) => entry.isDirectory());

test("every folder has its place", () => {
  expect(folders.map((entry) => entry.name).sort()).toEqual([...ORDER, ...Object.keys(ALONE)].sort());
});

test.each(folders.map((entry) => entry.name))("%s imports only what lies below it", (folder) => {
  const below = ALONE[folder] ?? [...ORDER.slice(0, ORDER.indexOf(folder)), "fsck"];
  for (const name of readdirSync(join(src, folder))) {
    if (name.endsWith(".test.ts")) continue;
    for (const [, path] of readFileSync(join(src, folder, name), "utf8").matchAll(/from "(\.[^"]+)"/g)) {
      const target = relative(src, join(src, folder, path)).split("/");
      if (target.length === 1) expect(target[0]).toBe("block-device.ts");
      else if (target[0] !== folder)
        expect([folder, name, below]).toEqual([folder, name, expect.arrayContaining([target[0]])]);
    }
  }
});
