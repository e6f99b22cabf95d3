/**
 * The text-screen driver against a VGA's memory: crashed at every instruction, the screen is that of an undisturbed run.
 *
 * Here: the claims of packages/drivers/README.md. Not here: the whole machine (→ apps/machine/test).
 * @module
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { SESSION_AREA } from "../../packages/arc-framework/src/protocol/address-space.ts";
import { TEXT_WRITE } from "../../packages/arc-framework/src/protocol/driver.ts";
import { STATUS_FAILED, STATUS_OK } from "../../packages/arc-framework/src/protocol/status.ts";
import { guests } from "../../packages/drivers/src/index.ts";
import * as pc from "../../packages/pc/src/index.ts";
import { GuestRig } from "./guest-rig.ts";
import { packText } from "./packed-text.ts";
import type { RigDevices, RigRequest } from "./rig-surroundings.ts";
import { pairs, sample } from "./sample.ts";

const THOROUGH = process.env.KINTSUGI_LONG !== undefined;
const PAIRS = THOROUGH ? 1_500 : 20;
const LONG = 3_600_000;

const [ROWS, COLUMNS] = [25, 80];
const text = new Uint8Array(readFileSync(guests.text!));
const BLANK = 0x0720;

interface Shown {
  /** Cells of the display, row by row. */
  readonly cells: readonly number[];
  readonly cursor: number;
  readonly replies: readonly (readonly number[])[];
  readonly instructions: number;
  readonly recovered: number;
}

interface ShowOptions {
  readonly crashes?: readonly number[];
  /** After so many instructions the driver starts cold. */
  readonly coldAt?: number;
  /** What is shown after a cold start. */
  readonly afterCold?: readonly string[];
  /** Before this request somebody else writes all over the display's memory. */
  readonly scribbleBefore?: number;
}

/** What a VGA's memory holds after these texts. */
function show(
  texts: readonly string[],
  { crashes = [], coldAt, afterCold, scribbleBefore = -1 }: ShowOptions = {},
): Shown {
  const bus = new pc.PortBus();
  const memory = new Uint8Array(pc.VGA_PLANES_SIZE);
  let vga!: pc.Vga;
  const rig: GuestRig = new GuestRig(
    text,
    (now): RigDevices => {
      vga = new pc.Vga({ now }, memory, pc.VGA_STATE_IN_TEXT_MODE);
      bus.claim({ first: pc.VGA_PORT, count: pc.VGA_PORT_COUNT }, vga)._unsafeUnwrap();
      const nothing = { takeInterrupt: () => -1, acknowledge: () => {}, idle: () => false, advance: () => {} };
      return { ports: bus, ...nothing };
    },
    { deviceMemory: true },
  );
  const write = (one: string, n: number): RigRequest => {
    const before = (): void => {
      if (n === scribbleBefore) rig.writeShared(SESSION_AREA, new Uint8Array(4000).fill(0x55));
    };
    return { label: TEXT_WRITE, words: [one.length, ...packText(one)], before };
  };
  const client = rig.addClient(texts.map(write));
  if (coldAt !== undefined) {
    rig.run([], coldAt);
    rig.coldRestart();
  }
  rig.run(crashes);
  if (afterCold !== undefined) {
    rig.coldRestart();
    rig.addClient(afterCold.map((one) => write(one, -2)));
    rig.run();
  }
  const words = rig.readShared(SESSION_AREA, (ROWS * COLUMNS) / 2);
  const { crtc } = vga.state;
  return {
    cells: words.flatMap((word) => [word & 0xffff, word >>> 16]),
    cursor: (crtc[pc.VGA_CRTC_CURSOR_HIGH]! << 8) | crtc[pc.VGA_CRTC_CURSOR_LOW]!,
    replies: client.replies,
    instructions: rig.retired,
    recovered: rig.recovered,
  };
}

const rowsOf = ({ cells }: Shown): string[] =>
  Array.from({ length: ROWS }, (_, row) =>
    String.fromCharCode(...cells.slice(row * COLUMNS, (row + 1) * COLUMNS).map((cell) => cell & 0xff)).trimEnd(),
  );

