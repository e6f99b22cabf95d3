/**
 * Debugging: breakpoints, watchpoints and traces of the embedder, and the guest's own debug registers.
 *
 * Here: what to look at before an instruction and at data accesses. Somebody who looks on makes the processor run
 * single instructions. Not here: what follows (→ architectural.ts, processor.ts). SDM Vol. 3A, 17.2, 17.3.
 * @module
 */
import { invalidateAll } from "../mmu/tlb.ts";
import { type Core, type DataWatch, type Debugging, SHADOW, STOP_LOOK } from "../state/core.ts";
import { CS } from "../state/descriptor.ts";
import { RF } from "../state/eflags.ts";
import { EIP } from "../state/registers.ts";

/** Results of before(). */
export const STOP_BREAKPOINT = 1;
/** A debug register matched the instruction: #DB is pending. */
export const STOP_DEBUG_FAULT = 2;

/** Bytes `address` to `address` + `length` − 1 of linear memory. */
export interface Watchpoint {
  readonly address: number;
  readonly length: number;
  readonly access: "read" | "write" | "both";
}

/** The access that a watchpoint stopped at. */
export interface WatchpointHit {
  readonly address: number;
  readonly size: number;
  readonly write: boolean;
}

/** Hears of execution as it goes. */
export interface TraceObserver {
  /** The instruction at this linear address is about to run. */
  instruction(linear: number): void;
}

/** Two ranges of linear addresses meet; neither wraps. */
function meet(a: number, lengthA: number, b: number, lengthB: number): boolean {
  return a < b + lengthB && b < a + lengthA;
}

/** DR7.LEN: bytes. */
const LENGTHS = [1, 2, 8, 4];
/** DR7.R/W of instruction breakpoints and of breakpoints on writes. */
const ON_EXECUTION = 0;
const ON_WRITE = 1;
const ON_PORT = 2;

export class Debugger implements DataWatch, Debugging {
  observer: TraceObserver | null = null;
  hit: WatchpointHit | null = null;
  readonly #core: Core;
  readonly #breakpoints = new Set<number>();
  #watchpoints: readonly Watchpoint[] = [];
  #pending = false;
  /** The linear address that the run begins at, until an instruction has been looked at. */
  #start: number | null = null;

  constructor(core: Core) {
    this.#core = core;
    core.debugging = this;
  }

  /** Instructions must be run one by one. */
  get stepping(): boolean {
    return (
      this.#breakpoints.size > 0 || this.#watchpoints.length > 0 || this.observer !== null || this.#enabled(0xff) !== 0
    );
  }

  setBreakpoints(addresses: Iterable<number>): void {
    this.#breakpoints.clear();
    for (const address of addresses) this.#breakpoints.add(address >>> 0);
  }

  setWatchpoints(watchpoints: readonly Watchpoint[]): void {
    this.#watchpoints = watchpoints.map((watchpoint) => ({ ...watchpoint, address: watchpoint.address >>> 0 }));
    this.registersChanged();
  }

  registersChanged(): void {
    const watching = this.#watchpoints.length > 0 || this.#enabled(0xff) !== 0;
    if (!watching && this.#core.watch === null) return;
    this.#core.watch = watching ? this : null;
    invalidateAll(this.#core);
    this.#core.refetch = true;
    if (this.#core.stop === 0) this.#core.stop = STOP_LOOK;
  }

  /** A run begins. */
  begin(): void {
    this.#start = this.#linear;
  }

  /** Before the instruction at CS:EIP: 0, STOP_BREAKPOINT or STOP_DEBUG_FAULT. */
  before(): number {
    const core = this.#core;
    const linear = this.#linear;
    // An interrupt may have come first: its handler's first instruction is not the run's.
    const first = linear === this.#start;
    this.#start = null;
    if (!first && this.#breakpoints.has(linear)) return STOP_BREAKPOINT;
    if ((core.systemFlags & RF) === 0 && core.clock[SHADOW] !== core.retired) {
      const matched = this.#matches((kind, address) => kind === ON_EXECUTION && address === linear);
      if (matched !== 0) {
        core.system.debugConditions |= matched;
        return STOP_DEBUG_FAULT;
      }
    }
    this.observer?.instruction(linear);
    return 0;
  }

  /** A watchpoint was hit since the last call. */
  takeHit(): boolean {
    const hit = this.#pending;
    this.#pending = false;
    return hit;
  }

  watches(page: number): boolean {
    const from = page * 0x1000;
    if (this.#watchpoints.some(({ address, length }) => meet(from, 0x1000, address, length))) return true;
    return this.#matches((kind, address, length) => kind !== ON_EXECUTION && meet(from, 0x1000, address, length)) !== 0;
  }

  accessed(linear: number, size: number, write: boolean): void {
    const core = this.#core;
    // The processor's own accesses, to its tables and stacks, are nobody's data.
    if (core.architectural && core.user !== (core.cpl === 3)) return;
    const start = linear >>> 0;
    for (const { address, length, access } of this.#watchpoints) {
      if (!meet(start, size, address, length) || (access !== "both" && (access === "write") !== write)) continue;
      this.hit = { address: start, size, write };
      this.#pending = true;
    }
    core.system.debugConditions |= this.#matches(
      (kind, address, length) =>
        kind !== ON_EXECUTION && kind !== ON_PORT && (write || kind !== ON_WRITE) && meet(start, size, address, length),
    );
  }

  get #linear(): number {
    return (this.#core.segments[CS].base + this.#core.r[EIP]) >>> 0;
  }

  /** DR7 enable bits: two for each register, in architectural mode. */
  #enabled(mask: number): number {
    return this.#core.architectural ? this.#core.system.debug[7] & mask : 0;
  }

  /** DR6 bits of the enabled debug registers that a test accepts. */
  #matches(test: (kind: number, address: number, length: number) => boolean): number {
    const { debug } = this.#core.system;
    let bits = 0;
    for (let i = 0; i < 4; i++) {
      if (this.#enabled(3 << (2 * i)) === 0) continue;
      const control = debug[7] >>> (16 + 4 * i);
      const length = LENGTHS[(control >>> 2) & 3];
      if (test(control & 3, (debug[i] & ~(length - 1)) >>> 0, length)) bits |= 1 << i;
    }
    return bits;
  }
}
