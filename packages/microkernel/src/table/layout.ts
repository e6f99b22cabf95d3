/**
 * Rows of the kernel arena: everything the kernel remembers, named once.
 *
 * Here: structs and field indices. Not here: where the tables lie (→ arena.ts), what the rows do
 * (→ object/). Row 0 of every table is nobody, so that 0 ends every list and means "none".
 * Times are cycles in two words, the low one first. Ids are thread ids as registers hold them.
 * @module
 */
import { type Struct, struct, type WordIndices, wordIndices } from "@kintsugi/records";

/** Bytes kept of the reason of the last reset, NUL-padded. */
export const RESET_REASON_BYTES = 124;

const HEADER_FIELDS = {
  magic: "u32",
  version: "u32",
  arenaBase: "u32",
  arenaSize: "u32",
  memorySize: "u32",
  complete: "u32", // 1 once formatted; what is not complete is not an arena
  bootCount: "u32",
  resetCount: "u32",
  resetReason: "words[31]",
  threadsAt: "u32",
  threadRows: "u32",
  spacesAt: "u32",
  spaceRows: "u32",
  nodesAt: "u32",
  nodeRows: "u32",
  framesAt: "u32",
  frameRows: "u32",
  kernelFramesAt: "u32",
  kernelFrameRows: "u32",
  regionsAt: "u32",
  regionRows: "u32",
  prioritiesAt: "u32",
  bucketsAt: "u32",
  poolBase: "u32", // physical address of the kernel's frame 0
  freeThread: "u32",
  freeSpace: "u32",
  freeNode: "u32",
  freeKernelFrame: "u32",
  freeRegion: "u32",
  current: "u32", // thread row, 0 = idle
  accounted: "u32", // whose time slice runs: not the current one's after a donation
  lastGuest: "u32", // whose segments the processor holds
  floatOwner: "u32", // whose float registers the processor holds, 0 = nobody's
  accountedAt: "words[2]",
  timeoutHead: "u32",
  readyBitmap: "words[8]",
  kip: "u32", // physical
  localIdPage: "u32", // physical frame of what %gs:0 reads
  localIdTable: "u32", // physical page table of that frame, shared by all spaces
  sigma0Space: "u32",
  rootSpace: "u32",
  cyclesPerMicrosecond: "u32",
  defaultTimeslice: "u32", // microseconds
  resetPending: "u32",
  ioFpages: "u32", // 1: users get ports by I/O fpages; 0: by IOPL 3
  regionChild: "u32", // first region that comes straight from sigma0
  regionChanges: "u32", // counts, for whoever keeps something derived from regions
  quota: "u32", // most bytes of kernel memory for a space without privilege
} as const;

const THREAD_FIELDS = {
  id: "u32", // 0 = free row
  bucketNext: "u32",
  freeNext: "u32",
  space: "u32",
  utcb: "u32", // local id; 0 = no place chosen
  utcbPhysical: "u32", // of MR0; 0 = inactive
  scheduler: "u32",
  handle: "u32", // user-defined handle of an inactive thread
  pager: "u32", // as set by ThreadControl and ExchangeRegisters, not the TCR
  flags: "u32",
  state: "u32",
  registers: "words[10]",
  program: "u32", // resident program number, 0 = guest code
  priority: "u32",
  timeslice: "u32", // cycles, 0 = endless
  slice: "i32", // cycles left
  quantum: "u32", // the time code asked for
  quantumLeft: "words[2]", // cycles of the total quantum left
  sensitivePriority: "u32",
  maximumDelay: "u32", // of preemption, cycles
  delayLeft: "u32", // cycles
  preemptedAt: "words[2]", // microseconds
  readyNext: "u32",
  readyPrev: "u32",
  sendHead: "u32", // who polls on this thread
  sendTail: "u32",
  sendNext: "u32",
  sendPrev: "u32",
  partner: "u32", // row polled on
  virtualSender: "u32", // id in whose name the message goes, 0 = its own
  from: "u32", // FromSpecifier of the receive phase, global; 0 = none
  receiveTimeout: "u32",
  deadline: "words[2]",
  timeoutNext: "u32",
  timeoutPrev: "u32",
  intended: "u32", // redirected send: id of the thread that it is for, 0 = the partner itself
  fault: "u32", // kind of the nested call in progress, 0 = none
  savedMr: "words[13]",
  savedBr0: "u32",
  savedError: "u32",
  savedVirtualSender: "u32",
  savedFrom: "u32", // of the IPC whose transfer faulted, as the next two
  savedReceiveTimeout: "u32",
  savedName: "u32",
  savedIntended: "u32",
  peer: "u32", // transfer in progress: the row on its other side. The rest of the cursor is the sender's
  xferTag: "u32", // MR0 as sent
  xferItem: "u32", // message register of the item or group of substrings in work
  xferSub: "u32", // substring in work, 1…; 0: the item is still to begin
  xferOffset: "u32", // bytes of it done
  xferBuffer: "u32", // buffer register of the group of buffers in work
  xferBufferSub: "u32", // buffer in work, 1…
  xferBufferOffset: "u32", // bytes of it filled
  xferMore: "u32", // 1: the receiver has a buffer for the string in work or the next one
  xferBytes: "u32", // bytes of strings transferred
  xferTimed: "u32", // XFER_…: which side's timeout runs
  supervisor: "u32",
  restartPage: "u32", // linear in the recorder's space, 0 = none
  recorder: "u32", // thread whose space has the restart page
  deadlineOwn: "words[2]", // cycles of own time allowed, 0 = none
  ownTime: "words[2]",
  floats: "words[73]", // XMM and x87 registers, in ia32's order; those of `floatOwner` are in the processor
} as const;

