/**
 * The Ext2 server on the rig: a disk below it, a client that uses sessions above it.
 *
 * Here: the disk server as the program sees it (sessions, sectors, flush, forgetting), steps of a client as requests, and what came of them. Not
 * here: what must come of them (→ ext2.test.ts).
 * @module
 */
import { ART_CONNECT, ART_LOOKUP } from "../../packages/arc-framework/src/protocol/art.ts";
import { DISK_FLUSH, DISK_INFO } from "../../packages/arc-framework/src/protocol/driver.ts";
import * as E from "../../packages/arc-framework/src/protocol/ext2.ts";
import { P3_DAMAGED, P3_EXIT } from "../../packages/arc-framework/src/protocol/p3.ts";
import {
  SESSION_BEGIN,
  SESSION_CONNECT,
  SESSION_DISCONNECT,
  SESSION_END,
  SESSION_GET,
  SESSION_PUT,
} from "../../packages/arc-framework/src/protocol/session.ts";
import { STATUS_FAILED, STATUS_NOT_FOUND, STATUS_OK } from "../../packages/arc-framework/src/protocol/status.ts";
import { globalId } from "../../packages/microkernel/src/api/thread-id.ts";
import { CachedDisk, PortBus } from "../../packages/pc/src/index.ts";
import { GuestRig } from "./guest-rig.ts";
import type { RigDevices, RigRequest } from "./rig-surroundings.ts";

const SECTOR = 512;
const DISK = globalId(400, 1);
/** Pages of a client's session. */
const PAGES = 9;

/** A request of a client, in the session of this key; 1 when left out. */
export interface Step {
  readonly key?: number;
  readonly label: number;
  readonly words: readonly number[];
  /** What the client writes into the pages first. */
  readonly page?: Uint8Array;
  /** The reply's first word behind the status counts bytes for the client in the pages. */
  readonly reads?: boolean;
}

const text = (...paths: string[]): Uint8Array => new TextEncoder().encode(paths.map((path) => `${path}\0`).join(""));
const put = (operation: number, word: number, ...paths: string[]): Step => ({
  label: SESSION_PUT,
  words: [operation, word],
  page: text(...paths),
});

/** What a client can ask for. */
export const ext2 = {
  open: (path: string, flags: number, permissions: number = 0o644): Step => ({
    label: SESSION_BEGIN,
    words: [flags, permissions],
    page: text(path),
  }),
  close: (): Step => ({ label: SESSION_END, words: [] }),
  read: (offset: number, count: number): Step => ({
    label: SESSION_GET,
    words: [E.EXT2_READ, offset, count],
    reads: true,
  }),
  readDirectory: (offset: number, count: number): Step => ({
    label: SESSION_GET,
    words: [E.EXT2_READDIR, offset, count],
    reads: true,
  }),
  stat: (path: string): Step => ({ label: SESSION_GET, words: [E.EXT2_STAT], page: text(path) }),
  statFs: (): Step => ({ label: SESSION_GET, words: [E.EXT2_STATFS] }),
  write: (offset: number, bytes: Uint8Array): Step => ({
    label: SESSION_PUT,
    words: [E.EXT2_WRITE, offset, bytes.length],
    page: bytes,
  }),
  truncate: (size: number): Step => ({ label: SESSION_PUT, words: [E.EXT2_TRUNCATE, size] }),
  makeDirectory: (path: string): Step => put(E.EXT2_MKDIR, 0o755, path),
  removeDirectory: (path: string): Step => put(E.EXT2_RMDIR, 0, path),
  unlink: (path: string): Step => put(E.EXT2_UNLINK, 0, path),
  rename: (path: string, to: string): Step => put(E.EXT2_RENAME, 0, path, to),
  link: (path: string, further: string): Step => put(E.EXT2_LINK, 0, path, further),
  sync: (): Step => ({ label: SESSION_PUT, words: [E.EXT2_SYNC, 0] }),
  disconnect: (): Step => ({ label: SESSION_DISCONNECT, words: [] }),
};

export interface StageOptions {
  readonly crashes?: readonly number[];
  /** The disk server loses its memory at each of these requests of the server, counted from 1: no answer but FAILED, and no session. */
  readonly forgets?: readonly number[];
  /** Flushes, counted from 1, that the disk only pretends. */
  readonly pretends?: readonly number[];
  /** Whether a transfer of sectors fails, by its number from 1. */
  readonly fails?: (transfer: number, write: boolean, sector: number) => boolean;
  /** At so many instructions, somebody writes where he should not, and, if `crash`, the server fails then. */
  readonly damage?: { readonly at: number; readonly plant: (rig: GuestRig) => void; readonly crash?: boolean };
  /** At so many instructions the server loses its memory. */
  readonly cold?: number;
  /** The power goes when the server makes this request of its disk, counted from 1: it is never answered. */
  readonly stops?: number;
}

/** What a client was answered. */
export interface Answered {
  /** Words from the status on. */
  readonly words: readonly number[];
  /** Bytes in the pages, of a step that reads. */
  readonly bytes?: Uint8Array;
}

