import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Detector, describeFailure, type Failure } from "../failure.ts";
import { DETECTORS, detect, isSwitch } from "./detect.ts";
import type { FindArea } from "./notice.ts";

const findArea: FindArea = (address) => {
  if (address >= 0x20000000 && address < 0x20002000) return { rights: 5 };
  if (address >= 0x20002000 && address < 0x20004000) return { rights: 6 };
  return undefined;
};

describe("a message about a program", () => {
  it("is the failure that its detector names", () => {
    const table: [number, number[], Detector | undefined, string][] = [
      [0xffe5, [0x20000010, 0x20000010], undefined, ""],
      [0xffe5, [0x20002010, 0x20000010], undefined, ""],
      [0xffe2, [0x20002010, 0x20000010], undefined, ""],
      [
        0xffe2,
        [0x20000010, 0x20000020],
        "access-rights",
        "page fault: write against the rights of 0x20000010 (ip 0x20000020)",
      ],
      [0xffe6, [0x20000010, 0], "access-rights", "page fault: write against the rights of 0x20000010"],
      [0xffe5, [0x10, 0x20000020], "outside-areas", "page fault: read outside all areas: 0x00000010 (ip 0x20000020)"],
      [0xffe2, [0xc0000000, 4], "outside-areas", "page fault: write outside all areas: 0xc0000000 (ip 0x00000004)"],
      [0xffe5, [], "outside-areas", "page fault: read outside all areas: 0x00000000"],
      [0xffb0, [0x20000007, 0x3202, 6, 0], "exception", "exception 6 (ip 0x20000007)"],
      [0xff70, [10_000, 0x20000001], "hang", "hang after 10000 us of its own time (ip 0x20000001)"],
      [0x102, [], "panic", "panic"],
      [0x401, [], "kill", "killed"],
      [0x405, [7, 8, 3, 0], "deadlock", "deadlock: it waits for pid 3, which waits for it"],
      [0x405, [8, 9, 60, 0], "starvation", "starvation: others have had no time for 60 ms"],
      [0x405, [10, 13, 0x749, 0], "protocol", "a message 0x00000749 that its protocol does not allow"],
      [0x405, [99, 8, 0, 0], undefined, ""],
      [0x405, [7, 99, 0, 0], undefined, ""],
      [0x406, [0, 4, 0], undefined, ""],
      [0x406, [0x20001000, 4, 1], "code-checksum", "code is damaged at 0x20001000"],
      [0x406, [0, 4, 1], "usage", "renewed with 4 pages of heap"],
      [0x10d, [1, 1], "checked-memory", "checked memory is damaged"],
      [0x10d, [2, 0], "invariant", "an invariant of its memory is damaged"],
      [0x10d, [3, 0], undefined, ""],
      [0x101, [0], undefined, ""],
      [0x103, [], undefined, ""],
      [0x202, [], undefined, ""],
    ];
    for (const [label, words, detector, text] of table) {
      const failure = detect({ label, words }, findArea);
      expect([label, failure?.detector]).toEqual([label, detector]);
      if (failure !== undefined) expect(describeFailure(failure)).toBe(text);
    }
  });

  it("is found by one detector at most", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(0xffe0, 0xffe2, 0xffe5, 0xffe7, 0xffb0, 0xff70, 0x101, 0x102, 0x10d, 0x401, 0x405, 0x406),
        fc.array(fc.oneof(fc.nat(0xffffffff), fc.nat(16)), { maxLength: 12 }),
        fc.constantFrom(undefined, [0x0f, 0xb9, 0x00, 0x90], [0x0f, 0xb9, 0x40, 0x12], [0x0f, 0x0b]),
        (label, words, code) => {
          const notice = { label, words, ...(code ? { code } : {}) };
          const failures = [...DETECTORS].map(([name, rule]) => ({ name, failure: rule(notice, findArea) }));
          const found = failures.flatMap(({ name, failure }) => (failure ? [{ ...failure, detector: name }] : []));
          expect(found.length).toBeLessThanOrEqual(1);
          expect(detect(notice, findArea)).toEqual(found[0]);
        },
      ),
    );
  });

  it("is a check of the compiler where an invalid opcode is UD1, whose operand names the check", () => {
    const at = (code: readonly number[] | undefined, vector = 6) => {
      const words = [0x20000007, 0x3202, vector, 0];
      return detect({ label: 0xffb0, words, ...(code ? { code } : {}) }, findArea);
    };
    expect(describeFailure(at([0x0f, 0xb9, 0x40, 0x12])!)).toBe(
      "a check of the compiler: an index is out of bounds (ip 0x20000007)",
    );
    expect(at([0x0f, 0xb9, 0x00, 0x90])).toMatchObject({ kind: "check", detail: 0 });
    expect(at([0x0f, 0xb9, 0x40, 0x7e])).toMatchObject({ detector: "compiler-check", detail: 0x7e });
    for (const other of [undefined, [], [0x0f, 0x0b], [0x0f, 0xb9, 0x80, 0x12], [0x0f, 0xb9, 0x40]])
      expect(at(other)?.kind).toBe("exception");
    expect(at([0x0f, 0xb9, 0x40, 0x12], 0)?.kind).toBe("exception");
  });

  it("is known by the name of the switch that turns its detector off", () => {
    expect([...DETECTORS.keys()].every(isSwitch)).toBe(true);
    for (const name of ["no-memory", "group", "", "Hang"]) expect(isSwitch(name)).toBe(false);
  });

  it("keeps access, address and instruction", () => {
    expect(detect({ label: 0xffe2, words: [0x10, 0x2000] }, findArea)).toEqual({
      kind: "page fault",
      detector: "outside-areas",
      detail: 2,
      address: 0x10,
      instruction: 0x2000,
    } satisfies Failure);
  });
});
