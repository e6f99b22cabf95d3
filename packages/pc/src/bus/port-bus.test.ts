import { describe, expect, it } from "vitest";
import type { PortDevice } from "../port-device.ts";
import { PortBus } from "./port-bus.ts";

class Registers implements PortDevice {
  readonly accesses: string[] = [];
  read(offset: number): number {
    this.accesses.push(`read ${offset}`);
    return 0x80 + offset;
  }
  write(offset: number, value: number): void {
    this.accesses.push(`write ${offset} ${value.toString(16)}`);
  }
}

describe("a port bus", () => {
  it("reads all ones and loses writes where nobody answers", () => {
    const bus = new PortBus();
    expect([bus.read(0x80, 1), bus.read(0x80, 2), bus.read(0x80, 4)]).toEqual([0xff, 0xffff, 0xffffffff]);
    bus.write(0x80, 4, 0);
    expect(bus.read(0xffff, 4)).toBe(0xffffffff);
    bus.write(0xfffe, 4, 0);
  });

  it("maps several ranges to the offsets of one chip", () => {
    const bus = new PortBus();
    const chip = new Registers();
    expect(bus.claim({ first: 0x20, count: 2 }, chip).isOk()).toBe(true);
    expect(bus.claim({ first: 0xa0, count: 2, offset: 2 }, chip).isOk()).toBe(true);
    expect([bus.read(0x21, 1), bus.read(0xa0, 1), bus.read(0x22, 1)]).toEqual([0x81, 0x82, 0xff]);
  });

  it("splits wide accesses into bytes, the lowest port first", () => {
    const bus = new PortBus();
    const chip = new Registers();
    bus.claim({ first: 0x100, count: 3 }, chip)._unsafeUnwrap();
    bus.write(0x100, 4, 0xddccbbaa);
    expect(bus.read(0x100, 4)).toBe(0xff828180);
    expect(bus.read(0x101, 2)).toBe(0x8281);
    expect(chip.accesses).toEqual([
      "write 0 aa",
      "write 1 bb",
      "write 2 cc",
      "read 0",
      "read 1",
      "read 2",
      "read 1",
      "read 2",
    ]);
  });

  it("refuses a port twice, and changes nothing then", () => {
    const bus = new PortBus();
    bus.claim({ first: 0x104, count: 4 }, new Registers())._unsafeUnwrap();
    const late = new Registers();
    expect(bus.claim({ first: 0x100, count: 5 }, late)._unsafeUnwrapErr()).toEqual({ code: "port-taken", port: 0x104 });
    expect(bus.read(0x100, 1)).toBe(0xff);
    expect(bus.claim({ first: 0x100, count: 4 }, late).isOk()).toBe(true);
  });

  it("refuses ports that are none", () => {
    const bus = new PortBus();
    const ranges = [
      { first: 0xffff, count: 2 },
      { first: -1, count: 1 },
      { first: 0x100, count: 0 },
      { first: 0.5, count: 1 },
      { first: 0x100, count: 1, offset: -1 },
    ];
    for (const range of ranges)
      expect(bus.claim(range, new Registers())._unsafeUnwrapErr()).toEqual({ code: "no-such-port", range });
    expect(bus.claim({ first: 0xffff, count: 1 }, new Registers()).isOk()).toBe(true);
    expect(bus.read(0xffff, 1)).toBe(0x80);
  });
});
