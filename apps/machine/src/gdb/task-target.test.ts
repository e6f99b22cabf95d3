import { EIP } from "@kintsugi/ia32";
import { beforeAll, describe, expect, it } from "vitest";
import { PARALLEL_THREAD } from "../../test/campaign.ts";
import { Rig } from "../../test/rig.ts";
import { bootModules } from "../host/modules.ts";
import {
  BREAK_HARDWARE,
  BREAK_SOFTWARE,
  type Point,
  type Stop,
  WATCH_ACCESS,
  WATCH_READ,
  WATCH_WRITE,
} from "./target.ts";
import { TaskStopped, TaskTarget } from "./task-target.ts";

const LETTER = new TextEncoder().encode("Hold my place.");
const MODULES = [...bootModules("exact"), { name: "letter", commandLine: "letter", bytes: LETTER }];
const SECOND = 100_000_000;
/** Persistent memory of the exact driver. */
const NEXT = 0x60000000;
const I = 0x60000004;

function debugged() {
  const target: TaskTarget = new TaskTarget(
    () => rig.machine,
    PARALLEL_THREAD,
    () => {},
  );
  const rig: Rig = new Rig({ modules: MODULES, probe: target, observer: target.observer });
  const until = (): Stop | undefined => {
    try {
      rig.settle(100 * SECOND);
      return undefined;
    } catch (error) {
      if (!(error instanceof TaskStopped)) throw error;
      return target.stop;
    }
  };
  const resume = (step = false): Stop | undefined => {
    target.resume(step);
    return until();
  };
  const word = (address: number): number => new DataView(target.readMemory(address, 4).buffer).getUint32(0, true);
  const eip = (): number => (target.registers()?.[EIP] ?? 0) >>> 0;
  return { rig, target, until, resume, word, eip };
}

/** The same work on a machine without a debugger. */
let calm: { readonly paper: number[]; readonly hash: string; readonly instructions: number };

beforeAll(() => {
  const rig = new Rig({ modules: MODULES });
  rig.settle();
  rig.clear();
  rig.type("print letter\r");
  rig.settle();
  calm = { paper: [...rig.paper], hash: rig.hash, instructions: rig.machine.instructions };
});

describe("a task as a target", () => {
  it("is there at its first instruction, with its text mapped", () => {
    const { until, target, eip } = debugged();
    expect(until()).toEqual({ kind: "step" });
    expect(eip()).toBe(0x20000000);
    expect(target.readMemory(0x20000000, 3)).toEqual(Uint8Array.of(0xfc, 0x31, 0xed)); // cld; xor ebp, ebp
    expect(target.readMemory(0, 4)).toEqual(new Uint8Array());
  });

  it("executes one instruction for each step", () => {
    const { until, resume, eip, rig } = debugged();
    until();
    const before = rig.machine.instructions;
    expect(resume(true)).toEqual({ kind: "step" });
    expect([eip(), rig.machine.instructions - before]).toEqual([0x20000001, 1]);
    resume(true);
    expect(eip()).toBe(0x20000003);
  });

  it("stops at breakpoints and goes on from them, and the run is bit for bit the calm one", () => {
    const { until, resume, rig, target, eip } = debugged();
    until();
    resume();
    const stops: number[] = [];
    const watch: Point = { kind: WATCH_WRITE, address: NEXT, length: 4 };
    rig.clear();
    rig.type("print letter\r");
    target.insert(watch);
    expect(resume()).toEqual({ kind: "point", point: watch });
    target.remove(watch);
    const kinds = [BREAK_SOFTWARE, BREAK_HARDWARE];
    const points = kinds.map((kind) => ({ kind, address: eip(), length: 1 }));
    target.insert(points[0]);
    for (let stop = resume(); stop !== undefined; stop = resume()) {
      expect(stop).toEqual({ kind: "point", point: points[stops.length < 5 ? 0 : 1] });
      stops.push(eip());
      if (stops.length === 5) {
        target.remove(points[0]);
        target.insert(points[1]);
      }
    }
    expect(stops).toEqual(new Array(LETTER.length - 1).fill(points[0].address));
    expect({ paper: [...rig.paper], hash: rig.hash, instructions: rig.machine.instructions }).toEqual(calm);
  });

  it("sees every write and every read of persistent memory", () => {
    const { until, resume, rig, target, word } = debugged();
    until();
    resume();
    rig.clear();
    rig.type("print letter\r");
    const writes: Point = { kind: WATCH_WRITE, address: I, length: 4 };
    target.insert(writes);
    const values: number[] = [];
    while (values.length < 5 && resume() !== undefined) values.push(word(I));
    expect(values).toEqual([1, 2, 3, 4, 5]);
    target.remove(writes);
    target.insert({ kind: WATCH_READ, address: I, length: 4 });
    let reads = 0;
    while (resume() !== undefined) reads++;
    // Each time round the loop reads it twice, and the test at its end once more.
    expect(reads).toBeGreaterThanOrEqual(LETTER.length - 5);
    expect([...rig.paper]).toEqual([...LETTER]);
    expect(rig.hash).toBe(calm.hash);
    target.detach();
    target.insert({ kind: WATCH_ACCESS, address: I, length: 4 });
    rig.type("print letter\r");
    expect(resume()).toMatchObject({ kind: "point", point: { kind: WATCH_ACCESS } });
    target.detach();
    expect(until()).toBeUndefined();
  });

  it("takes registers and memory that the debugger changes", () => {
    const { until, resume, target, eip } = debugged();
    until();
    const registers = [...(target.registers() ?? [])];
    registers[0] = 0x1234;
    registers[EIP] = 0x20000001;
    expect(target.setRegisters(registers)).toBe(true);
    expect(target.registers()?.[0]).toBe(0x1234);
    expect(target.writeMemory(0x20000001, Uint8Array.of(0x40, 0x90))).toBe(true); // inc eax; nop
    resume(true);
    expect([target.registers()?.[0], eip()]).toEqual([0x1235, 0x20000002]);
    expect(target.writeMemory(0, Uint8Array.of(1))).toBe(false);
  });

  it("has no registers to set while the kernel holds it", () => {
    const { until, resume, target } = debugged();
    until();
    expect(resume()).toBeUndefined();
    target.interrupt();
    expect(target.stop).toEqual({ kind: "interrupt" });
    expect(target.setRegisters(target.registers() ?? [])).toBe(false);
  });
});
