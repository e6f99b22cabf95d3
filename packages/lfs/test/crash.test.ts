// The power fails behind every write of many workloads: what must be there is there, and all is consistent.
import { expect, test } from "vitest";
import { fsck } from "../src/index.ts";
import { chance } from "../src/testing/crash-disk.ts";
import { CrashDisk, crashStates, MemoryDisk, newfs, Refused, Session } from "../src/testing/index.ts";

const LONG = process.env.KINTSUGI_LONG !== undefined;
const SIZE = 5 << 18;
const ARENA = 1 << 20;

/** One call of a workload; paths are made of few letters so that calls meet. */
type Call =
  | readonly ["create" | "mkdir" | "unlink" | "rmdir" | "fsync", string]
  | readonly ["link" | "rename" | "symlink", string, string]
  | readonly ["write", string, number, number]
  | readonly ["truncate", string, number]
  | readonly ["sync"];

function perform(session: Session, call: Call, n: number): void {
  if (call[0] === "write") session.write(call[1], call[2], new Uint8Array(call[3]).fill(n + 1));
  else if (call[0] === "truncate") session.truncate(call[1], call[2]);
  else if (call[0] === "sync") session.sync();
  else if (call[0] === "link" || call[0] === "rename" || call[0] === "symlink") session[call[0]](call[1], call[2]);
  else session[call[0]](call[1]);
}

/** Whether the call was not refused. */
function attempt(call: () => void): boolean {
  try {
    call();
    return true;
  } catch (reason) {
    if (reason instanceof Refused) return false;
    throw reason;
  }
}

/** Path → what is there: "dir", a link's target, or the contents of a file as a string of runs. */
type Snapshot = ReadonlyMap<string, string>;

function snapshot(session: Session): Snapshot {
  const found = new Map<string, string>();
  for (const { path, attributes } of session.tree()) {
    const type = attributes.mode >> 12;
    if (type === 4) found.set(path, "dir");
    else if (type === 10) found.set(path, `-> ${session.readlink(path)}`);
    else found.set(path, `${attributes.nlink} ${runs(session.read(path))}`);
  }
  return found;
}

function runs(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    let end = at;
    while (end < bytes.length && bytes[end] === bytes[at]) end++;
    parts.push(`${bytes[at]}*${end - at}`);
    at = end;
  }
  return parts.join(" ");
}

const check = (bytes: Uint8Array) => fsck((offset, length) => bytes.subarray(offset, offset + length));

function blank(): Uint8Array {
  const disk = new MemoryDisk(new Uint8Array(SIZE));
  newfs(disk, new Uint8Array(2 << 20), { bsize: 4096, fsize: 512, ssize: 32768, ident: 7, time: 1 });
  return disk.bytes;
}
const BLANK = blank();

/** Runs a workload and judges the disk behind every write. */
function explore(calls: readonly Call[], masks: number, seed: number, base: Uint8Array = BLANK): number {
  const disk = new CrashDisk(base.slice());
  const session = new Session(disk, new Uint8Array(ARENA)).mount();
  const snapshots: Snapshot[] = [snapshot(session)];
  const ends: number[] = [disk.log.length];
  /** Per call: what is known to be on the disk when it has returned. */
  const durable: { readonly from: number; readonly path: string | undefined }[] = [{ from: 0, path: undefined }];
  for (const [n, call] of calls.entries()) {
    const refused = !attempt(() => perform(session, call, n));
    const last = durable[durable.length - 1];
    if (!refused && call[0] === "sync") durable.push({ from: n + 1, path: undefined });
    else if (!refused && call[0] === "fsync") durable.push({ from: n + 1, path: call[1] });
    else durable.push(last);
    snapshots.push(snapshot(session));
    ends.push(disk.log.length);
  }
  let states = 0;
  for (const state of crashStates(disk, masks, seed)) {
    states++;
    const what = `${JSON.stringify(calls)} seed ${seed} cut ${state.cut} ${state.how}`;
    const after = new Session(new MemoryDisk(state.bytes), new Uint8Array(ARENA)).mount();
    const findings = check(state.bytes);
    if (findings.length > 0) throw new Error(`${what}: ${findings[0].text}`);
    // The last call that had returned when the power failed, and the one it failed in.
    let done = 0;
    while (done + 1 < ends.length && ends[done + 1] <= state.cut) done++;
    const from = lastSync(durable, done);
    const allowed = snapshots.slice(durable[done].from, Math.min(done + 2, snapshots.length));
    const now = snapshot(after);
    const names = [...now.keys()].join();
    if (!allowed.some((s) => [...s.keys()].join() === names)) throw new Error(`${what}: names are ${names}`);
    const since = snapshots.slice(from, Math.min(done + 2, snapshots.length));
    for (const [path, content] of now) {
      const body = content.replace(/^\d+ /, "");
      if (!since.some((s) => s.get(path)?.replace(/^\d+ /, "") === body))
        throw new Error(`${what}: ${path} is ${content}, which it never was since call ${from}`);
    }
    judgeFsynced(calls, durable, snapshots, done, now, what);
  }
  return states;
}

