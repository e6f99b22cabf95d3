import { describe, expect, it } from "vitest";
import { SystemControl, type SystemControlState } from "./chip.ts";
import { PORT92_CONTROL, PORT92_FAST_A20, PORT92_FAST_INIT } from "./registers.ts";

function build(state?: SystemControlState): { chip: SystemControl; log: string[] } {
  const log: string[] = [];
  const a20 = { set: (level: boolean) => void log.push(`a20 ${level ? 1 : 0}`) };
  return { chip: new SystemControl({ a20, onReset: () => void log.push("reset") }, state), log };
}

describe("system control port A", () => {
  it("lets A20 through when either gate does", () => {
    const { chip, log } = build();
    expect(chip.a20).toBe(true);
    chip.keyboardGate.set(false);
    chip.write(PORT92_CONTROL, PORT92_FAST_A20);
    chip.keyboardGate.set(true);
    chip.keyboardGate.set(false);
    chip.write(PORT92_CONTROL, 0);
    expect(log).toEqual(["a20 0", "a20 1", "a20 0"]);
    expect(chip.a20).toBe(false);
  });

  it("resets once per rise of the fast reset bit", () => {
    const { chip, log } = build();
    chip.write(PORT92_CONTROL, PORT92_FAST_INIT);
    chip.write(PORT92_CONTROL, PORT92_FAST_INIT | PORT92_FAST_A20);
    chip.write(PORT92_CONTROL, 0);
    chip.write(PORT92_CONTROL, 0xff);
    expect(log).toEqual(["reset", "reset"]);
    expect(chip.read(PORT92_CONTROL)).toBe(PORT92_FAST_INIT | PORT92_FAST_A20);
  });

  it("has no other register", () => {
    const { chip, log } = build();
    chip.write(1, 0xff);
    expect([chip.read(1), log]).toEqual([0xff, []]);
  });
});
