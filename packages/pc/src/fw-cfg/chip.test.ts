import { describe, expect, it } from "vitest";
import { PortBus } from "../bus/port-bus.ts";
import { FwCfg } from "./chip.ts";
import { FW_CFG_PORT, FW_CFG_PORT_COUNT } from "./registers.ts";

describe("the firmware configuration", () => {
  it("gives a key's bytes one after another, then zeros, and goes on when built anew", () => {
    const chip = new FwCfg(0x8000000);
    const bus = new PortBus();
    bus.claim({ first: FW_CFG_PORT, count: FW_CFG_PORT_COUNT }, chip)._unsafeUnwrap();
    const bytes = (key: number, count: number): number[] => {
      bus.write(0x510, 2, key);
      return Array.from({ length: count }, () => bus.read(0x511, 1));
    };
    expect(String.fromCharCode(...bytes(0, 4))).toBe("QEMU");
    expect(bytes(3, 8)).toEqual([0, 0, 0, 8, 0, 0, 0, 0]);
    expect([bytes(5, 2), bytes(0x19, 4)]).toEqual([
      [1, 0],
      [0, 0, 0, 0],
    ]);
    bus.write(0x510, 2, 0);
    bus.read(0x511, 1);
    expect(new FwCfg(0, chip.state).read(1)).toBe(0x45);
  });
});
