/**
 * Reading state out: from rows to names. Nothing is changed by it, not a bit of the arena.
 *
 * Here: one function per kind of object. Not here: what the fields mean (→ state.ts).
 * Lists come in the order of ids, pages and frames: equal kernels give equal states, whatever their rows.
 * Over 300 lines: every kind of object, read the same way.
 * @module
 */
import { FLOAT_REGISTER_COUNT, PTE_ACCESSED, PTE_DIRTY, PTE_PRESENT } from "@kintsugi/ia32";
import { FPAGE_W, fpageBase, fpageSize, PAGE_BITS, PAGE_SIZE } from "../api/fpage.ts";
import { INTERRUPT_LINES } from "../api/protocol/interrupt.ts";
import { NIL_THREAD, type ThreadId } from "../api/thread-id.ts";
import { presentEntry } from "../object/address-space.ts";
import { frameAt, isLarge, isUserFrame } from "../object/mapping-tree.ts";
import { findEntry, LARGE_PAGE_BITS, PTE_FRAME } from "../object/page-table.ts";
import { interruptRow } from "../object/thread.ts";
import { type Arena, PRIORITIES, resetReason } from "../table/arena.ts";
import { F, H, N, P, R, S, T } from "../table/layout.ts";
import { REGISTER_COUNT } from "../table/registers.ts";
import {
  FLAG_DELAYING,
  FLAG_EXHAUSTED,
  FLAG_FLOATS,
  FLAG_HALTED,
  FLAG_PREEMPTED,
  FLAG_SENDER,
  FLAG_START,
  FLAG_TIMED,
  FLAG_TRANSFER,
  INACTIVE,
  INTERRUPT_UNACKNOWLEDGED,
  POLLING,
  READY,
  STATUS_ACCESSED,
  STATUS_WRITTEN,
} from "../table/states.ts";
import {
  type ContinuationState,
  type FrameState,
  type InterruptState,
  type IpcState,
  type MappingState,
  type PageState,
  type ReceiveWaitState,
  type RegionState,
  type SendWaitState,
  type SpaceState,
  STATE_VERSION,
  type SystemState,
  type ThreadState,
  type TransferState,
} from "./state.ts";

const STATUS = STATUS_ACCESSED | STATUS_WRITTEN;
const SAVED_WORDS = 13;

/** Everything that the kernel remembers. */
export function readState(a: Arena): SystemState {
  const rows = userRows(a);
  const names = spaceNames(a, rows);
  const places = queuePlaces(a);
  return {
    version: STATE_VERSION,
    clock: a.now(),
    accountedAt: a.getTime(a.header, 0, H.accountedAt),
    current: idOf(a, a.get(H.current)),
    accounted: idOf(a, a.get(H.accounted)),
    floatOwner: idOf(a, a.get(H.floatOwner)),
    cyclesPerMicrosecond: a.get(H.cyclesPerMicrosecond),
    defaultTimeslice: a.get(H.defaultTimeslice),
    boots: a.get(H.bootCount),
    resets: a.get(H.resetCount),
    resetReason: resetReason(a.words),
    resetPending: a.get(H.resetPending) !== 0,
    quota: a.get(H.quota),
    kip: pageWords(a, a.get(H.kip)),
    sigma0: names.get(a.get(H.sigma0Space)) ?? NIL_THREAD,
    root: names.get(a.get(H.rootSpace)) ?? NIL_THREAD,
    spaces: [...names.keys()].map((space) => readSpace(a, space, names.get(space) as ThreadId)),
    threads: rows.map((row) => readThread(a, row, names.get(a.threads.get(row, T.space)) as ThreadId, places)),
    mappings: readMappings(a, names),
    frames: readFrames(a),
    ioFpages: a.get(H.ioFpages) !== 0,
    regions: readRegions(a, names),
    interrupts: readInterrupts(a),
  };
}

/** One thread as it stands in {@link readState}. */
export function readOneThread(a: Arena, row: number): ThreadState {
  const rows = userRows(a);
  return readThread(a, row, spaceNames(a, rows).get(a.threads.get(row, T.space)) as ThreadId, queuePlaces(a));
}

