/**
 * Invariants of the arena: what must hold between any two steps.
 *
 * Here: queues against states, the mapping tree against the page tables, free lists and accounts against use.
 * Returns what is wrong, in words; an empty list is a sound arena.
 * @module
 */
import { FPAGE_W, type KernelOptions, threadNumber } from "../src/index.ts";
import { isUserFrame, treeRow } from "../src/object/mapping-tree.ts";
import { Arena, findArena, PRIORITIES, THREAD_BUCKETS } from "../src/table/arena.ts";
import { F, H, K, N, P, R, S, T } from "../src/table/layout.ts";
import {
  FLAG_EXHAUSTED,
  FLAG_HALTED,
  FLAG_INTERRUPT,
  FLAG_QUEUED,
  FLAG_SENDER,
  FLAG_TIMED,
  FLAG_TRANSFER,
  LARGE,
  POLLING,
  READY,
  SENDING,
  TRANSFERRING,
  WAITING,
} from "../src/table/states.ts";

const PAGE = 4096;

/** Everything that is wrong with the arena in a machine's memory. */
export function violations(options: KernelOptions): string[] {
  const base = findArena(options.memory)._unsafeUnwrap();
  const arena = new Arena({ ...options, observer: {} }, base);
  const wrong: string[] = [];
  checkThreads(arena, wrong);
  checkMappings(arena, wrong);
  checkAccounts(arena, checkKernelFrames(arena, wrong), wrong);
  checkRegions(arena, wrong);
  return wrong;
}

function checkThreads(a: Arena, wrong: string[]): void {
  const t = a.threads;
  const queued = new Set<number>();
  for (let priority = 0; priority < PRIORITIES; priority++) {
    let previous = 0;
    for (let row = a.priorities.get(priority, P.head); row !== 0; row = t.get(row, T.readyNext)) {
      if (queued.has(row)) return void wrong.push(`thread ${row} is twice in ready queues`);
      queued.add(row);
      if (t.get(row, T.readyPrev) !== previous) wrong.push(`ready queue ${priority}: broken link at ${row}`);
      if (t.get(row, T.priority) !== priority) wrong.push(`thread ${row} is in the wrong queue`);
      previous = row;
    }
    if (a.priorities.get(priority, P.tail) !== previous) wrong.push(`ready queue ${priority}: wrong tail`);
    const bit = (a.words[H.readyBitmap + (priority >> 5)] >>> (priority & 31)) & 1;
    if (bit !== (previous === 0 ? 0 : 1)) wrong.push(`ready bitmap: bit ${priority} is ${bit}`);
  }
  const timed = new Set<number>();
  let last = -1;
  for (let row = a.get(H.timeoutHead); row !== 0; row = t.get(row, T.timeoutNext)) {
    if (timed.has(row)) return void wrong.push(`thread ${row} is twice in the timeouts`);
    timed.add(row);
    const deadline = a.getTime(t, row, T.deadline);
    if (deadline < last) wrong.push(`timeouts out of order at ${row}`);
    last = deadline;
  }
  const polling = new Map<number, number>();
  const members = new Map<number, number>();
  let free = 0;
  for (let row = a.get(H.freeThread); row !== 0; row = t.get(row, T.freeNext)) free++;
  let used = 0;
  for (let row = 1; row < t.rows; row++) {
    const id = t.get(row, T.id);
    if (id === 0) continue;
    used++;
    const state = t.get(row, T.state);
    const flags = t.get(row, T.flags);
    const space = t.get(row, T.space);
    members.set(space, (members.get(space) ?? 0) + 1);
    let found = a.words[a.get(H.bucketsAt) + (threadNumber(id) & (THREAD_BUCKETS - 1))];
    while (found !== 0 && found !== row) found = t.get(found, T.bucketNext);
    if (found !== row) wrong.push(`thread ${row} is not found by its number`);
    const active = state === SENDING || (state === READY && !(flags & FLAG_HALTED));
    const ready = active && !(flags & FLAG_EXHAUSTED) && a.get(H.current) !== row;
    if (queued.has(row) !== ready)
      wrong.push(`thread ${row} in state ${state}: in a ready queue is ${queued.has(row)}`);
    if (((flags & FLAG_QUEUED) !== 0) !== queued.has(row)) wrong.push(`thread ${row}: queue flag is wrong`);
    if (((flags & FLAG_TIMED) !== 0) !== timed.has(row)) wrong.push(`thread ${row}: timeout flag is wrong`);
    if (timed.has(row) && state !== POLLING && state !== WAITING && !(flags & FLAG_SENDER))
      wrong.push(`thread ${row} has a timeout in ${state}`);
    checkTransfer(a, row, wrong);
    let previous = 0;
    for (let sender = t.get(row, T.sendHead); sender !== 0; sender = t.get(sender, T.sendNext)) {
      if (polling.has(sender)) return void wrong.push(`thread ${sender} polls twice`);
      polling.set(sender, row);
      if (t.get(sender, T.sendPrev) !== previous) wrong.push(`send queue of ${row}: broken link at ${sender}`);
      if (t.get(sender, T.state) !== POLLING) wrong.push(`thread ${sender} is queued on ${row}, not polling`);
      previous = sender;
    }
    if (t.get(row, T.sendTail) !== previous) wrong.push(`send queue of ${row}: wrong tail`);
    if (!(flags & FLAG_INTERRUPT) && a.spaces.get(space, S.used) === 0) wrong.push(`thread ${row} in no space`);
  }
  for (let row = 1; row < t.rows; row++)
    if (t.get(row, T.id) !== 0 && t.get(row, T.state) === POLLING && polling.get(row) !== t.get(row, T.partner))
      wrong.push(`thread ${row} polls on ${t.get(row, T.partner)} but is queued on ${polling.get(row)}`);
  if (free + used !== t.rows - 1) wrong.push(`${free} free and ${used} used thread rows of ${t.rows - 1}`);
  for (let space = 1; space < a.spaces.rows; space++)
    if (a.spaces.get(space, S.used) && a.spaces.get(space, S.threads) !== (members.get(space) ?? 0))
      wrong.push(`space ${space} counts ${a.spaces.get(space, S.threads)} threads`);
}

