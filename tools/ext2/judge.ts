/**
 * The tests of Ext2 with e2fsck as a second judge of every image that they leave.
 *
 *     npm run ext2:judge [-- FILTER …]
 *
 * Where there is no e2fsck, Debian's static one is fetched, as the systems of foreign boots are; where that cannot be, nothing runs and
 * the exit code is 1.
 *
 * Here: asking for e2fsck before anything runs, the tests. Not here: what is judged (the tests), how (→ apps/machine/test/e2fsck.ts).
 */
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Packages } from "../foreign/packages.ts";
import { KEPT } from "../foreign/run.ts";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin`, KINTSUGI_E2FSCK: "1" };
const version = (program: string): string | undefined =>
  spawnSync(program, ["-V"], { env, encoding: "utf8" }).stderr?.split("\n")[0];

/** Debian's e2fsck without libraries, for i386: any x86 Linux runs it. */
function fetched(): string {
  try {
    const [program] = new Packages(KEPT).files("e2fsck-static", "/e2fsck.static");
    if (program !== undefined && version(program) !== undefined) return program;
    throw new Error("Debian's static one does not run here");
  } catch (error) {
    console.error(`ext2:judge: there is no e2fsck (Debian: apt install e2fsprogs): ${(error as Error).message}`);
    return process.exit(1);
  }
}
const program = version("e2fsck") === undefined ? fetched() : "e2fsck";
console.error(version(program));
const filters = process.argv.slice(2);
/** Whatever asks `problemsOf`. */
const judged = [
  "tools/guest/ext2",
  "apps/machine/src/ext2",
  ...["ext2", "system", "disk-file"].map((file) => `apps/machine/test/${file}`),
];
const tests = filters.length > 0 ? filters : judged;
const { status } = spawnSync(process.execPath, [join(root, "node_modules/vitest/vitest.mjs"), "run", ...tests], {
  cwd: root,
  stdio: "inherit",
  env: { ...env, KINTSUGI_E2FSCK_PROGRAM: program },
});
process.exit(status ?? 1);
