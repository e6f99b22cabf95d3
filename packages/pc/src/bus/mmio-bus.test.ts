import { describe, expect, it } from "vitest";
import type { AccessSize, MmioDevice } from "../mmio-device.ts";
import { MmioBus } from "./mmio-bus.ts";

class Recorder implements MmioDevice {
  readonly accesses: string[] = [];
  readonly #fill: number;
  constructor(fill: number) {
    this.#fill = fill;
  }
  read(offset: number, size: AccessSize): number {
    this.accesses.push(`read ${offset} ${size}`);
    return (this.#fill * 0x01010101) % 2 ** (8 * size);
  }
  write(offset: number, size: AccessSize, value: number): void {
    this.accesses.push(`write ${offset} ${size} ${value.toString(16)}`);
  }
}

describe("a memory bus", () => {
  it("reads all ones and loses writes where nobody answers", () => {
    const bus = new MmioBus();
    bus.write(0xa0000, 4, 0);
    expect([bus.read(0xa0000, 1), bus.read(0xa0000, 2), bus.read(0xa0000, 4)]).toEqual([0xff, 0xffff, 0xffffffff]);
  });

  it("gives a chip its accesses whole, from offset 0 on", () => {
    const bus = new MmioBus();
    const chip = new Recorder(0x22);
    bus.claim({ first: 0xa0000, count: 0x20000 }, chip)._unsafeUnwrap();
    expect(bus.read(0xa0000, 4)).toBe(0x22222222);
    bus.write(0xbfffe, 2, 0x1234);
    expect(chip.accesses).toEqual(["read 0 4", "write 131070 2 1234"]);
  });

  it("splits an access at the end of a claim into bytes, the rest goes elsewhere with its address", () => {
    const elsewhere = new Recorder(0x33);
    const bus = new MmioBus(elsewhere);
    const chip = new Recorder(0x22);
    bus.claim({ first: 0x1000, count: 2 }, chip)._unsafeUnwrap();
    expect(bus.read(0x1001, 4)).toBe(0x33333322);
    bus.write(0xfff, 2, 0xbbaa);
    expect(chip.accesses).toEqual(["read 1 1", "write 0 1 bb"]);
    expect(elsewhere.accesses).toEqual(["read 4098 1", "read 4099 1", "read 4100 1", "write 4095 1 aa"]);
  });

  it("refuses an address twice, and what is no address", () => {
    const bus = new MmioBus();
    bus.claim({ first: 0x1000, count: 0x1000 }, new Recorder(0))._unsafeUnwrap();
    const taken = { code: "address-taken", range: { first: 0x1000, count: 0x1000 } };
    for (const first of [0x800, 0x1000, 0x1fff])
      expect(bus.claim({ first, count: 0x1000 }, new Recorder(0))._unsafeUnwrapErr()).toEqual(taken);
    for (const range of [
      { first: -1, count: 4 },
      { first: 0xffffffff, count: 2 },
      { first: 0, count: 0 },
      { first: 0.5, count: 1 },
    ])
      expect(bus.claim(range, new Recorder(0))._unsafeUnwrapErr()).toEqual({ code: "no-such-address", range });
    expect(bus.claim({ first: 0x2000, count: 1 }, new Recorder(0)).isOk()).toBe(true);
  });
});
