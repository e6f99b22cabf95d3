import { describe, expect, it } from "vitest";
import {
  parseDetector,
  parseFile,
  parseLimit,
  parseMemory,
  parseParallel,
  parseSeed,
  parseWatch,
  UsageError,
} from "./options.ts";

describe("options", () => {
  it("give their values", () => {
    expect(parseMemory("64")).toBe(64);
    expect(parseSeed("4294967295")).toBe(0xffff_ffff);
    expect(parseLimit("0.5")).toBe(0.5);
    expect(parseWatch("2.5")).toBe(2.5);
    expect(parseParallel("naive")).toBe("naive");
    expect(parseDetector("panic", ["hang"])).toEqual(["hang", "panic"]);
    expect(parseDetector("hang", ["hang"])).toEqual(["hang"]);
    expect(parseFile("a=b=c", [])).toEqual([{ name: "a", path: "b=c" }]);
  });

  it("that are impossible name themselves and the way out", () => {
    const refused: readonly [() => unknown, RegExp][] = [
      [() => parseMemory("8"), /--memory wants whole megabytes from 16 to 1024, not '8'/],
      [() => parseMemory("-1"), /--memory/],
      [() => parseMemory("64.5"), /--memory/],
      [() => parseMemory(""), /--memory/],
      [() => parseMemory("9".repeat(40)), /--memory/],
      [() => parseSeed("4294967296"), /--seed/],
      [() => parseSeed("0x10"), /--seed/],
      [() => parseLimit("0"), /--limit/],
      [() => parseLimit("1e400"), /--limit/],
      [() => parseLimit("1e-9"), /--limit wants virtual seconds, such as 2\.5, .* not '1e-9'/],
      [() => parseLimit("NaN"), /--limit/],
      [() => parseParallel("exactly"), /--parallel wants one of exact, thesis, naive/],
      [
        () => parseDetector("sleep", []),
        /--without-detector wants one of outside-areas, access-rights, exception, hang, panic, kill, deadlock, .*, usage, not 'sleep'/,
      ],
      [() => parseWatch("0"), /--watch wants virtual milliseconds from 0.1 to 60000, not '0'/],
      [() => parseWatch("often"), /leave it out and nobody looks/],
      [() => parseFile("letter", []), /--file wants NAME=HOSTPATH/],
      [() => parseFile("=x", []), /--file/],
      [() => parseFile("a=", []), /--file/],
      [() => parseFile("a b=c", []), /without blanks/],
      [() => parseFile(`${"n".repeat(32)}=c`, []), /at most 31/],
      [() => parseFile("a=c", [{ name: "a", path: "b" }]), /given twice/],
    ];
    for (const [parse, message] of refused) {
      expect(parse).toThrow(UsageError);
      expect(parse).toThrow(message);
    }
  });
});