/** Rows of user threads, by id. */
function userRows(a: Arena): number[] {
  const t = a.threads;
  const rows: number[] = [];
  for (let row = 1; row < t.rows; row++) if (t.get(row, T.id) !== 0 && t.get(row, T.space) !== 0) rows.push(row);
  return rows.sort((one, other) => (t.get(one, T.id) >>> 0) - (t.get(other, T.id) >>> 0));
}

/** The name of each space by its row: the first member's id. */
function spaceNames(a: Arena, rows: readonly number[]): Map<number, ThreadId> {
  const names = new Map<number, ThreadId>();
  for (const row of rows) {
    const space = a.threads.get(row, T.space);
    if (!names.has(space)) names.set(space, a.threads.get(row, T.id));
  }
  return names;
}

/** Places in queues, by row. A thread is in one of each kind at most. */
interface Places {
  readonly ready: ReadonlyMap<number, number>;
  readonly send: ReadonlyMap<number, number>;
  readonly timeout: ReadonlyMap<number, number>;
}

function queuePlaces(a: Arena): Places {
  const t = a.threads;
  const ready = new Map<number, number>();
  const send = new Map<number, number>();
  const timeout = new Map<number, number>();
  for (let priority = 0; priority < PRIORITIES; priority++)
    follow(a, a.priorities.get(priority, P.head), T.readyNext, ready);
  follow(a, a.get(H.timeoutHead), T.timeoutNext, timeout);
  for (let row = 1; row < t.rows; row++) follow(a, t.get(row, T.sendHead), T.sendNext, send);
  return { ready, send, timeout };
}

function follow(a: Arena, head: number, link: number, places: Map<number, number>): void {
  let place = 0;
  for (let row = head; row !== 0; row = a.threads.get(row, link)) places.set(row, place++);
}

function idOf(a: Arena, row: number): ThreadId {
  return row === 0 ? NIL_THREAD : a.threads.get(row, T.id);
}

function readWords(a: Arena, row: number, field: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => a.threads.get(row, field + i));
}

function pageWords(a: Arena, physical: number): number[] {
  return Array.from({ length: PAGE_SIZE / 4 }, (_, i) => a.memory.read32(physical + 4 * i));
}

function readThread(a: Arena, row: number, space: ThreadId, places: Places): ThreadState {
  const t = a.threads;
  const flags = t.get(row, T.flags);
  return {
    id: t.get(row, T.id),
    space,
    utcb: t.get(row, T.utcb),
    scheduler: t.get(row, T.scheduler),
    handle: t.get(row, T.handle),
    pager: t.get(row, T.pager),
    halted: (flags & FLAG_HALTED) !== 0,
    starting: (flags & FLAG_START) !== 0,
    preempted: (flags & FLAG_PREEMPTED) !== 0,
    delaying: (flags & FLAG_DELAYING) !== 0,
    exhausted: (flags & FLAG_EXHAUSTED) !== 0,
    registers: readWords(a, row, T.registers, REGISTER_COUNT),
    floats: flags & FLAG_FLOATS ? readFloats(a, row) : null,
    program: t.get(row, T.program),
    priority: t.get(row, T.priority),
    timeslice: t.get(row, T.timeslice),
    slice: t.get(row, T.slice),
    quantum: t.get(row, T.quantum),
    quantumLeft: a.getTime(t, row, T.quantumLeft),
    sensitivePriority: t.get(row, T.sensitivePriority),
    maximumDelay: t.get(row, T.maximumDelay),
    delayLeft: t.get(row, T.delayLeft),
    preemptedAt: a.getTime(t, row, T.preemptedAt),
    readyPosition: places.ready.get(row) ?? -1,
    timeout:
      flags & FLAG_TIMED
        ? { deadline: a.getTime(t, row, T.deadline), position: places.timeout.get(row) as number }
        : null,
    continuation: readContinuation(a, row, places),
    supervisor: t.get(row, T.supervisor),
    restartPage: t.get(row, T.restartPage),
    recorder: t.get(row, T.recorder),
    deadlineOwn: a.getTime(t, row, T.deadlineOwn),
    ownTime: a.getTime(t, row, T.ownTime),
  };
}

