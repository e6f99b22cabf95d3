/**
 * A whole PC as a debugger's target.
 *
 * Here: registers with segments, x87 and SSE, memory through the guest's own page tables, points, single steps. Not here: the
 * protocol (→ session.ts), the machine (→ ../pc/pc-machine.ts). Breakpoints of either kind are the processor's: no byte of
 * the guest changes. Their addresses are linear, EIP is as the program has it; they differ where CS has a base.
 * @module
 */
import {
  EFLAGS,
  FCS,
  FCW,
  FDP,
  FDS,
  FIP,
  FOP,
  FSW,
  FTW,
  MXCSR,
  type ProcessorState,
  R0,
  type SegmentName,
  type Watchpoint,
} from "@kintsugi/ia32";
import { VGA_MEMORY, VGA_MEMORY_SIZE } from "@kintsugi/pc";
import type { PcExit, PcMachine } from "../pc/pc-machine.ts";
import { physicalAddresses } from "./linear-memory.ts";
import { type Point, type RegisterValue, type Stop, type Target, WATCH_READ, WATCH_WRITE } from "./target.ts";
import { PC_DESCRIPTION, type TargetDescription } from "./target-description.ts";

/** In GDB's order, and where the processor has them. */
const SEGMENTS: readonly (readonly [name: SegmentName, number: number])[] = [
  ["cs", 1],
  ["ss", 2],
  ["ds", 3],
  ["es", 0],
  ["fs", 4],
  ["gs", 5],
];
const CONTROL = [FCW, FSW, FTW, FCS, FIP, FDS, FDP, FOP];
/** Numbers of the first register of each kind. */
const FIRST_SEGMENT = EFLAGS + 1;
const FIRST_STACK = FIRST_SEGMENT + SEGMENTS.length;
const FIRST_CONTROL = FIRST_STACK + 8;
const FIRST_XMM = FIRST_CONTROL + CONTROL.length;
const MXCSR_NUMBER = FIRST_XMM + 8;

export class PcTarget implements Target {
  readonly description: TargetDescription = PC_DESCRIPTION;
  readonly #machine: PcMachine;
  readonly #killed: () => void;
  readonly #points: Map<string, Point> = new Map();
  #mode: "stopped" | "run" | "step" = "stopped";
  #stop: Stop = { kind: "step" };

  /** `killed`: the debugger wants the machine gone. It stands still at first. */
  constructor(machine: PcMachine, killed: () => void) {
    this.#machine = machine;
    this.#killed = killed;
  }

  /** Why the machine stands still; undefined while it runs. */
  get stop(): Stop | undefined {
    return this.#mode === "stopped" ? this.#stop : undefined;
  }

  /** The machine is off. */
  ended(code: number): void {
    this.#halt({ kind: "exit", code });
  }

  /** Runs on as the debugger wants it; "limit" also when it has stopped for the debugger. */
  run(until: number): PcExit {
    const exit = this.#mode === "step" ? this.#machine.step(until) : this.#machine.run(until);
    if (exit.kind === "stepped") this.#halt({ kind: "step" });
    else if (exit.kind === "breakpoint") this.#halt(this.#breakpoint(this.#machine.programCounter));
    else if (exit.kind === "watchpoint") this.#halt(this.#watchpoint());
    else return exit;
    return { kind: "limit" };
  }