/** Two sides that know each other, one of them the sender, and one of them with something to do. */
function checkTransfer(a: Arena, row: number, wrong: string[]): void {
  const t = a.threads;
  const flags = t.get(row, T.flags) & FLAG_TRANSFER;
  const state = t.get(row, T.state);
  const peer = t.get(row, T.peer);
  const nested = t.get(row, T.fault) !== 0 && (state === POLLING || state === WAITING);
  if (flags === 0) {
    if (state === SENDING || state === TRANSFERRING || peer !== 0) wrong.push(`thread ${row} is in no transfer`);
    return;
  }
  if (flags === FLAG_TRANSFER || (t.get(peer, T.flags) & FLAG_TRANSFER) !== (flags ^ FLAG_TRANSFER))
    wrong.push(`threads ${row} and ${peer} have the same side of a transfer`);
  if (t.get(peer, T.peer) !== row) wrong.push(`thread ${row} transfers with ${peer}, which does not know it`);
  if (state !== SENDING && state !== TRANSFERRING && !nested) wrong.push(`thread ${row} transfers in state ${state}`);
  if (state === SENDING && !(flags & FLAG_SENDER)) wrong.push(`thread ${row} receives and sends`);
  const acts = state === SENDING || nested;
  const other = t.get(peer, T.state) === SENDING || t.get(peer, T.fault) !== 0;
  if (acts === other) wrong.push(`threads ${row} and ${peer}: ${acts ? "both act" : "nobody acts"}`);
}

