/**
 * `/dev/fuse` without a native addon: the mount, and the loop between the kernel and a server.
 *
 * Here: opening the device, `mount -t fuse -o fd=3` with the descriptor given to the child, reading requests, writing
 * replies, unmounting. Not here: what a request means (→ fuse-server.ts). Linux, and root or a user namespace: an
 * ordinary user's `fusermount3` hands its descriptor over a socket from which Node cannot take one.
 * @module
 */
import { spawn } from "node:child_process";
import { closeSync, openSync, read, readFileSync, writeSync } from "node:fs";
import { type FuseServer, MAX_WRITE } from "./fuse-server.ts";

/** Room for the largest request: a WRITE, its headers, and what the kernel wants to spare. */
const REQUEST_SIZE: number = MAX_WRITE + 4096;
/** Requests that are read while another is served. */
const READERS = 2;

/** A mount did not come about; the message says why. */
export class MountError extends Error {
  override readonly name: string = "MountError";
}

export interface MountedFuse {
  /** Ends when the directory is unmounted, by anybody. */
  readonly ended: Promise<void>;
}

/** Runs a program of the host; its exit status and what it said on stderr. */
function runProgram(name: string, words: readonly string[], inherited?: number) {
  return new Promise<{ status: number; stderr: string }>((resolve) => {
    const stdio = inherited === undefined ? ["ignore", "ignore", "pipe"] : ["ignore", "ignore", "pipe", inherited];
    const child = spawn(name, words, { stdio: stdio as ("ignore" | "pipe" | number)[] });
    let stderr = "";
    child.stderr?.on("data", (text) => {
      stderr += text;
    });
    child.on("error", (reason) => resolve({ status: 127, stderr: reason.message }));
    child.on("close", (status) => resolve({ status: status ?? 1, stderr: stderr.trim() }));
  });
}

/** Mounts `server` on a directory. `source` is what the host's list of mounts shows. */
export async function mountFuse(
  server: FuseServer,
  directory: string,
  options: { readonly source: string; readonly readOnly: boolean },
): Promise<MountedFuse> {
  let device: number;
  try {
    device = openSync("/dev/fuse", "r+");
  } catch (reason) {
    throw new MountError(`/dev/fuse cannot be opened (${reason instanceof Error ? reason.message : reason})`);
  }
  // The kernel asks before `mount` has ended, so the loop runs already; before it begins, reading is refused.
  const mounting = new AbortController();
  const ended = serve(server, device, mounting.signal);
  const words = ["fd=3", "rootmode=40000", "user_id=0", "group_id=0", "allow_other", "default_permissions"];
  if (options.readOnly) words.push("ro");
  const arguments_ = ["-i", "-t", "fuse.lfs", "-o", words.join(","), options.source, directory];
  const { status, stderr } = await runProgram("mount", arguments_, device);
  mounting.abort();
  if (status === 0) return { ended };
  await ended;
  throw new MountError(stderr === "" ? `mount ended with ${status}` : stderr);
}

/** Unmounts; a reason when the host refuses. `lazily` leaves it to those who still use it. */
export async function unmountFuse(directory: string, lazily: boolean = false): Promise<string | undefined> {
  const { status, stderr } = await runProgram("umount", lazily ? ["-l", directory] : [directory]);
  return status === 0 ? undefined : stderr;
}

/** Where a source of type `fuse.lfs` is mounted, by the host's own list. */
export function mountedOn(source: string): string | undefined {
  let list: string;
  try {
    list = readFileSync("/proc/self/mounts", "latin1");
  } catch {
    return undefined; // a host without such a list has no mounts of ours
  }
  const plain = (field: string): string =>
    field.replace(/\\(\d{3})/g, (_all, digits) => String.fromCharCode(Number.parseInt(digits, 8)));
  for (const line of list.split("\n")) {
    const [from, on, type] = line.split(" ");
    if (type === "fuse.lfs" && plain(from) === Buffer.from(source).toString("latin1"))
      return Buffer.from(plain(on), "latin1").toString();
  }
  return undefined;
}

/** Reads and answers requests until the kernel has no more. */
function serve(server: FuseServer, device: number, mounted: AbortSignal): Promise<void> {
  const readers = Array.from({ length: READERS }, () => serveOne(server, device, mounted));
  return Promise.all(readers).then(() => closeSync(device));
}

async function serveOne(server: FuseServer, device: number, mounted: AbortSignal): Promise<void> {
  const buffer = new Uint8Array(REQUEST_SIZE);
  for (;;) {
    const length = await nextRequest(device, buffer, mounted);
    if (length === 0) return;
    const reply = server.handle(buffer.subarray(0, length));
    if (reply === undefined) continue;
    try {
      writeSync(device, reply);
    } catch (reason) {
      // ENOENT: who asked has been interrupted. ENODEV and EPERM: unmounted.
      if (!(reason instanceof Error && "syscall" in reason)) throw reason;
    }
  }
}

/** Bytes of the next request; 0 when the directory is unmounted. */
function nextRequest(device: number, buffer: Uint8Array, mounted: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const ask = (): void =>
      read(device, buffer, 0, buffer.length, null, (reason, length) => {
        if (reason === null) resolve(length);
        else if (reason.code === "EINTR" || reason.code === "EAGAIN" || reason.code === "ENOENT") ask();
        else if (reason.code === "EPERM" && !mounted.aborted) setTimeout(ask, 1);
        else if (["ENODEV", "ECONNABORTED", "EBADF", "EPERM"].includes(reason.code ?? "")) resolve(0);
        else reject(reason);
      });
    ask();
  });
}