/** The processor may hold them: they are read there, and stay there. */
function readFloats(a: Arena, row: number): number[] {
  if (a.get(H.floatOwner) !== row) return readWords(a, row, T.floats, FLOAT_REGISTER_COUNT);
  return Array.from({ length: FLOAT_REGISTER_COUNT }, (_, i) => a.cpu.floatRegisters[i]);
}

function readContinuation(a: Arena, row: number, places: Places): ContinuationState {
  const t = a.threads;
  const state = t.get(row, T.state);
  if (state === INACTIVE) return { kind: "inactive" };
  const transfers = (t.get(row, T.flags) & FLAG_TRANSFER) !== 0;
  const fault = t.get(row, T.fault);
  if (fault !== 0) {
    return {
      kind: "fault",
      fault,
      phase: readWait(a, row, places),
      savedMr: readWords(a, row, T.savedMr, SAVED_WORDS),
      savedBr0: t.get(row, T.savedBr0),
      savedError: t.get(row, T.savedError),
      savedVirtualSender: t.get(row, T.savedVirtualSender),
      resume: transfers ? readTransfer(a, row, readSavedIpc(a, row)) : { kind: "user" },
    };
  }
  if (transfers) return readTransfer(a, row, readIpc(a, row));
  return state === READY ? { kind: "user" } : readWait(a, row, places);
}

function readIpc(a: Arena, row: number): IpcState {
  const t = a.threads;
  return {
    from: t.get(row, T.from),
    receiveTimeout: t.get(row, T.receiveTimeout),
    virtualSender: t.get(row, T.virtualSender),
    intended: t.get(row, T.intended),
  };
}

/** What the IPC whose transfer faulted had still to do. */
function readSavedIpc(a: Arena, row: number): IpcState {
  const t = a.threads;
  return {
    from: t.get(row, T.savedFrom),
    receiveTimeout: t.get(row, T.savedReceiveTimeout),
    virtualSender: t.get(row, T.savedName),
    intended: t.get(row, T.savedIntended),
  };
}

function readWait(a: Arena, row: number, places: Places): SendWaitState | ReceiveWaitState {
  const ipc = readIpc(a, row);
  if (a.threads.get(row, T.state) !== POLLING) return { kind: "receive", ipc };
  return {
    kind: "send",
    to: idOf(a, a.threads.get(row, T.partner)),
    position: places.send.get(row) as number,
    ipc,
  };
}

function readTransfer(a: Arena, row: number, ipc: IpcState): TransferState {
  const t = a.threads;
  const peer = idOf(a, t.get(row, T.peer));
  if ((t.get(row, T.flags) & FLAG_SENDER) === 0) return { kind: "transfer", peer, cursor: null, ipc };
  const cursor = {
    tag: t.get(row, T.xferTag),
    item: t.get(row, T.xferItem),
    sub: t.get(row, T.xferSub),
    offset: t.get(row, T.xferOffset),
    buffer: t.get(row, T.xferBuffer),
    bufferSub: t.get(row, T.xferBufferSub),
    bufferOffset: t.get(row, T.xferBufferOffset),
    more: t.get(row, T.xferMore),
    bytes: t.get(row, T.xferBytes),
    timed: t.get(row, T.xferTimed),
  };
  return { kind: "transfer", peer, cursor, ipc };
}

function readSpace(a: Arena, space: number, name: ThreadId): SpaceState {
  const s = a.spaces;
  const utcbArea = s.get(space, S.utcbArea);
  return {
    name,
    initialised: s.get(space, S.pageDirectory) !== 0,
    kipArea: s.get(space, S.kipArea),
    utcbArea,
    redirector: s.get(space, S.redirector),
    privileged: s.get(space, S.privileged) !== 0,
    utcbPages: readUtcbPages(a, space, utcbArea),
  };
}

