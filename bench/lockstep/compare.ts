/**
 * Two PCs side by side: the same inputs, everything compared at the same cycles, and the first instruction that differs.
 *
 * Here: running, comparing, narrowing down. Not here: what they boot (linux.ts), printing (run.ts).
 */
import type { PcMachine, PcSnapshot } from "../../apps/machine/src/pc/pc-machine.ts";

/** Something that the machines do not have in common. */
export interface Difference {
  readonly what: string;
  readonly expected: string;
  readonly got: string;
}

/** A machine and what it has sent through COM1. */
export interface Side {
  readonly machine: PcMachine;
  readonly sent: number[];
}

export type Start = (saved?: PcSnapshot) => Side;

function hex(value: unknown): string {
  return typeof value === "number" && Number.isInteger(value)
    ? (value < 0 ? value >>> 0 : value).toString(16)
    : JSON.stringify(value);
}

function valueDifference(what: string, a: unknown, b: unknown): Difference | null {
  if (Object.is(a, b)) return null;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null)
    return { what, expected: hex(a), got: hex(b) };
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const found = valueDifference(`${what}.${key}`, (a as never)[key], (b as never)[key]);
    if (found !== null) return found;
  }
  return null;
}

/** Processor, chips, what was sent, and every byte of RAM. */
export function difference(one: Side, other: Side): Difference | null {
  const found =
    valueDifference("state", one.machine.state, other.machine.state) ?? valueDifference("sent", one.sent, other.sent);
  if (found !== null) return found;
  const a = one.machine.memory.ram;
  const b = other.machine.memory.ram;
  if (Buffer.compare(a, b) === 0) return null;
  let at = 0;
  while (a[at] === b[at]) at++;
  return { what: `RAM at ${at.toString(16)}`, expected: hex(a[at]), got: hex(b[at]) };
}

/** What `side` goes on from; `into` is the RAM of an earlier one, to be used again. */
export function snapshot({ machine }: Side, into?: Uint8Array): PcSnapshot {
  const ram = into ?? new Uint8Array(machine.memory.size);
  ram.set(machine.memory.ram);
  return { state: machine.state, ram, video: machine.video.slice() };
}

/** Where the first difference lies. */
export interface Place {
  readonly difference: Difference;
  /** The last cycle at which nothing differed, and the machines there and behind the next step. */
  readonly cycle: number;
  readonly before: PcSnapshot;
  readonly one: Side;
  readonly other: Side;
}

/** Steps of `every` cycles from `saved` on until something differs, or `until`. */
function firstStep(start: readonly [Start, Start], saved: PcSnapshot, every: number, until: number): Place | null {
  const one = start[0](saved);
  const other = start[1](saved);
  const before = snapshot(one);
  let { state } = before;
  while (one.machine.cycles < until) {
    const cycle = one.machine.cycles;
    one.machine.run(cycle + every);
    other.machine.run(cycle + every);
    const found = difference(one, other);
    if (found !== null) return { difference: found, cycle, before: { ...before, state }, one, other };
    ({ state } = snapshot(one, before.ram));
    before.video.set(one.machine.video);
  }
  return null;
}

/** Narrows a difference within `every` cycles behind `saved` down to a step of one cycle, as far as it comes up again. */
export function narrow(start: readonly [Start, Start], saved: PcSnapshot, every: number): Place | null {
  let best: Place | null = null;
  let from = saved;
  let length = every;
  for (let step = every / 100; ; step = Math.max(1, Math.floor(step / 100))) {
    const { retired, advanced } = from.state.processor;
    const place = firstStep(start, from, step, retired + advanced + 2 * length);
    if (place === null) return best;
    best = place;
    if (step === 1) return best;
    from = place.before;
    length = step;
  }
}