function checkMappings(a: Arena, wrong: string[]): void {
  const n = a.nodes;
  let free = 0;
  for (let row = a.get(H.freeNode); row !== 0; row = n.get(row, N.next)) free++;
  const reached = new Map<number, number>();
  const visit = (first: number, parent: number, frame: number, depth: number): void => {
    let previous = 0;
    for (let node = first; node !== 0; node = n.get(node, N.next)) {
      if (reached.has(node) || depth > 1000) return void wrong.push(`mapping ${node} is reached twice`);
      reached.set(node, frame);
      const own = n.get(node, N.frame);
      const inPlace = parent === 0 ? treeRow(a, own) === frame : isWithin(own, frame);
      if (n.get(node, N.parent) !== parent || !inPlace || n.get(node, N.previous) !== previous)
        wrong.push(`mapping ${node}: wrong links`);
      if (parent !== 0 && n.get(node, N.bits) & FPAGE_W & ~n.get(parent, N.bits))
        wrong.push(`mapping ${node} is writable below a read-only one`);
      visit(n.get(node, N.child), node, own, depth + 1);
      previous = node;
    }
  };
  for (let frame = 0; frame < a.frames.rows; frame++) visit(a.frames.get(frame, F.child), 0, frame, 0);
  let used = 0;
  for (let node = 1; node < n.rows; node++) {
    if (n.get(node, N.space) === 0) continue;
    used++;
    if (!reached.has(node)) wrong.push(`mapping ${node} hangs nowhere`);
  }
  if (free + used !== n.rows - 1) wrong.push(`${free} free and ${used} used mappings of ${n.rows - 1}`);
  let entered = 0;
  forEachEntry(a, (space, page, pte, node) => {
    if (node === 0) return;
    entered++;
    const frame = (pte >>> 12) | (pte & 0x80 ? LARGE : 0);
    const same = n.get(node, N.space) === space && n.get(node, N.page) === page && n.get(node, N.frame) === frame;
    if (!same) wrong.push(`page ${page.toString(16)} of space ${space} is not its mapping's`);
    if ((pte & 2) !== (n.get(node, N.bits) & FPAGE_W))
      wrong.push(`page ${page.toString(16)} of ${space}: wrong rights`);
    if (!isUserFrame(a, frame)) wrong.push(`page ${page.toString(16)} of ${space} lies in the arena`);
  });
  if (entered !== used) wrong.push(`${used} mappings but ${entered} page-table entries`);
}

/** Whether a frame is the other one, or one of its 1024. */
function isWithin(frame: number, around: number): boolean {
  return frame === around || ((around & LARGE) !== 0 && frame >>> 10 === (around & ~LARGE) >>> 10);
}

/** Entries of page tables, and those of directories that are pages themselves. */
function forEachEntry(a: Arena, visit: (space: number, page: number, pte: number, node: number) => void): void {
  for (let space = 1; space < a.spaces.rows; space++) {
    const directory = a.spaces.get(space, S.pageDirectory);
    if (a.spaces.get(space, S.used) === 0 || directory === 0) continue;
    for (let i = 0; i < 1024; i++) {
      const pde = a.memory.read32(directory + 4 * i);
      const table = pde & -PAGE;
      if (pde & 0x80) visit(space, i * 1024, pde, a.memory.read32(companionOf(a, directory) + 4 * i));
      if ((pde & 0x80) !== 0 || table === 0 || table === a.get(H.localIdTable)) continue;
      const companion = companionOf(a, table);
      for (let j = 0; j < 1024; j++) {
        const pte = a.memory.read32(table + 4 * j);
        if (pte & 1) visit(space, i * 1024 + j, pte, a.memory.read32(companion + 4 * j));
      }
    }
  }
}

function companionOf(a: Arena, table: number): number {
  return a.kernelFrames.get((table - a.get(H.poolBase)) / PAGE, K.companion);
}

/** Frames in use are those that something points at: none is lost, none is used twice. Gives each space's number of them. */
function checkKernelFrames(a: Arena, wrong: string[]): Map<number, number> {
  const used = new Set<number>([a.get(H.kip), a.get(H.localIdPage), a.get(H.localIdTable)]);
  const counts = new Map<number, number>();
  const use = (space: number, physical: number, what: string): void => {
    if (used.has(physical)) wrong.push(`${what} ${physical.toString(16)} is used twice`);
    used.add(physical);
    counts.set(space, (counts.get(space) ?? 0) + 1);
  };
  for (let space = 1; space < a.spaces.rows; space++) {
    const directory = a.spaces.get(space, S.pageDirectory);
    if (a.spaces.get(space, S.used) === 0 || directory === 0) continue;
    use(space, directory, "page directory");
    if (companionOf(a, directory) !== 0) use(space, companionOf(a, directory), "companion");
    for (let i = 0; i < 1024; i++) {
      const pde = a.memory.read32(directory + 4 * i);
      const table = pde & -PAGE;
      if ((pde & 0x80) !== 0 || table === 0 || table === a.get(H.localIdTable)) continue;
      use(space, table, "page table");
      use(space, companionOf(a, table), "companion");
    }
  }
  forEachEntry(a, (space, _page, pte, node) => {
    const frame = pte & -PAGE;
    if (node === 0 && frame >= a.get(H.poolBase) && frame < a.memory.size && frame !== a.get(H.kip))
      use(space, frame, "UTCB page");
  });
  let free = 0;
  for (let row = a.get(H.freeKernelFrame); row !== 0; row = a.kernelFrames.get(row, K.next)) free++;
  if (free + used.size !== a.kernelFrames.rows - 1)
    wrong.push(`${free} free and ${used.size} used kernel frames of ${a.kernelFrames.rows - 1}`);
  return counts;
}