const SPACE_FIELDS = {
  used: "u32",
  freeNext: "u32",
  threads: "u32",
  pageDirectory: "u32", // physical; 0 = not initialised
  kipArea: "u32",
  utcbArea: "u32",
  redirector: "u32",
  privileged: "u32",
  regions: "u32", // first region of ports
  memory: "u32", // bytes of kernel memory that it costs
} as const;

const NODE_FIELDS = {
  space: "u32", // 0 = free row
  page: "u32", // linear >> 12
  frame: "u32", // physical >> 12, and LARGE
  bits: "u32", // FPAGE_W if writable, status collected from mappings that are gone
  parent: "u32", // 0 = sigma0's ownership of the frame
  child: "u32",
  next: "u32",
  previous: "u32",
} as const;

const FRAME_FIELDS = { child: "u32", bits: "u32" } as const;

const KERNEL_FRAME_FIELDS = {
  next: "u32", // free list
  companion: "u32", // physical frame of a page table's or directory's node words
} as const;

const REGION_FIELDS = {
  space: "u32", // 0 = free row
  port: "u32",
  bits: "u32", // log2 of the number of ports
  parent: "u32", // 0 = sigma0's ownership of all ports
  child: "u32",
  next: "u32", // sibling, or free list
  previous: "u32",
  spaceNext: "u32", // region of the same space
  spacePrevious: "u32",
} as const;

const PRIORITY_FIELDS = { head: "u32", tail: "u32" } as const;

export const HeaderRow: Struct<typeof HEADER_FIELDS> = struct(HEADER_FIELDS);
export const ThreadRow: Struct<typeof THREAD_FIELDS> = struct(THREAD_FIELDS);
export const SpaceRow: Struct<typeof SPACE_FIELDS> = struct(SPACE_FIELDS);
/** A mapping that somebody received; sigma0's own are the frames themselves. */
export const NodeRow: Struct<typeof NODE_FIELDS> = struct(NODE_FIELDS);
/** One per physical frame: the mappings that come straight from sigma0. */
export const FrameRow: Struct<typeof FRAME_FIELDS> = struct(FRAME_FIELDS);
export const KernelFrameRow: Struct<typeof KERNEL_FRAME_FIELDS> = struct(KERNEL_FRAME_FIELDS);
/** A region of I/O ports that a space received. */
export const RegionRow: Struct<typeof REGION_FIELDS> = struct(REGION_FIELDS);
export const PriorityRow: Struct<typeof PRIORITY_FIELDS> = struct(PRIORITY_FIELDS);

/** Field indices: header, thread, space, mapping node, frame, kernel frame, region of ports, priority. */
export const H: WordIndices<typeof HEADER_FIELDS> = wordIndices(HeaderRow);
export const T: WordIndices<typeof THREAD_FIELDS> = wordIndices(ThreadRow);
export const S: WordIndices<typeof SPACE_FIELDS> = wordIndices(SpaceRow);
export const N: WordIndices<typeof NODE_FIELDS> = wordIndices(NodeRow);
export const F: WordIndices<typeof FRAME_FIELDS> = wordIndices(FrameRow);
export const K: WordIndices<typeof KERNEL_FRAME_FIELDS> = wordIndices(KernelFrameRow);
export const R: WordIndices<typeof REGION_FIELDS> = wordIndices(RegionRow);
export const P: WordIndices<typeof PRIORITY_FIELDS> = wordIndices(PriorityRow);

export type HeaderFields = typeof HEADER_FIELDS;
export type ThreadFields = typeof THREAD_FIELDS;
export type SpaceFields = typeof SPACE_FIELDS;
export type NodeFields = typeof NODE_FIELDS;
export type FrameFields = typeof FRAME_FIELDS;
export type KernelFrameFields = typeof KERNEL_FRAME_FIELDS;
export type RegionFields = typeof REGION_FIELDS;
export type PriorityFields = typeof PRIORITY_FIELDS;
