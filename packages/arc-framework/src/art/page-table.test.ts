import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { artImageSize, P } from "./art-memory.ts";
import {
  addRegion,
  freePages,
  giveFrame,
  isFree,
  isRam,
  markImmortal,
  PAGE_ALLOCATED,
  PAGE_CONVENTIONAL,
  PAGE_FREE,
  PAGE_IMMORTAL,
  PAGE_OF_THE_SYSTEM,
  pageInfo,
  takeAt,
  takeFrame,
  takeRun,
} from "./page-table.ts";
import { drop, findMapping, hold, holdersOf, mappingAt, mappingsIn, mappingsLeft, mappingsOf } from "./space.ts";
import { FRAMES, words } from "./words.fixture.ts";

const PAGE = 4096;

describe("the page table", () => {
  it("lies inside its image", () => {
    const { memory } = words();
    expect(memory.frames.rows).toBe(FRAMES);
    expect(memory.buckets.end).toBeLessThanOrEqual(0x10000 + artImageSize(FRAMES * PAGE));
  });

  it("gives every frame once, and again when it has come back", () => {
    const { tx, memory } = words();
    expect(addRegion(memory, tx, 8, 4)).toBe(true);
    expect(addRegion(memory, tx, 32, 2)).toBe(true);
    const taken = Array.from({ length: 7 }, () => takeFrame(memory, tx));
    expect([...taken].sort((a, b) => a - b)).toEqual([0, 8, 9, 10, 11, 32, 33]);
    giveFrame(memory, tx, 9);
    expect(freePages(memory, tx)).toBe(1);
    expect([takeFrame(memory, tx), takeFrame(memory, tx)]).toEqual([9, 0]);
  });

  it("says of every frame what it is", () => {
    const { tx, memory } = words();
    addRegion(memory, tx, 8, 4);
    addRegion(memory, tx, 32, 2);
    markImmortal(memory, tx);
    const frame = takeFrame(memory, tx);
    for (let at = 0; at < FRAMES; at++) {
      const free = (at >= 8 && at < 12) || (at >= 32 && at < 34);
      const state = at === frame ? PAGE_ALLOCATED : free ? PAGE_FREE : PAGE_IMMORTAL;
      const type = free ? PAGE_CONVENTIONAL : PAGE_OF_THE_SYSTEM;
      expect({ at, ...pageInfo(memory, tx, at) }).toEqual({ at, size: PAGE, type, state });
    }
    expect([isRam(memory, FRAMES - 1), isRam(memory, FRAMES)]).toEqual([true, false]);
  });

  it("gives runs that cross no line and lie below the limit, and loses no frame by it", () => {
    for (let count = 1; count <= 8; count++) {
      const { tx, memory } = words();
      addRegion(memory, tx, 16, 16);
      addRegion(memory, tx, 32, 32);
      const first = takeRun(memory, tx, count, 32, 8);
      expect([count, Math.floor(first / 8), first + count <= 32, first >= 16]).toEqual([
        count,
        Math.floor((first + count - 1) / 8),
        true,
        true,
      ]);
      const second = takeRun(memory, tx, count, 32, 8);
      expect(second + count).toBeLessThanOrEqual(first);
      const rest = new Set<number>();
      for (let frame = takeFrame(memory, tx); frame !== 0; frame = takeFrame(memory, tx)) rest.add(frame);
      expect(rest.size).toBe(48 - 2 * count);
      for (let i = 0; i < count; i++) expect([rest.has(first + i), rest.has(second + i)]).toEqual([false, false]);
    }
    const { tx, memory } = words();
    addRegion(memory, tx, 32, 32);
    expect(takeRun(memory, tx, 1, 32, 8)).toBe(0);
  });

  it("gives the very frame that is asked for, whatever was taken and given back before", () => {
    const operation = fc.record({ what: fc.constantFrom("any", "at", "give"), frame: fc.integer({ min: 0, max: 40 }) });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
        const { tx, memory } = words();
        addRegion(memory, tx, 1, 16);
        addRegion(memory, tx, 20, 12);
        const free = new Set([...Array(16).keys()].map((i) => i + 1).concat([...Array(12).keys()].map((i) => i + 20)));
        for (const { what, frame } of operations) {
          if (what === "any") {
            const taken = takeFrame(memory, tx);
            expect(free.delete(taken)).toBe(taken !== 0);
          } else if (what === "at" && free.has(frame)) {
            expect([isFree(memory, tx, frame), takeAt(memory, tx, frame)]).toEqual([true, true]);
            free.delete(frame);
          } else if (what === "give" && frame > 0 && (frame <= 16 || (frame >= 20 && frame < 32)) && !free.has(frame)) {
            giveFrame(memory, tx, frame);
            free.add(frame);
          }
          expect(freePages(memory, tx)).toBe(free.size);
        }
        const rest = new Set<number>();
        for (let frame = takeFrame(memory, tx); frame !== 0; frame = takeFrame(memory, tx)) rest.add(frame);
        expect(rest).toEqual(free);
      }),
    );
  });

  it("refuses regions beyond RAM", () => {
    const { tx, memory } = words();
    expect(addRegion(memory, tx, FRAMES - 1, 2)).toBe(false);
    expect(freePages(memory, tx)).toBe(0);
  });
});

