// A workload is run, and every disk that a power failure can leave is judged: mount, checker, names, contents.
import { crc32 } from "../../src/format/checksum.ts";
import type * as Product from "../../src/index.ts";
import type * as Testing from "../../src/testing/index.ts";
import type { Call } from "./workloads.ts";

const SIZE = 17 << 16;
const ARENA = 1 << 19;

/** What is explored: the package, or a copy of it with a mistake. */
export interface Subject {
  readonly product: typeof Product;
  readonly testing: typeof Testing;
}

/** A workload, how its disks are chosen, and with `cut` and `how` the one disk that is judged. */
export interface Case {
  readonly calls: readonly Call[];
  readonly masks: number;
  readonly seed: number;
  readonly cut?: number;
  readonly how?: string;
}

/** What is wrong with a disk; the line in its message is what `replay` takes. */
export class CrashFailure extends Error {
  readonly line: string;
  constructor(what: string, line: Case) {
    const text = JSON.stringify(line);
    super(`${what}\nreplay with KINTSUGI_CRASH='${text}'`);
    this.line = text;
  }
}

/** Path → "dir", a link's target, or links, length and checksum of the contents. */
type Snapshot = ReadonlyMap<string, string>;

/** What a file holds, without its count of links. */
const body = (entry: string | undefined): string | undefined => entry?.replace(/^\d+ links, /, "");

/** Explores workloads on a small disk; blocks of 1024 bytes make indirect ones cheap. */
export class Explorer {
  readonly #subject: Subject;
  readonly #blank: Uint8Array;
  readonly #arena = new Uint8Array(ARENA);
  /** Disks judged so far. */
  states = 0;

  constructor(subject: Subject) {
    this.#subject = subject;
    const disk = new subject.testing.MemoryDisk(new Uint8Array(SIZE));
    const options = { bsize: 1024, fsize: 512, ssize: 32768, ident: 7, time: 1 };
    subject.testing.newfs(disk, new Uint8Array(ARENA), options);
    this.#blank = disk.bytes;
  }

  /** Does a call; false when it is refused. */
  perform(session: Testing.Session, call: Call, n: number): boolean {
    try {
      if (call[0] === "write") session.write(call[1], call[2], new Uint8Array(call[3]).fill(n + 1));
      else if (call[0] === "truncate") session.truncate(call[1], call[2]);
      else if (call[0] === "sync") session.sync();
      else if (call[0] === "clean") session.call({ name: "clean", args: [call[1]] });
      else if (call[0] === "link" || call[0] === "rename" || call[0] === "symlink") session[call[0]](call[1], call[2]);
      else session[call[0]](call[1]);
      return true;
    } catch (reason) {
      if (reason instanceof this.#subject.testing.Refused) return false;
      throw reason;
    }
  }

  #snapshot(session: Testing.Session): Snapshot {
    const found = new Map<string, string>();
    for (const { path, attributes } of session.tree()) {
      const type = attributes.mode >> 12;
      if (type === 4) found.set(path, "dir");
      else if (type === 10) found.set(path, `-> ${session.readlink(path)}`);
      else {
        const bytes = session.read(path);
        found.set(path, `${attributes.nlink} links, ${bytes.length} bytes ${crc32(bytes, 0, bytes.length)}`);
      }
    }
    return found;
  }

