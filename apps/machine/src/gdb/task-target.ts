/**
 * One task of the reference machine as a debugger's target.
 *
 * Here: stopping its thread between two exact instructions, points, registers, the memory of its address space. The probe
 * is asked right before the thread runs; there a stop leaves the kernel's step by an exception, before anything has been
 * done, and the next run repeats the step: the run is the same with and without stops.
 * Not here: the protocol (→ session.ts), sockets and the terminal (→ ../commands/debug.ts).
 * @module
 */
import { EIP } from "@kintsugi/ia32";
import type { KernelObserver, SliceProbe, ThreadId } from "@kintsugi/microkernel";
import type { Machine } from "../machine.ts";
import { physicalAddresses } from "./linear-memory.ts";
import { type MemoryAccess, memoryAccesses } from "./memory-access.ts";
import { type Point, type Stop, type Target, WATCH_READ, WATCH_WRITE } from "./target.ts";
import { TASK_DESCRIPTION, type TargetDescription } from "./target-description.ts";

/** Leaves the kernel's step; whoever runs the machine catches it. */
export class TaskStopped extends Error {
  override readonly name: string = "TaskStopped";
}

/** The kernel's tables have two levels and pages of 4 MiB: CR0.PG, CR4.PSE. */
const KERNEL_PAGING = { cr0: 0x8000_0000, cr4: 0x10 };
const LONGEST_INSTRUCTION = 15;

/** What the target needs of a machine. */
export type DebuggedMachine = Pick<Machine, "kernel" | "processor" | "instructions" | "ram">;

export class TaskTarget implements Target, SliceProbe {
  readonly description: TargetDescription = TASK_DESCRIPTION;
  readonly #machine: () => DebuggedMachine;
  readonly #thread: ThreadId;
  readonly #killed: () => void;
  readonly #points: Map<string, Point> = new Map();
  /** Address of a watched range → its bytes when last seen; none while it is not mapped. */
  readonly #seen: Map<string, Uint8Array> = new Map();
  /** Physical address of the thread's page directory, once it has tried to run. */
  #directory: number | undefined;
  /** `start`: it stops before its first instruction. */
  #mode: "start" | "run" | "step" | "stopped" = "start";
  #stop: Stop = { kind: "step" };
  /** It stands before an instruction that it has not executed since the last stop. */
  #atTurn = false;
  /** The instruction it stopped at may be executed without stopping there again. */
  #leaving = false;
  #mark = { instructions: 0, eip: 0 };
  /** It has executed an instruction since the mark, or was sent elsewhere. */
  #moved = false;
  /** Registers that it is to run with. */
  #changed: readonly number[] | undefined;
  /** A read that the instruction under way makes. */
  #read: Point | undefined;

  /** `machine`: the one that runs; `thread`: the task's global id; `killed`: the debugger wants the machine gone. */
  constructor(machine: () => DebuggedMachine, thread: ThreadId, killed: () => void) {
    this.#machine = machine;
    this.#thread = thread;
    this.#killed = killed;
  }

  /** Why the target stands still; undefined while it runs. */
  get stop(): Stop | undefined {
    return this.#mode === "stopped" ? this.#stop : undefined;
  }

  /** The machine is off. */
  ended(code: number): void {
    this.#halt({ kind: "exit", code });
  }

