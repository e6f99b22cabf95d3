import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { foreignServers, guests as programs } from "../../apps/programs/src/index.ts";
import { symbols } from "../../packages/arc-framework/src/elf/symbols.ts";
import { guests as drivers } from "../../packages/drivers/src/index.ts";
import { buildHash, filesOf, guestPackages, type Manifest, sha256 } from "./inputs.ts";
import { COMPILER, PROCESS, PROGRAMS } from "./programs.ts";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const prebuilt = (folder: string, file: string): string => join(root, folder, "prebuilt", file);
const manifests = new Map(
  guestPackages().map((folder) => [
    folder,
    JSON.parse(readFileSync(prebuilt(folder, "manifest.json"), "utf8")) as Manifest,
  ]),
);

describe("prebuilt guest programs (stale? npm run guest:build)", () => {
  it.each(PROGRAMS)("$package: $name was built from the sources that are here", (program) => {
    const entry = manifests.get(program.package)![`${program.name}.elf`];
    expect(entry?.files).toEqual(filesOf(root, program));
    expect(entry?.build).toBe(buildHash(program));
  });

  it.each(PROGRAMS)("$package: $name is the file that was built", (program) => {
    const file = `${program.name}.elf`;
    expect(sha256(readFileSync(prebuilt(program.package, file)))).toBe(manifests.get(program.package)![file]?.elf);
  });

  it.each(guestPackages())("%s has no other files beside them", (folder) => {
    const expected = PROGRAMS.filter((program) => program.package === folder).map(({ name }) => `${name}.elf`);
    expect(readdirSync(join(root, folder, "prebuilt")).sort()).toEqual([...expected, "manifest.json"].sort());
  });

  it("are all exported by their packages, and exist", () => {
    const exported = { ...drivers, ...programs, ...foreignServers };
    expect(Object.keys(exported).sort()).toEqual(PROGRAMS.map(({ name }) => name).sort());
    for (const file of Object.values(exported) as URL[]) expect(existsSync(fileURLToPath(file))).toBe(true);
  });

  it("have the injector's failing code as processes, all at the same place", () => {
    const places = PROGRAMS.filter(({ kind }) => kind === PROCESS).map((program) => {
      const table = symbols(new Uint8Array(readFileSync(prebuilt(program.package, `${program.name}.elf`))));
      const faults = table._unsafeUnwrap().filter(({ name }) => name.startsWith("arc_fault_"));
      return faults.map(({ name, address }) => `${name} 0x${address.toString(16)}`);
    });
    expect(places[0]).toHaveLength(6);
    for (const place of places) expect(place).toEqual(places[0]);
  });

  it("come from the compiler that is pinned", () => {
    const { optionalDependencies } = JSON.parse(readFileSync(join(root, "tools/guest/package.json"), "utf8"));
    const version = COMPILER.split(" ")[1];
    expect(new Set(Object.values(optionalDependencies))).toEqual(new Set([version]));
  });
});
