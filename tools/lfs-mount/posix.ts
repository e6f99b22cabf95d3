/**
 * What POSIX calls answer on a directory: every call on every kind of file, as text that two file systems can be
 * compared by.
 *
 *     node tools/lfs-mount/posix.ts DIR         (as root: it also calls as uid 65534)
 *
 * Here: the calls and what is looked at afterwards (errno, type, mode, links, size, owner, which times moved). Not here:
 * what is right: the host's own file system says that (→ suites.ts). Behind it: POSIX.1-2017, and what Linux adds.
 * @module
 */
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { basename, join } from "node:path";

const { O_APPEND, O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } = fs.constants;
const NOBODY = 65534;

const directory = process.argv[2];
if (directory === undefined) {
  console.error("posix: name a directory");
  process.exit(2);
}
process.umask(0);
process.chdir(fs.mkdtempSync(join(directory, "posix-")));
/** Every answer so far, by what was asked. */
const lines: string[] = [];

/** Kinds of files, and how each is made. */
const KINDS: Readonly<Record<string, (path: string) => void>> = {
  missing: () => undefined,
  file: (path) => fs.writeFileSync(path, "contents", { mode: 0o644 }),
  "second name": (path) => {
    fs.writeFileSync(`${path}.first`, "12345");
    fs.linkSync(`${path}.first`, path);
  },
  empty: (path) => fs.mkdirSync(path, 0o755),
  full: (path) => {
    fs.mkdirSync(path, 0o755);
    fs.writeFileSync(`${path}/x`, "");
  },
  "link to file": (path) => {
    fs.writeFileSync(`${path}.target`, "behind");
    fs.symlinkSync(`${basename(path)}.target`, path);
  },
  "link to directory": (path) => {
    fs.mkdirSync(`${path}.target`, 0o755);
    fs.symlinkSync(`${basename(path)}.target`, path);
  },
  "link to nothing": (path) => fs.symlinkSync("nowhere", path),
  "link to itself": (path) => fs.symlinkSync(basename(path), path),
  fifo: (path) => void spawnSync("mkfifo", ["-m", "644", path]),
  device: (path) => void spawnSync("mknod", ["-m", "644", path, "c", "1", "3"]),
  "sticky directory": (path) => fs.mkdirSync(path, 0o1777),
  "set-ID file": (path) => {
    fs.writeFileSync(path, "x");
    fs.chmodSync(path, 0o6755);
  },
};

/** Lets clocks move on, so that a time which is set is seen to differ. */
function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 12);
}

function attempt(call: () => unknown): string {
  try {
    const value = call();
    return value === undefined ? "ok" : `ok ${typeof value === "object" ? JSON.stringify(value) : String(value)}`;
  } catch (reason) {
    if (reason instanceof Error && "code" in reason) return String(reason.code);
    throw reason;
  }
}

function status(path: string): fs.BigIntStats | undefined {
  return fs.lstatSync(path, { bigint: true, throwIfNoEntry: false });
}

/** What can be seen of a file, and which of its times differ from before. */
function seen(path: string, before: fs.BigIntStats | undefined): string {
  const now = status(path);
  if (now === undefined) return "-";
  const directory = now.isDirectory();
  // Times of two files say nothing of each other.
  const times = before?.ino === now.ino ? (["mtimeNs", "ctimeNs"] as const) : [];
  const moved = times.filter((time) => before?.[time] !== now[time]);
  const size = directory ? "" : ` ${now.size} bytes`;
  const isOld = before === undefined ? "" : before.ino === now.ino ? " same" : " other";
  return `${now.mode.toString(8)} ${now.nlink}${size} ${now.uid}:${now.gid}${isOld} ${moved.join("+")}`;
}

let count = 0;

/** Makes files of the kinds in a new directory, runs a call on them, and writes down what came of it. */
function check(name: string, kinds: readonly string[], call: (...paths: string[]) => unknown, who: number = 0): void {
  const folder = `${count++}`;
  fs.mkdirSync(folder, 0o777);
  const paths = kinds.map((kind, n) => {
    const path = join(folder, "ab"[n]);
    KINDS[kind](path);
    return path;
  });
  const all = [folder, ...paths, ...paths.map((path) => `${path}.target`)];
  const before = all.map(status);
  pause();
  if (who !== 0) {
    process.setegid?.(who);
    process.seteuid?.(who);
  }
  let answer: string;
  try {
    answer = attempt(() => call(...paths));
  } finally {
    if (who !== 0) {
      process.seteuid?.(0);
      process.setegid?.(0);
    }
  }
  const after = all.map((path, n) => seen(path, before[n])).join(" | ");
  lines.push(`${name} [${kinds.join(", ")}]${who === 0 ? "" : " as nobody"}: ${answer} => ${after}`);
}

