/**
 * The sound drivers against a Sound Blaster 16: crashed at every instruction, what is heard stays what it was.
 *
 * Here: the claims of packages/drivers/README.md. Not here: the whole machine (→ apps/machine/test).
 * Over 300 lines: one way to play, which all of it shares.
 * @module
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ART_PROCESS_INFO } from "../../packages/arc-framework/src/protocol/art.ts";
import * as S from "../../packages/arc-framework/src/protocol/driver.ts";
import {
  STATUS_BUSY,
  STATUS_FAILED,
  STATUS_NOT_FOUND,
  STATUS_OK,
  STATUS_REFUSED,
} from "../../packages/arc-framework/src/protocol/status.ts";
import { guests } from "../../packages/drivers/src/index.ts";
import * as pc from "../../packages/pc/src/index.ts";
import { clientThread, GuestRig } from "./guest-rig.ts";
import { InterruptWire } from "./rig-interrupt.ts";
import type { RigDevices, RigRequest } from "./rig-surroundings.ts";
import { pairs, sample } from "./sample.ts";

const elf = (name: string): Uint8Array => new Uint8Array(readFileSync(guests[name]!));
const RATE = 44_100;
const STEREO_16 = S.SOUND_MODE_16 | pc.SB_MODE_STEREO | pc.SB_MODE_SIGNED;
const FRAME = 4;
/** 128 frames, 2.9 ms, of which the FIFO takes a quarter. */
const BLOCK = 512;
/** Longer than a hot restart takes; two of them are shorter than a block less the FIFO. */
const DOWNTIME = 400_000;
/** Instructions of a recovery and a replay. */
const RECOVERY = 400;
const LONG = 3_600_000;
const PAIRS = process.env.KINTSUGI_LONG === undefined ? 40 : 5_000;
/** Of the many instructions of a whole piece, every how many-th is tried in the short tier. */
const STRIDE = process.env.KINTSUGI_LONG === undefined ? 29 : 1;

/** A client's requests, a letter each; n writes the next block, z one of silence. */
const REQUESTS: Readonly<Record<string, readonly [label: number, ...words: number[]]>> = {
  o: [S.SOUND_OPEN],
  f: [S.SOUND_FORMAT, RATE, STEREO_16, BLOCK],
  s: [S.SOUND_START],
  v: [S.SOUND_SET_VOLUME, 0x80, 0x48],
  g: [S.SOUND_GET_VOLUME],
  q: [S.SOUND_POSITION],
  p: [S.SOUND_PAUSE],
  c: [S.SOUND_CONTINUE],
  x: [S.SOUND_STOP],
};

interface Heard {
  /** Left samples of the recording, silence before and behind cut off; frames of silence before. */
  readonly sound: readonly number[];
  readonly leading: number;
  readonly statuses: readonly number[];
  /** What somebody else was told who wanted the card. */
  readonly second: readonly number[];
  readonly instructions: number;
  /** Of these, when the reply to START had come. */
  readonly startedAt: number;
  /** Of these, when the last request came. */
  readonly endsAt: number;
  readonly recovered: number;
  /** Who may map the area. */
  readonly owner: number;
  readonly volume: number;
}

/** Frame `i` of block `n`: never silence. */
const sampleOf = (n: number, i: number): number => 1 + n * 200 + i;

function blockBytes(n: number): Uint8Array {
  const bytes = new Uint8Array(BLOCK);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < BLOCK / FRAME; i++) for (const at of [0, 2]) view.setInt16(FRAME * i + at, sampleOf(n, i), true);
  return bytes;
}

interface Options {
  /** Virtual ns of a hot restart. */
  readonly downtime?: number;
  /** After so many instructions the driver starts cold. */
  readonly cold?: number;
}