/** What is booked to each space is what it has: its row, frames, threads, mappings, regions. */
function checkAccounts(a: Arena, frames: ReadonlyMap<number, number>, wrong: string[]): void {
  const bytes = new Int32Array(a.spaces.rows); // of space 0: what nobody pays for
  for (const [space, count] of frames) bytes[space] += count * PAGE;
  for (let row = 1; row < a.threads.rows; row++)
    if (a.threads.get(row, T.id) !== 0) bytes[a.threads.get(row, T.space)] += a.threads.stride * 4;
  for (let node = 1; node < a.nodes.rows; node++) bytes[a.nodes.get(node, N.space)] += a.nodes.stride * 4;
  for (let row = 1; row < a.regions.rows; row++) bytes[a.regions.get(row, R.space)] += a.regions.stride * 4;
  for (let space = 1; space < a.spaces.rows; space++) {
    if (a.spaces.get(space, S.used) === 0) continue;
    const sum = bytes[space] + a.spaces.stride * 4;
    const booked = a.spaces.get(space, S.memory);
    if (booked !== sum) wrong.push(`space ${space} costs ${sum} bytes, and ${booked} are booked`);
    if (a.spaces.get(space, S.privileged) === 0 && booked > a.get(H.quota))
      wrong.push(`space ${space} is over its quota`);
  }
}

/** Regions of ports: apart in their space, inside their parents, each in its space's list and reached once from sigma0. */
function checkRegions(a: Arena, wrong: string[]): void {
  const r = a.regions;
  let free = 0;
  for (let row = a.get(H.freeRegion); row !== 0; row = r.get(row, R.next)) free++;
  const end = (row: number): number => r.get(row, R.port) + 2 ** r.get(row, R.bits);
  const reached = new Set<number>();
  const visit = (first: number, parent: number): void => {
    let previous = 0;
    for (let row = first; row !== 0; row = r.get(row, R.next)) {
      if (reached.has(row)) return void wrong.push(`region ${row} is reached twice`);
      reached.add(row);
      if (r.get(row, R.parent) !== parent || r.get(row, R.previous) !== previous)
        wrong.push(`region ${row}: wrong links`);
      if (parent !== 0 && (r.get(row, R.port) < r.get(parent, R.port) || end(row) > end(parent)))
        wrong.push(`region ${row} is not inside ${parent}`);
      visit(r.get(row, R.child), row);
      previous = row;
    }
  };
  visit(a.get(H.regionChild), 0);
  let listed = 0;
  for (let space = 1; space < a.spaces.rows; space++) {
    const mine: number[] = [];
    for (let row = a.spaces.get(space, S.regions); row !== 0; row = r.get(row, R.spaceNext)) {
      if (r.get(row, R.space) !== space || mine.length > r.rows)
        return void wrong.push(`region ${row} in a wrong list`);
      mine.push(row);
    }
    listed += mine.length;
    mine.sort((one, other) => r.get(one, R.port) - r.get(other, R.port));
    for (const [i, row] of mine.entries()) {
      if (!reached.has(row)) wrong.push(`region ${row} hangs nowhere`);
      if (i > 0 && r.get(row, R.port) < end(mine[i - 1])) wrong.push(`regions ${mine[i - 1]} and ${row} overlap`);
    }
  }
  if (listed !== reached.size || free + listed !== r.rows - 1)
    wrong.push(`${free} free, ${listed} listed and ${reached.size} reached regions of ${r.rows - 1}`);
}
