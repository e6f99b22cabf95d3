/**
 * Taking a state in: a fresh arena with the same objects, in whatever rows they get.
 *
 * Here: two passes: first every object by itself, then what names others: trees, peers, queues. So no order is asked of
 * the lists. Not here: what is refused (→ check-state.ts, relations.ts).
 * Derived things are made anew: page tables, free lists, hash buckets, the ready bitmap, the processor's caches.
 * Over 300 lines: the two passes share what was made.
 * @module
 */
import { FLOAT_REGISTER_COUNT, PTE_ACCESSED, PTE_DIRTY, PTE_PRESENT, PTE_USER, PTE_WRITABLE } from "@kintsugi/ia32";
import { err, ok, type Result } from "neverthrow";
import { FPAGE_W, PAGE_BITS, PAGE_SIZE } from "../api/fpage.ts";
import { INTERRUPT_LINES } from "../api/protocol/interrupt.ts";
import { NIL_THREAD, type ThreadId } from "../api/thread-id.ts";
import { initialiseSpace, takeSpace } from "../object/address-space.ts";
import { takeFrame } from "../object/kernel-frames.ts";
import { makeKernelPages } from "../object/kernel-pages.ts";
import { enterMapping } from "../object/mapping-database.ts";
import { setParent } from "../object/mapping-tree.ts";
import { findEntry, makeEntry, PTE_FRAME } from "../object/page-table.ts";
import { addRegion, setRegionParent } from "../object/port-database.ts";
import { enqueueReady } from "../object/ready-queue.ts";
import { enqueueSender } from "../object/send-queue.ts";
import { findGlobal, initialEflags, interruptRow, makeInterrupts, takeThread } from "../object/thread.ts";
import { startTimeoutAt } from "../object/timeout-queue.ts";
import { Arena, type ArenaHardware, formatArena, setResetReason } from "../table/arena.ts";
import { F, H, N, S, T } from "../table/layout.ts";
import { EFLAGS, REGISTER_COUNT } from "../table/registers.ts";
import {
  FLAG_DELAYING,
  FLAG_EXHAUSTED,
  FLAG_FLOATS,
  FLAG_HALTED,
  FLAG_PREEMPTED,
  FLAG_RECEIVER,
  FLAG_SENDER,
  FLAG_START,
  INACTIVE,
  INTERRUPT_IDLE,
  INTERRUPT_UNACKNOWLEDGED,
  LARGE,
  POLLING,
  READY,
  SENDING,
  TRANSFERRING,
  WAITING,
} from "../table/states.ts";
import { checkShape } from "./check-state.ts";
import { OWN_EFLAGS } from "./own-eflags.ts";
import { checkRelations, parentRegion, regionIndex, transferOf } from "./relations.ts";
import type { IpcState, MappingState, RegionState, SpaceState, StateError, SystemState, ThreadState } from "./state.ts";

/** The arena is full: caught at the edge of this file. */
class NoRoom extends Error {}

/**
 * Formats an arena of `arenaSize` bytes at the top of memory and fills it from a state. What is refused for its form or its
 * relations ("bad-state", "clock-ahead") has changed nothing; "no-room" leaves a memory without a kernel.
 */
export function writeState(hardware: ArenaHardware, value: unknown, arenaSize: number): Result<Arena, StateError> {
  const shape = checkShape(value);
  if (shape.isErr()) return err(shape.error);
  const state = shape.value;
  const { memory, processor } = hardware;
  const wrong = checkRelations(state, (memory.size - arenaSize) >>> PAGE_BITS, memory.size >>> PAGE_BITS);
  if (wrong !== null) return err({ code: "bad-state", text: wrong });
  if (processor.cycles > state.clock)
    return err({ code: "clock-ahead", text: `the clock says ${processor.cycles}, behind the state's ${state.clock}` });
  const formatted = formatArena(memory, arenaSize);
  if (formatted.isErr()) return err({ code: "no-room", text: formatted.error.text });
  try {
    const a = new Arena(hardware, formatted.value);
    fill(a, state);
    return ok(a);
  } catch (error) {
    if (error instanceof NoRoom) return err({ code: "no-room", text: error.message });
    throw error;
  }
}