  registers(): readonly RegisterValue[] {
    const { registers, segments, system } = this.#machine.processor.state;
    const x = this.#machine.processor.floatRegisters;
    const bytes = new Uint8Array(x.buffer, x.byteOffset, x.byteLength);
    const top = (x[FSW] >>> 11) & 7;
    const stack = (i: number): Uint8Array => bytes.slice(4 * stackPlace(top, i), 4 * stackPlace(top, i) + 10);
    return [
      ...registers,
      ...SEGMENTS.map(([, number]) => segments[number].selector),
      ...[0, 1, 2, 3, 4, 5, 6, 7].map(stack),
      ...CONTROL.map((place) => (place === FTW ? tagWord(x) : x[place])),
      ...[0, 1, 2, 3, 4, 5, 6, 7].map((i) => bytes.slice(16 * i, 16 * i + 16)),
      x[MXCSR],
      ...(system === null ? [] : [system.cr0, this.#machine.processor.state.cr2, this.#cr3, system.cr4]),
    ];
  }

  setRegisters(values: readonly RegisterValue[]): boolean {
    const { processor } = this.#machine;
    const before = this.registers();
    const changed = (number: number): boolean => !same(before[number], values[number]);
    const number = (at: number): number => values[at] as number;
    // Control registers are the guest's: a debugger that wants them changed runs an instruction.
    if (values.some((_, at) => at > MXCSR_NUMBER && changed(at))) return false;
    try {
      SEGMENTS.forEach(([name], i) => {
        if (changed(FIRST_SEGMENT + i)) processor.loadSegment(name, number(FIRST_SEGMENT + i) & 0xffff);
      });
    } catch (error) {
      if (error instanceof RangeError) return false; // no such descriptor
      throw error;
    }
    processor.registers.set(values.slice(0, EFLAGS + 1) as number[]);
    const x = processor.floatRegisters;
    const bytes = new Uint8Array(x.buffer, x.byteOffset, x.byteLength);
    CONTROL.forEach((place, i) => {
      if (changed(FIRST_CONTROL + i))
        x[place] = place === FTW ? presentOf(number(FIRST_CONTROL + i)) : number(FIRST_CONTROL + i) & 0xffff;
    });
    for (let i = 0; i < 8; i++) {
      if (changed(FIRST_STACK + i))
        bytes.set(values[FIRST_STACK + i] as Uint8Array, 4 * stackPlace((x[FSW] >>> 11) & 7, i));
      if (changed(FIRST_XMM + i)) bytes.set(values[FIRST_XMM + i] as Uint8Array, 16 * i);
    }
    x[MXCSR] = number(MXCSR_NUMBER);
    return true;
  }

  /** What the guest would read, up to the display's memory: reading that changes the display. */
  readMemory(address: number, length: number): Uint8Array {
    const { memory } = this.#machine;
    const places = this.#places(address, length);
    const display = places.findIndex((at) => at >= VGA_MEMORY && at < VGA_MEMORY + VGA_MEMORY_SIZE);
    return Uint8Array.from(display < 0 ? places : places.slice(0, display), (physical) => memory.read8(physical));
  }

  writeMemory(address: number, bytes: Uint8Array): boolean {
    const places = this.#places(address, bytes.length);
    if (places.length < bytes.length) return false;
    places.forEach((physical, i) => {
      this.#machine.memory.write8(physical, bytes[i]);
    });
    return true;
  }

  insert(point: Point): void {
    this.#points.set(keyOf(point), point);
    this.#arm();
  }

  remove(point: Point): void {
    this.#points.delete(keyOf(point));
    this.#arm();
  }

  resume(step: boolean): void {
    this.#mode = step ? "step" : "run";
    this.#machine.pass();
  }

  interrupt(): void {
    this.#halt({ kind: "interrupt" });
  }

  detach(): void {
    this.#points.clear();
    this.#arm();
    this.resume(false);
  }

  kill(): void {
    this.detach();
    this.#killed();
  }

  get #cr3(): number {
    return this.#machine.processor.state.pageDirectory;
  }

  #halt(stop: Stop): void {
    this.#mode = "stopped";
    this.#stop = stop;
  }

  #arm(): void {
    const points = [...this.#points.values()];
    this.#machine.debug(
      points.filter(({ kind }) => kind < WATCH_WRITE).map(({ address }) => address),
      points.filter(({ kind }) => kind >= WATCH_WRITE).map(watchpointOf),
    );
  }

  #breakpoint(address: number): Stop {
    const point = [...this.#points.values()].find((at) => at.kind < WATCH_WRITE && at.address === address);
    return point === undefined ? { kind: "step" } : { kind: "point", point };
  }

  #watchpoint(): Stop {
    const hit = this.#machine.processor.watchpointHit;
    const point = [...this.#points.values()].find(
      ({ kind, address, length }) =>
        hit !== null &&
        (hit.write ? kind !== WATCH_READ : kind !== WATCH_WRITE) &&
        kind >= WATCH_WRITE &&
        hit.address < address + length &&
        address < hit.address + hit.size,
    );
    return point === undefined ? { kind: "step" } : { kind: "point", point };
  }

  #places(linear: number, length: number): readonly number[] {
    const { system, pageDirectory }: ProcessorState = this.#machine.processor.state;
    const { cr0 = 0, cr4 = 0 } = system ?? {};
    return physicalAddresses(linear, length, { cr0, cr3: pageDirectory, cr4 }, this.#machine.memory.ram);
  }
}

const stackPlace = (top: number, i: number): number => R0 + 4 * ((top + i) & 7);

/** Two bits a register, as FNSTENV stores them: valid, zero, special, empty. */
function tagWord(x: Int32Array): number {
  let word = 0;
  for (let i = 0; i < 8; i++) {
    const [low, high, sign] = x.subarray(R0 + 4 * i, R0 + 4 * i + 3);
    const exponent = sign & 0x7fff;
    const zero = exponent === 0 && (low | high) === 0;
    const special = exponent === 0x7fff || high >= 0;
    const tag = ((x[FTW] >>> i) & 1) === 0 ? 3 : zero ? 1 : special ? 2 : 0;
    word |= tag << (2 * i);
  }
  return word;
}

/** Which registers a tag word has as not empty. */
function presentOf(tags: number): number {
  let present = 0;
  for (let i = 0; i < 8; i++) if (((tags >>> (2 * i)) & 3) !== 3) present |= 1 << i;
  return present;
}

function watchpointOf({ kind, address, length }: Point): Watchpoint {
  return { address, length, access: kind === WATCH_WRITE ? "write" : kind === WATCH_READ ? "read" : "both" };
}

function same(a: RegisterValue, b: RegisterValue): boolean {
  if (typeof a === "number" || typeof b === "number") return a === b || Number(a) >>> 0 === Number(b) >>> 0;
  return a.every((byte, i) => byte === b[i]);
}

function keyOf({ kind, address, length }: Point): string {
  return `${kind} ${address} ${length}`;
}