  /** For the kernel: a thread of this id may get another address space. */
  get observer(): KernelObserver {
    const forget = (thread: ThreadId): void => {
      if (thread === this.#thread) this.#directory = undefined;
    };
    return { threadCreated: forget, threadDeleted: forget };
  }

  limit(thread: ThreadId): number {
    if (thread !== this.#thread) return Number.POSITIVE_INFINITY;
    const { processor, instructions } = this.#machine();
    const eip = this.#eip;
    this.#moved ||= eip !== this.#mark.eip;
    // Before its first page is there, it has no memory to look at: it fetches, faults, and comes back.
    if (this.#directory !== undefined) {
      const stop = this.#due(eip);
      if (stop !== undefined) {
        this.#halt(stop);
        this.#atTurn = true;
        throw new TaskStopped();
      }
    }
    if (this.#changed !== undefined) runWith(processor, this.#changed);
    else if (this.#mode === "run" && this.#points.size === 0) return Number.POSITIVE_INFINITY;
    this.#read = this.#readAhead(eip);
    this.#changed = undefined;
    this.#mark = { instructions, eip };
    this.#moved = false;
    return 1;
  }

  reached(thread: ThreadId): void {
    if (thread !== this.#thread) return;
    const { instructions, processor } = this.#machine();
    this.#moved ||= instructions !== this.#mark.instructions;
    this.#directory ??= processor.state.pageDirectory;
  }

  registers(): readonly number[] | undefined {
    return this.#changed ?? this.#machine().kernel.threadInfo(this.#thread)?.registers;
  }

  setRegisters(registers: readonly number[]): boolean {
    if (!this.#atTurn) return false; // the kernel holds it: what it returns with is the kernel's
    this.#changed = registers;
    return true;
  }

  readMemory(address: number, length: number): Uint8Array {
    const { ram } = this.#machine();
    return Uint8Array.from(this.#places(address, length), (physical) => ram[physical]);
  }

  writeMemory(address: number, bytes: Uint8Array): boolean {
    const { ram, processor } = this.#machine();
    const places = this.#places(address, bytes.length);
    if (places.length < bytes.length) return false;
    places.forEach((physical, at) => {
      ram[physical] = bytes[at];
    });
    // The processor may hold these bytes decoded; a state that is set makes it forget.
    const { state } = processor;
    processor.state = state;
    this.#seen.clear();
    return true;
  }

  insert(point: Point): void {
    this.#points.set(keyOf(point), point);
  }

  remove(point: Point): void {
    this.#points.delete(keyOf(point));
    this.#seen.delete(keyOf(point));
  }

  resume(step: boolean): void {
    this.#mode = step ? "step" : "run";
    this.#leaving = this.#atTurn;
    this.#atTurn = false;
    this.#moved = false;
    this.#read = undefined;
    for (const point of this.#points.values()) if (point.kind === WATCH_WRITE) this.#look(point);
    this.#mark = { instructions: this.#machine().instructions, eip: this.#eip };
  }

  interrupt(): void {
    this.#halt({ kind: "interrupt" });
  }

  detach(): void {
    this.#points.clear();
    this.#seen.clear();
    this.resume(false);
  }

  kill(): void {
    this.detach();
    this.#killed();
  }

  get #eip(): number {
    return (this.registers()?.[EIP] ?? 0) >>> 0;
  }

  #halt(stop: Stop): void {
    this.#mode = "stopped";
    this.#stop = stop;
  }

  /** Why to stop before the instruction at `eip`, if at all. */
  #due(eip: number): Stop | undefined {
    const leaving = this.#leaving && !this.#moved;
    if (this.#moved) this.#leaving = false;
    if (this.#moved && this.#read !== undefined) return { kind: "point", point: this.#read };
    for (const point of this.#points.values())
      if (point.kind === WATCH_WRITE && this.#look(point)) return { kind: "point", point };
    if (leaving) return undefined;
    for (const point of this.#points.values())
      if (point.kind < WATCH_WRITE && point.address === eip) return { kind: "point", point };
    return this.#mode === "start" || (this.#mode === "step" && this.#moved) ? { kind: "step" } : undefined;
  }

  /** Looks at a watched range; true when it differs from what was there the last time. */
  #look(point: Point): boolean {
    const key = keyOf(point);
    const bytes = this.readMemory(point.address, point.length);
    const before = this.#seen.get(key);
    if (bytes.length < point.length) return false;
    this.#seen.set(key, bytes);
    return before?.some((byte, at) => byte !== bytes[at]) === true;
  }

  /** The point on reads that the instruction at `eip` will touch. */
  #readAhead(eip: number): Point | undefined {
    const points = [...this.#points.values()].filter(({ kind }) => kind >= WATCH_READ);
    if (points.length === 0) return undefined;
    const accesses = memoryAccesses(this.readMemory(eip, LONGEST_INSTRUCTION), this.registers() ?? []);
    return points.find((point) => accesses.some((access) => touches(access, point)));
  }

  #places(linear: number, length: number): readonly number[] {
    if (this.#directory === undefined) return [];
    return physicalAddresses(linear, length, { ...KERNEL_PAGING, cr3: this.#directory }, this.#machine().ram);
  }
}

/** The kernel loads the thread's registers right before the next run: these come after them, once. */
function runWith(processor: DebuggedMachine["processor"], registers: readonly number[]): void {
  processor.run = (budget) => {
    Reflect.deleteProperty(processor, "run");
    processor.registers.set(registers);
    return processor.run(budget);
  };
}

function keyOf({ kind, address, length }: Point): string {
  return `${kind} ${address} ${length}`;
}

function touches(access: MemoryAccess, { kind, address, length }: Point): boolean {
  if (kind === WATCH_READ && !access.reads) return false;
  return access.address < address + length && address < access.address + access.length;
}