function fill(a: Arena, state: SystemState): void {
  const gap = state.clock - a.cpu.cycles;
  if (gap > 0) a.cpu.advance(gap);
  a.set(H.cyclesPerMicrosecond, state.cyclesPerMicrosecond);
  a.set(H.defaultTimeslice, state.defaultTimeslice);
  a.set(H.bootCount, state.boots);
  a.set(H.resetCount, state.resets);
  a.set(H.resetPending, state.resetPending ? 1 : 0);
  setResetReason(a.words, state.resetReason);
  a.setTime(a.header, 0, H.accountedAt, state.accountedAt);
  a.set(H.quota, state.quota);
  a.set(H.ioFpages, state.ioFpages ? 1 : 0);
  makeKernelPages(a);
  writeWords(a, a.get(H.kip), state.kip);
  makeInterrupts(a, INTERRUPT_LINES);

  const spaces = new Map<ThreadId, number>();
  for (const space of state.spaces) spaces.set(space.name, makeSpace(a, space));
  a.set(H.sigma0Space, spaces.get(state.sigma0) as number);
  a.set(H.rootSpace, spaces.get(state.root) as number);
  for (const thread of state.threads) makeThread(a, thread, spaces.get(thread.space) as number);
  const nodes = new Map<string, number>();
  for (const mapping of state.mappings)
    nodes.set(`${mapping.space}:${mapping.page}`, makeMapping(a, mapping, spaces.get(mapping.space) as number));
  makeFrames(a, state);
  makeRegions(a, state.regions, spaces);

  for (const { space, page, parentSpace, parentPage } of state.mappings)
    if (parentSpace !== NIL_THREAD)
      setParent(a, nodes.get(`${space}:${page}`) as number, nodes.get(`${parentSpace}:${parentPage}`) as number);
  for (const thread of state.threads) linkTransfer(a, thread);
  linkSenders(a, state);
  const timed = state.threads.filter(({ timeout }) => timeout !== null);
  const order = ({ timeout }: ThreadState): readonly [number, number] => [
    timeout?.deadline ?? 0,
    timeout?.position ?? 0,
  ];
  timed.sort((one, other) => order(one)[0] - order(other)[0] || order(one)[1] - order(other)[1]);
  for (const thread of timed) startTimeoutAt(a, findGlobal(a, thread.id), order(thread)[0]);
  a.set(H.current, findGlobal(a, state.current));
  a.set(H.accounted, findGlobal(a, state.accounted));
  const ready = [...state.threads].sort((one, other) => one.readyPosition - other.readyPosition);
  for (const { id } of ready) enqueueReady(a, findGlobal(a, id));
  ownFloats(a, findGlobal(a, state.floatOwner));
  a.set(H.complete, 1);
}

function writeWords(a: Arena, physical: number, words: readonly number[]): void {
  for (const [i, value] of words.entries()) a.memory.write32(physical + 4 * i, value);
}

function makeSpace(a: Arena, space: SpaceState): number {
  const row = takeSpace(a);
  if (row === 0) throw new NoRoom("there are more spaces than rows for them");
  a.spaces.set(row, S.redirector, space.redirector);
  a.spaces.set(row, S.privileged, space.privileged ? 1 : 0);
  if (!space.initialised) return row;
  if (!initialiseSpace(a, row, space.kipArea, space.utcbArea)) throw new NoRoom("no frames for a space");
  for (const { page, words } of space.utcbPages) {
    const entry = makeEntry(a, row, page);
    const frame = entry === 0 ? 0 : takeFrame(a, row);
    if (frame === 0) throw new NoRoom("no frames for UTCBs");
    writeWords(a, frame, words);
    a.memory.write32(entry, frame | PTE_PRESENT | PTE_USER | PTE_WRITABLE);
  }
  return row;
}

