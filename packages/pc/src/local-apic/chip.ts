/**
 * Local APIC: priorities, interrupts and NMIs to itself, a timer.
 *
 * Here: one APIC with the number 0, alone on its bus. Not here: the pins LINT0 and LINT1 (an 8259A has its own wire to the
 * processor), lowest priority, INIT and start-up, error status, x2APIC. The bus runs at 100 MHz.
 * Intel SDM Vol. 3A, chapter 10.
 * @module
 */
import type { Clock, TimedChip } from "../clock.ts";
import type { AccessSize, MmioDevice } from "../mmio-device.ts";
import * as R from "./registers.ts";

/** Nanoseconds of a cycle of its bus. */
const BUS_CYCLE = 10;

/** Plain, versioned state. */
export interface LocalApicState {
  readonly version: 1;
  readonly taskPriority: number;
  readonly logicalDestination: number;
  readonly destinationFormat: number;
  readonly spurious: number;
  readonly command: readonly [low: number, high: number];
  /** The local vector table, the timer's entry first. */
  readonly local: readonly number[];
  /** Requested and in service, by vector. */
  readonly requested: readonly number[];
  readonly inService: readonly number[];
  readonly divide: number;
  readonly initialCount: number;
  /** When the timer began its count, virtual ns; null: it stands. */
  readonly startedAt: number | null;
}

export const LOCAL_APIC_STATE_AT_RESET: LocalApicState = {
  version: 1,
  taskPriority: 0,
  logicalDestination: 0,
  destinationFormat: 0xffffffff,
  spurious: R.APIC_SVR_AT_RESET,
  command: [0, 0],
  local: new Array<number>((R.APIC_LVT_LAST - R.APIC_LVT_TIMER) / 16 + 1).fill(R.APIC_LVT_MASKED),
  requested: [],
  inService: [],
  divide: 0,
  initialCount: 0,
  startedAt: null,
};

type Fields = { -readonly [K in keyof Omit<LocalApicState, "requested" | "inService">]: LocalApicState[K] };

export class LocalApic implements MmioDevice, TimedChip {
  readonly #clock: Clock;
  readonly #nonMaskable: () => void;
  readonly #at: Fields;
  readonly #requested: Set<number>;
  readonly #inService: Set<number>;

  /** `nonMaskable` is called where it sends itself an NMI: one edge at the processor's pin. */
  constructor(clock: Clock, nonMaskable: () => void, state: LocalApicState = LOCAL_APIC_STATE_AT_RESET) {
    const { requested, inService, ...fields } = state;
    this.#clock = clock;
    this.#nonMaskable = nonMaskable;
    this.#at = { ...fields };
    this.#requested = new Set(requested);
    this.#inService = new Set(inService);
  }

