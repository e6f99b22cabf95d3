/**
 * sigma0: the owner of all memory, which it gives out once and for good.
 *
 * Here: X.2's sigma0 protocol, page faults and requests. Not here: the table (`frames.ts`).
 * Memory belongs to the asking thread; all threads of the root task count as its main thread. What is
 * refused by request is answered with a map item of the nil fpage; a fault that is refused, and a
 * message of no known kind, get no answer. What lies behind RAM is device memory: the root task's, by request.
 * Reference: X.2, sigma0 protocol; thesis 4.1.2; docs/protocols.md, section 2.
 * @module
 */
import {
  fpageBase,
  fpageBits,
  KIP_ROOT_SERVER,
  KIP_SIGMA0,
  LABEL_PAGE_FAULT,
  LABEL_SIGMA0,
  makeFpage,
  mapItem,
  NIL_FPAGE,
  PAGE_BITS,
  PAGE_SIZE,
  type ResidentContext,
  SIGMA0_ANY_BASE,
  SPACE_BITS,
  type ThreadId,
  threadNumber,
} from "@kintsugi/microkernel";
import { ART_THREAD, PROCESS_FIRST_THREAD } from "../protocol/thread-numbers.ts";
import type { Message } from "../server/action.ts";
import type { CutProbe } from "../server/cut-point.ts";
import { THREAD_MEMORY_SIZE } from "../server/journal.ts";
import { frameCount, imageLow, memoryDescriptors } from "../server/kip.ts";
import type { Handler, Request } from "../server/request.ts";
import { type ResidentObserver, ResidentServer } from "../server/resident-server.ts";
import type { Transaction } from "../server/transaction.ts";
import { faultable, findFree, firstOwners, owned, requestable } from "./frames.ts";

const RIGHTS = 7;

/** Bytes of persistent memory (the image that the KIP names) for a machine with `memorySize` bytes of RAM. */
export function sigma0ImageSize(memorySize: number): number {
  const table = 4 * Math.ceil(memorySize / PAGE_SIZE);
  return THREAD_MEMORY_SIZE + Math.ceil(table / PAGE_SIZE) * PAGE_SIZE;
}

/** sigma0's program. */
export function createSigma0(options: { probe?: CutProbe; observer?: ResidentObserver } = {}): ResidentServer {
  return new ResidentServer(
    {
      name: "sigma0",
      threadMemory: (_thread: ThreadId, context: ResidentContext) =>
        imageLow({ read: (address) => context.read32(address) }, KIP_SIGMA0),
      start,
      handlers: new Map([
        [LABEL_PAGE_FAULT, pageFault],
        [LABEL_SIGMA0, request],
      ]),
      otherwise: () => undefined,
    },
    options,
  );
}

function* start(s: Request): Handler {
  yield* s.step((tx) => {
    const owners = firstOwners(memoryDescriptors(tx), frameCount(tx), imageLow(tx, KIP_ROOT_SERVER));
    tx.pages.write(tableAt(tx), new Uint8Array(owners.buffer));
    return [];
  });
  return undefined;
}

function* pageFault(s: Request): Handler {
  const frame = s.word(1) >>> PAGE_BITS;
  const owner = ownerOf(s.sender);
  const [given] = yield* s.step((tx) => {
    if (frame >= frameCount(tx)) return [0];
    const at = tableAt(tx) + 4 * frame;
    const word = tx.read(at);
    if (!faultable(word, owner)) return [0];
    tx.write(at, owned(word, owner));
    return [1];
  });
  return given === 1 ? grant(frame, PAGE_BITS) : undefined;
}

function* request(s: Request): Handler {
  const fpage = s.word(1);
  const any = (fpage & ~0x3ff) === SIGMA0_ANY_BASE;
  const bits = fpageBits(fpage);
  if (bits === 0 || bits >= SPACE_BITS) return REFUSAL;
  const count = 2 ** (bits - PAGE_BITS);
  const owner = ownerOf(s.sender);
  const [device] = yield* s.step((tx) => [fpageBase(fpage) >>> PAGE_BITS >= frameCount(tx) ? 1 : 0]);
  if (device === 1 && !any) return owner === ART_THREAD ? grant(fpageBase(fpage) >>> PAGE_BITS, bits) : REFUSAL;
  const [first] = yield* s.step((tx) => [
    any ? findFree(readOwners(tx), count) : findRequested(tx, fpageBase(fpage) >>> PAGE_BITS, count, owner),
  ]);
  if (first < 0) return REFUSAL;
  // A region may be larger than the undo log. Taking it once more does no harm: it is known which one.
  yield* s.step((tx) => {
    const taken = readOwners(tx).subarray(first, first + count);
    tx.pages.write(tableAt(tx) + 4 * first, new Uint8Array(taken.map((word) => owned(word, owner)).buffer));
    return [];
  });
  return grant(first, bits);
}

const REFUSAL: Message = { items: [mapItem(0), NIL_FPAGE] };

function grant(frame: number, bits: number): Message {
  const base = frame * PAGE_SIZE;
  return { items: [mapItem(base), makeFpage(base, bits, RIGHTS)] };
}

/** `first`, if the sender may have these frames; else -1. */
function findRequested(tx: Transaction, first: number, count: number, owner: number): number {
  const wanted = readOwners(tx).subarray(first, first + count);
  return wanted.length === count && wanted.every((word) => requestable(word, owner)) ? first : -1;
}

function readOwners(tx: Transaction): Uint32Array {
  return new Uint32Array(tx.readBytes(tableAt(tx), 4 * frameCount(tx)).buffer);
}

function tableAt(tx: Transaction): number {
  return imageLow(tx, KIP_SIGMA0) + THREAD_MEMORY_SIZE;
}

/** The thread number that memory given to this sender belongs to. */
function ownerOf(sender: ThreadId): number {
  const number = threadNumber(sender);
  return number >= ART_THREAD && number < PROCESS_FIRST_THREAD ? ART_THREAD : number;
}
