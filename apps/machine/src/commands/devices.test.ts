import { expect, it } from "vitest";
import { DEVICE_NAMES, deviceModules, parseDevice } from "./devices.ts";

it("--with names a device once, and the way out where it cannot be", () => {
  expect(parseDevice("video", parseDevice("sound", []))).toEqual(["sound", "video"]);
  expect(() => parseDevice("tape", [])).toThrow("--with wants one of sound, sound-direct, video, ramdisk, not 'tape'");
  expect(() => parseDevice("sound-direct", ["sound"])).toThrow(/sound is aboard already/);
});

it("every device has a driver that starts with the machine, and a program that does not", () => {
  for (const name of DEVICE_NAMES) {
    const [server, ...programs] = deviceModules([name]).map(({ commandLine }) => commandLine.split(" "));
    expect(server?.slice(1, 3)).toEqual(["start", "server"]);
    expect(programs.map((words) => words.length)).toEqual([1]);
  }
});
