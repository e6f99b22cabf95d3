// Engines on one program: the same steps, everything that can be seen compared with the first one's after each.
//
// Here: driving and comparing. Not here: what is run (machine.ts).
import { allocateMemory, EFLAGS, EIP, ESP, type Exit, type ProcessorState } from "../../src/index.ts";
import { INVALID } from "../../src/mmu/tlb.ts";
import { ENTRY_WORDS, TAGS, TLB_AREA, WORDS_PER_TAG } from "../../src/state/control-area.ts";
import type { EngineOptions } from "./engines.ts";
import { createMachine, eipOf, type Machine } from "./machine.ts";
import { RAM, STACK } from "./places.ts";
import type { HostEvent, Program, Step } from "./program.ts";

/** What was seen first that differs. */
export interface Difference {
  readonly step: number;
  readonly what: string;
  readonly expected: string;
  readonly got: string;
}

/** What a run was good for. */
export interface Coverage {
  instructions: number;
  /** Instructions that compiled code retired. */
  compiled: number;
  /** Regions that were compiled again because they were hot. */
  recompiled: number;
  /** Regions that were compiled. */
  regions: number;
  exits: Record<string, number>;
}

/** That of no run yet. */
export function noCoverage(): Coverage {
  return { instructions: 0, compiled: 0, recompiled: 0, regions: 0, exits: {} };
}

/** RAM, TLB and the whole state are compared after so many steps, and at the end. */
const THOROUGH = 8;
const IF = 0x200;
/** Tags that are in use: those of architectural mode, and the host's. */
const COMPARED_TAGS = 3;

function occur(event: HostEvent, machine: Machine): void {
  const { processor, memory, traffic } = machine;
  switch (event.kind) {
    case "interrupt":
      processor.setInterruptLine(true);
      break;
    case "nonMaskable":
      processor.raiseNonMaskable();
      break;
    case "write":
      memory.writeBytes(event.physical, Uint8Array.from(event.bytes));
      break;
    case "breakpoint":
      processor.setBreakpoints(event.linear === null ? [] : [event.linear]);
      break;
    case "watchpoint":
      processor.setWatchpoints(event.linear === null ? [] : [{ address: event.linear, length: 4, access: "both" }]);
      break;
    case "observe":
      memory.observe({ pageWritten: (page) => void traffic.push(`written ${page}`) });
      memory.watch(event.page);
      break;
    case "restore":
      processor.state = structuredClone(processor.state);
      break;
    case "flags":
      processor.registers[EFLAGS] |= event.value;
  }
}

/** What the host does about an exit; false: the program is over. `exits` counts them. */
function goOn({ program, processor }: Machine, exit: Exit, exits: number): boolean {
  const { registers } = processor;
  if (exit.kind === "shutdown") return false;
  if (exit.kind === "halt" && program.environment.level !== "host") {
    if ((registers[EFLAGS] & IF) === 0) return false;
    processor.setInterruptLine(true);
    return true;
  }
  if (exit.kind === "exception" || exit.kind === "halt" || exit.kind === "sysenter") {
    const { blocks, environment } = program;
    registers[EIP] = eipOf(environment, blocks[exits % blocks.length].at);
    registers[ESP] = STACK;
    registers[EFLAGS] &= ~0x100;
    for (const name of ["ds", "es"] as const) processor.loadSegment(name, 0x23);
    if (exits % 3 === 0) processor.invalidateSpace(1);
  }
  return true;
}

function describe(exit: Exit): string {
  const code = exit.hasErrorCode ? ` code ${exit.errorCode.toString(16)}` : "";
  return exit.kind === "exception" || exit.kind === "softwareInterrupt"
    ? `${exit.kind} ${exit.vector}${code} cr2 ${exit.cr2.toString(16)}`
    : exit.kind;
}

function hex(value: unknown): string {
  return typeof value === "number" && Number.isInteger(value)
    ? (value < 0 ? value >>> 0 : value).toString(16)
    : JSON.stringify(value);
}