function readUtcbPages(a: Arena, space: number, area: number): PageState[] {
  const pages: PageState[] = [];
  const first = fpageBase(area) / PAGE_SIZE;
  const end = first + fpageSize(area) / PAGE_SIZE;
  for (let page = first; page < end; page++) {
    if (findEntry(a, space, page) === 0) {
      page |= 0x3ff; // no page table: nothing up to the next one
      continue;
    }
    const entry = presentEntry(a, space, page);
    if (entry !== 0) pages.push({ page, words: pageWords(a, (a.memory.read32(entry) & PTE_FRAME) >>> 0) });
  }
  return pages;
}

function readMappings(a: Arena, names: ReadonlyMap<number, ThreadId>): MappingState[] {
  const n = a.nodes;
  const list: MappingState[] = [];
  for (let node = 1; node < n.rows; node++) {
    const space = n.get(node, N.space);
    if (space === 0) continue;
    const parent = n.get(node, N.parent);
    const page = n.get(node, N.page);
    const pte = a.memory.read32(findEntry(a, space, page));
    const bits = n.get(node, N.bits);
    list.push({
      space: names.get(space) as ThreadId,
      page,
      bits: isLarge(a, node) ? LARGE_PAGE_BITS : PAGE_BITS,
      frame: frameAt(a, node, page),
      writable: (bits & FPAGE_W) !== 0,
      status: bits & STATUS,
      accessed: (pte & PTE_ACCESSED) !== 0,
      dirty: (pte & PTE_DIRTY) !== 0,
      parentSpace: parent === 0 ? NIL_THREAD : (names.get(n.get(parent, N.space)) as ThreadId),
      parentPage: parent === 0 ? 0 : n.get(parent, N.page),
    });
  }
  return list.sort((one, other) => (one.space >>> 0) - (other.space >>> 0) || one.page - other.page);
}

function readFrames(a: Arena): FrameState[] {
  const list: FrameState[] = [];
  const sigma0 = a.get(H.sigma0Space);
  const directory = a.spaces.get(sigma0, S.pageDirectory);
  for (let frame = 0; frame < 1 << 20; frame++) {
    const noTable = (a.memory.read32(directory + 4 * (frame >>> 10)) & PTE_PRESENT) === 0;
    if (noTable && frame >= a.frames.rows) {
      frame |= 0x3ff;
      continue;
    }
    const entry = noTable ? 0 : presentEntry(a, sigma0, frame);
    const pte = entry === 0 ? 0 : a.memory.read32(entry);
    const entered = entry !== 0 && isUserFrame(a, frame) && pte >>> 12 === frame;
    const status = frame < a.frames.rows ? a.frames.get(frame, F.bits) : 0;
    if (entered || status !== 0)
      list.push({
        frame,
        entered,
        accessed: entered && (pte & PTE_ACCESSED) !== 0,
        dirty: entered && (pte & PTE_DIRTY) !== 0,
        status,
      });
  }
  return list;
}

function readRegions(a: Arena, names: ReadonlyMap<number, ThreadId>): RegionState[] {
  const r = a.regions;
  const list: RegionState[] = [];
  for (let row = 1; row < r.rows; row++) {
    if (r.get(row, R.space) === 0) continue;
    const parent = r.get(row, R.parent);
    list.push({
      space: names.get(r.get(row, R.space)) as ThreadId,
      port: r.get(row, R.port),
      bits: r.get(row, R.bits),
      parentSpace: parent === 0 ? NIL_THREAD : (names.get(r.get(parent, R.space)) as ThreadId),
    });
  }
  return list.sort((one, other) => (one.space >>> 0) - (other.space >>> 0) || one.port - other.port);
}

function readInterrupts(a: Arena): InterruptState[] {
  const t = a.threads;
  const list: InterruptState[] = [];
  const places = queuePlaces(a).send;
  for (let line = 0; line < INTERRUPT_LINES; line++) {
    const row = interruptRow(line);
    const state = t.get(row, T.state);
    const phase = state === POLLING ? "delivering" : state === INTERRUPT_UNACKNOWLEDGED ? "unacknowledged" : "idle";
    const handler = t.get(row, T.pager);
    if (handler !== 0 || phase !== "idle") list.push({ line, handler, phase, position: places.get(row) ?? -1 });
  }
  return list;
}
