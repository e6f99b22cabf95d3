/**
 * Exported state: everything that a kernel remembers, as plain data.
 *
 * Here: the types. Every value is a number, a boolean, a string, null, a list or a record of these: JSON keeps it. Not
 * here: reading it (→ read-state.ts), checking what comes back (→ check-state.ts, relations.ts), taking it in (→ write-state.ts).
 * Words are signed 32-bit; times are cycles of the virtual clock; objects name each other by ids, never by rows: a space's
 * name is the lowest global id in it. No list's order means anything: queues are positions in their members.
 * Reference: Ford et al., "Interface and Execution Models in the Fluke Kernel", OSDI '99, 2; X.2.
 * @module
 */
import type { ThreadId } from "../api/thread-id.ts";

/** Grows when a field changes its meaning. */
export const STATE_VERSION = 3;

/** What an IPC still has to do, and in whose name: the receive phase from `from`, nil for none. */
export interface IpcState {
  /** FromSpecifier: a global id, any, anylocal, or nil: no receive phase. */
  readonly from: ThreadId;
  /** X.2's code, of a receive phase that has not begun. */
  readonly receiveTimeout: number;
  /** Who the message is said to come from; nil: the sender itself. */
  readonly virtualSender: ThreadId;
  /** Whom a redirected message is for; nil: whom it goes to. */
  readonly intended: ThreadId;
}

/** Queued on `to`; the message is in the UTCB. */
export interface SendWaitState {
  readonly kind: "send";
  readonly to: ThreadId;
  /** Place in the queue of `to`. */
  readonly position: number;
  readonly ipc: IpcState;
}

/** Waiting for a message. A call whose send phase is over is this too: it is never sent twice. */
export interface ReceiveWaitState {
  readonly kind: "receive";
  readonly ipc: IpcState;
}

/** How far a message with typed items has come: the items before `item` are done and not done again. */
export interface CursorState {
  /** MR0 as sent. */
  readonly tag: number;
  /** Message register in work, 1…63; 64 when all are done. */
  readonly item: number;
  /** Substring in work, 1…; 0: the item is still to begin. */
  readonly sub: number;
  /** Bytes of it done. */
  readonly offset: number;
  /** Buffer register in work, 1…33. */
  readonly buffer: number;
  /** Buffer of its group in work, 1…. */
  readonly bufferSub: number;
  /** Bytes of it filled. */
  readonly bufferOffset: number;
  /** Not 0: there is a buffer for the string in work. */
  readonly more: number;
  /** Bytes of strings transferred. */
  readonly bytes: number;
  /** XFER_…: whose transfer timeout runs. */
  readonly timed: number;
}

/** One side of a transfer; the sender's side has the cursor. */
export interface TransferState {
  readonly kind: "transfer";
  readonly peer: ThreadId;
  /** null: the receiver's side. */
  readonly cursor: CursorState | null;
  readonly ipc: IpcState;
}

/** At user code. */
export interface UserState {
  readonly kind: "user";
}

/** Without a UTCB: it never ran. */
export interface InactiveState {
  readonly kind: "inactive";
}

/** A call that the kernel makes in the thread's name, and what goes on after it. */
export interface FaultState {
  readonly kind: "fault";
  /** FAULT_…, 1…5. */
  readonly fault: number;
  readonly phase: SendWaitState | ReceiveWaitState;
  /** MR0…MR12 as the thread had them. */
  readonly savedMr: readonly number[];
  readonly savedBr0: number;
  readonly savedError: number;
  /** The TCR's word. */
  readonly savedVirtualSender: number;
  readonly resume: UserState | TransferState;
}

/** Where a thread goes on: one of the few points at which it can be between two steps. */
export type ContinuationState =
  | InactiveState
  | UserState
  | SendWaitState
  | ReceiveWaitState
  | TransferState
  | FaultState;

/** A timeout that runs. */
export interface TimeoutState {
  /** Absolute. */
  readonly deadline: number;
  /** Order among equal deadlines. */
  readonly position: number;
}