describe("the mapping databases", () => {
  it("agree with a model: every page of a Space, every holder of a frame, and a frame is free when nobody holds it", () => {
    const operation = fc.record({
      what: fc.constantFrom("take", "share", "drop"),
      pid: fc.integer({ min: 1, max: 3 }),
      page: fc.nat(9),
      other: fc.integer({ min: 1, max: 3 }),
      otherPage: fc.nat(9),
    });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 80 }), (operations) => {
        const { tx, memory } = words();
        addRegion(memory, tx, 1, 20);
        const left = mappingsLeft(memory, tx);
        /** "pid page" → frame. */
        const model = new Map<string, number>();
        for (const { what, pid, page, other, otherPage } of operations) {
          const key = `${pid} ${page}`;
          const row = findMapping(memory, tx, pid, page * PAGE);
          expect(row !== 0).toBe(model.has(key));
          const source = model.get(`${other} ${otherPage}`);
          if (what === "drop" && row !== 0) {
            drop(memory, tx, row);
            model.delete(key);
          } else if (what !== "drop" && row === 0) {
            const frame = what === "take" ? takeFrame(memory, tx) : (source ?? 0);
            if (frame === 0) continue;
            hold(memory, tx, pid, page * PAGE, frame, 7);
            model.set(key, frame);
          }
        }
        expect(mappingsLeft(memory, tx)).toBe(left - model.size);
        expect(freePages(memory, tx)).toBe(20 - new Set(model.values()).size);
        for (const pid of [1, 2, 3]) {
          const pages = [...model].filter(([key]) => key.startsWith(`${pid} `)).map(([key]) => Number(key.slice(2)));
          const found = mappingsIn(memory, tx, pid, 0, 10 * PAGE).map(
            (row) => mappingAt(memory, tx, row).address / PAGE,
          );
          expect(found).toEqual(pages.sort((a, b) => a - b));
          const listed = mappingsOf(memory, tx, pid, FRAMES).map((row) => mappingAt(memory, tx, row).address / PAGE);
          expect(listed.sort((a, b) => a - b)).toEqual(found);
          expect(memory.processes.get(tx, pid - 1, P.pages)).toBe(pages.length);
        }
        for (const frame of new Set(model.values())) {
          const holders = holdersOf(memory, tx, frame).map((row) => {
            const { pid, address } = mappingAt(memory, tx, row);
            return `${pid} ${address / PAGE}`;
          });
          expect(holders.sort()).toEqual([...model].flatMap(([key, at]) => (at === frame ? [key] : [])).sort());
        }
      }),
    );
  });
});
