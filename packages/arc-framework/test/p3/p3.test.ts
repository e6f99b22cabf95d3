import { FPAGE_RWX, makeFpage, RESIDENT_AGAIN, RESIDENT_DIED } from "@kintsugi/microkernel";
import { describe, expect, it } from "vitest";
import { buildElf } from "../../src/elf/build.ts";
import { unmapAction } from "../../src/server/action.ts";
import {
  call,
  crashing,
  DATA,
  type Doing,
  HEAP,
  P3,
  PDATA,
  PROGRAM,
  read,
  run,
  TEXT,
  WILD_STORE,
  write,
} from "./fixture.ts";

describe("a program", () => {
  it("finds its start block, its image, zeroed memory, and ART behind its P3", () => {
    const { log, exit } = run({
      *user(sp, say) {
        const words: number[] = [];
        for (let i = 0; i < 5; i++) words.push(...(yield read(sp + 4 * i)));
        say("block", ...words, sp);
        say("image", ...(yield read(TEXT)), ...(yield read(DATA + 8)), ...(yield read(DATA + 12)));
        say("zero", ...(yield read(DATA + 0x1000)), ...(yield read(HEAP + 0x80000)), ...(yield read(0xbdff0000)));
        yield write(HEAP, 5);
        say("heap", ...(yield read(HEAP)), ...(yield read(PDATA)));
        say("lookup", ...(yield call(P3, 0x201, [1, 2, 3])).slice(3));
        say("other", ...(yield call(P3, 0x105)).slice(3));
        yield call(P3, 0x101, [42]);
      },
    });
    expect(exit).toBe("idle");
    expect(log.filter((line) => !/^art 30[13]/.test(line))).toEqual([
      "art 306",
      "art 307 0",
      "block 0 70000000 2 bdffffe4 7 bdffffd0",
      "image 90909090 4030201 0",
      "zero 0 0 0",
      "heap 5 7",
      "art 201 1 2 3",
      "lookup 0 2 3 4",
      "other 1",
      "art 304 2a 0 0 0",
    ]);
  });

  it("gets a flushed page back with its contents", () => {
    const { log } = run({
      *user(_sp, say) {
        yield write(HEAP, 77);
        for (let i = 0; i < 100; i++) {
          yield unmapAction(0x40, [makeFpage(HEAP, 12, FPAGE_RWX)]);
          const [word] = yield read(HEAP);
          if (word !== 77) say("lost");
        }
        say("done");
      },
    });
    expect(log.slice(-1)).toEqual(["done"]);
    expect(log.filter((line) => line.startsWith("art 301 40000000"))).toEqual(["art 301 40000000 4"]);
  });
});

