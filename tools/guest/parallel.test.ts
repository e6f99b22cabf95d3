/**
 * The parallel-port drivers against a printer: crashed at every instruction, what is on the paper is what was claimed.
 *
 * Here: the claims of packages/drivers/README.md. Not here: the whole machine (→ apps/machine/test).
 * @module
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { PARALLEL_WRITE } from "../../packages/arc-framework/src/protocol/driver.ts";
import { guests } from "../../packages/drivers/src/index.ts";
import { LPT_PORT, LPT_PORT_COUNT, Lpt, PortBus, Printer } from "../../packages/pc/src/index.ts";
import { GuestRig } from "./guest-rig.ts";
import { packText } from "./packed-text.ts";
import type { RigDevices, RigRequest } from "./rig-surroundings.ts";
import { sample } from "./sample.ts";

const elf = (name: string): Uint8Array => new Uint8Array(readFileSync(guests[name]!));
const exact = elf("parallel-exact");
/** Pairs of crashes, of hundreds of thousands; apps/machine/test/every-instruction.test.ts leaves none of its pairs out. */
const PAIRS = process.env.KINTSUGI_LONG === undefined ? 400 : 10_000;
const LONG = 3_600_000;

const write = (text: string): RigRequest => ({ label: PARALLEL_WRITE, words: [text.length, ...packText(text)] });

interface Print {
  readonly paper: string;
  readonly violations: number;
  readonly replies: readonly number[][];
  readonly instructions: number;
  readonly recovered: number;
}

/** Prints each text with one request. */
function print(driver: Uint8Array, texts: readonly string[], crashes: readonly number[] = []): Print {
  const bus = new PortBus();
  let paper = "";
  const printer = new Printer((byte) => {
    paper += String.fromCharCode(byte);
  });
  const rig = new GuestRig(driver, (now): RigDevices => {
    const lpt = new Lpt({ now }, { set: () => {} }, printer);
    bus.claim({ first: LPT_PORT, count: LPT_PORT_COUNT }, lpt)._unsafeUnwrap();
    return {
      ports: bus,
      takeInterrupt: () => -1,
      acknowledge: () => {},
      idle: () => false,
      advance: (at) => lpt.advance(at),
    };
  });
  const client = rig.addClient(texts.map(write));
  rig.run(crashes);
  const { retired: instructions, recovered } = rig;
  return { paper, violations: printer.state.violations, replies: client.replies, instructions, recovered };
}

describe("the exact parallel-port driver", () => {
  const texts = ["abc", "de"];
  const whole = print(exact, texts);
  const right = {
    paper: "abcde",
    violations: 0,
    replies: [
      [0, 3],
      [0, 2],
    ],
  };

  it("prints", () => expect(whole).toMatchObject(right));

  it("prints every byte once when it crashes at any instruction", () => {
    for (let crash = 1; crash < whole.instructions; crash++)
      expect({ crash, ...print(exact, texts, [crash]) }).toMatchObject({ crash, ...right });
  });

  it(
    "prints every byte once when recovery and replay crash as well",
    () => {
      const [first, second] = [print(exact, ["ab"]).instructions, 400];
      for (const pair of sample(first * second, PAIRS)) {
        const crashes = [1 + Math.floor(pair / second), 1 + (pair % second)];
        expect({ crashes, ...print(exact, ["ab"], crashes) }).toMatchObject({
          crashes,
          paper: "ab",
          violations: 0,
          replies: [[0, 2]],
        });
      }
    },
    LONG,
  );

  it("prints every byte once through sixty crashes, some too close to get on between", () => {
    const text = "The quick brown fox jumps over the lazy dog. ".repeat(3);
    const crashes = [...sample(300, 60)].map((n) => n + 150);
    expect(print(exact, [text], crashes)).toMatchObject({ paper: text, violations: 0, replies: [[0, text.length]] });
  });
});

describe("the drivers that exact is measured by", () => {
  it("naive repeats bytes, and never loses one", () => {
    const driver = elf("parallel-naive");
    const whole = print(driver, ["abc"]);
    expect(whole).toMatchObject({ paper: "abc", violations: 0 });
    const papers = new Set<string>();
    for (let crash = 1; crash < whole.instructions; crash++) papers.add(print(driver, ["abc"], [crash]).paper);
    expect([...papers].sort()).toEqual(["aabc", "ababc", "abc", "abcabc"]);
  });

  it("thesis repeats a byte in the window between the OUT that asserts STROBE and the store of i, nowhere else", () => {
    const driver = elf("parallel-thesis");
    const whole = print(driver, ["abc"]);
    const wrong: [number, string][] = [];
    for (let crash = 1; crash < whole.instructions; crash++) {
      const { paper, violations } = print(driver, ["abc"], [crash]);
      expect(violations).toBe(0);
      if (paper !== "abc") wrong.push([crash, paper]);
    }
    expect([...new Set(wrong.map(([, paper]) => paper))].sort()).toEqual(["aabc", "abbc", "abcc"]);
    const windows = ["aabc", "abbc", "abcc"].map((paper) => wrong.filter((one) => one[1] === paper).map(([at]) => at));
    for (const window of windows) expect(window).toEqual(Array.from(window, (_, n) => window[0]! + n));
  });

  it("thesis loses a later request's bytes when it fails before i = 0", () => {
    const driver = elf("parallel-thesis");
    const { instructions } = print(driver, ["abc", "de"]);
    const papers = new Set<string>();
    for (let crash = 1; crash < instructions; crash++) papers.add(print(driver, ["abc", "de"], [crash]).paper);
    expect(papers).toContain("abc");
  });
});
