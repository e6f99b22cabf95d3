/**
 * The graphics driver against a VBE display: crashed at every instruction while its holder draws, no frame differs.
 *
 * Here: the claims of packages/drivers/README.md. Not here: the whole machine (→ apps/machine/test).
 * @module
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ART_PROCESS_INFO } from "../../packages/arc-framework/src/protocol/art.ts";
import * as V from "../../packages/arc-framework/src/protocol/driver.ts";
import {
  STATUS_BUSY,
  STATUS_NOT_FOUND,
  STATUS_OK,
  STATUS_REFUSED,
} from "../../packages/arc-framework/src/protocol/status.ts";
import { guests } from "../../packages/drivers/src/index.ts";
import { PortBus, VBE_PORT, VBE_PORT_COUNT, Vbe, VGA_PORT, VGA_PORT_COUNT, Vga } from "../../packages/pc/src/index.ts";
import { clientThread, GuestRig } from "./guest-rig.ts";
import type { RigRequest } from "./rig-surroundings.ts";
import { pairs, sample } from "./sample.ts";

const elf = (name: string): Uint8Array => new Uint8Array(readFileSync(guests[name]!));
const DOWNTIME = 400_000;
const LONG = 3_600_000;
const PAIRS = process.env.KINTSUGI_LONG === undefined ? 30 : 5_000;
/** Instructions of a recovery and a replay. */
const RECOVERY = 400;
/** 320 × 200, 8 bits. */
const MODE = 0;
const [WIDTH, HEIGHT] = [320, 200];
const VIDEO_MEMORY = 1 << 20;

interface Seen {
  /** A number for each picture that the holder wanted shown, in order. */
  readonly frames: readonly number[];
  readonly statuses: readonly number[];
  /** What somebody else was told who wanted the screen. */
  readonly second: readonly number[];
  readonly info: readonly number[];
  /** Whether the holder may map the frame buffer. */
  readonly mapped: boolean;
  readonly instructions: number;
  /** Of these, when the reply to OPEN had come. */
  readonly openedAt: number;
  readonly recovered: number;
  /** After a cold start at the end: whether the picture is the one before; what the holder is told, and then somebody else. */
  readonly afterCold?: { readonly same: boolean; readonly holder: number; readonly other: number };
}

/** A holder who draws four pictures, each on the half of the memory that is not shown, and then shows it. */
function show(driver: Uint8Array, crashes: readonly number[] = [], cold: boolean = false): Seen {
  const bus = new PortBus();
  const memory = new Uint8Array(VIDEO_MEMORY);
  const frames: number[] = [];
  let vbe!: Vbe;
  const rig: GuestRig = new GuestRig(
    driver,
    (now) => {
      const vga = new Vga({ now }, memory);
      vbe = new Vbe(vga, memory);
      bus.claim({ first: VGA_PORT, count: VGA_PORT_COUNT }, vga)._unsafeUnwrap();
      bus.claim({ first: VBE_PORT, count: VBE_PORT_COUNT }, vbe)._unsafeUnwrap();
      const nothing = { takeInterrupt: () => -1, acknowledge: () => {}, idle: () => false, advance: () => {} };
      return { ports: bus, ...nothing };
    },
    {
      downtime: DOWNTIME,
      answer: (_, label, [index]) => {
        if (label !== ART_PROCESS_INFO) return [STATUS_OK];
        return index === 0 ? [STATUS_OK, 1, clientThread(0), 0, 0, 0, 0, 0, 0] : [STATUS_NOT_FOUND];
      },
    },
  );
  let openedAt = 0;
  const draw = (n: number): void => {
    for (let y = 0; y < HEIGHT; y++)
      for (let x = 0; x < WIDTH; x++) memory[((n & 1) * HEIGHT + y) * WIDTH + x] = (x * (n + 1) + y) & 31;
  };
  const look = (): void => {
    let sum = 0;
    for (const byte of vbe.render().rgba) sum = (Math.imul(sum, 31) + byte) | 0;
    frames.push(sum);
  };
  const request = (label: number, words: readonly number[], before: () => void = () => {}): RigRequest => ({
    label,
    words,
    before,
  });
  const colours = (shift: number): number[] => Array.from({ length: 32 }, (_, i) => (i * 0x070503) << shift);
  const steps: RigRequest[] = [
    request(V.VIDEO_INFO, []),
    request(V.VIDEO_OPEN, [MODE]),
    request(V.VIDEO_PALETTE, [0, ...colours(0)], () => {
      openedAt = rig.retired;
    }),
  ];
  for (let n = 0; n < 4; n++) {
    steps.push(request(V.VIDEO_START, [0, (n & 1) * HEIGHT], () => draw(n)));
    steps.push(request(V.VIDEO_PALETTE, [0, ...colours(n)], look));
  }
  steps.push(request(V.VIDEO_INFO, [], look));
  const client = rig.addClient(steps);
  const other = rig.addClient(
    [3, 6, steps.length].map((done) => ({
      label: V.VIDEO_OPEN,
      words: [1],
      when: () => client.replies.length >= done,
    })),
  );
  rig.run(crashes);
  const base = client.replies[0]![1]!;
  let afterCold: Seen["afterCold"];
  if (cold) {
    look();
    rig.coldRestart();
    rig.run();
    look();
    const [after, before] = [frames.pop(), frames.pop()];
    steps.push(request(V.VIDEO_START, [0, 0]));
    rig.run();
    const next = rig.addClient([request(V.VIDEO_OPEN, [MODE])]);
    rig.run();
    afterCold = { same: after === before, holder: client.replies.at(-1)![0]!, other: next.replies[0]![0]! };
  }
  return {
    ...(afterCold ? { afterCold } : {}),
    frames,
    statuses: client.replies.map(([status]) => status!),
    second: other.replies.map(([status]) => status!),
    info: rig.readShared(base, 8),
    mapped: rig.offeredTo(client.replies[1]?.[1] ?? 0) === clientThread(0),
    instructions: rig.retired,
    openedAt,
    recovered: rig.recovered,
  };
}

