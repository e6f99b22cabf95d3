import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { WavFile } from "./wav-file.ts";

const folder = mkdtempSync(join(tmpdir(), "kintsugi-wav-"));
afterEach(() => rmSync(folder, { recursive: true }));

it("a recording is a WAV file after every block, and no file before the first", () => {
  const wav = new WavFile(join(folder, "a.wav"));
  expect(existsSync(wav.path)).toBe(false);
  wav.record({ at: 0, rate: 8000, idle: 125_000, samples: [1, 2] });
  wav.record({ at: 0, rate: 8000, idle: 0, samples: [3, 4] });
  const bytes = readFileSync(wav.path);
  expect([bytes.toString("latin1", 0, 4), bytes.readUInt32LE(40)]).toEqual(["RIFF", 12]);
  expect([...bytes.subarray(44)]).toEqual([0, 0, 0, 0, 1, 0, 2, 0, 3, 0, 4, 0]);
  expect(wav.seconds).toBe(3 / 8000);
  wav.close();
});