/** Plays `script` by a client of `driver`, which crashes after so many instructions (each counted from the crash before). */
function play(
  driver: Uint8Array,
  direct: boolean,
  script: string,
  crashes: readonly number[] = [],
  { downtime = DOWNTIME, cold }: Options = {},
): Heard {
  const bus = new pc.PortBus();
  const tape = new pc.WavTape();
  const recording: Uint8Array[] = [];
  let chip!: pc.SoundBlaster16;
  const wire = new InterruptWire(pc.SB_IRQ);
  const rig: GuestRig = new GuestRig(
    driver,
    (now, memory): RigDevices => {
      const dma = new pc.I8237a({
        read: (address, count) => memory.readBytes(address, count),
        write: (address, bytes) => memory.writeBytes(address, bytes),
      });
      chip = new pc.SoundBlaster16({ now }, { [pc.SB_IRQ]: wire.line }, dma, (block) =>
        recording.push(tape.record(block)),
      );
      bus.claim({ first: pc.SB_PORT, count: pc.SB_PORT_COUNT }, chip)._unsafeUnwrap();
      bus.claim({ first: pc.DMA_PORT, count: pc.DMA_PORT_COUNT }, dma)._unsafeUnwrap();
      const second = { first: pc.DMA_SECOND_PORT, count: pc.DMA_SECOND_PORT_COUNT, offset: pc.DMA_SECOND };
      bus.claim(second, dma)._unsafeUnwrap();
      bus.claim({ first: pc.DMA_PAGE_PORT, count: pc.DMA_PAGE_PORT_COUNT, offset: pc.DMA_PAGE }, dma)._unsafeUnwrap();
      return {
        ports: bus,
        takeInterrupt: wire.takeInterrupt,
        acknowledge: wire.acknowledge,
        idle: (at) => {
          const next = chip.nextEvent();
          if (next === Number.POSITIVE_INFINITY) return false;
          rig.sleepUntil(Math.max(next, at));
          return true;
        },
        advance: (at) => chip.advance(at),
      };
    },
    {
      downtime,
      answer: (_, label, [index]) => {
        if (label !== ART_PROCESS_INFO) return [STATUS_OK];
        return index === 0 ? [STATUS_OK, 1, clientThread(0), 0, 0, 0, 0, 0, 0] : [STATUS_NOT_FOUND];
      },
    },
  );
  let next = 0;
  let startedAt = 0;
  const area = (): number => client.replies[0]![1]!;
  const put = (n: number, silent: boolean): void =>
    rig.writeShared(area() + (direct ? (n & 1) * BLOCK : 0), silent ? new Uint8Array(BLOCK) : blockBytes(n));
  const requests = [...script].flatMap((letter): RigRequest | RigRequest[] => {
    const fixed = REQUESTS[letter];
    if (fixed !== undefined) return { label: fixed[0], words: fixed.slice(1) };
    const n = next++;
    const ask = { label: S.SOUND_NEXT_BLOCK, words: [n] };
    const write = { before: () => put(n, letter === "z") };
    // The direct client writes when it has been told that it may; the other one before it says that it has.
    return direct ? [ask, { label: S.SOUND_GET_VOLUME, words: [], ...write }] : { ...ask, ...write };
  });
  const started = requests.findIndex(({ label }) => label === S.SOUND_START) + 1;
  const after = requests[started]!.before;
  requests[started] = {
    ...requests[started]!,
    before: () => {
      startedAt = rig.retired;
      after?.();
    },
  };
  const last = requests.at(-1)!;
  let endsAt = 0;
  const beforeLast = last.before;
  requests[requests.length - 1] = {
    ...last,
    before: () => {
      endsAt = rig.retired;
      beforeLast?.();
    },
  };
  const client = rig.addClient(requests);
  // Somebody else wants the card: soon, when it has begun to play, at the end.
  const moments = [1, started + 1, requests.length - 1];
  const other = rig.addClient(
    moments.map((done) => ({ label: S.SOUND_OPEN, words: [], when: () => client.replies.length >= done })),
  );
  if (cold !== undefined) {
    rig.run([], cold);
    rig.coldRestart();
  }
  rig.run(crashes);
  const bytes = Buffer.concat(recording);
  const frames = Array.from({ length: bytes.length / FRAME }, (_, i) => bytes.readInt16LE(FRAME * i));
  const leading = frames.findIndex((frame) => frame !== 0);
  return {
    sound: frames.slice(leading, frames.findLastIndex((frame) => frame !== 0) + 1),
    leading,
    statuses: client.replies.map(([status]) => status!),
    second: other.replies.map(([status]) => status!),
    instructions: rig.retired,
    startedAt,
    endsAt,
    recovered: rig.recovered,
    owner: rig.offeredTo(area()),
    volume: chip.state.mixer.levels[pc.SB_MIXER_VOICE_LEFT - pc.SB_MIXER_MASTER_LEFT]!,
  };
}

