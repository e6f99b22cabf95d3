/**
 * Relations: whether the objects of a state fit each other and the memory.
 *
 * Here: what must hold so that the rows made of it are sound, all of it looked at before the first row is made. Not
 * here: single fields (→ check-state.ts), room for it (→ write-state.ts).
 * @module
 */
import { fpageBase, fpageBits, fpageSize, PAGE_BITS, PAGE_SIZE } from "../api/fpage.ts";
import { IO_SPACE_BITS } from "../api/io-fpage.ts";
import { USER_AREA_END } from "../api/kip.ts";
import { tagTyped, tagUntyped } from "../api/msg-tag.ts";
import { isGlobal, NIL_THREAD, type ThreadId, threadNumber, USER_BASE } from "../api/thread-id.ts";
import { BR_COUNT, MR_COUNT, UTCB_MR0_OFFSET, UTCB_SIZE } from "../api/utcb.ts";
import { LARGE_PAGE_BITS } from "../object/page-table.ts";
import type {
  ContinuationState,
  CursorState,
  MappingState,
  RegionState,
  SpaceState,
  SystemState,
  ThreadState,
  TransferState,
} from "./state.ts";

/** Objects by what names them. */
interface Index {
  readonly spaces: ReadonlyMap<ThreadId, SpaceState>;
  readonly threads: ReadonlyMap<ThreadId, ThreadState>;
  readonly mappings: ReadonlyMap<string, MappingState>;
}

/** What is wrong with a state for a memory whose user frames end at frame `top` and whose RAM ends at `end`; null when nothing is. */
export function checkRelations(state: SystemState, top: number, end: number): string | null {
  const spaces = new Map(state.spaces.map((space) => [space.name, space]));
  const threads = new Map(state.threads.map((thread) => [thread.id, thread]));
  const mappings = new Map(state.mappings.map((mapping) => [placeOf(mapping.space, mapping.page), mapping]));
  const index: Index = { spaces, threads, mappings };
  if (spaces.size !== state.spaces.length) return "two spaces have one name";
  if (new Set(state.threads.map(({ id }) => threadNumber(id))).size !== state.threads.length)
    return "two threads have one number";
  if (mappings.size !== state.mappings.length || overlap(state.mappings, mappings))
    return "two mappings are in one place";
  if (new Set(state.frames.map(({ frame }) => frame)).size !== state.frames.length) return "a frame is there twice";
  if (new Set(state.interrupts.map(({ line }) => line)).size !== state.interrupts.length)
    return "an interrupt is there twice";
  const owned = (frame: number): boolean => frame < top || frame >= end;
  return (
    checkHeader(state, index) ??
    first(state.spaces, (space) => checkSpace(space, index)) ??
    checkUtcbs(state) ??
    first(state.threads, (thread) => checkThread(thread, state, index)) ??
    first(state.mappings, (mapping) => checkMapping(mapping, state, index, owned)) ??
    checkTrees(state, index) ??
    checkRegions(state, index) ??
    first(state.frames, ({ frame, entered }) =>
      !owned(frame) || (entered && isKernelPlace(frame, spaces.get(state.sigma0)))
        ? `frame 0x${frame.toString(16)} is not sigma0's to have`
        : null,
    ) ??
    first(state.interrupts, ({ line, handler, phase }) =>
      phase === "delivering" && !isActive(handler, index) ? `interrupt ${line} is delivered to nobody` : null,
    )
  );
}

function first<T>(items: readonly T[], check: (item: T) => string | null): string | null {
  for (const item of items) {
    const wrong = check(item);
    if (wrong !== null) return wrong;
  }
  return null;
}

/** 4 KiB pages in a large one. */
const LARGE_PAGES = 2 ** (LARGE_PAGE_BITS - PAGE_BITS);

const hex = (id: number): string => `0x${(id >>> 0).toString(16)}`;
const placeOf = (space: ThreadId, page: number): string => `${space}:${page}`;

function isActive(id: ThreadId, { threads }: Index): boolean {
  const thread = threads.get(id);
  return thread !== undefined && thread.continuation.kind !== "inactive";
}

function checkHeader(state: SystemState, { spaces, threads }: Index): string | null {
  for (const name of [state.sigma0, state.root])
    if (!spaces.get(name)?.initialised) return `${hex(name)} is no space for sigma0 or the root task`;
  if (state.accountedAt > state.clock) return "the accounted time lies ahead of the clock";
  for (const id of [state.current, state.accounted, state.floatOwner])
    if (id !== NIL_THREAD && !threads.has(id)) return `there is no thread ${hex(id)} to run`;
  if (state.floatOwner !== NIL_THREAD && threads.get(state.floatOwner)?.floats === null)
    return `thread ${hex(state.floatOwner)} has no float registers`;
  return null;
}