  /** Runs the calls on a recording disk. */
  record(calls: readonly Call[], base: Uint8Array = this.#blank): Run {
    const disk = new this.#subject.testing.CrashDisk(base.slice());
    const session = new this.#subject.testing.Session(disk, new Uint8Array(ARENA)).mount();
    const run: Run = { disk, snapshots: [this.#snapshot(session)], ends: [disk.log.length], durable: [{ from: 0 }] };
    for (const [n, call] of calls.entries()) {
      const done = this.perform(session, call, n);
      if (done && call[0] === "sync") run.durable.push({ from: n + 1 });
      else if (done && call[0] === "fsync") run.durable.push({ from: n + 1, path: call[1] });
      else run.durable.push(run.durable[n] as Durable);
      run.snapshots.push(this.#snapshot(session));
      run.ends.push(disk.log.length);
    }
    return run;
  }

  /** Every disk that a crash of the run can leave. */
  disks(run: Run, masks: number, seed: number): Generator<Testing.CrashState> {
    return this.#subject.testing.crashStates(run.disk, masks, seed);
  }

  /** Runs a workload and judges the disks it can leave. @throws CrashFailure for the first that is wrong */
  explore(one: Case, base?: Uint8Array): void {
    const { calls, masks, seed } = one;
    const run = this.record(calls, base);
    for (const state of this.disks(run, masks, seed)) {
      if (one.cut !== undefined && (one.cut !== state.cut || one.how !== state.how)) continue;
      this.states++;
      let wrong: string | undefined;
      try {
        wrong = this.#judge(calls, run, state);
      } catch (reason) {
        wrong = reason instanceof Error ? (reason.stack ?? reason.message) : String(reason);
      }
      if (wrong !== undefined) throw new CrashFailure(wrong, { calls, masks, seed, cut: state.cut, how: state.how });
    }
  }

  /** What is wrong with a disk, or undefined. */
  #judge(calls: readonly Call[], run: Run, state: Testing.CrashState): string | undefined {
    const { testing, product } = this.#subject;
    const after = new testing.Session(new testing.MemoryDisk(state.bytes), this.#arena.fill(0xa5)).mount();
    const finding = product.fsck((offset, length) => state.bytes.subarray(offset, offset + length))[0];
    if (finding !== undefined) return `the checker says: ${finding.text}`;
    // The last call that had returned when the power failed, and the one it failed in.
    let done = 0;
    while (done + 1 < run.ends.length && (run.ends[done + 1] as number) <= state.cut) done++;
    const end = Math.min(done + 2, run.snapshots.length);
    const now = this.#snapshot(after);
    const names = [...now.keys()].join();
    const allowed = run.snapshots.slice((run.durable[done] as Durable).from, end);
    if (!allowed.some((s) => [...s.keys()].join() === names)) return `the names are ${names}`;
    const from = lastSync(run.durable, done);
    const since = run.snapshots.slice(from, end);
    // A file that was not fsynced may be older than its name: then it was what it is under another one.
    const moved = haveNamesMoved(calls, from, end);
    for (const [path, entry] of now)
      if (!since.some((s) => (moved ? [...s.values()] : [s.get(path)]).some((then) => body(then) === body(entry))))
        return `${path} is ${entry}, which it never was since call ${from}`;
    return judgeFsynced(calls, run, done, end, now);
  }
}

/** What is known to be on the disk when a call has returned: everything up to `from`, or only a file. */
interface Durable {
  readonly from: number;
  readonly path?: string;
}

/** A workload with its log: per call the tree behind it, how long the log was, and what was durable. */
export interface Run {
  readonly disk: Testing.CrashDisk;
  readonly snapshots: Snapshot[];
  readonly ends: number[];
  readonly durable: Durable[];
}

/** Whether a call from `from` on, up to the one that the power failed in, gave a file another name. */
function haveNamesMoved(calls: readonly Call[], from: number, end: number): boolean {
  return calls.slice(from, end - 1).some((call) => call[0] === "rename" || call[0] === "link");
}

/** Call behind which everything is durable. */
function lastSync(durable: readonly Durable[], done: number): number {
  let from = 0;
  for (const [n, { from: there, path }] of durable.entries())
    if (n <= done && path === undefined) from = Math.max(from, there);
  return from;
}

/** A file that was fsynced is there with contents that it had then or later, unless names have moved since. */
function judgeFsynced(calls: readonly Call[], run: Run, done: number, end: number, now: Snapshot): string | undefined {
  for (let n = 1; n <= done; n++) {
    const { from, path } = run.durable[n] as Durable;
    if (path === undefined || from !== n || path === "") continue;
    if (haveNamesMoved(calls, n, end)) continue;
    const later = run.snapshots.slice(n, end).map((s) => body(s.get(path)));
    if (!later.includes(body(now.get(path)))) return `fsynced ${path} is ${now.get(path)}, was ${later[0]}`;
  }
  return undefined;
}
