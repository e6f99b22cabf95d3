import { describe, expect, it } from "vitest";
import { runHwvec } from "./hwvec.ts";
import { compareRegisters, type Outcome } from "./hwvec-compare.ts";
import { INITIAL_FLOAT, parseVectors, type Vector } from "./hwvec-format.ts";
import { Score } from "./score.ts";

const ZEROS = [0, 0, 0, 0, 0x30002000, 0, 0, 0];

/** `add eax, ecx` and what it gives. */
const ADD: Vector = {
  f: "add Ev,Gv",
  b: "01c8",
  i: { r: [1, 2, 0, 0, 0x30002000, 0, 0, 0], ip: 0x10000100, fl: 0x202 },
  o: { r: { 0: 3 }, ip: 0x10000102, fl: 0x206 },
};

function run(...vectors: Vector[]): Score {
  const score = new Score();
  runHwvec(vectors, score);
  return score;
}

describe("hwvec tests", () => {
  it("pass when registers, flags and memory are the silicon's", () => {
    const push: Vector = {
      f: "push r",
      b: "50",
      i: { r: [0x11223344, ...ZEROS.slice(1)], ip: 0x10000000, fl: 0x202 },
      o: { r: { 4: 0x30001ffc }, ip: 0x10000001, m: [[0x30001ffc, "44332211"]] },
    };
    const score = run(ADD, push, ADD);
    expect(score.complete).toBe(true);
    expect(score.summary.tierB).toEqual({ passed: 3, total: 3 });
  });

  it("fail for one wrong register, flag or byte, by the name of the form", () => {
    const wrong: Vector[] = [
      { ...ADD, o: { ...ADD.o, r: { 0: 4 } } },
      { ...ADD, o: { ...ADD.o, fl: 0x202 } },
      { ...ADD, o: { ...ADD.o, m: [[0x20000000, "ff"]] } },
      { ...ADD, o: { ...ADD.o, x: [6, 0] } },
    ];
    for (const vector of wrong) {
      const score = run(vector);
      expect(score.complete).toBe(false);
      expect(score.summary.forms["add Ev,Gv"].tierA).toEqual({ passed: 0, total: 1 });
    }
  });

  it("notice a byte that nobody expected to change", () => {
    const store: Vector = {
      f: "mov",
      b: "a200000020",
      i: { r: ZEROS, ip: 0x10000000, fl: 0x202 },
      o: { ip: 0x10000005 },
    };
    const loaded: Vector = { ...store, i: { ...store.i, r: [0x55, ...ZEROS.slice(1)] } };
    expect(run(loaded).lines[0]).toContain("byte 20000000 expected 20, got 55");
    expect(run({ ...loaded, mm: [[0x20000000, 1]] }).complete).toBe(true);
  });

  it("see page faults with error code and address, sequences to their INT3, and repeated strings to their end", () => {
    const fault: Vector = {
      f: "fault",
      b: "a100800020",
      i: { r: ZEROS, ip: 0x10000000, fl: 0x202, m: [[0x20008000, "01"]] },
      o: { ip: 0x10000000, x: [14, 6, 0x40000000] },
      run: "one",
    };
    const write: Vector = { ...fault, b: "a200000040" };
    const readOnly: Vector = { ...fault, b: "a200800020", o: { ip: 0x10000000, x: [14, 7, 0x20008000] } };
    const sequence: Vector = {
      f: "seq",
      b: "404040",
      i: { r: ZEROS, ip: 0x10000000, fl: 0x202 },
      o: { r: { 0: 3 }, ip: 0x10000003, fl: 0x206 },
      run: "seq",
    };
    const repeated: Vector = {
      f: "rep lodsb",
      b: "f3ac",
      i: { r: [0, 5, 0, 0, 0x30002000, 0, 0x20000000, 0], ip: 0x10000000, fl: 0x202, m: [[0x20000000, "0102030405"]] },
      o: { r: { 0: 5, 1: 0, 6: 0x20000005 }, ip: 0x10000002 },
    };
    const score = run(write, readOnly, sequence, repeated);
    expect(score.lines).toEqual([
      "fault: A 2/2, B 2/2",
      "seq: A 1/1, B 1/1",
      "rep lodsb: A 1/1, B 1/1",
      "all: A 4/4, B 4/4",
    ]);
  });

  it("run in 16-bit code and through local segments, and begin with the float state they name", () => {
    const code16: Vector = {
      f: "inc c16",
      b: "40",
      i: { r: [0x1ffff, ...ZEROS.slice(1)], ip: 0x100, fl: 0x202, sg: { cs: 0x27 } },
      o: { r: { 0: 0x10000 }, ip: 0x101, fl: 0x256 },
    };
    const local: Vector = {
      f: "mov via ds",
      b: "a000100000",
      i: { r: ZEROS, ip: 0x10000000, fl: 0x202, sg: { ds: 0x07 } },
      o: { ip: 0x10000000, x: [13, 0] },
    };
    const one = `3fff8${"0".repeat(15)}`;
    const load: Vector = {
      f: "fld1",
      b: "d9e8",
      i: { r: ZEROS, ip: 0x10000000, fl: 0x202, fpu: INITIAL_FLOAT },
      o: { ip: 0x10000002, fpu: { sw: 0x3800, tw: 0x80, r: { 7: one } } },
    };
    expect(run(code16, local, load, ADD).lines.at(-1)).toBe("all: A 4/4, B 4/4");
  });
});