describe("a server that fails", () => {
  const kinds: [string, () => Doing, number, string][] = [
    ["wild store", WILD_STORE, 1, "page fault: write outside all areas: 0x00000010"],
    ["wild read", () => read(0xbdfeff00), 1, "page fault: read outside all areas: 0xbdfeff00"],
    ["text write", () => write(TEXT + 4, 1), 1, "page fault: write against the rights of 0x20000004"],
    ["restart page write", () => write(0x70000000, 1), 1, "page fault: write against the rights of 0x70000000"],
    [
      "exception",
      () => ({ kind: RESIDENT_DIED, load: (c) => void c.died("test"), collect: () => [] }),
      2,
      "exception 255",
    ],
    ["hang", () => ({ kind: RESIDENT_AGAIN, load: (c) => c.charge(2_000_000), collect: () => [] }), 3, "hang after"],
    ["panic", () => call(P3, 0x102, [0x41]), 4, "panic"],
  ];

  it.each(kinds)("by %s is restarted hot, with its persistent memory", (_name, crash, reason, text) => {
    const { log, plans, exit } = run({ user: crashing(crash) });
    expect(exit).toBe("idle");
    expect(plans.length).toBe(1);
    expect(plans[0]).toContain(`7: ${text}`);
    expect(plans[0]).toContain("hot: no rule against it");
    expect(log).not.toContain("survived");
    const lines = log.filter((line) => !/^(art 30|died)/.test(line));
    expect(lines.slice(0, 5)).toEqual([
      "life 1 reason 0 sp bdffffd0",
      "memory 4030201 0 7",
      "ready 0",
      "art 201 1",
      "lookup 0 2",
    ]);
    expect(lines[5]).toBe(`life 2 reason ${reason} sp 7f003fd0`);
    expect(lines[6]).toBe("memory 4030201 0 8");
    // The frame is that of the first life: ESP at its start block.
    expect(lines[7]).toMatch(new RegExp(`^page ${reason} [0-9a-f]+ bdffffd0$`));
    expect(lines.slice(8)).toEqual(["recovered 0 0", "stack 0"]);
  });

  it("has its recovery reported, with pages and times of each step", () => {
    const { log } = run({ user: crashing(WILD_STORE) });
    const words = log
      .find((line) => line.startsWith("art 305"))!
      .split(" ")
      .slice(2)
      .map((word) => Number.parseInt(word, 16));
    expect(words.slice(0, 5)).toEqual([7, 1, 2, 0x10, 1]);
    const steps = Array.from({ length: 7 }, (_, i) => words.slice(5 + 3 * i, 8 + 3 * i));
    expect(steps.map((step) => step[0])).toEqual([0, 0, 0, 0, 0, 0, 0]);
    expect(steps.map((step) => step[1]! > 0)).toEqual([true, true, true, true, true, true, true]);
    // Unmapped: text, data, heap, stack; loaded: what was used of text and data (persistent memory stays).
    expect(steps.map((step) => step[2])).toEqual([0, 0, 9, 0, 3, 1, 0]);
    expect(
      String.fromCharCode(...words.slice(29, 37).flatMap((w) => [w & 255, (w >> 8) & 255, (w >> 16) & 255])),
    ).toMatch(/^Spr/);
  });

  it("and has more pages than one step loads gets all of them back", () => {
    const pages = 140;
    const bytes = new Uint8Array(100 * 4096).fill(3);
    const module = buildElf(TEXT, [
      { address: TEXT, bytes: new Uint8Array(64), rights: 5 },
      { address: DATA, bytes, memorySize: pages * 4096, rights: 6 },
    ]);
    let life = 0;
    const { log } = run({
      module,
      frames: 200,
      *user(_sp, say) {
        yield life++ === 0 ? call(P3, 0x103) : call(P3, 0x104, [0]);
        for (let i = 0; i < pages; i++) {
          const [word] = yield read(DATA + 4096 * i);
          if (word !== (i < 100 ? 0x03030303 : 0)) say("page", i, word!);
          yield write(DATA + 4096 * i, 9);
        }
        say("checked");
        if (life === 1) yield write(0x10, 1);
      },
    });
    expect(log.filter((line) => !line.startsWith("art"))).toEqual(["checked", "checked"]);
  });

  it("before READY is started cold, three times, then removed", () => {
    const { log, plans } = run({
      *user(sp, say) {
        const [reason] = yield read(sp);
        const [word] = yield read(PDATA);
        say("life", reason!, word!, sp);
        yield write(PDATA, 8);
        yield write(0x10, 1);
      },
    });
    expect(log.filter((line) => line.startsWith("life"))).toEqual(new Array(4).fill("life 0 7 bdffffd0"));
    expect(plans.map((plan) => plan.split("\n")[1])).toEqual([
      ...new Array(3).fill("cold: failed before it was ready"),
      "remove: 3 cold starts did not help",
    ]);
    expect(log.filter((line) => line.startsWith("art 305")).length).toBe(4);
    expect(log.slice(-1)).toEqual(["art 304 7 1 2 10"]);
  });

  it("at the same place again and again is started cold after 8 times", () => {
    const { log, plans } = run({
      *user(sp, say) {
        const [reason] = yield read(sp);
        say("life", reason!);
        yield reason === 0 ? call(P3, 0x103) : call(P3, 0x104, [0]);
        yield write(0x10, 1);
      },
    });
    const actions = plans.map((plan) => plan.split("\n")[1]!.slice(0, 4));
    expect(actions).toEqual([
      ...[1, 2, 3].flatMap(() => [...new Array(7).fill("hot:"), "cold"]),
      ...new Array(7).fill("hot:"),
      "remo",
    ]);
    expect(log.slice(-1)).toEqual(["art 304 7 1 2 10"]);
  });

  it("and whose Recover gives up is started cold, in the same recovery", () => {
    let life = 0;
    const { log, plans } = run({
      *user(sp, say) {
        const [reason] = yield read(sp);
        say("life", reason!, ...(yield read(PDATA)));
        if (++life === 2) yield call(P3, 0x104, [1]);
        yield write(PDATA, 8);
        yield call(P3, 0x103);
        if (life === 1) yield write(0x10, 1);
      },
    });
    expect(log.filter((line) => line.startsWith("life"))).toEqual(["life 0 7", "life 1 8", "life 0 7"]);
    expect(plans.map((plan) => plan.split("\n")[1])).toEqual([
      "hot: no rule against it",
      "cold: Recover returned an error",
    ]);
    expect(
      log.filter((line) => line.startsWith("art 305")).map((line) => line.split(" ").slice(2, 7).join(" ")),
    ).toEqual(["7 1 2 10 2"]);
  });

  it("by being killed is restarted, wherever it was", () => {
    for (let kill = 4; kill < 12; kill++) {
      const { log, plans, exit } = run({ kill, user: crashing(() => read(0)) });
      expect(exit).toBe("idle");
      expect(log.filter((line) => line.startsWith("killed"))).toEqual(["killed 0"]);
      expect(plans.some((plan) => plan.includes("7: killed"))).toBe(true);
    }
  });
});

