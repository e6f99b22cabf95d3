/**
 * Foreign programs on a mounted log-structured file system, and what its checkers say of the disk afterwards.
 *
 *     npm run lfs:suites [-- [--long] NAME …]     (Linux, root, /dev/fuse; Debian: fio stress-ng dbench rsync git gcc sqlite3)
 *
 * Here: one row per suite, a fresh disk under each; a suite fails by its exit code, by what it prints, or by the disk:
 * `kintsugi lfs fsck` and the second checker must be silent. Not here: the server (→ apps/machine/src/lfs). With
 * --long counts are full.
 * Over 300 lines: a table of suites.
 * @module
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  accessSync,
  chmodSync,
  constants,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { check } from "../../packages/lfs/test/second-checker/check.ts";

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(dirname(here));
const KINTSUGI = [join(root, "apps/machine/src/main.ts"), "lfs"];
const { values, positionals } = parseArgs({ options: { long: { type: "boolean" } }, allowPositionals: true });
const LONG = values.long === true;
const folder = mkdtempSync(join(tmpdir(), "kintsugi-lfs-suites-"));
const disk = join(folder, "disk");
const mountPoint = join(folder, "mnt");

/** Something went otherwise than it must. */
class Failed extends Error {
  override readonly name: string = "Failed";
}

