/**
 * The case studies of the thesis in the whole machine: sound and graphics while their drivers crash at random times.
 *
 * Here: what the listener hears and the viewer sees. Not here: crashes at every instruction (→ tools/guest).
 */
import { guests as drivers } from "@kintsugi/drivers";
import { CachedDisk, type Disk } from "@kintsugi/pc";
import { guests as programs } from "@kintsugi/programs";
import { describe, expect, it } from "vitest";
import type { BootModule } from "../src/boot.ts";
import { guestModule } from "../src/host/modules.ts";
import { Random } from "../src/random.ts";
import { anyKind, userThread } from "./campaign.ts";
import type { Rig } from "./rig.ts";
import { Stage } from "./stage.ts";
import { count, SEED } from "./tier.ts";

const DRIVER_PID = 2;
const DRIVER = userThread(DRIVER_PID);
const RATE = 22_050;
const SECONDS = 0.5;

/** Left and right differ, and no frame is silent. */
function tone(): Uint8Array {
  const frames = Math.floor(RATE * SECONDS);
  const bytes = new Uint8Array(44 + 4 * frames);
  const view = new DataView(bytes.buffer);
  for (const [at, text] of [
    [0, "RIFF"],
    [8, "WAVEfmt "],
    [36, "data"],
  ] as const)
    for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
  for (const [at, value] of [
    [4, 36 + 4 * frames],
    [16, 16],
    [24, RATE],
    [28, 4 * RATE],
    [40, 4 * frames],
  ] as const)
    view.setUint32(at, value, true);
  for (const [at, value] of [
    [20, 1],
    [22, 2],
    [32, 4],
    [34, 16],
  ] as const)
    view.setUint16(at, value, true);
  for (let i = 0; i < frames; i++) {
    view.setInt16(44 + 4 * i, 1 + (i % 30_000), true);
    view.setInt16(46 + 4 * i, -1 - ((7 * i) % 30_000), true);
  }
  return bytes;
}

function modulesFor(name: string, driver: string, program: string, file?: Uint8Array): BootModule[] {
  return [
    guestModule("serial", drivers.serial, "serial start server"),
    guestModule(name, drivers[driver], `${name} start server device`),
    guestModule("msh", programs.msh, "msh start"),
    guestModule(program, programs[program]),
    ...(file ? [{ name: "tone.wav", commandLine: "tone.wav", bytes: file }] : []),
  ];
}

const stageOf = (modules: readonly BootModule[], disk?: Disk): Stage =>
  new Stage(modules, { video: new Uint8Array(1 << 20), ...(disk ? { disk } : {}) });

/** Samples of the recording, silence before and behind cut off. */
function heard(rig: Rig): readonly number[] {
  const samples = rig.sound.flatMap(({ samples: part, idle }) => {
    expect(idle === 0 || rig.sound.every((block) => block.idle === 0 || block === rig.sound[0])).toBe(true);
    return [...part];
  });
  return samples.slice(
    samples.findIndex((sample) => sample !== 0),
    samples.findLastIndex((sample) => sample !== 0) + 1,
  );
}

describe.each(["sound-direct", "sound-buffered"])("%s", (driver) => {
  it("plays a file sample for sample while it crashes at random times", () => {
    const file = tone();
    const { length } = file;
    const samples = Array.from({ length: (length - 44) / 2 }, (_, i) =>
      new DataView(file.buffer).getInt16(44 + 2 * i, true),
    );
    const modules = modulesFor("sound", driver, "waveplay", file);
    const calm = stageOf(modules);
    calm.schedule.arm(DRIVER, []);
    expect(calm.rig.command("run waveplay tone.wav")).toContain("11 blocks");
    expect(heard(calm.rig)).toEqual(samples);
    const random = new Random(SEED + 61);
    for (let round = 0; round < count(1, 20); round++) {
      const stage = stageOf(modules);
      const after = Math.floor(calm.schedule.counted / 8);
      const crashes = Array.from({ length: 8 }, () => ({
        after: after / 2 + random.below(after),
        kind: anyKind(random),
      }));
      stage.schedule.arm(DRIVER, crashes);
      expect({ seed: SEED, round, text: stage.rig.command("run waveplay tone.wav") }).toMatchObject({
        text: expect.stringContaining("11 blocks"),
      });
      expect(heard(stage.rig)).toEqual(samples);
      expect(stage.failures).toBeGreaterThan(3);
    }
  });
});

describe("the graphics driver", () => {
  it("dies at random times while a program paints, and the last picture is the same", () => {
    const modules = modulesFor("video", "video", "paint");
    const calm = stageOf(modules);
    calm.schedule.arm(DRIVER, []);
    expect(calm.rig.command("run paint 6")).toContain("6 pictures");
    const picture = calm.rig.machine.chips.vbe.render();
    expect([picture.width, picture.height]).toEqual([320, 200]);
    const random = new Random(SEED + 62);
    const stage = stageOf(modules);
    const after = Math.floor(calm.schedule.counted / 12);
    const crashes = Array.from({ length: 12 }, () => ({ after: random.below(2 * after), kind: anyKind(random) }));
    stage.schedule.arm(DRIVER, crashes);
    expect(stage.rig.command("run paint 6")).toContain("6 pictures");
    expect(stage.rig.machine.chips.vbe.render().rgba).toEqual(picture.rgba);
    expect(stage.failures).toBeGreaterThan(5);
  });
});

describe("the disk driver", () => {
  const SECTORS = 400;
  const modules = [
    ...modulesFor("pata", "pata", "diskcopy"),
    guestModule("ramdisk", drivers.ramdisk, "ramdisk start server"),
  ];
  /** A disk whose bytes tell their place, and its medium. */
  function disk(): { readonly disk: CachedDisk; readonly medium: Uint8Array } {
    const medium = Uint8Array.from({ length: SECTORS * 512 }, (_, i) => i ^ (i >> 8) ^ (i >> 16));
    const cached = new CachedDisk({
      sectors: SECTORS,
      read: (lba, number) => medium.subarray(lba * 512, (lba + number) * 512),
      write: (lba, bytes) => medium.set(bytes, lba * 512),
    });
    return { disk: cached, medium };
  }

  it("dies at random times while a disk is read and written again, and no byte differs on the medium", () => {
    const first = disk();
    const before = first.medium.slice();
    const calm = stageOf(modules, first.disk);
    calm.schedule.arm(DRIVER, []);
    expect(calm.rig.command("run diskcopy pata ramdisk")).toContain("400 sectors");
    const random = new Random(SEED + 63);
    for (let round = 0; round < count(1, 10); round++) {
      const { disk: cached, medium } = disk();
      const stage = stageOf(modules, cached);
      const crash = () => ({ after: random.below(calm.schedule.counted / 6), kind: anyKind(random) });
      stage.schedule.arm(DRIVER, Array.from({ length: 6 }, crash));
      expect(stage.rig.command("run diskcopy pata ramdisk")).toContain("400 sectors");
      cached.write(0, new Uint8Array(SECTORS * 512)); // what is there now can only come from the RAM disk
      cached.flush();
      stage.schedule.arm(DRIVER, Array.from({ length: 6 }, crash));
      expect(stage.rig.command("run diskcopy ramdisk pata 400")).toContain("400 sectors");
      cached.cut(() => 0); // everything not flushed is lost
      expect(Buffer.compare(medium, before)).toBe(0);
      expect(stage.failures).toBeGreaterThan(5);
    }
  });
});
