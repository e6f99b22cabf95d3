/**
 * What a foreign root task does with the PC under it, and what it is told of boot modules.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { elf, l4 } from "./boot-foreign.ts";

const folder = mkdtempSync(join(tmpdir(), "kintsugi-l4-"));

afterAll(() => rmSync(folder, { recursive: true }));

it("devices, ports, interrupts, floats and clocks work; modules come with their command lines", () => {
  const module = join(folder, "module");
  writeFileSync(module, "Mary had a little lamb");
  const [sigma0, root] = [elf("l4-sigma0"), `${elf("l4-hardware")} with  two words`];
  const modules = ["--module", `${module}  -a "b  c"`, "--module", module];
  const { stdout, status } = l4([
    ...["--sigma0", sigma0, "--root", root, ...modules, "--until", "END", "--limit", "20"],
  ]);
  const lines = stdout.replaceAll("\r", "").split("\n");
  expect(lines.slice(0, 4)).toEqual([
    `server '${sigma0}' entry 00020000`,
    `server '${root}' entry 00400000`,
    `module '${module}  -a "b  c"' 22 bytes, first 'M'`,
    `module '${module}' 22 bytes, first 'M'`,
  ]);
  expect(lines.slice(4).filter((line) => !line.startsWith("ok hardware:"))).toEqual(["HARDWARE END"]);
  expect([lines.length, status]).toEqual([13, 0]);
}, 60_000);