/** Call behind which everything is durable. */
function lastSync(durable: readonly { from: number; path: string | undefined }[], done: number): number {
  let from = 0;
  for (let n = 0; n <= done; n++) if (durable[n].path === undefined) from = Math.max(from, durable[n].from);
  return from;
}

/** A file that was fsynced and not touched since has its contents. */
function judgeFsynced(
  calls: readonly Call[],
  durable: readonly { from: number; path: string | undefined }[],
  snapshots: readonly Snapshot[],
  done: number,
  now: Snapshot,
  what: string,
): void {
  for (let n = 1; n <= done; n++) {
    const { from, path } = durable[n];
    if (path === undefined || from !== n) continue;
    const later = snapshots.slice(n, Math.min(done + 2, snapshots.length));
    const then = later[0].get(path);
    if (then === undefined || !later.every((s) => s.get(path) === then)) continue;
    const aliased = calls
      .slice(n, done + 1)
      .some((call) => call[0] === "write" || call[0] === "truncate" || call[0] === "rename");
    if (!aliased && now.get(path) !== then)
      throw new Error(`${what}: fsynced ${path} is ${now.get(path)}, was ${then}`);
  }
}

// ACE's bounds (Mohan et al. 2018): one or two operations on few files, a persistence call behind each.
const SEQ1: readonly Call[] = [
  ["create", "n"],
  ["mkdir", "D"],
  ["symlink", "f", "s"],
  ["link", "f", "h"],
  ["link", "f", "d/h"],
  ["unlink", "f"],
  ["unlink", "d/g"],
  ["rmdir", "e"],
  ["rename", "f", "r"],
  ["rename", "f", "d/g"],
  ["rename", "d", "e"],
  ["rename", "d/g", "e/g"],
  ["write", "f", 0, 20000],
  ["write", "f", 9000, 100],
  ["write", "d/g", 300000, 100],
  ["truncate", "f", 0],
  ["truncate", "f", 5000],
  ["truncate", "f", 60000],
];
const SETUP: readonly Call[] = [
  ["mkdir", "d"],
  ["mkdir", "e"],
  ["write", "f", 0, 12000],
  ["write", "d/g", 0, 60000],
  ["sync"],
];
const PERSIST: readonly Call[] = [["sync"], ["fsync", "f"], ["fsync", "d/g"], ["fsync", "d"], ["fsync", ""]];

test("one operation and a persistence call, cut behind every write", () => {
  let states = 0;
  const random = chance(2);
  for (const [i, call] of SEQ1.entries())
    for (const [k, persist] of PERSIST.entries())
      if (LONG || random() < 0.3)
        states += explore([...SETUP, call, persist, ["create", "z"], ["sync"]], 1, i * 10 + k);
  expect(states).toBeGreaterThan(250);
});

test("two operations with persistence calls between and behind, cut behind every write", () => {
  let states = 0;
  const random = chance(1);
  for (const a of SEQ1)
    for (const b of SEQ1) {
      if (!LONG && random() > 0.07) continue;
      const [p, q] = [PERSIST[Math.floor(random() * 5)], PERSIST[Math.floor(random() * 5)]];
      states += explore([...SETUP, a, p, b, q], LONG ? 3 : 1, 1000);
    }
  expect(states).toBeGreaterThan(150);
});

function randomCalls(seed: number, count: number): Call[] {
  const random = chance(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)];
  const names = ["a", "b", "c", "d", "d/a", "d/b", "e", "e/a"];
  return Array.from({ length: count }, (): Call => {
    const kind = pick([
      "create",
      "mkdir",
      "unlink",
      "rmdir",
      "link",
      "rename",
      "write",
      "write",
      "write",
      "truncate",
      "fsync",
      "fsync",
      "sync",
    ] as const);
    if (kind === "write") return [kind, pick(names), Math.floor(random() * 90000), 1 + Math.floor(random() * 20000)];
    if (kind === "truncate") return [kind, pick(names), Math.floor(random() * 100000)];
    if (kind === "link" || kind === "rename") return [kind, pick(names), pick(names)];
    return kind === "sync" ? [kind] : [kind, pick(names)];
  });
}

test("random workloads, cut behind every write", () => {
  let states = 0;
  for (let seed = 1; seed <= (LONG ? 400 : 10); seed++) states += explore(randomCalls(seed, 30), LONG ? 4 : 1, seed);
  expect(states).toBeGreaterThan(200);
});

test("a crash, a mount, more calls, and a second crash behind every write", () => {
  let states = 0;
  for (let seed = 1; seed <= (LONG ? 300 : 8); seed++) {
    const disk = new CrashDisk(BLANK.slice());
    const session = new Session(disk, new Uint8Array(ARENA)).mount();
    for (const [n, call] of randomCalls(seed, 25).entries()) attempt(() => perform(session, call, n));
    const all = [...crashStates(disk, 1, seed)];
    const random = chance(seed);
    for (let n = 0; n < (LONG ? 6 : 2); n++) {
      const first = all[Math.floor(random() * all.length)];
      states += explore(randomCalls(seed * 100 + n, 8), 1, seed, first.bytes);
    }
  }
  expect(states).toBeGreaterThan(100);
});
