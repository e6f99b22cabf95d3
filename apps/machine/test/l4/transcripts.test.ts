/**
 * Foreign programs on our kernel: what a probe prints, beside what L4Ka::Pistachio answered to the same questions.
 *
 * probe.txt and mapprobe.txt are transcripts taken from that kernel (P4 build with kernel debugger, under QEMU 7.2).
 * Each line that differs here is listed with the reason; docs/adr/0002 has the decisions.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bootForeign } from "./boot-foreign.ts";

function genuine(name: string): string[] {
  return readFileSync(new URL(`${name}.txt`, import.meta.url), "utf8")
    .trimEnd()
    .split("\n");
}

/** Line of the transcript → ours. */
type Differences = ReadonlyMap<string, string>;

const PROBE: Differences = new Map([
  // ClockInfo says what the clock can do.
  ["clock=0", "clock=a0001"],
  // Who is queued on a deleted thread hears of it, instead of waiting for ever.
  ["[del] sender state after 4", "[del] sender state after 6"],
]);

const MAPPROBE: Differences = new Map([
  // A reader cannot pass on the right to write.
  ["  c1 wr 20000000: ok", "  c1 wr 20000000: FAULT tag=ffe20002"],
  ["  root still has 77", "  root still has 18"],
  // Unmap tells of the caller's own accesses too.
  ["  fresh 0", "  fresh 7"],
  ["  root unmap status 5", "  root unmap status 7"],
]);

function expected(name: string, differences: Differences): string[] {
  const lines = genuine(name);
  for (const [theirs, ours] of differences) {
    const at = lines.findIndex((line) => line.includes(theirs));
    expect({ theirs, at }).toEqual({ theirs, at: expect.any(Number) });
    expect(at).toBeGreaterThanOrEqual(0);
    lines[at] = lines[at].replace(theirs, ours);
  }
  return lines;
}

describe("a foreign root task", () => {
  it("sees calls, errors, exceptions and faults as on L4Ka::Pistachio", () => {
    const { output, status } = bootForeign("l4-probe", "ABIPROBE END");
    expect(output).toEqual(expected("probe", PROBE));
    expect(status).toBe(0);
  }, 60_000);

  it.each(["interpreter", "jit"])(
    "sees mappings as on L4Ka::Pistachio (%s)",
    (engine) => {
      const { output, status } = bootForeign("l4-mapprobe", "MAPPROBE END", "--engine", engine);
      expect(output).toEqual(expected("mapprobe", MAPPROBE));
      expect(status).toBe(0);
    },
    60_000,
  );
});