function checkSpace(space: SpaceState, { threads }: Index): string | null {
  const name = `space ${hex(space.name)}`;
  if (threads.get(space.name)?.space !== space.name) return `${name} is not that of the thread that names it`;
  const { kipArea, utcbArea, utcbPages } = space;
  if (!space.initialised) return kipArea !== 0 || utcbArea !== 0 || utcbPages.length > 0 ? `${name} has areas` : null;
  for (const area of [kipArea, utcbArea])
    if (fpageBits(area) < PAGE_BITS || fpageBase(area) + fpageSize(area) > USER_AREA_END)
      return `${name} has an area outside user memory`;
  const apart =
    fpageBase(kipArea) >= fpageBase(utcbArea) + fpageSize(utcbArea) ||
    fpageBase(utcbArea) >= fpageBase(kipArea) + fpageSize(kipArea);
  if (!apart) return `${name} has its KIP among its UTCBs`;
  if (new Set(utcbPages.map(({ page }) => page)).size !== utcbPages.length) return `${name} has a UTCB page twice`;
  return utcbPages.every(({ page }) => isIn(page, utcbArea)) ? null : `${name} has a UTCB page outside its area`;
}

function isIn(page: number, area: number): boolean {
  const linear = page * PAGE_SIZE;
  return linear >= fpageBase(area) && linear < fpageBase(area) + fpageSize(area);
}

/** Whether one of `count` pages is the kernel's to fill. */
function isKernelPlace(page: number, space: SpaceState | undefined, count: number = 1): boolean {
  if (space === undefined || (page + count) * PAGE_SIZE > USER_AREA_END) return true;
  return [space.kipArea, space.utcbArea].some((area) => {
    const first = fpageBase(area) / PAGE_SIZE;
    return page + count > first && page < first + fpageSize(area) / PAGE_SIZE;
  });
}

/** Pages of a mapping. */
function pagesOf({ bits }: MappingState): number {
  return 2 ** (bits - PAGE_BITS);
}

/** Whether a page lies in a 4 MiB page of the same space. */
function overlap(all: readonly MappingState[], index: ReadonlyMap<string, MappingState>): boolean {
  return all.some((mapping) => {
    const around = index.get(placeOf(mapping.space, mapping.page & -LARGE_PAGES));
    return around !== undefined && around !== mapping && around.bits === LARGE_PAGE_BITS;
  });
}

/** Active threads have places of their own among their space's UTCB pages. */
function checkUtcbs(state: SystemState): string | null {
  const backed = new Set(
    state.spaces.flatMap(({ name, utcbPages }) => utcbPages.map(({ page }) => placeOf(name, page))),
  );
  const taken = new Set<string>();
  for (const { id, space, utcb, continuation } of state.threads) {
    if (continuation.kind === "inactive") continue;
    if ((utcb & (UTCB_SIZE - 1)) !== UTCB_MR0_OFFSET || !backed.has(placeOf(space, utcb >>> PAGE_BITS)))
      return `thread ${hex(id)} has no UTCB at ${hex(utcb)}`;
    const place = placeOf(space, utcb);
    if (taken.has(place)) return `thread ${hex(id)} shares its UTCB`;
    taken.add(place);
  }
  return null;
}

function checkThread(thread: ThreadState, state: SystemState, index: Index): string | null {
  const name = `thread ${hex(thread.id)}`;
  const number = threadNumber(thread.id);
  if (!isGlobal(thread.id) || number < USER_BASE) return `${name} is no user's`;
  const space = index.spaces.get(thread.space);
  if (space === undefined || space.name >>> 0 > thread.id >>> 0) return `${name} is in no space`;
  if (thread.delaying && thread.id !== state.current) return `${name} delays its preemption and does not run`;
  const { continuation } = thread;
  const waits = continuation.kind === "fault" ? continuation.phase : continuation;
  if (waits.kind === "send" && !isActive(waits.to, index)) return `${name} sends to nobody`;
  if (waits.kind === "send" && waits.ipc.intended !== NIL_THREAD && !isActive(waits.ipc.intended, index))
    return `${name} sends for nobody`;
  if (waits.kind === "receive" && waits.ipc.from === NIL_THREAD) return `${name} waits for nobody`;
  const transfers = transferOf(continuation);
  if (thread.timeout !== null) {
    const own = continuation.kind === "send" || continuation.kind === "receive";
    const cursors = transfers !== null && transfers.cursor !== null && transfers.cursor.timed !== 0;
    if (!own && !cursors) return `${name} has a timeout and does not wait`;
  }
  if (continuation.kind === "inactive") {
    if (thread.floats !== null || thread.starting) return `${name} is inactive and has run`;
  }
  return transfers === null ? null : checkTransfer(thread, transfers, index);
}

/** The transfer that a thread is a side of, null for none. */
export function transferOf(continuation: ContinuationState): TransferState | null {
  if (continuation.kind === "transfer") return continuation;
  return continuation.kind === "fault" && continuation.resume.kind === "transfer" ? continuation.resume : null;
}