/** A user thread. Its message, buffer and control registers are in its space's UTCB pages. */
export interface ThreadState {
  readonly id: ThreadId;
  readonly space: ThreadId;
  /** Local id; 0: no place chosen. */
  readonly utcb: number;
  readonly scheduler: ThreadId;
  /** User-defined handle of an inactive thread; of others it is in the UTCB. */
  readonly handle: number;
  /** As ThreadControl and ExchangeRegisters set it. */
  readonly pager: ThreadId;
  readonly halted: boolean;
  /** The message that it waits for starts it. */
  readonly starting: boolean;
  readonly preempted: boolean;
  readonly delaying: boolean;
  readonly exhausted: boolean;
  /** EAX ECX EDX EBX ESP EBP ESI EDI EIP EFLAGS. */
  readonly registers: readonly number[];
  /** XMM and x87, 73 words in ia32's order; null: never used. */
  readonly floats: readonly number[] | null;
  readonly program: number;
  readonly priority: number;
  readonly timeslice: number;
  readonly slice: number;
  readonly quantum: number;
  readonly quantumLeft: number;
  readonly sensitivePriority: number;
  readonly maximumDelay: number;
  readonly delayLeft: number;
  /** Microseconds. */
  readonly preemptedAt: number;
  /** Place in the ready queue of its priority; -1: in none. */
  readonly readyPosition: number;
  readonly timeout: TimeoutState | null;
  readonly continuation: ContinuationState;
  readonly supervisor: ThreadId;
  readonly restartPage: number;
  readonly recorder: ThreadId;
  readonly deadlineOwn: number;
  readonly ownTime: number;
}

/** A page that the kernel made: 1024 words at `page` (linear >> 12). */
export interface PageState {
  readonly page: number;
  readonly words: readonly number[];
}

/** An address space, without the pages that others gave it: those are mappings. */
export interface SpaceState {
  readonly name: ThreadId;
  /** SpaceControl has given it its areas. */
  readonly initialised: boolean;
  readonly kipArea: number;
  readonly utcbArea: number;
  readonly redirector: ThreadId;
  readonly privileged: boolean;
  readonly utcbPages: readonly PageState[];
}

/** A node of the mapping tree: a page of 4 KiB or 4 MiB that a space got from another, or from sigma0. */
export interface MappingState {
  readonly space: ThreadId;
  /** Linear >> 12, of the first page. */
  readonly page: number;
  /** log2 size: 12, or 22 for a 4 MiB page. */
  readonly bits: number;
  /** Physical >> 12, of the first frame. */
  readonly frame: number;
  readonly writable: boolean;
  /** STATUS_… bits that gone mappings left. */
  readonly status: number;
  readonly accessed: boolean;
  readonly dirty: boolean;
  /** Space and first page of the mapping that it came from; space nil: sigma0's ownership of the frames. */
  readonly parentSpace: ThreadId;
  readonly parentPage: number;
}

/** A region of I/O ports that a space got from another, or from sigma0. */
export interface RegionState {
  readonly space: ThreadId;
  /** First port. */
  readonly port: number;
  /** log2 of the number of ports. */
  readonly bits: number;
  /** The space that it came from: its region around this one. Nil: sigma0. */
  readonly parentSpace: ThreadId;
}

/** What sigma0 knows of a frame of its own: whether it is entered in its space, and status bits. */
export interface FrameState {
  readonly frame: number;
  readonly entered: boolean;
  readonly accessed: boolean;
  readonly dirty: boolean;
  /** STATUS_… bits that gone mappings left. */
  readonly status: number;
}

/** An interrupt line that is bound, or whose message is on its way. Masks are the controllers' state. */
export interface InterruptState {
  readonly line: number;
  readonly handler: ThreadId;
  /** Delivering: queued on the handler. */
  readonly phase: "idle" | "delivering" | "unacknowledged";
  /** Place in the handler's queue while delivering, else -1. */
  readonly position: number;
}

/** A kernel, whole. Contents of user frames are not in it: they are the memory's. */
export interface SystemState {
  readonly version: number;
  readonly clock: number;
  readonly accountedAt: number;
  readonly current: ThreadId;
  readonly accounted: ThreadId;
  /** Whose float registers the processor holds, nil for nobody's. */
  readonly floatOwner: ThreadId;
  readonly cyclesPerMicrosecond: number;
  readonly defaultTimeslice: number;
  readonly boots: number;
  readonly resets: number;
  readonly resetReason: string;
  readonly resetPending: boolean;
  /** Most bytes of kernel memory that a space without privilege may cost. */
  readonly quota: number;
  /** The KIP's 1024 words. */
  readonly kip: readonly number[];
  readonly sigma0: ThreadId;
  readonly root: ThreadId;
  readonly spaces: readonly SpaceState[];
  readonly threads: readonly ThreadState[];
  readonly mappings: readonly MappingState[];
  readonly frames: readonly FrameState[];
  /** User threads have ports by I/O fpages; else by IOPL 3. */
  readonly ioFpages: boolean;
  readonly regions: readonly RegionState[];
  readonly interrupts: readonly InterruptState[];
}

/** Why a state was not taken in; `text` names the object and the field. */
export interface StateError {
  readonly code: "bad-state" | "no-room" | "clock-ahead";
  readonly text: string;
}
