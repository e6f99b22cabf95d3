import { describe, expect, it } from "vitest";
import { FloatError, type FloatErrorState } from "./chip.ts";

function build(state?: FloatErrorState): { chip: FloatError; log: string[] } {
  const log: string[] = [];
  const line = (name: string) => ({ set: (level: boolean) => void log.push(`${name} ${level ? 1 : 0}`) });
  return { chip: new FloatError({ irq: line("irq13"), ignne: line("ignne") }, state), log };
}

describe("the numeric error logic", () => {
  it("asks for an interrupt once per error, and ignores the error from the acknowledge to its end", () => {
    const { chip, log } = build();
    chip.ferr.set(true);
    chip.ferr.set(true);
    chip.write();
    chip.ferr.set(false);
    expect(log).toEqual(["irq13 1", "irq13 0", "ignne 1", "ignne 0"]);
  });

  it("asserts IGNNE# only while there is an error", () => {
    const { chip, log } = build();
    chip.write();
    expect(log).toEqual(["irq13 0"]);
    expect(chip.read()).toBe(0xff);
  });

  it("goes on from its state", () => {
    const first = build();
    first.chip.ferr.set(true);
    first.chip.write();
    const { chip, log } = build(first.chip.state);
    chip.ferr.set(false);
    chip.ferr.set(true);
    expect(log).toEqual(["ignne 0", "irq13 1"]);
  });
});
