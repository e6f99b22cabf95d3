import { describe, expect, it } from "vitest";
import type { MachineExit } from "../machine.ts";
import type { InputEntry } from "./input-log.ts";
import { type Operator, PersonOperator, ReplayOperator, ScriptOperator } from "./operator.ts";
import { MAX_RESETS, Run, type RunEnd, type Runnable } from "./run.ts";

/** A guest that computes for 1,000 cycles after each byte it gets, and switches off at a `!`. */
class Counter implements Runnable {
  cycles = 0;
  busyUntil = 500;
  readonly got: string[] = [];
  deaf = false;
  #waiting: number[] = [];

  get inputEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  type(bytes: Iterable<number>): void {
    this.#waiting.push(...bytes);
  }

  run(until: number): MachineExit {
    while (this.cycles < until) {
      if (this.cycles < this.busyUntil) this.cycles = Math.min(until, this.busyUntil);
      else if (this.deaf || this.inputEmpty) return { kind: "idle" };
      else {
        const byte = this.#waiting.shift() as number;
        this.got.push(`${this.cycles}:${String.fromCharCode(byte)}`);
        if (byte === 33) return { kind: "powerOff", code: 7 };
        this.busyUntil = this.cycles + 1000;
      }
    }
    return { kind: "limit" };
  }
}

function runToEnd(operator: Operator, limit: number, slice: number, guest: Counter = new Counter()) {
  const log: InputEntry[] = [];
  const run = new Run(guest, operator, limit, (entry) => log.push(entry));
  let state = run.slice(slice);
  while (state === "running") state = run.slice(slice);
  return { state, end: run.end as RunEnd, guest, log };
}

const script = (...lines: string[]) => new ScriptOperator(lines, { ended: true, after: "deadlock" });

describe("a run", () => {
  it("types a script's line when the guest is idle, and ends with the guest's code", () => {
    const { end, guest } = runToEnd(script("a", "!"), Number.POSITIVE_INFINITY, 1e6);
    expect(guest.got).toEqual(["500:a", "1500:\r", "2500:!"]);
    expect(end).toEqual({ reason: "powerOff", code: 7 });
  });

  it("is the same however it is cut into slices", () => {
    const whole = runToEnd(script("abc", "!"), Number.POSITIVE_INFINITY, 1e6);
    for (const slice of [1, 7, 499, 1000]) {
      const cut = runToEnd(script("abc", "!"), Number.POSITIVE_INFINITY, slice);
      expect(cut.guest.got).toEqual(whole.guest.got);
      expect(cut.log).toEqual(whole.log);
    }
  });

  it("that has nothing to type is a deadlock, not an endless wait", () => {
    expect(runToEnd(script("a"), Number.POSITIVE_INFINITY, 100).end).toEqual({ reason: "deadlock" });
    expect(runToEnd(new ScriptOperator(["a"], { ended: true, after: "left" }), 1e9, 100).end).toEqual({
      reason: "left",
    });
  });

  it("is a deadlock when the guest is idle and does not read what was typed", () => {
    const guest = new Counter();
    guest.deaf = true;
    expect(runToEnd(script("a", "b"), Number.POSITIVE_INFINITY, 100, guest).end).toEqual({ reason: "deadlock" });
  });

  it("ends at its limit exactly", () => {
    const { end, guest } = runToEnd(script("abcdef"), 2000, 300);
    expect(end).toEqual({ reason: "limit" });
    expect(guest.cycles).toBe(2000);
  });

  it("waits for a person, and for lines that may still come", () => {
    expect(runToEnd(new PersonOperator(), 1e9, 100).state).toBe("waiting");
    const open = new ScriptOperator([], { ended: false, after: "left" });
    const guest = new Counter();
    const run = new Run(guest, open, 1e9, () => {});
    expect(run.slice(1e6)).toBe("waiting");
    open.add(["!"], true);
    expect(run.slice(1e6)).toBe("ended");
  });

  it("replays what a person typed at odd times, and their leaving", () => {
    const guest = new Counter();
    const log: InputEntry[] = [];
    const run = new Run(guest, new PersonOperator(), 1e9, (entry) => log.push(entry));
    run.slice(123);
    run.type(Uint8Array.of(65, 66));
    run.slice(777);
    run.type(Uint8Array.of(67));
    run.slice(99);
    run.leave();
    for (const slice of [1, 50, 1e6]) {
      const replay = runToEnd(new ReplayOperator(log), 1e9, slice);
      expect(replay.guest.got).toEqual(guest.got);
      expect(replay.guest.cycles).toBe(guest.cycles);
      expect(replay.end).toEqual({ reason: "left" });
    }
  });

  it("stops replaying when the guest is not where the log says", () => {
    const log: InputEntry[] = [{ kind: "type", at: 600, bytes: Uint8Array.of(65) }];
    expect(runToEnd(new ReplayOperator(log), 1e9, 1e6).end).toEqual({ reason: "replayed" });
  });

  it("gives up on a machine that only resets", () => {
    const guest = new Counter();
    guest.run = () => ({ kind: "reset", reason: "sigma0 died" });
    const { end } = runToEnd(script(), Number.POSITIVE_INFINITY, 100, guest);
    expect(end).toEqual({ reason: "resets", count: MAX_RESETS, last: "sigma0 died" });
  });
});