function makeThread(a: Arena, state: ThreadState, space: number): void {
  const t = a.threads;
  const row = takeThread(a, state.id, space);
  if (row === 0) throw new NoRoom("there are more threads than rows for them");
  const put = (field: number, value: number): void => t.set(row, field, value);
  put(T.utcb, state.utcb);
  put(T.scheduler, state.scheduler);
  put(T.handle, state.handle);
  put(T.pager, state.pager);
  put(
    T.flags,
    (state.halted ? FLAG_HALTED : 0) |
      (state.starting ? FLAG_START : 0) |
      (state.preempted ? FLAG_PREEMPTED : 0) |
      (state.delaying ? FLAG_DELAYING : 0) |
      (state.exhausted ? FLAG_EXHAUSTED : 0) |
      (state.floats === null ? 0 : FLAG_FLOATS),
  );
  for (let i = 0; i < REGISTER_COUNT; i++) put(T.registers + i, state.registers[i]);
  if (state.continuation.kind !== "inactive")
    put(T.registers + EFLAGS, (state.registers[EFLAGS] & OWN_EFLAGS) | (initialEflags(a) & ~OWN_EFLAGS));
  for (const [i, value] of (state.floats ?? []).entries()) put(T.floats + i, value);
  put(T.program, state.program);
  put(T.priority, state.priority);
  put(T.timeslice, state.timeslice);
  put(T.slice, state.slice);
  put(T.quantum, state.quantum);
  a.setTime(t, row, T.quantumLeft, state.quantumLeft);
  put(T.sensitivePriority, state.sensitivePriority);
  put(T.maximumDelay, state.maximumDelay);
  put(T.delayLeft, state.delayLeft);
  a.setTime(t, row, T.preemptedAt, state.preemptedAt);
  put(T.supervisor, state.supervisor);
  put(T.restartPage, state.restartPage);
  put(T.recorder, state.recorder);
  a.setTime(t, row, T.deadlineOwn, state.deadlineOwn);
  a.setTime(t, row, T.ownTime, state.ownTime);
  makeContinuation(a, row, state);
}

/** State and IPC words; who is on the other side comes in the second pass. */
function makeContinuation(a: Arena, row: number, { continuation, utcb }: ThreadState): void {
  const t = a.threads;
  if (continuation.kind === "inactive") {
    t.set(row, T.state, INACTIVE);
    return;
  }
  const entry = findEntry(a, t.get(row, T.space), utcb >>> PAGE_BITS);
  t.set(row, T.utcbPhysical, (a.memory.read32(entry) & PTE_FRAME) + (utcb & (PAGE_SIZE - 1)));
  switch (continuation.kind) {
    case "user":
      t.set(row, T.state, READY);
      return;
    case "send":
    case "receive":
      putWait(a, row, continuation.kind, continuation.ipc);
      return;
    case "transfer":
      putIpc(a, row, continuation.ipc);
      return;
    case "fault": {
      const { phase, resume } = continuation;
      putWait(a, row, phase.kind, phase.ipc);
      t.set(row, T.fault, continuation.fault);
      for (const [i, value] of continuation.savedMr.entries()) t.set(row, T.savedMr + i, value);
      t.set(row, T.savedBr0, continuation.savedBr0);
      t.set(row, T.savedError, continuation.savedError);
      t.set(row, T.savedVirtualSender, continuation.savedVirtualSender);
      if (resume.kind === "user") return;
      t.set(row, T.savedFrom, resume.ipc.from);
      t.set(row, T.savedReceiveTimeout, resume.ipc.receiveTimeout);
      t.set(row, T.savedName, resume.ipc.virtualSender);
      t.set(row, T.savedIntended, resume.ipc.intended);
    }
  }
}

function putWait(a: Arena, row: number, kind: "send" | "receive", ipc: IpcState): void {
  a.threads.set(row, T.state, kind === "send" ? POLLING : WAITING);
  putIpc(a, row, ipc);
}

function putIpc(a: Arena, row: number, ipc: IpcState): void {
  const t = a.threads;
  t.set(row, T.from, ipc.from);
  t.set(row, T.receiveTimeout, ipc.receiveTimeout);
  t.set(row, T.virtualSender, ipc.virtualSender);
  t.set(row, T.intended, ipc.intended);
}