describe("the text-screen driver", () => {
  it("shows lines, tabs, backspaces and wrapped lines, and the cursor", () => {
    const shown = show(["one\r\ntwo\tthree", "\r\n", `${"w".repeat(82)}\b\b\b\b!`]);
    expect(rowsOf(shown).slice(0, 5)).toEqual(["one", "two     three", `${"w".repeat(78)}!w`, "ww", ""]);
    expect(shown.cursor).toBe(2 * COLUMNS + 79);
    expect(shown.replies).toEqual([
      [STATUS_OK, 14],
      [STATUS_OK, 2],
      [STATUS_OK, 87],
    ]);
  });

  it("scrolls", () => {
    const lines = Array.from({ length: 60 }, (_, n) => `line ${n}`);
    const shown = show(
      Array.from({ length: 12 }, (_, n) =>
        lines
          .slice(5 * n, 5 * n + 5)
          .map((l) => `${l}\r\n`)
          .join(""),
      ),
    );
    expect(rowsOf(shown)).toEqual([...lines.slice(36), ""]);
    expect(shown.cursor).toBe(24 * COLUMNS);
  });

  it("has the colours of SGR, and swallows what it does not know", () => {
    const { cells } = show(["\x1b[31ma\x1b[1;44mb\x1b[7mc\x1b[0md\x1b[22;39;49me\x1b[2Jf\x1b(g"]);
    expect(cells.slice(0, 7)).toEqual(
      [
        [4, "a"],
        [0x1c, "b"],
        [0x41, "c"],
        [7, "d"],
        [7, "e"],
        [7, "f"],
        [7, "g"],
      ].map(([colour, character]) => ((colour as number) << 8) | (character as string).charCodeAt(0)),
    );
    expect(cells[8]).toBe(BLANK);
  });

  it("shows a blank screen after a cold start", () => {
    const { cells, cursor } = show(["\x1b[31mgone\r\ngone"], { afterCold: ["new"] });
    expect(cells).toEqual([...[..."new"].map((c) => 0x0700 | c.charCodeAt(0)), ...Array(1997).fill(BLANK)]);
    expect(cursor).toBe(3);
  });

  it("tells the client of the open request that a cold start has taken the screen", () => {
    const calm = show(["a\r\n"]).instructions;
    const { cells, replies } = show(["a\r\n", "b"], { coldAt: calm + 200 });
    expect(replies).toEqual([[STATUS_OK, 3], [STATUS_FAILED]]);
    expect(new Set(cells)).toEqual(new Set([BLANK]));
  });

  const texts = ["\n".repeat(23), "a\x1b[32mbc\r\nd", "e\b\bf\r\n\r\ng"];
  const whole = show(texts);
  const { instructions, recovered: _, ...right } = whole;

  it(
    "shows the same when it crashes at any instruction",
    () => {
      const stride = THOROUGH ? 1 : 89;
      for (let crash = 1; crash < instructions; crash += stride)
        expect({ crash, ...show(texts, { crashes: [crash] }) }).toMatchObject({ crash, ...right });
    },
    LONG,
  );

  it(
    "shows the same when recovery and replay crash as well",
    () => {
      const RECOVERY = 2_000;
      const few = texts.slice(-3);
      const { instructions: first, recovered: _, ...same } = show(few);
      for (const pair of sample(first * RECOVERY, PAIRS)) {
        const crashes = [1 + Math.floor(pair / RECOVERY), 1 + (pair % RECOVERY)];
        expect({ crashes, ...show(few, { crashes }) }).toMatchObject({ crashes, ...same });
      }
    },
    LONG,
  );

  it(
    "shows the same when it crashes at every instruction of Recover and of the replay",
    () => {
      const few = ["a\x1b[32mb\r\n", "c"];
      const { instructions: calm, recovered: _, ...same } = show(few);
      const length = (crashes: readonly number[]): number => show(few, { crashes }).instructions;
      // In a text's middle, and when the answer is due.
      const firsts = [0.8, 0.97].map((part) => Math.floor(part * calm));
      for (const crashes of pairs(firsts, length, THOROUGH ? undefined : 5))
        expect({ crashes, ...show(few, { crashes }) }).toMatchObject({ crashes, ...same });
    },
    LONG,
  );

  it("draws the screen again when it recovers, whatever became of the display", () => {
    const spoilt = show(texts, { scribbleBefore: 2 });
    expect(spoilt.cells).toEqual(right.cells); // the last text scrolls, which draws everything
    const [last] = [["a", "b"]];
    expect(rowsOf(show(last!, { scribbleBefore: 1 }))[1]).toBe("U".repeat(80));
    const crash = show(last!).instructions - 20;
    const healed = show(last!, { scribbleBefore: 1, crashes: [crash] });
    expect(rowsOf(healed).slice(0, 2)).toEqual(["ab", ""]);
    expect(healed.recovered).toBe(1);
  });
});