function opened(path: string, flags: number, use: (fd: number) => unknown): unknown {
  const fd = fs.openSync(path, flags, 0o640);
  try {
    return use(fd);
  } finally {
    fs.closeSync(fd);
  }
}

const LONG = "n".repeat(256);
const ONE: Readonly<Record<string, (path: string) => unknown>> = {
  stat: (path) => fs.statSync(path).mode,
  unlink: fs.unlinkSync,
  rmdir: (path) => fs.rmdirSync(path),
  mkdir: (path) => fs.mkdirSync(path, 0o750),
  readdir: (path) => fs.readdirSync(path),
  readlink: (path) => fs.readlinkSync(path),
  chmod: (path) => fs.chmodSync(path, 0o4751),
  "chmod set-group-ID": (path) => fs.chmodSync(path, 0o2770),
  chown: (path) => fs.chownSync(path, 7, 8),
  lchown: (path) => fs.lchownSync(path, 7, 8),
  "chown group": (path) => fs.chownSync(path, NOBODY, NOBODY),
  utimes: (path) => {
    fs.utimesSync(path, 5.25, 6.5);
    return fs.statSync(path).mtimeMs;
  },
  lutimes: (path) => fs.lutimesSync(path, 5, 6),
  "truncate to 0": (path) => fs.truncateSync(path, 0),
  "truncate to 10000": (path) => fs.truncateSync(path, 10000),
  "symlink there": (path) => fs.symlinkSync("target", path),
  "long symlink": (path) => fs.symlinkSync("t".repeat(1023), path),
  mkfifo: (path) => spawnSync("mkfifo", [path]).status,
  access: (path) => fs.accessSync(path, fs.constants.R_OK | fs.constants.W_OK),
  execute: (path) => fs.accessSync(path, fs.constants.X_OK),
  "trailing slash": (path) => fs.statSync(`${path}/`).mode,
  "below it": (path) => fs.statSync(`${path}/x`).mode,
  "make below it": (path) => fs.mkdirSync(`${path}/y`),
  "remove below it": (path) => fs.unlinkSync(`${path}/x`),
  "unlink with slash": (path) => fs.unlinkSync(`${path}/`),
  "rmdir of dot": (path) => fs.rmdirSync(`${path}/.`),
  "rmdir of dot dot": (path) => fs.rmdirSync(`${path}/..`),
  "a name too long": (path) => fs.mkdirSync(`${path}/../${LONG}`),
  "a name of 255": (path) => fs.mkdirSync(`${path}/../${LONG.slice(1)}`),
  "open read": (path) => opened(path, O_RDONLY | fs.constants.O_NONBLOCK, () => undefined),
  "open write": (path) => opened(path, O_WRONLY | fs.constants.O_NONBLOCK, () => undefined),
  "open directory": (path) => opened(path, O_RDONLY | O_DIRECTORY, () => undefined),
  "open no link": (path) => opened(path, O_RDONLY | O_NOFOLLOW | fs.constants.O_NONBLOCK, () => undefined),
  "open create": (path) => opened(path, O_RDWR | O_CREAT | fs.constants.O_NONBLOCK, () => undefined),
  "open exclusive": (path) => opened(path, O_RDWR | O_CREAT | O_EXCL, () => undefined),
  "open and cut": (path) => opened(path, O_RDWR | O_TRUNC | fs.constants.O_NONBLOCK, () => undefined),
  append: (path) => opened(path, O_WRONLY | O_APPEND | fs.constants.O_NONBLOCK, (fd) => fs.writeSync(fd, "more", 0)),
  "write far": (path) => opened(path, O_RDWR | fs.constants.O_NONBLOCK, (fd) => fs.writeSync(fd, "far", 100_000)),
  "write nothing": (path) => opened(path, O_RDWR | fs.constants.O_NONBLOCK, (fd) => fs.writeSync(fd, new Uint8Array())),
  "unlink while open": (path) =>
    opened(path, O_RDWR | fs.constants.O_NONBLOCK, (fd) => {
      fs.unlinkSync(path);
      fs.writeSync(fd, "0123456789", 0);
      const { nlink, size } = fs.fstatSync(fd);
      return [nlink, size, fs.existsSync(path)];
    }),
  "write without right": (path) => {
    fs.chmodSync(path, 0o444);
    return opened(path, O_WRONLY | fs.constants.O_NONBLOCK, (fd) => fs.writeSync(fd, "x"));
  },
  "stand in it and remove it": (path) => {
    const back = process.cwd();
    process.chdir(path);
    try {
      fs.rmdirSync(join(back, path));
      return [fs.statSync(".").nlink, attempt(() => fs.mkdirSync("below")), attempt(() => fs.readdirSync("."))];
    } finally {
      process.chdir(back);
    }
  },
};

const TWO: Readonly<Record<string, (a: string, b: string) => unknown>> = {
  rename: fs.renameSync,
  link: fs.linkSync,
  copy: (a, b) => fs.copyFileSync(a, b),
  "rename below": (a, b) => fs.renameSync(a, `${b}/inside`),
};