const blocks = (count: number): number[] =>
  Array.from({ length: count }, (_, n) => Array.from({ length: BLOCK / FRAME }, (_, i) => sampleOf(n, i))).flat();

/**
 * Every request once while it plays; four blocks of sound, then silence: when the third block of it has its place, the card
 * has taken the first, and what it takes before is heard.
 */
const SCRIPT = "ofnnsnvqnpcgzzzx";

for (const variant of ["direct", "buffered"]) {
  const driver = elf(`sound-${variant}`);
  const direct = variant === "direct";
  const { instructions, startedAt, endsAt: _end, leading, recovered: _, ...right } = play(driver, direct, SCRIPT);

  describe(`the ${variant} sound driver`, () => {
    it("plays what its owner writes, and nobody else gets the card", () => {
      expect(right.sound).toEqual(blocks(4));
      expect(new Set(right.statuses)).toEqual(new Set([STATUS_OK]));
      expect(right).toMatchObject({ second: Array(3).fill(STATUS_BUSY), owner: clientThread(0), volume: 0x80 });
    });

    it(
      "gives the same recording when it crashes at any instruction: later at most, and not even that once it plays",
      () => {
        for (let crash = 1; crash < instructions; crash += STRIDE) {
          const heard = play(driver, direct, SCRIPT, [crash]);
          expect({ crash, ...heard }).toMatchObject({ crash, ...right });
          if (crash >= startedAt) expect({ crash, leading: heard.leading }).toEqual({ crash, leading });
          else expect(heard.leading).toBeGreaterThanOrEqual(leading);
        }
      },
      LONG,
    );

    it(
      "gives the same recording when recovery and replay crash as well",
      () => {
        for (const pair of sample(instructions * RECOVERY, PAIRS)) {
          const crashes = [1 + Math.floor(pair / RECOVERY), 1 + (pair % RECOVERY)];
          const heard = play(driver, direct, SCRIPT, crashes);
          expect({ crashes, ...heard }).toMatchObject({ crashes, ...right });
        }
      },
      LONG,
    );

    it(
      "gives the same recording when it crashes at every instruction of Recover and of the replay",
      () => {
        const short = "ofnnszzzx";
        const calm = play(driver, direct, short);
        expect(calm.sound).toEqual(blocks(2));
        // Before START, in it, while it plays.
        const firsts = [calm.startedAt - 300, calm.startedAt - 60, calm.startedAt + 150];
        const most = process.env.KINTSUGI_LONG === undefined ? 5 : undefined;
        for (const crashes of pairs(firsts, (list) => play(driver, direct, short, list).instructions, most)) {
          const { sound, statuses, owner } = play(driver, direct, short, crashes);
          expect({ crashes, sound, statuses, owner }).toEqual({
            crashes,
            sound: calm.sound,
            statuses: calm.statuses,
            owner: calm.owner,
          });
        }
      },
      LONG,
    );

    it("gives the same recording through a crash in every other block", () => {
      const long = `ofnns${"n".repeat(40)}zzzx`;
      const crashes = [...sample(700, 20)].map((n) => n + 700);
      const heard = play(driver, direct, long, [startedAt, ...crashes]);
      expect(heard.sound).toEqual(blocks(42));
      expect(heard.recovered).toBeGreaterThan(15);
      expect(heard.second).toEqual(Array(3).fill(STATUS_BUSY));
    });
  });

  describe(`the ${variant} sound driver, beyond what is exact`, () => {
    it("plays on when it crashes in STOP, until it is back: what was given, then the last two blocks again", () => {
      const script = "ofnnsnnnx";
      const calm = play(driver, direct, script);
      const given = blocks(5);
      const half = given.slice(-2 * (BLOCK / FRAME));
      const stream = [...given, ...Array.from({ length: 10 }, () => half).flat()];
      expect(calm.sound).toEqual(given.slice(0, calm.sound.length));
      let longest = 0;
      for (let crash = calm.endsAt; crash < calm.instructions; crash += STRIDE) {
        const heard = play(driver, direct, script, [crash], { downtime: 10_000_000 });
        expect({ crash, sound: heard.sound }).toEqual({ crash, sound: stream.slice(0, heard.sound.length) });
        expect(heard.sound.length).toBeGreaterThanOrEqual(calm.sound.length);
        expect(heard.statuses).toEqual(calm.statuses);
        longest = Math.max(longest, heard.sound.length);
      }
      expect(longest).toBeGreaterThan(given.length);
    });

    it("plays blocks again when a restart takes longer than a block, and the late one from where it has come to", () => {
      const frames = BLOCK / FRAME;
      const [whole, part] = [new Set<number>(), new Set<number>()];
      for (let crash = startedAt; crash < instructions; crash += 2 * STRIDE) {
        const { sound, statuses } = play(driver, direct, SCRIPT, [crash], { downtime: 4_000_000 });
        expect({ crash, statuses }).toEqual({ crash, statuses: right.statuses });
        for (const [at, frame] of sound.entries()) {
          if (frame === 0) continue; // a block of silence, the last ones
          // Which block, and which of its frames: the half of the buffer is the right one, its block may be an old one.
          const [n, i] = [Math.floor((frame - 1) / 200), (frame - 1) % 200];
          const late = Math.floor(at / frames) - n;
          expect({ crash, at, i, odd: late % 2, early: late < 0 }).toEqual({
            crash,
            at,
            i: at % frames,
            odd: 0,
            early: false,
          });
          if (late > 0) (sound.length > right.sound.length ? whole : part).add(crash);
        }
      }
      expect([whole.size > 0, part.size > 0]).toEqual([true, true]);
    });

    it("falls silent when it starts cold; who waits is told FAILED, the owner is refused, the card is anybody's", () => {
      for (const part of [0.2, 0.5, 0.8]) {
        const cold = Math.floor(startedAt + part * (instructions - startedAt));
        const heard = play(driver, direct, SCRIPT, [], { cold });
        expect(heard.sound).toEqual(right.sound.slice(0, heard.sound.length));
        if (part < 0.8) expect(heard.sound.length).toBeLessThan(right.sound.length);
        expect(heard.statuses).toHaveLength(right.statuses.length);
        expect(heard.statuses.find((status) => status !== STATUS_OK)).toBe(STATUS_FAILED);
        expect(heard.statuses.at(-1)).toBe(STATUS_REFUSED);
        expect(heard.second.at(-1)).toBe(STATUS_OK);
        expect(heard.owner).toBe(0);
      }
    });
  });

  describe(`the ${variant} sound driver without recovery`, () => {
    const naive = elf(`sound-${variant}-naive`);
    it("plays as well, until it crashes: then the sound is cut off, and the card is anybody's", () => {
      const calm = play(naive, direct, SCRIPT);
      expect(calm.sound).toEqual(right.sound);
      const others = new Set<number>();
      for (let crash = calm.startedAt; crash < calm.startedAt + 1000; crash += 97) {
        const heard = play(naive, direct, SCRIPT, [crash]);
        expect(heard.sound.length).toBeLessThan(right.sound.length);
        expect(heard.statuses).not.toEqual(right.statuses);
        for (const status of heard.second) others.add(status);
      }
      expect(others).toContain(STATUS_OK);
    });
  });
}
