import { describe, expect, it } from "vitest";
import { PowerControl, type PowerState } from "./chip.ts";
import { POWER_EXIT, POWER_RESET_CONTROL, POWER_RESET_RCPU, POWER_RESET_SRST } from "./registers.ts";

function build(state?: PowerState): { chip: PowerControl; log: string[] } {
  const log: string[] = [];
  const events = {
    onPowerOff: (code: number) => void log.push(`off ${code}`),
    onReset: (hard: boolean) => void log.push(hard ? "hard" : "soft"),
  };
  return { chip: new PowerControl(events, state), log };
}

describe("power control", () => {
  it("hands over the exit code", () => {
    const { chip, log } = build();
    chip.write(POWER_EXIT, 0);
    chip.write(POWER_EXIT, 255);
    expect(log).toEqual(["off 0", "off 255"]);
    expect(chip.read(POWER_EXIT)).toBe(0);
  });

  it("resets when RCPU goes from 0 to 1, as SRST says", () => {
    const { chip, log } = build();
    chip.write(POWER_RESET_CONTROL, POWER_RESET_SRST);
    expect(log).toEqual([]);
    chip.write(POWER_RESET_CONTROL, POWER_RESET_SRST | POWER_RESET_RCPU);
    chip.write(POWER_RESET_CONTROL, POWER_RESET_RCPU);
    chip.write(POWER_RESET_CONTROL, 0);
    chip.write(POWER_RESET_CONTROL, POWER_RESET_RCPU);
    expect(log).toEqual(["hard", "soft"]);
  });

  it("keeps its two bits, and no others, over a rebuild", () => {
    const { chip } = build();
    chip.write(POWER_RESET_CONTROL, 0xff);
    const { chip: again, log } = build(chip.state);
    expect(again.read(POWER_RESET_CONTROL)).toBe(POWER_RESET_SRST | POWER_RESET_RCPU);
    again.write(POWER_RESET_CONTROL, 0x06);
    expect(log).toEqual([]);
  });

  it("ignores offsets that are no registers", () => {
    const { chip, log } = build();
    chip.write(2, 0xff);
    expect([chip.read(2), log.length]).toEqual([0, 0]);
  });
});