/** The first field in which two plain values differ. */
function deepDifference(path: string, a: unknown, b: unknown): Found | null {
  if (Object.is(a, b)) return null;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return [path, hex(a), hex(b)];
  const one = a as Record<string, unknown>;
  const other = b as Record<string, unknown>;
  for (const key of new Set([...Object.keys(one), ...Object.keys(other)])) {
    const found = deepDifference(`${path}.${key}`, one[key], other[key]);
    if (found !== null) return found;
  }
  return null;
}

function tlb(machine: Machine): Int32Array {
  return new Int32Array(machine.memory.buffer, TLB_AREA, Math.min(TAGS, COMPARED_TAGS) * WORDS_PER_TAG);
}

function isSame(a: NodeJS.ArrayBufferView, b: NodeJS.ArrayBufferView): boolean {
  const bytes = ({ buffer, byteOffset, byteLength }: NodeJS.ArrayBufferView) =>
    new Uint8Array(buffer, byteOffset, byteLength);
  return Buffer.compare(bytes(a), bytes(b)) === 0;
}

function tlbDifference(one: Machine, other: Machine): Found | null {
  const a = tlb(one);
  const b = tlb(other);
  if (isSame(a, b)) return null;
  for (let entry = 0; entry < a.length; entry += ENTRY_WORDS) {
    const words = a[entry] === INVALID && b[entry] === INVALID ? 2 : ENTRY_WORDS;
    for (let word = 0; word < words; word++)
      if (a[entry + word] !== b[entry + word])
        return [`TLB entry ${entry / ENTRY_WORDS} word ${word}`, hex(a[entry + word]), hex(b[entry + word])];
  }
  return null;
}

type Found = readonly [what: string, expected: string, got: string];
const NAMES = ["EAX", "ECX", "EDX", "EBX", "ESP", "EBP", "ESI", "EDI", "EIP", "EFLAGS"];

/** `heard`: lines of the traffic that are equal already. */
function quickDifference(one: Machine, other: Machine, heard: number): Found | null {
  const a = one.processor;
  const b = other.processor;
  if (a.retired !== b.retired) return ["retired", `${a.retired}`, `${b.retired}`];
  if (a.cycles !== b.cycles) return ["cycles", `${a.cycles}`, `${b.cycles}`];
  for (let i = 0; i < NAMES.length; i++)
    if (a.registers[i] !== b.registers[i]) return [NAMES[i], hex(a.registers[i]), hex(b.registers[i])];
  for (let i = 0; i < a.floatRegisters.length; i++)
    if (a.floatRegisters[i] !== b.floatRegisters[i])
      return [`float register word ${i}`, hex(a.floatRegisters[i]), hex(b.floatRegisters[i])];
  const lines = Math.max(one.traffic.length, other.traffic.length);
  for (let i = heard; i < lines; i++)
    if (one.traffic[i] !== other.traffic[i]) return ["traffic", one.traffic[i] ?? "none", other.traffic[i] ?? "none"];
  return null;
}

/** `state`: that of `one`. */
function thoroughDifference(one: Machine, state: ProcessorState, other: Machine): Found | null {
  const found = deepDifference("state", state, other.processor.state);
  if (found !== null) return found;
  if (!isSame(one.memory.ram, other.memory.ram)) {
    const at = one.memory.ram.findIndex((byte, i) => byte !== other.memory.ram[i]);
    return [`RAM at ${at.toString(16)}`, hex(one.memory.ram[at]), hex(other.memory.ram[at])];
  }
  return tlbDifference(one, other);
}

/** One step of a program: the host's event, the run, and what the host does about the exit. */
export function stepOn(
  machine: Machine,
  { budget, event }: Step,
  exits: number,
): { readonly exit: Exit; readonly counted: boolean; readonly over: boolean } {
  if (event !== null) occur(event, machine);
  const exit = { ...machine.processor.run(budget) };
  const counted = exit.kind !== "budget" && exit.kind !== "requested";
  return { exit, counted, over: !goOn(machine, exit, exits + (counted ? 1 : 0)) };
}