describe("another program that fails", () => {
  it("is removed, and ART is told why", () => {
    const { log, plans } = run({ server: false, user: crashing(WILD_STORE) });
    expect(plans.map((plan) => plan.split("\n")[1])).toEqual(["remove: no server"]);
    expect(log.slice(-1)).toEqual(["art 304 7 1 2 10"]);
  });

  it("is removed when there is no memory for it", () => {
    const { log, plans } = run({
      server: false,
      frames: 40,
      *user() {
        for (let page = HEAP; ; page += 0x1000) yield write(page, 1);
      },
    });
    expect(plans[0]).toMatch(/^7: page fault: write and no memory for 0x400/);
    expect(log.slice(-1)[0]).toMatch(/^art 304 7 1 2 400/);
  });

  it("has no deadline", () => {
    const { log, plans } = run({
      server: false,
      *user(_sp, say) {
        yield (c) => {
          c.charge(100_000_000);
          return 0;
        };
        say("done");
      },
    });
    expect([log.slice(-1), plans]).toEqual([["done"], []]);
  });
});

describe("a file that is no program", () => {
  it("is refused with a text for whoever wanted to run it", () => {
    for (const [module, text] of [
      [Uint8Array.from("#!/bin/sh\n".repeat(30), (c) => c.charCodeAt(0)), "no ELF file"],
      [PROGRAM.slice(0, 40), "the file ends after 40 bytes"],
      [new Uint8Array(0), "no ELF file"],
    ] as const) {
      const { log } = run({ module });
      const words = log.slice(-1)[0]!.split(" ").slice(2);
      expect(log.slice(-1)[0]).toMatch(/^art 307 5 /);
      const bytes = words.slice(1).flatMap((word) => {
        const value = Number.parseInt(word, 16);
        return [value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24];
      });
      expect(String.fromCharCode(...bytes)).toContain(text);
    }
  });

  it("is refused when there is no memory for its stacks", () => {
    expect(run({ frames: 1 }).log.slice(-1)[0]).toMatch(/^art 307 3 /);
  });
});
