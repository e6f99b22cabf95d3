/**
 * The tests of Ext2 with e2fsck as a second judge of every image that they leave.
 *
 *     npm run ext2:judge [-- FILTER …]     (Debian: e2fsprogs)
 *
 * Here: asking for e2fsck before anything runs, the tests. Not here: what is judged (the tests), how (→ apps/machine/test/e2fsck.ts).
 */
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin`, KINTSUGI_E2FSCK: "1" };
const asked = spawnSync("e2fsck", ["-V"], { env, encoding: "utf8" });
if (asked.error) {
  console.error(`ext2:judge: there is no e2fsck (Debian: apt install e2fsprogs): ${asked.error.message}`);
  process.exit(1);
}
console.error(asked.stderr.split("\n")[0]);
const filters = process.argv.slice(2);
const tests = filters.length > 0 ? filters : ["tools/guest/ext2", "apps/machine/test/ext2", "apps/machine/src/ext2"];
const { status } = spawnSync(process.execPath, [join(root, "node_modules/vitest/vitest.mjs"), "run", ...tests], {
  cwd: root,
  stdio: "inherit",
  env,
});
process.exit(status ?? 1);