/** What `act` returns, or the exception that it throws: an error of ours, whatever the guest does. */
function attempt<T extends object>(act: () => T): T | string {
  try {
    return act();
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message).split("\n").slice(0, 3).join(" ") : String(error);
  }
}

/** Memories of machines that are through, for the next ones: making one takes longer than most programs. */
const places = new Map<string, WebAssembly.Memory>();

function placeOf(number: number, { shared = false }: EngineOptions): WebAssembly.Memory {
  const key = `${number} ${shared}`;
  const place = places.get(key) ?? allocateMemory(RAM, shared);
  places.set(key, place);
  return place;
}

/** An engine that is held against the first one. */
class Rival {
  readonly machine: Machine;
  readonly coverage: Coverage | undefined;
  difference: Difference | null = null;
  /** Lines of the traffic that are known to be equal. */
  #heard = 0;

  constructor(machine: Machine, coverage: Coverage | undefined) {
    this.machine = machine;
    this.coverage = coverage;
  }

  /** Does what the first machine has done in its step `number`. `state`: its state, where everything is to be compared. */
  follow(one: Machine, exit: Exit, number: number, exits: number, state: ProcessorState | null): void {
    const { machine } = this;
    const theirs = attempt(() => stepOn(machine, machine.program.steps[number], exits));
    const found: Found | null =
      typeof theirs === "string"
        ? ["the host", "no exception", theirs]
        : describe(exit) !== describe(theirs.exit)
          ? ["exit", describe(exit), describe(theirs.exit)]
          : (quickDifference(one, machine, this.#heard) ??
            (state === null ? null : thoroughDifference(one, state, machine)));
    this.#heard = one.traffic.length;
    if (found !== null) this.difference = { step: number, what: found[0], expected: found[1], got: found[2] };
  }

  /** Counts a step of the first machine. */
  count(exit: Exit, instructions: number): void {
    if (this.coverage === undefined) return;
    this.coverage.instructions += instructions;
    this.coverage.exits[exit.kind] = (this.coverage.exits[exit.kind] ?? 0) + 1;
  }

  /** Counts what the compiler has done. */
  finish(): void {
    if (this.coverage === undefined) return;
    const { compiledInstructions = 0, recompiled = 0, compiled = 0 } = this.machine.processor.jitStatistics ?? {};
    this.coverage.compiled += compiledInstructions;
    this.coverage.recompiled += recompiled;
    this.coverage.regions += compiled;
  }
}

/** Runs a program on one engine and beside it on others; for each of those the first thing in which it differs, or null. */
export function differences(
  program: Program,
  one: EngineOptions,
  others: readonly EngineOptions[],
  coverage: readonly Coverage[] = [],
): (Difference | null)[] {
  const expected = createMachine(program, one, placeOf(0, one));
  const rivals = others.map(
    (other, i) => new Rival(createMachine(program, other, placeOf(1 + i, other), expected), coverage[i]),
  );
  for (let step = 0, exits = 0; step < program.steps.length; step++) {
    const before = expected.processor.retired;
    const { exit, counted, over } = stepOn(expected, program.steps[step], exits);
    const instructions = expected.processor.retired - before;
    const last = over || step === program.steps.length - 1;
    const state = last || step % THOROUGH === 0 ? expected.processor.state : null;
    let equal = 0;
    for (const rival of rivals) {
      if (rival.difference !== null) continue;
      rival.follow(expected, exit, step, exits, state);
      rival.count(exit, instructions);
      if (rival.difference === null) equal++;
    }
    if (counted) exits++;
    if (last || equal === 0) break;
  }
  for (const rival of rivals) rival.finish();
  return rivals.map(({ difference }) => difference);
}

/** Runs a program on both engines; the first thing in which the other one differs, or null. */
export function firstDifference(
  program: Program,
  one: EngineOptions,
  other: EngineOptions,
  coverage?: Coverage,
): Difference | null {
  return differences(program, one, [other], coverage === undefined ? [] : [coverage])[0];
}
