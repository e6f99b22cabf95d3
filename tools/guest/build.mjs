// Builds every guest program: installs the pinned compiler when needed, compiles, links, writes the manifests.
// Here: running the compiler. Not here: what is built (→ programs.ts), what a manifest says (→ inputs.ts).
// The same sources give the same bytes in any directory; --output DIR writes there instead of beside the sources.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildHash, filesOf, guestPackages, objectName, objectsOf, sha256 } from "./inputs.ts";
import { CXX_FLAGS, FLAGS, LINK_FLAGS, PROGRAMS } from "./programs.ts";

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(dirname(here));
const modules = join(here, "node_modules");
const work = join(modules, ".build");

function fail(message) {
  console.error(`guest:build: ${message}`);
  process.exit(1);
}

/** Runs a program from the repository's root, so that paths inside objects are relative to it. */
function run(program, args, options = {}) {
  const result = spawnSync(program, args, { cwd: root, stdio: ["ignore", 2, 2], ...options });
  if (result.error) fail(`${program}: ${result.error.message}`);
  if (result.status !== 0) fail(`${basename(program)} ${args.join(" ")} ended with ${result.status ?? result.signal}`);
}

/** The compiler, installed by npm outside the workspace: it is large, and only who changes guests needs it. */
function compiler() {
  const lock = readFileSync(join(here, "package-lock.json"));
  const stamp = createHash("sha256").update(lock).digest("hex");
  const stampFile = join(modules, ".stamp");
  if (!existsSync(stampFile) || readFileSync(stampFile, "utf8") !== stamp) {
    console.error("guest:build: installing the compiler (350 MB, once) ...");
    run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
      cwd: here,
      shell: process.platform === "win32",
    });
    writeFileSync(stampFile, stamp);
  }
  const path = join(modules, "@oven", `zig-${process.platform}-${process.arch}`, "zig");
  if (!existsSync(path)) {
    fail(
      `no guest compiler for ${process.platform}-${process.arch}; the checked-in prebuilt/*.elf need none. Build on Linux`,
    );
  }
  return path;
}

const at = process.argv.indexOf("--output");
const output = at < 0 ? root : (process.argv[at + 1] ?? fail("--output needs a directory"));
const zig = compiler();
const env = {
  ...process.env,
  ZIG_GLOBAL_CACHE_DIR: join(modules, ".cache", "global"),
  ZIG_LOCAL_CACHE_DIR: join(modules, ".cache", "local"),
};
rmSync(work, { recursive: true, force: true });
const objects = new Map();
/** Object → a program that has it: a source belongs to programs of one kind, or includes nothing that differs. */
const wanted = new Map(
  PROGRAMS.flatMap((program) => objectsOf(program).map((source) => [objectName(program, source), { program, source }])),
);
for (const [name, { program, source }] of wanted) {
  const includes = program.kind.libraries.flatMap(({ include }) => ["-I", include]);
  const own = name === source ? [] : program.compileFlags;
  const object = join(work, `${name}.o`);
  mkdirSync(dirname(object), { recursive: true });
  const flags = source.endsWith(".S") ? ["cc", ...FLAGS] : ["c++", ...FLAGS, ...CXX_FLAGS, ...own];
  run(zig, [...flags, `-ffile-prefix-map=${root}=.`, ...includes, "-c", source, "-o", object], { env });
  objects.set(name, object);
}

for (const folder of guestPackages()) {
  const prebuilt = join(output, folder, "prebuilt");
  mkdirSync(prebuilt, { recursive: true });
  for (const old of readdirSync(prebuilt)) rmSync(join(prebuilt, old));
  const manifest = {};
  for (const program of PROGRAMS.filter((candidate) => candidate.package === folder)) {
    const elf = join(prebuilt, `${program.name}.elf`);
    const inputs = objectsOf(program).map((source) => objects.get(objectName(program, source)));
    const flags = [...LINK_FLAGS, ...(program.linkFlags ?? []), "-T", program.kind.linkScript];
    run(zig, ["ld.lld", ...flags, ...inputs, "-o", elf], { env });
    manifest[`${program.name}.elf`] = {
      build: buildHash(program),
      files: filesOf(root, program),
      elf: sha256(readFileSync(elf)),
    };
  }
  writeFileSync(join(prebuilt, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}
console.error(`guest:build: ${PROGRAMS.length} programs`);
