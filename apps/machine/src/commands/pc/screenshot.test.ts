/**
 * Screenshots: the option and the file.
 *
 * @module
 */
import { crc32, inflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { parseAtTime } from "./at-time.ts";
import { pngOf } from "./screenshot.ts";

describe("a screenshot", () => {
  it("is a PNG file whose lines carry no filter", () => {
    const rgba = Uint8Array.from({ length: 16 }, (_, i) => i + 1);
    const file = Buffer.from(pngOf({ width: 2, height: 2, rgba }));
    expect(file.subarray(0, 29).toString("hex")).toBe("89504e470d0a1a0a0000000d4948445200000002000000020806000000");
    const size = file.readUInt32BE(33);
    expect(inflateSync(file.subarray(41, 41 + size))).toEqual(
      Buffer.from([0, ...rgba.subarray(0, 8), 0, ...rgba.subarray(8)]),
    );
    expect(file.readUInt32BE(41 + size)).toBe(crc32(file.subarray(37, 41 + size)));
    expect(file.subarray(45 + size).toString("hex")).toBe("0000000049454e44ae426082");
  });

  it("comes in the order of time, and a wrong option is answered", () => {
    const parseScreenshot = parseAtTime("--screenshot", "2.5=screen.png");
    const shots = parseScreenshot("0.5=a.png", parseScreenshot("2=b.png", []));
    expect(shots).toEqual([
      { at: 50_000_000, path: "a.png" },
      { at: 200_000_000, path: "b.png" },
    ]);
    expect(() => parseScreenshot("a.png", [])).toThrow("SECONDS=FILE, such as 2.5=screen.png");
  });
});