/** A run of the server. */
export interface Played {
  readonly answers: readonly Answered[];
  /** What the disk says it holds. */
  readonly image: Uint8Array;
  readonly disk: CachedDisk;
  /** What a power cut finds. */
  readonly medium: Uint8Array;
  readonly rig: GuestRig;
  /** Requests of the server to its disk. */
  readonly requests: number;
  readonly flushes: number;
  /** What the server has found damaged: words of P3_DAMAGED. Its P3 has then given its memory up. */
  readonly damaged: readonly (readonly number[])[];
  /** Those requests: label, and steps of the client whose answer it has seen. */
  readonly log: readonly { readonly label: number; readonly answered: number }[];
}

/** Runs a server over a copy of `image`; each session of the steps is connected first. */
export function play(
  server: Uint8Array,
  image: Uint8Array,
  steps: readonly Step[],
  options: StageOptions = {},
): Played {
  const medium = image.slice();
  const disk = new CachedDisk({
    sectors: medium.length / SECTOR,
    read: (lba, count) => medium.subarray(lba * SECTOR, (lba + count) * SECTOR),
    write: (lba, bytes) => medium.set(bytes, lba * SECTOR),
  });
  const log: { label: number; answered: number }[] = [];
  const answers: Answered[] = [];
  const damaged: (readonly number[])[] = [];
  let [known, requests, flushes, transfers] = [0, 0, 0, 0];
  const transfer = (label: number, [, sector, count]: readonly number[]): number[] => {
    transfers++;
    if (options.fails?.(transfers, label === SESSION_PUT, sector!)) return [STATUS_FAILED, 4, sector!];
    const base = rig.mappedFrom(DISK);
    if (label === SESSION_GET) rig.writeShared(base, disk.read(sector!, count!));
    else disk.write(sector!, rig.readSharedBytes(base, count! * SECTOR));
    return [STATUS_OK];
  };
  const answer = (to: number, label: number, words: readonly number[]): readonly number[] | null => {
    if (label === ART_CONNECT) return [STATUS_OK, DISK];
    if (label === P3_DAMAGED) damaged.push(words);
    if (label === P3_EXIT || label === P3_DAMAGED) return null;
    if (label === ART_LOOKUP) return [STATUS_NOT_FOUND];
    if (to !== DISK) return [STATUS_OK];
    requests++;
    if (requests === options.stops) return null;
    log.push({ label, answered: answers.length });
    if (options.forgets?.includes(requests)) {
      known = 0;
      return [STATUS_FAILED];
    }
    if (label === SESSION_CONNECT) {
      known = words[0]!;
      return [STATUS_OK, 0x18000000];
    }
    if (label === DISK_INFO) return [STATUS_OK, disk.sectors];
    if (label === DISK_FLUSH) {
      flushes++;
      if (!options.pretends?.includes(flushes)) disk.flush();
      return [STATUS_OK];
    }
    return words[0] === known ? transfer(label, words) : [STATUS_NOT_FOUND];
  };
  const nothing: RigDevices = {
    ports: new PortBus(),
    takeInterrupt: () => -1,
    acknowledge: () => {},
    idle: () => false,
    advance: () => {},
  };
  const rig: GuestRig = new GuestRig(server, () => nothing, { answer, args: ["ext2", "pata"] });
  const keys = [...new Set([1, ...steps.map(({ key = 1 }) => key)])];
  const baseOf = (key: number): number => client.replies[keys.indexOf(key)]![1]!;
  let look = (): void => {};
  const requestsOf: RigRequest[] = keys.map((key) => ({ label: SESSION_CONNECT, words: [key, PAGES] }));
  for (const { key = 1, label, words, page, reads } of steps) {
    const previous = look;
    const before = (): void => {
      previous();
      if (page !== undefined) rig.writeShared(baseOf(key), page);
    };
    look = () => {
      const replied = client.replies.at(-1)!;
      const count = reads === true && replied[0] === STATUS_OK ? replied[1]! : undefined;
      answers.push({
        words: replied,
        ...(count === undefined ? {} : { bytes: rig.readSharedBytes(baseOf(key), count) }),
      });
    };
    requestsOf.push({ label, words: [key, ...words], before });
  }
  const client = rig.addClient(requestsOf);
  const { damage, cold } = options;
  if (cold !== undefined) {
    rig.run([], cold);
    rig.coldRestart();
  }
  if (damage !== undefined) {
    rig.run([], damage.at);
    damage.plant(rig);
  }
  rig.run(damage?.crash === true ? [damage.at] : options.crashes);
  if (damaged.length > 0) {
    rig.coldRestart();
    rig.run();
  }
  if (client.replies.length === requestsOf.length) look();
  return { answers, image: disk.read(0, disk.sectors), disk, medium, rig, requests, flushes, damaged, log };
}

/** Bytes that tell their position. */
export const pattern = (length: number, seed: number = 1): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8) * 3 + seed) & 255);

/** Words of the answers, in short: the status, or the error's number. */
export const outcomes = ({ answers }: Played): number[] =>
  answers.map(({ words: [status, error = 0] }) => (status === STATUS_FAILED ? error : status! && -status!));