describe("the graphics driver", () => {
  const driver = elf("video");
  const { instructions, openedAt, recovered: _, ...right } = show(driver);

  it("shows what its holder draws, tells of its modes, and gives the screen to nobody else", () => {
    expect(new Set(right.frames).size).toBe(5);
    expect(new Set(right.statuses)).toEqual(new Set([STATUS_OK]));
    expect(right).toMatchObject({ second: Array(3).fill(STATUS_BUSY), mapped: true });
    expect(right.info.slice(V.VIDEO_INFO_MEMORY)).toEqual([VIDEO_MEMORY, expect.any(Number), 320, 200, 8, 320, 64000]);
  });

  it(
    "shows the same when it crashes at any instruction",
    () => {
      const stride = process.env.KINTSUGI_LONG === undefined ? 31 : 1;
      for (let crash = 1; crash < instructions; crash += stride)
        expect({ crash, ...show(driver, [crash]) }).toMatchObject({ crash, ...right });
    },
    LONG,
  );

  it(
    "shows the same when recovery and replay crash as well",
    () => {
      for (const pair of sample(instructions * RECOVERY, PAIRS)) {
        const crashes = [1 + Math.floor(pair / RECOVERY), 1 + (pair % RECOVERY)];
        expect({ crashes, ...show(driver, crashes) }).toMatchObject({ crashes, ...right });
      }
    },
    LONG,
  );

  it(
    "shows the same when it crashes at every instruction of Recover and of the replay",
    () => {
      // In OPEN, in START, in PALETTE.
      const firsts = [openedAt - 40, ...[0.5, 0.7].map((part) => Math.floor(part * instructions))];
      const most = process.env.KINTSUGI_LONG === undefined ? 6 : undefined;
      for (const crashes of pairs(firsts, (list) => show(driver, list).instructions, most))
        expect({ crashes, ...show(driver, crashes) }).toMatchObject({ crashes, ...right });
    },
    LONG,
  );

  it("keeps the picture when it starts cold, refuses its holder, and gives the screen to whoever asks", () => {
    expect(show(driver, [], true).afterCold).toEqual({ same: true, holder: STATUS_REFUSED, other: STATUS_OK });
  });

  it("without recovery gives the screen to somebody else after a crash, and the holder is refused", () => {
    const naive = elf("video-naive");
    const calm = show(naive);
    expect(calm).toMatchObject(right);
    for (let crash = calm.openedAt; crash < calm.openedAt + 1000; crash += 97) {
      const { second, statuses, frames } = show(naive, [crash]);
      expect(second).toContain(STATUS_OK);
      expect(statuses).not.toEqual(right.statuses);
      expect(frames).not.toEqual(right.frames);
    }
  });
});