/** Runs a program to its end; throws when it does not succeed. */
function run(program: string, words: readonly string[], cwd: string = mountPoint, seconds: number = 900): string {
  const { status, stdout, stderr, signal } = spawnSync(program, words, {
    cwd,
    timeout: seconds * 1000,
    encoding: "utf8",
    maxBuffer: 1 << 28,
    env: { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", LC_ALL: "C" },
  });
  if (status !== 0)
    throw new Failed(`${program} ${words.join(" ")}: ${signal ?? status}\n${`${stdout}${stderr}`.slice(-3000)}`);
  return stdout;
}

const sh = (script: string, seconds?: number): string => run("sh", ["-euc", script], mountPoint, seconds);

let server: ChildProcess | undefined;

/** Serves the disk; the promise ends when it is mounted. */
function mount(): Promise<void> {
  const child = spawn(process.execPath, [...KINTSUGI, "mount", disk, mountPoint], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  server = child;
  return new Promise((resolve, reject) => {
    child.stdout.once("data", () => resolve());
    child.once("exit", (code) => reject(new Failed(`the server ended with ${code}`)));
  });
}

/** Ends the server as `umount` does, or with a signal. */
async function unmount(signal?: "SIGTERM" | "SIGKILL"): Promise<void> {
  const ended = new Promise<number | null>((resolve) => {
    server?.removeAllListeners("exit");
    server?.once("exit", resolve);
  });
  if (signal === undefined) run("umount", [mountPoint], folder);
  else server?.kill(signal);
  const code = await ended;
  if (signal === "SIGKILL") run("umount", ["-l", mountPoint], folder);
  else if (code !== 0) throw new Failed(`the server ended with ${code}`);
}

function checkDisk(): void {
  run(process.execPath, [...KINTSUGI, "fsck", disk], folder);
  if (statSync(disk).size >= 2 ** 31) return; // the second checker holds a disk in one array
  const { findings, clean } = check(readFileSync(disk));
  if (findings.length > 0 || !clean)
    throw new Failed(`second checker: ${findings.slice(0, 5).join("; ")}, clean ${clean}`);
}

interface Suite {
  /** Programs that must be there. */
  readonly needs: readonly string[];
  readonly size?: string;
  readonly newfs?: readonly string[];
  readonly run: () => void | Promise<void>;
}

/** Two file systems' answers to the same calls. */
function comparePosix(): void {
  const host = join(folder, "host");
  mkdirSync(host);
  const [theirs, ours] = [host, mountPoint].map((directory) =>
    run(process.execPath, [join(here, "posix.ts"), directory]).split("\n"),
  );
  const differences = ours.flatMap((line, n) => (line === theirs[n] ? [] : [`- ${theirs[n]}\n+ ${line}`]));
  if (differences.length > 0 || ours.length !== theirs.length)
    throw new Failed(`${differences.length} of ${ours.length} answers differ\n${differences.slice(0, 20).join("\n")}`);
  console.log(`  ${ours.length} answers as on the host's file system`);
}

function fsx(): void {
  const program = join(folder, "fsx");
  run("gcc", ["-O2", "-o", program, join(here, "fsx.c")], folder);
  const operations = LONG ? 1_000_000 : 20_000;
  for (const seed of LONG ? [1, 2] : [1])
    console.log(`  ${run(program, ["f", `${operations}`, `${seed}`], mountPoint, 7200).trim()}`);
}

/** What was fsynced is there when the server is killed, however often. */
async function killed(): Promise<void> {
  for (let round = 0; round < (LONG ? 40 : 6); round++) {
    sh(
      `mkdir -p r${round}; for i in $(seq 30); do head -c $((i * 1234)) /dev/urandom > r${round}/$i; done; sync r${round}/*`,
    );
    const sums = sh("find . -type f | sort | xargs sha256sum");
    const writing = spawn(
      "sh",
      ["-c", "while :; do dd if=/dev/zero of=noise bs=64k count=20 2>/dev/null || exit; done"],
      {
        cwd: mountPoint,
        stdio: "ignore",
      },
    );
    await new Promise((resolve) => setTimeout(resolve, 150 + 37 * (round % 7)));
    await unmount("SIGKILL");
    writing.kill("SIGKILL");
    await mount();
    sh("rm -f noise");
    const after = sh("find . -type f | sort | xargs sha256sum");
    if (after !== sums) throw new Failed(`round ${round}: files that were fsynced differ`);
  }
}

/** Without root, in a user namespace of one's own. */
function ordinaryUser(): void {
  const own = join(folder, "own");
  mkdirSync(own);
  for (const path of [folder, own]) chmodSync(path, 0o777);
  const kintsugi = `'${process.execPath}' '${KINTSUGI[0]}' lfs`;
  const script = `${kintsugi} newfs d --size 16M; mkdir m; ${kintsugi} mount d m > log & server=$!
    for i in $(seq 100); do grep -qs mounted log && break; sleep 0.1; done
    echo hi > m/f; umount m; wait $server; test "$(${kintsugi} ls -R d)" = '3 f'`;
  const words = ["--user", "--map-root-user", "--mount", "sh", "-euc", script];
  const options = { cwd: own, uid: 65534, gid: 65534, encoding: "utf8", timeout: 60_000 } as const;
  const { status, stderr } = spawnSync("unshare", words, options);
  if (status !== 0) throw new Failed(`unshare: ${status} ${stderr}`);
}

const SUITES: Readonly<Record<string, Suite>> = {
  posix: { needs: ["mkfifo", "mknod", "mv"], run: comparePosix },
  fsx: { needs: ["gcc"], run: fsx },
  "fsx in small blocks": { needs: ["gcc"], newfs: ["--bsize", "1K", "--fsize", "512", "--ssize", "64K"], run: fsx },
  "stress-ng": {
    needs: ["stress-ng"],
    size: "1G",
    run() {
      const directory = join(mountPoint, "stress");
      mkdirSync(directory);
      const common = ["--temp-path", directory, "--timeout", LONG ? "20" : "2", "--verify"];
      // Without what FUSE has not: extended attributes, verity, fiemap; and what is no business of a disk.
      const without = ["--exclude", "xattr,verity,fiemap,binderfs,bind-mount,procfs", "--iomix-bytes", "64m"];
      run("stress-ng", [...common, "--class", "filesystem", "--sequential", "2", ...without], folder, 7200);
      const together = [
        "aiol",
        "hdd",
        "dir",
        "rename",
        "link",
        "symlink",
        "seek",
        "dentry",
        "utime",
        "fallocate",
        "open",
      ];
      run(
        "stress-ng",
        [...common, ...together.flatMap((name) => [`--${name}`, "2"]), "--hdd-bytes", "64m"],
        folder,
        7200,
      );
      run("stress-ng", [...common, "--mmap", "2", "--mmap-file", "--mmap-bytes", "16m"], folder, 7200);
    },
  },
  fio: {
    needs: ["fio"],
    size: "512M",
    run() {
      const size = LONG ? "64M" : "16M";
      for (const [rw, engine] of [
        ["randwrite", "psync"],
        ["randrw", "mmap"],
        ["write", "libaio"],
        ["randwrite", "pvsync"],
      ])
        run(
          "fio",
          [
            "--name=verify",
            `--rw=${rw}`,
            `--ioengine=${engine}`,
            `--size=${size}`,
            "--bs=4k",
            "--numjobs=3",
            "--verify=crc32c",
            "--verify_fatal=1",
            "--fsync=64",
            "--do_verify=1",
            "--minimal",
          ],
          mountPoint,
          3600,
        );
    },
  },
  dbench: {
    needs: ["dbench"],
    size: "512M",
    run: () => void run("dbench", ["-t", LONG ? "60" : "10", "-D", mountPoint, "4"], folder),
  },
  git: {
    needs: ["git"],
    size: "1G",
    run: () =>
      void sh(`git clone -q --no-hardlinks '${root}' clone; cd clone; git fsck --full --strict; git gc -q --aggressive --prune=now;
        git checkout -q -b other; git rm -rq docs; git -c user.name=a -c user.email=a@b commit -qm gone; git checkout -q -; git fsck --full
        test -z "$(git status --porcelain)"`),
  },
  tar: {
    needs: ["tar", "rsync"],
    size: "512M",
    run: () =>
      void sh(`tar -C '${root}' --exclude=node_modules --exclude=.git -cf tree.tar . ; mkdir a; tar -C a -xpf tree.tar; tar -C a -df tree.tar
        rsync -aHX a/ b; rsync -acHn --itemize-changes a/ b > changes; test ! -s changes; diff -r --no-dereference a b; rm -rf a; rsync -a --delete b/ c; diff -r --no-dereference b c`),
  },
  gcc: {
    needs: ["gcc", "make"],
    run: () =>
      void sh(`for i in $(seq 60); do echo "int f$i(void) { return $i; }" > f$i.c; done
        echo 'int f60(void); int main(void) { return f60() - 60; }' > main.c
        printf 'objects := $(patsubst %%.c,%%.o,$(wildcard *.c))\\nprogram: $(objects)\\n\\t$(CC) -o $@ $^\\n' > Makefile
        make -s -j4; ./program; make -q; touch f3.c; sleep 0.1; ! make -q; make -s; ./program; cp program p2; ./p2`),
  },
  sqlite: {
    needs: ["sqlite3"],
    run() {
      for (const mode of ["delete", "truncate", "persist", "wal"])
        sh(
          `for i in 1 2 3; do (for n in $(seq 20); do echo 'pragma busy_timeout=60000; insert into t(v) select hex(randomblob(200)) from t limit 20;'; done | sqlite3 ${mode}.db > /dev/null) & done 2>/dev/null
          wait; true`.replace(
            /^/,
            `sqlite3 ${mode}.db 'pragma journal_mode=${mode}; create table t(id integer primary key, v); insert into t(v) values(1),(2),(3);' > /dev/null\n`,
          ),
        );
      for (const mode of ["delete", "truncate", "persist", "wal"])
        if (sh(`sqlite3 ${mode}.db 'pragma integrity_check; select count(*) > 1000 from t'`) !== "ok\n1\n")
          throw new Failed(`${mode}.db is not whole`);
    },
  },
  "more than 4 GB": {
    needs: ["dd", "cmp"],
    size: "8G",
    run: () =>
      void sh(`dd if=/dev/urandom of=random bs=1M count=8 2>/dev/null
        for at in 0 2044 4092 5000; do dd if=random of=big bs=1M seek=$at conv=notrunc 2>/dev/null; done; sync big
        for at in 0 2044 4092 5000; do dd if=big bs=1M skip=$at count=8 2>/dev/null | cmp - random; done
        test $(stat -c %s big) = $((5008 * 1048576)); dd if=/dev/zero of=full bs=1M count=2200 2>/dev/null; test $(du -m full | cut -f1) -ge 2200; rm full`),
  },
  full: {
    needs: ["dd"],
    run: () =>
      void sh(`for round in 1 2 3 4 5; do ! dd if=/dev/zero of=fill$round bs=64k 2>error; grep -q 'No space left' error || { cat error; exit 1; }
        dd if=/dev/urandom of=fill$round bs=64k count=20 conv=notrunc,fsync 2>/dev/null; stat -c %s fill$round >> sizes || true; rm fill$round; done
        echo still here > f; grep -q here f`),
  },
  killed: { needs: ["dd", "sha256sum"], run: killed },
  namespace: { needs: ["unshare"], run: ordinaryUser },
  signal: {
    needs: [],
    async run() {
      writeFileSync(join(mountPoint, "f"), "kept");
      const put = spawnSync(process.execPath, [...KINTSUGI, "put", disk, join(root, "LICENSE"), "/"], {
        encoding: "utf8",
      });
      if (put.status !== 1 || !put.stderr.includes(`mounted on ${mountPoint}`)) throw new Failed(`put: ${put.stderr}`);
      await unmount("SIGTERM");
      checkDisk();
      await mount();
      if (readFileSync(join(mountPoint, "f"), "utf8") !== "kept") throw new Failed("the file is gone");
    },
  },
};

function refuse(why: string): never {
  console.error(`lfs:suites: ${why}`);
  process.exit(2);
}

const wanted = positionals.length > 0 ? positionals : Object.keys(SUITES);
const unknown = wanted.find((name) => !(name in SUITES));
if (unknown !== undefined) refuse(`there is no suite '${unknown}'; there are ${Object.keys(SUITES).join(", ")}`);
if (process.platform !== "linux" || process.getuid?.() !== 0) refuse("mounting wants Linux and root");
try {
  accessSync("/dev/fuse", constants.R_OK | constants.W_OK);
} catch {
  refuse("/dev/fuse is not there: modprobe fuse");
}
const needed = new Set(["mount", "umount", ...wanted.flatMap((name) => SUITES[name].needs)]);
const missing = [...needed].filter((name) => spawnSync("sh", ["-c", `command -v ${name}`]).status !== 0);
if (missing.length > 0) refuse(`install ${missing.join(", ")} (Debian packages of the same names)`);

mkdirSync(mountPoint);
let failures = 0;
for (const name of wanted) {
  const suite = SUITES[name];
  const began = performance.now();
  let why: unknown;
  try {
    rmSync(disk, { force: true });
    run(process.execPath, [...KINTSUGI, "newfs", disk, "--size", suite.size ?? "64M", ...(suite.newfs ?? [])], folder);
    await mount();
    await suite.run();
    await unmount();
    checkDisk();
  } catch (reason) {
    why = reason;
    server?.kill("SIGKILL");
    spawnSync("umount", ["-l", mountPoint]);
  }
  rmSync(join(folder, "host"), { recursive: true, force: true });
  console.log(
    `${why === undefined ? "passed" : "FAILED"} ${name} (${((performance.now() - began) / 1000).toFixed(0)} s)`,
  );
  if (why === undefined) continue;
  failures++;
  console.log(why instanceof Failed ? why.message : why);
}
rmSync(folder, { recursive: true, force: true });
console.log(`${wanted.length - failures} of ${wanted.length} suites passed`);
process.exit(failures === 0 ? 0 : 1);