describe("the comparison", () => {
  const outcome: Outcome = {
    registers: [3, 2, 0, 0, 0x30002000, 0, 0, 0],
    ip: 0x10000102,
    flags: 0x206,
    selectors: [0x2b, 0x23, 0x2b, 0x2b, 0, 0],
    float: INITIAL_FLOAT,
    exception: null,
  };
  const float: Vector = { ...ADD, i: { ...ADD.i, fpu: INITIAL_FLOAT } };

  it("puts float flags into tier B, data and TOP into tier A", () => {
    const tiers = (changes: Partial<typeof INITIAL_FLOAT>): string[] =>
      compareRegisters(float, { ...outcome, float: { ...INITIAL_FLOAT, ...changes } }).map(({ tier }) => tier);
    expect(tiers({})).toEqual([]);
    expect(tiers({ sw: 0x20 })).toEqual(["B"]);
    expect(tiers({ sw: 0x3800 })).toEqual(["A"]);
    expect(tiers({ mx: 0x1fa0 })).toEqual(["B"]);
    expect(tiers({ tw: 1 })).toEqual(["A"]);
  });

  it("tolerates two units of a transcendental's last place, and 3/4096 of an approximation", () => {
    const register = (low: string): string => `3fffc00000000000${low}`;
    const recorded = { ...INITIAL_FLOAT, r: [register("0010"), ...INITIAL_FLOAT.r.slice(1)] };
    const differences = (low: string): number =>
      compareRegisters(
        { ...float, tol: 1, i: { ...float.i, fpu: recorded } },
        { ...outcome, float: { ...recorded, sw: 0x20, r: [register(low), ...recorded.r.slice(1)] } },
      ).length;
    expect(["000d", "000e", "0010", "0012", "0013"].map(differences)).toEqual([1, 0, 0, 0, 1]);
    const lanes = (lane: string): string => `${"0".repeat(24)}${lane}`;
    const approximate = { ...INITIAL_FLOAT, x: [lanes("3f800000"), ...INITIAL_FLOAT.x.slice(1)] };
    const near = (lane: string): number =>
      compareRegisters(
        { ...float, tol: 2, i: { ...float.i, fpu: approximate } },
        { ...outcome, float: { ...approximate, x: [lanes(lane), ...approximate.x.slice(1)] } },
      ).length;
    expect(["3f801000", "3f804000", "bf800000"].map(near)).toEqual([0, 1, 1]);
  });
});

describe("the hwvec reader", () => {
  it("names the line that is no test", () => {
    const good = JSON.stringify(ADD);
    expect(parseVectors(`${good}\n${good}\n`)._unsafeUnwrap()).toEqual([ADD, ADD]);
    for (const bad of ["", "{", "null", "[]", '{"f":"x"}', good.replace("01c8", "01c")])
      expect(parseVectors(`${good}\n${bad}\n${good}`)._unsafeUnwrapErr()).toBe("line 2 is no hwvec test");
  });
});
