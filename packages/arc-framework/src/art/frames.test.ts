import { KIP_MEMORY_INFO, KIP_ROOT_SERVER, MEMORY_CONVENTIONAL, STANDARD_KIP_AREA } from "@kintsugi/microkernel";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ArtMemory, artImageSize, P } from "./art-memory.ts";
import { addRegion, framesIn, freePages, giveFrames, takeFrame } from "./frames.ts";
import { enter, freePid, nextVersion, PROCESS_ENDED, PROCESS_FREE } from "./processes.ts";

const FRAMES = 64;
const ALL = [0, 2 ** 32] as const;

/** Words behind addresses: a KIP that describes 64 frames, and an image at 0x10000. */
function words() {
  const content = new Map<number, number>([
    [STANDARD_KIP_AREA + KIP_MEMORY_INFO, (0x180 << 16) | 1],
    [STANDARD_KIP_AREA + 0x180, MEMORY_CONVENTIONAL],
    [STANDARD_KIP_AREA + 0x184, FRAMES * 4096 - 1],
    [STANDARD_KIP_AREA + KIP_ROOT_SERVER + 8, 0x10000],
  ]);
  const tx = {
    read: (address: number) => content.get(address) ?? 0,
    write: (address: number, value: number) => {
      content.set(address, value | 0);
    },
  };
  const memory = new ArtMemory();
  memory.locate(tx);
  return { tx, memory, content };
}

describe("the page table", () => {
  it("lies inside its image", () => {
    const { memory } = words();
    expect(memory.frames.rows).toBe(FRAMES);
    expect(memory.frames.end).toBeLessThanOrEqual(0x10000 + artImageSize(FRAMES * 4096));
  });

  it("gives every frame once, and again when it has come back", () => {
    const { tx, memory } = words();
    expect(addRegion(memory, tx, 8, 4)).toBe(true);
    expect(addRegion(memory, tx, 32, 2)).toBe(true);
    const taken = Array.from({ length: 7 }, (_, i) => takeFrame(memory, tx, 1 + (i % 2), i * 4096));
    expect([...taken].sort((a, b) => a - b)).toEqual([0, 8, 9, 10, 11, 32, 33]);
    giveFrames(memory, tx, 1, ...ALL, 2);
    expect(freePages(memory, tx)).toBe(2);
    expect([takeFrame(memory, tx, 3, 0), takeFrame(memory, tx, 3, 0)]).not.toContain(0);
    expect(takeFrame(memory, tx, 3, 0)).toBe(0);
  });

  it("refuses regions beyond RAM", () => {
    const { tx, memory } = words();
    expect(addRegion(memory, tx, FRAMES - 1, 2)).toBe(false);
    expect(freePages(memory, tx)).toBe(0);
  });

  it("holds each frame in exactly one place, whatever is taken and given", () => {
    const operation = fc.record({
      take: fc.boolean(),
      pid: fc.integer({ min: 1, max: 3 }),
      page: fc.nat(15),
      count: fc.nat(4),
    });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 80 }), (operations) => {
        const { tx, memory } = words();
        addRegion(memory, tx, 1, 20);
        const model = new Map<number, number[]>([1, 2, 3].map((pid) => [pid, []]));
        for (const { take, pid, page, count } of operations) {
          const pages = model.get(pid)!;
          if (take) {
            if (takeFrame(memory, tx, pid, page * 4096) !== 0) pages.unshift(page);
          } else {
            giveFrames(memory, tx, pid, page * 4096, (page + 4) * 4096, count);
            let left = count;
            model.set(
              pid,
              pages.filter((p) => !(p >= page && p < page + 4 && left-- > 0)),
            );
          }
        }
        const held = [1, 2, 3].flatMap((pid) => framesIn(memory, tx, pid, ...ALL, FRAMES));
        const frames = held.filter((_, i) => i % 2 === 0);
        expect(new Set(frames).size).toBe(frames.length);
        expect(frames.length + freePages(memory, tx)).toBe(20);
        for (const [pid, pages] of model) {
          const found = framesIn(memory, tx, pid, ...ALL, FRAMES).filter((_, i) => i % 2 === 1);
          expect(found).toEqual(pages.map((page) => page * 4096));
          expect(memory.processes.get(tx, pid - 1, P.pages)).toBe(pages.length);
        }
      }),
    );
  });
});

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
