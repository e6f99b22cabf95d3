import {
  COMPLETE_FPAGE,
  fpageBase,
  fpageBits,
  itemSendBase,
  LABEL_SIGMA0,
  makeFpage,
  NIL_FPAGE,
  SIGMA0_ANY_BASE,
  tagTyped,
} from "@kintsugi/microkernel";
import { describe, expect, it } from "vitest";
import { CrashOnce, RAM_SIZE, ResidentMachine } from "../../test/resident-machine.ts";
import { PROGRAM_ART, PROGRAM_SIGMA0 } from "../protocol/thread-numbers.ts";
import type { CutProbe } from "../server/cut-point.ts";
import { THREAD_MEMORY_SIZE } from "../server/journal.ts";
import type { Handler, Request } from "../server/request.ts";
import { ResidentServer } from "../server/resident-server.ts";
import { createSigma0, sigma0ImageSize } from "./sigma0.ts";

const SIGMA0 = (48 << 14) | 1;
const ROOT_IMAGE = 0x10000 + sigma0ImageSize(RAM_SIZE);
const MODULE = { commandLine: "hello start", bytes: new Uint8Array(5000).fill(0x77) };
const MODULE_AT = ROOT_IMAGE + THREAD_MEMORY_SIZE;

/** A root task that asks sigma0 for these fpages, and what it was given: base and log2 size, or nil. */
function ask(fpages: readonly number[], probe?: CutProbe) {
  const given: (readonly [number, number] | undefined)[] = [];
  function* start(s: Request): Handler {
    for (const [i, fpage] of fpages.entries()) {
      const answer = yield* s.call(SIGMA0, { label: LABEL_SIGMA0, words: [fpage, 0] }, { accept: COMPLETE_FPAGE });
      expect(tagTyped(answer.tag)).toBe(2);
      const [base, item] = answer.words;
      given[i] = item === NIL_FPAGE ? undefined : [itemSendBase(base), fpageBits(item)];
      // What was given can be used.
      if (item !== NIL_FPAGE)
        yield* s.step((tx) => {
          tx.pages.fill(fpageBase(item), 4096, 0x5c);
          return [];
        });
    }
    return undefined;
  }
  const machine = new ResidentMachine({
    images: [sigma0ImageSize(RAM_SIZE), THREAD_MEMORY_SIZE],
    modules: [MODULE],
    programs: () =>
      new Map([
        [PROGRAM_SIGMA0, createSigma0(probe ? { probe } : {})],
        [PROGRAM_ART, new ResidentServer({ name: "root", threadMemory: () => ROOT_IMAGE, start, handlers: new Map() })],
      ]),
  });
  return { machine, given, exit: machine.run() };
}

const any = (bits: number): number => (SIGMA0_ANY_BASE & ~0x3ff) | (bits << 4) | 7;
const page = (address: number): number => makeFpage(address, 12, 7);

describe("sigma0", () => {
  it("gives the root task its image by page fault, and any free region by request", () => {
    const { given, exit } = ask([any(12), any(22), any(12)]);
    expect(exit.kind).toBe("idle");
    expect(given).toEqual([
      [0x1000, 12],
      [0x400000, 22],
      [0x2000, 12],
    ]);
  });

  it("gives modules to who asks for them, with what is in them", () => {
    const { machine, given } = ask([page(MODULE_AT + 4096)]);
    expect(given).toEqual([[MODULE_AT + 4096, 12]]);
    expect(machine.memory.read8(MODULE_AT)).toBe(0x77);
  });

  it("gives again what the asker has already", () => {
    const { given } = ask([page(0x300000), page(0x300000)]);
    expect(given[1]).toEqual([0x300000, 12]);
  });

  it.each([
    ["page 0", page(0)],
    ["its own image", page(0x10000)],
    ["the arena", page(RAM_SIZE - 4096)],
    ["a region with something reserved in it", makeFpage(0, 20, 7)],
    ["more than there is", any(27)],
    ["everything", COMPLETE_FPAGE | 7],
    ["nothing", NIL_FPAGE],
  ])("refuses %s", (_what, fpage) => {
    expect(ask([fpage, page(0x300000)]).given).toEqual([undefined, [0x300000, 12]]);
  });

  it("gives the root task device memory, which lies behind RAM, by request and again", () => {
    const { given } = ask([page(RAM_SIZE), page(RAM_SIZE)]);
    expect(given).toEqual([
      [RAM_SIZE, 12],
      [RAM_SIZE, 12],
    ]);
  });

  it("never gives a frame twice, until there is none", () => {
    const { given } = ask([...new Array(3).fill(any(22)), ...new Array(8).fill(any(20)), any(12)]);
    const bases = given.flatMap((region) => (region === undefined ? [] : [region[0]]));
    expect(new Set(bases).size).toBe(bases.length);
    expect(given[2]).toBeUndefined();
  });

  it("gives the same when it is crashed at any cut point or store", () => {
    const fpages = [any(12), any(14), page(0x300000), page(MODULE_AT), page(0), any(12)];
    const counter = new CrashOnce("sigma0");
    const reference = ask(fpages, counter.probe);
    expect(counter.cuts).toBeGreaterThan(50);
    for (let at = 0; at < counter.cuts; at++) {
      const crashed = ask(fpages, new CrashOnce("sigma0", at).probe);
      expect(crashed.given).toEqual(reference.given);
      expect(crashed.exit.kind).toBe("idle");
    }
  });

  it("dies with a reset whose reason is kept when its journal is damaged", () => {
    const { machine } = ask([any(12)]);
    machine.memory.write32(0x10000, 0);
    // The root task asks once more, because it is started once more.
    machine.kernel.redirect((50 << 14) | 1, 0);
    expect(machine.run()).toEqual({ kind: "reset", reason: "sigma0: sigma0: a journal is corrupted" });
    machine.boot();
    expect(machine.kernel.bootInfo()).toMatchObject({ resets: 1, reason: "sigma0: sigma0: a journal is corrupted" });
    expect(machine.run().kind).toBe("idle");
  });
});
