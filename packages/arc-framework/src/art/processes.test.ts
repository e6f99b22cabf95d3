import { describe, expect, it } from "vitest";
import { P } from "./art-memory.ts";
import { enter, freePid, nextVersion, PROCESS_ENDED, PROCESS_FREE } from "./processes.ts";
import { words } from "./words.fixture.ts";

describe("the process table", () => {
  it("never makes a version that looks like a local id", () => {
    let version = 0;
    for (let i = 0; i < 0x8000; i++) {
      version = nextVersion(version);
      expect(version & 0x3f).not.toBe(0);
      expect(version).toBeLessThan(0x4000);
    }
  });

  it("uses free pids first, then those that nobody has waited for", () => {
    const { tx, memory } = words();
    for (let pid = 1; pid <= memory.processes.rows; pid++) {
      expect(freePid(memory, tx)).toBe(pid);
      enter(memory, tx, pid, {});
    }
    expect(freePid(memory, tx)).toBe(0);
    memory.processes.set(tx, 4, P.state, PROCESS_ENDED);
    expect(freePid(memory, tx)).toBe(5);
    memory.processes.set(tx, 9, P.state, PROCESS_FREE);
    expect(freePid(memory, tx)).toBe(10);
  });

  it("keeps version and service thread when a pid is used again", () => {
    const { tx, memory } = words();
    enter(memory, tx, 1, { [P.module]: 3 });
    memory.processes.set(tx, 0, P.service, 1);
    enter(memory, tx, 1, {});
    expect([P.version, P.service, P.module].map((field) => memory.processes.get(tx, 0, field))).toEqual([2, 1, 0]);
  });
});