/** Peer, side and cursor; the sender goes on with it unless the receiver has a fault to be served first. */
function linkTransfer(a: Arena, { id, continuation }: ThreadState): void {
  const transfer = transferOf(continuation);
  if (transfer === null) return;
  const t = a.threads;
  const row = findGlobal(a, id);
  const peer = findGlobal(a, transfer.peer);
  const { cursor } = transfer;
  t.set(row, T.peer, peer);
  t.set(row, T.flags, t.get(row, T.flags) | (cursor === null ? FLAG_RECEIVER : FLAG_SENDER));
  if (continuation.kind === "transfer")
    t.set(row, T.state, cursor === null || t.get(peer, T.fault) !== 0 ? TRANSFERRING : SENDING);
  if (cursor === null) return;
  t.set(row, T.xferTag, cursor.tag);
  t.set(row, T.xferItem, cursor.item);
  t.set(row, T.xferSub, cursor.sub);
  t.set(row, T.xferOffset, cursor.offset);
  t.set(row, T.xferBuffer, cursor.buffer);
  t.set(row, T.xferBufferSub, cursor.bufferSub);
  t.set(row, T.xferBufferOffset, cursor.bufferOffset);
  t.set(row, T.xferMore, cursor.more);
  t.set(row, T.xferBytes, cursor.bytes);
  t.set(row, T.xferTimed, cursor.timed);
}

/** Send queues, threads and interrupts alike, by their positions. */
function linkSenders(a: Arena, state: SystemState): void {
  const t = a.threads;
  const senders: { readonly row: number; readonly to: ThreadId; readonly position: number }[] = [];
  for (const { id, continuation } of state.threads) {
    const wait = continuation.kind === "fault" ? continuation.phase : continuation;
    if (wait.kind === "send") senders.push({ row: findGlobal(a, id), to: wait.to, position: wait.position });
  }
  for (const { line, handler, phase, position } of state.interrupts) {
    const row = interruptRow(line);
    t.set(row, T.pager, handler);
    t.set(row, T.state, phase === "unacknowledged" ? INTERRUPT_UNACKNOWLEDGED : INTERRUPT_IDLE);
    if (phase !== "delivering") continue;
    t.set(row, T.state, POLLING);
    senders.push({ row, to: handler, position });
  }
  senders.sort((one, other) => one.position - other.position);
  for (const { row, to } of senders) enqueueSender(a, row, findGlobal(a, to));
}

function makeMapping(a: Arena, mapping: MappingState, space: number): number {
  const { page, bits, frame, writable, status, accessed, dirty } = mapping;
  const node = enterMapping(a, 0, bits === PAGE_BITS ? frame : frame | LARGE, space, page, writable);
  if (node === 0) throw new NoRoom("there are more mappings than rows and frames for them");
  a.nodes.set(node, N.bits, (writable ? FPAGE_W : 0) | status);
  const entry = findEntry(a, space, page);
  a.memory.write32(entry, a.memory.read32(entry) | statusBits(accessed, dirty));
  return node;
}

function statusBits(accessed: boolean, dirty: boolean): number {
  return (accessed ? PTE_ACCESSED : 0) | (dirty ? PTE_DIRTY : 0);
}

function makeFrames(a: Arena, state: SystemState): void {
  const sigma0 = a.get(H.sigma0Space);
  for (const { frame, entered, accessed, dirty, status } of state.frames) {
    if (frame < a.frames.rows) a.frames.set(frame, F.bits, status);
    if (!entered) continue;
    const entry = makeEntry(a, sigma0, frame);
    if (entry === 0) throw new NoRoom("no frames for sigma0's pages");
    a.memory.write32(entry, (frame << PAGE_BITS) | PTE_PRESENT | PTE_USER | PTE_WRITABLE | statusBits(accessed, dirty));
  }
}

/** Both passes of the regions of ports. */
function makeRegions(a: Arena, regions: readonly RegionState[], spaces: ReadonlyMap<ThreadId, number>): void {
  const index = regionIndex(regions);
  const rows = new Map<RegionState | undefined, number>();
  for (const region of regions) {
    const row = addRegion(a, 0, spaces.get(region.space) as number, region.port, region.bits);
    if (row === 0) throw new NoRoom("there are more regions of ports than rows for them");
    rows.set(region, row);
  }
  for (const region of regions)
    if (region.parentSpace !== NIL_THREAD)
      setRegionParent(a, rows.get(region) as number, rows.get(parentRegion(region, index)) as number);
}

/** The processor gets the float registers of whoever had them there. */
function ownFloats(a: Arena, row: number): void {
  if (row === 0) return;
  for (let i = 0; i < FLOAT_REGISTER_COUNT; i++) a.cpu.floatRegisters[i] = a.threads.get(row, T.floats + i);
  a.set(H.floatOwner, row);
}