  /** A copy, as of the last access or `advance`. */
  get state(): LocalApicState {
    const vectors = (set: ReadonlySet<number>): number[] => [...set].sort((a, b) => a - b);
    return { ...this.#at, requested: vectors(this.#requested), inService: vectors(this.#inService) };
  }

  /** It asks the processor for an interrupt. */
  get pending(): boolean {
    return (this.#at.spurious & R.APIC_SVR_ENABLE) !== 0 && highest(this.#requested) >> 4 > this.#priority >> 4;
  }

  /** The processor takes the interrupt: the vector is now in service. Without one, the spurious vector. */
  acknowledge(): number {
    if (!this.pending) return this.#at.spurious & 0xff;
    const vector = highest(this.#requested);
    this.#requested.delete(vector);
    this.#inService.add(vector);
    return vector;
  }

  read(offset: number, size: AccessSize): number {
    this.advance(this.#clock.now());
    const value = this.#register(offset & ~15);
    return ((value >>> (8 * (offset & 3))) & (size === 4 ? -1 : (1 << (8 * size)) - 1)) >>> 0;
  }

  /** Registers are dwords: anything else is lost. */
  write(offset: number, size: AccessSize, value: number): void {
    if (size !== 4 || (offset & 15) !== 0) return;
    const now = this.#clock.now();
    this.advance(now);
    const at = this.#at;
    if (offset >= R.APIC_LVT_TIMER && offset <= R.APIC_LVT_LAST) {
      const entry = (offset - R.APIC_LVT_TIMER) >> 4;
      at.local = at.local.map((old, i) => (i === entry ? value : old));
      return;
    }
    switch (offset) {
      case R.APIC_TPR:
        at.taskPriority = value & 0xff;
        break;
      case R.APIC_EOI:
        this.#inService.delete(highest(this.#inService));
        break;
      case R.APIC_LDR:
        at.logicalDestination = (value & 0xff000000) >>> 0;
        break;
      case R.APIC_DFR:
        at.destinationFormat = (value | 0x0fffffff) >>> 0;
        break;
      case R.APIC_SVR:
        at.spurious = value & 0x3ff;
        break;
      case R.APIC_ICR_LOW:
        at.command = [value, at.command[1]];
        this.#send(value, at.command[1] >>> 24);
        break;
      case R.APIC_ICR_HIGH:
        at.command = [at.command[0], (value & 0xff000000) >>> 0];
        break;
      case R.APIC_TIMER_INITIAL:
        at.initialCount = value;
        at.startedAt = value === 0 ? null : now;
        break;
      case R.APIC_TIMER_DIVIDE:
        at.divide = value & 0xb;
        break;
      default: // Read only, or nothing.
    }
  }

  nextEvent(): number {
    const { startedAt, initialCount } = this.#at;
    return startedAt === null ? Number.POSITIVE_INFINITY : startedAt + initialCount * this.#tick;
  }

  advance(now: number): void {
    for (let due = this.nextEvent(); due <= now; due = this.nextEvent()) {
      const [entry] = this.#at.local;
      this.#at.startedAt = entry & R.APIC_LVT_PERIODIC ? due : null;
      if ((entry & R.APIC_LVT_MASKED) === 0) this.#requested.add(entry & 0xff);
    }
  }

  /** Nanoseconds of a count: divided by 2 to 128, or by 1. */
  get #tick(): number {
    const { divide } = this.#at;
    const power = (((divide & 3) | ((divide & 8) >> 1)) + 1) & 7;
    return BUS_CYCLE * 2 ** power;
  }

  /** The processor's priority: the higher of the task's and of what is in service. */
  get #priority(): number {
    return Math.max(this.#at.taskPriority, highest(this.#inService) & 0xf0);
  }

  #register(offset: number): number {
    const at = this.#at;
    if (offset >= R.APIC_ISR && offset < R.APIC_TMR) return bitsOf(this.#inService, (offset - R.APIC_ISR) * 2);
    if (offset >= R.APIC_IRR && offset < R.APIC_ESR) return bitsOf(this.#requested, (offset - R.APIC_IRR) * 2);
    if (offset >= R.APIC_LVT_TIMER && offset <= R.APIC_LVT_LAST) return at.local[(offset - R.APIC_LVT_TIMER) >> 4];
    switch (offset) {
      case R.APIC_VERSION:
        return R.APIC_VERSION_VALUE;
      case R.APIC_TPR:
        return at.taskPriority;
      case R.APIC_PPR:
        return this.#priority;
      case R.APIC_LDR:
        return at.logicalDestination;
      case R.APIC_DFR:
        return at.destinationFormat;
      case R.APIC_SVR:
        return at.spurious;
      case R.APIC_ICR_LOW:
        return at.command[0];
      case R.APIC_ICR_HIGH:
        return at.command[1];
      case R.APIC_TIMER_INITIAL:
        return at.initialCount;
      case R.APIC_TIMER_CURRENT:
        return at.startedAt === null ? 0 : Math.ceil((this.nextEvent() - this.#clock.now()) / this.#tick);
      case R.APIC_TIMER_DIVIDE:
        return at.divide;
      default:
        return 0;
    }
  }

  /** A fixed interrupt or an NMI, if it is for this one: number 0, broadcast, the logical group, or itself by name. */
  #send(low: number, destination: number): void {
    const mode = low & R.APIC_ICR_MODE;
    if (mode !== R.APIC_ICR_FIXED && mode !== R.APIC_ICR_NMI) return;
    const shorthand = low & R.APIC_ICR_SHORTHAND;
    const logical = (low & R.APIC_ICR_LOGICAL) !== 0;
    const named = logical
      ? (destination & (this.#at.logicalDestination >>> 24)) !== 0
      : destination === 0 || destination === R.APIC_ICR_BROADCAST;
    const own = shorthand === 0 ? named : shorthand === R.APIC_ICR_SELF || shorthand === R.APIC_ICR_ALL;
    if (!own) return;
    if (mode === R.APIC_ICR_NMI) this.#nonMaskable();
    else this.#requested.add(low & 0xff);
  }
}

function highest(vectors: ReadonlySet<number>): number {
  let most = 0;
  for (const vector of vectors) most = Math.max(most, vector);
  return most;
}

/** The 32 vectors from `first` on as bits. */
function bitsOf(vectors: ReadonlySet<number>, first: number): number {
  let bits = 0;
  for (const vector of vectors) if (vector >= first && vector < first + 32) bits |= 1 << (vector - first);
  return bits >>> 0;
}