function checkTransfer(thread: ThreadState, transfer: TransferState, { threads }: Index): string | null {
  const name = `thread ${hex(thread.id)}`;
  const peer = threads.get(transfer.peer);
  const theirs = peer === undefined ? null : transferOf(peer.continuation);
  if (peer === undefined || theirs === null || theirs.peer !== thread.id || peer === thread)
    return `${name} transfers with nobody`;
  if ((theirs.cursor === null) === (transfer.cursor === null)) return `${name} and its peer have the same side`;
  if (thread.continuation.kind === "fault" && peer.continuation.kind === "fault")
    return `${name} and its peer both fault`;
  return transfer.cursor === null || isCursor(transfer.cursor) ? null : `${name} has a cursor outside its message`;
}

/** Whether a cursor stands inside its message and the buffer registers. */
export function isCursor({ tag, item, sub, buffer, bufferSub }: CursorState): boolean {
  const words = tagUntyped(tag) + tagTyped(tag);
  return words < MR_COUNT && item <= words + 1 && (sub === 0 || item + sub <= words) && buffer + bufferSub <= BR_COUNT;
}

function checkMapping(
  mapping: MappingState,
  state: SystemState,
  { spaces, mappings }: Index,
  owned: (frame: number) => boolean,
): string | null {
  const name = `mapping ${hex(mapping.page)} of ${hex(mapping.space)}`;
  const space = spaces.get(mapping.space);
  if (space === undefined || !space.initialised || mapping.space === state.sigma0)
    return `${name} is in no space for it`;
  const count = pagesOf(mapping);
  if (mapping.page % count !== 0 || mapping.frame % count !== 0) return `${name} is not aligned`;
  if (isKernelPlace(mapping.page, space, count)) return `${name} is in the kernel's place`;
  if (!ownedAll(mapping, owned)) return `${name} is of a frame that is not sigma0's`;
  if (mapping.parentSpace === NIL_THREAD) return null;
  const parent = mappings.get(placeOf(mapping.parentSpace, mapping.parentPage));
  const first = mapping.frame - (parent?.frame ?? 0);
  if (parent === undefined || first < 0 || first + count > pagesOf(parent)) return `${name} comes from nowhere`;
  return mapping.writable && !parent.writable ? `${name} has rights that its parent has not` : null;
}

/** Whether all frames of a mapping are sigma0's. */
function ownedAll(mapping: MappingState, owned: (frame: number) => boolean): boolean {
  for (let i = 0; i < pagesOf(mapping); i++) if (!owned(mapping.frame + i)) return false;
  return true;
}

/** Regions of a space are apart, lie in their parents, and come from sigma0 at last. */
function checkRegions(state: SystemState, { spaces }: Index): string | null {
  if (!state.ioFpages && state.regions.length > 0) return "there are regions of ports, and ports are everybody's";
  const ends = new Map<ThreadId, number>();
  const index = regionIndex(state.regions);
  for (const region of [...state.regions].sort((one, other) => one.port - other.port)) {
    const { space, port, bits } = region;
    const name = `region 0x${port.toString(16)} of ${hex(space)}`;
    if (!spaces.has(space) || space === state.sigma0) return `${name} is in no space for it`;
    if (port % 2 ** bits !== 0) return `${name} is not aligned`;
    if (port < (ends.get(space) ?? 0)) return `${name} is there twice`;
    ends.set(space, port + 2 ** bits);
  }
  for (const region of state.regions) {
    const path = new Set<RegionState>();
    let at: RegionState | undefined = region;
    while (at.parentSpace !== NIL_THREAD) {
      const above: RegionState | undefined = parentRegion(at, index);
      const name = `region 0x${at.port.toString(16)} of ${hex(at.space)}`;
      if (above === undefined) return `${name} comes from nowhere`;
      if (path.has(at)) return `${name} comes from itself`;
      path.add(at);
      at = above;
    }
  }
  return null;
}

/** Regions by space and place. */
export function regionIndex(regions: readonly RegionState[]): ReadonlyMap<string, RegionState> {
  return new Map(regions.map((region) => [regionName(region.space, region.port, region.bits), region]));
}

/** What names a region: regions of one space are apart. */
export function regionName(space: ThreadId, port: number, bits: number): string {
  return `${space}:${port}:${bits}`;
}

/** The region that another came from: the one of its parent's space around it. */
export function parentRegion(
  { port, bits, parentSpace }: RegionState,
  index: ReadonlyMap<string, RegionState>,
): RegionState | undefined {
  for (let size = bits; size <= IO_SPACE_BITS; size++) {
    const found = index.get(regionName(parentSpace, Math.floor(port / 2 ** size) * 2 ** size, size));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Every mapping hangs, at last, below sigma0: no rings. */
function checkTrees(state: SystemState, { mappings }: Index): string | null {
  const sound = new Set<MappingState>();
  for (const mapping of state.mappings) {
    const path = new Set<MappingState>();
    let at: MappingState | undefined = mapping;
    while (at !== undefined && !sound.has(at)) {
      if (path.has(at)) return `mapping ${hex(at.page)} of ${hex(at.space)} comes from itself`;
      path.add(at);
      at = at.parentSpace === NIL_THREAD ? undefined : mappings.get(placeOf(at.parentSpace, at.parentPage));
    }
    for (const one of path) sound.add(one);
  }
  return null;
}