const nobody = process.getuid?.() === 0 ? [0, NOBODY] : [0];
for (const who of nobody) {
  for (const [name, call] of Object.entries(ONE))
    for (const kind of Object.keys(KINDS)) {
      // A FIFO that is opened for reading and one's own null device take no part in writing.
      if (/write|append|cut|truncate|unlink while/.test(name) && (kind === "fifo" || kind === "device")) continue;
      check(name, [kind], call, who);
    }
}
for (const [name, call] of Object.entries(TWO))
  for (const a of Object.keys(KINDS))
    for (const b of Object.keys(KINDS)) {
      // A copy is the C library's work, and of a directory none.
      if (name === "copy" && (!/file|name|missing/.test(a) || b === "fifo" || b === "device")) continue;
      check(name, [a, b], call);
    }
check("rename onto oneself", ["file"], (path) => fs.renameSync(path, path));
check("rename to the other name", ["second name"], (path) => fs.renameSync(path, `${path}.first`));
check("rename into itself", ["empty"], (path) => fs.renameSync(path, `${path}/in`));
check("rename deeper into itself", ["full"], (path) => {
  fs.mkdirSync(`${path}/sub`);
  fs.renameSync(path, `${path}/sub/in`);
});
check("rename of dot", ["empty"], (path) => fs.renameSync(`${path}/.`, `${path}2`));
for (const mode of [0o1777, 0o777, 0o755, 0o2777])
  for (const owner of [0, NOBODY])
    check(`directory ${mode.toString(8)} of ${owner}`, ["empty", "file"], (a, b) => {
      fs.writeFileSync(`${a}/f`, "", { mode: 0o666 });
      fs.chownSync(`${a}/f`, owner, 12);
      fs.chmodSync(a, mode);
      process.setegid?.(NOBODY);
      process.seteuid?.(NOBODY);
      try {
        return [
          attempt(() => fs.renameSync(`${a}/f`, `${a}/g`)),
          attempt(() => fs.writeFileSync(`${a}/new`, "x")),
          attempt(() => fs.mkdirSync(`${a}/made`)),
          attempt(() => fs.unlinkSync(`${a}/g`)),
          attempt(() => fs.unlinkSync(`${a}/f`)),
          attempt(() => fs.chmodSync(b, 0o600)),
          attempt(() => `${fs.statSync(`${a}/made`).mode} ${fs.statSync(`${a}/made`).gid}`),
        ];
      } finally {
        process.seteuid?.(0);
        process.setegid?.(0);
      }
    });
check("many links", ["file"], (path) => {
  for (let n = 0; n < 500; n++) fs.linkSync(path, `${path}.${n}`);
  return fs.statSync(path).nlink;
});
check("many names", ["empty"], (path) => {
  const names = Array.from({ length: 2000 }, (_, n) => `${"name ".repeat(n % 40)}${n}`);
  for (const name of names) fs.writeFileSync(`${path}/${name}`, name);
  for (const name of names.filter((_, n) => n % 3 === 0)) fs.unlinkSync(`${path}/${name}`);
  return fs.readdirSync(path).sort();
});
check("remove while listing", ["empty"], (path) => {
  for (let n = 0; n < 3000; n++) fs.writeFileSync(`${path}/${n}`, "");
  const open = fs.opendirSync(path, { bufferSize: 7 });
  let listed = 0;
  for (let entry = open.readSync(); entry !== null; entry = open.readSync()) {
    fs.unlinkSync(`${path}/${entry.name}`);
    listed++;
  }
  open.closeSync();
  return [listed, fs.readdirSync(path).length];
});
check("large and sparse", ["file"], (path) =>
  opened(path, O_RDWR, (fd) => {
    const bytes = Buffer.alloc(10);
    for (const at of [2 ** 31 - 3, 2 ** 32 - 3, 5 * 2 ** 30]) fs.writeSync(fd, "across", at);
    fs.readSync(fd, bytes, 0, 10, 2 ** 32 - 5);
    return [fs.fstatSync(fd).size, bytes.toString("latin1")];
  }),
);
check("every byte in a name", ["empty"], (path) => {
  const made = [];
  for (let byte = 1; byte < 256; byte++) {
    if (byte === 0x2f) continue;
    const name = Buffer.concat([Buffer.from(`${path}/x`), Buffer.from([byte])]);
    made.push(attempt(() => fs.writeFileSync(name, "")));
  }
  return [made.every((answer) => answer === "ok"), fs.readdirSync(path, "buffer").length];
});
check("renames without replacing", ["file", "file"], (a, b) => {
  const { status, stderr } = spawnSync("mv", ["-n", a, b]);
  return [status, stderr.toString().length > 0 ? "said" : "silent", fs.existsSync(a)];
});
console.log(lines.join("\n"));
