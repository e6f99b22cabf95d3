import { describe, expect, it } from "vitest";
import type { PortDevice, WidePortDevice } from "../port-device.ts";
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

class WideRegisters extends Registers implements WidePortDevice {
  readWide(offset: number, size: 2 | 4): number {
    this.accesses.push(`read ${offset} ${size}`);
    return size === 2 ? 0x1122 : 0x11223344;
  }
  writeWide(offset: number, size: 2 | 4, value: number): void {
    this.accesses.push(`write ${offset} ${size} ${value.toString(16)}`);
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

  it("peeks where a chip says that nothing follows", () => {
    const bus = new PortBus();
    const chip = Object.assign(new Registers(), { peek: (offset: number) => (offset === 1 ? 0x42 : -1) });
    bus.claim({ first: 0x20, count: 2 }, chip)._unsafeUnwrap();
    bus.claim({ first: 0x30, count: 1 }, new Registers())._unsafeUnwrap();
    expect([0x20, 0x21, 0x30, 0x31].map((port) => bus.peek(port))).toEqual([-1, 0x42, -1, -1]);
    expect(chip.accesses).toEqual([]);
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

  it("gives a wide chip its accesses whole, unless they leave its claim", () => {
    const bus = new PortBus();
    const chip = new WideRegisters();
    bus.claim({ first: 0x1f0, count: 8 }, chip)._unsafeUnwrap();
    expect([bus.read(0x1f0, 2), bus.read(0x1f0, 4), bus.read(0x1f7, 2)]).toEqual([0x1122, 0x11223344, 0xff87]);
    bus.write(0x1f0, 2, 0xbeef);
    expect(chip.accesses).toEqual(["read 0 2", "read 0 4", "read 7", "write 0 2 beef"]);
  });

  it("has dword registers that hide nothing of the bytes below them", () => {
    const bus = new PortBus();
    const dword = new WideRegisters();
    const bytes = new Registers();
    bus.claimDword(0xcf8, dword)._unsafeUnwrap();
    bus.claim({ first: 0xcf9, count: 1 }, bytes)._unsafeUnwrap();
    bus.write(0xcf8, 4, 0x80000000);
    bus.write(0xcf9, 1, 6);
    expect([bus.read(0xcf8, 4), bus.read(0xcf8, 2)]).toEqual([0x11223344, 0x80ff]);
    expect(dword.accesses).toEqual(["write 0 4 80000000", "read 0 4"]);
    expect(bytes.accesses).toEqual(["write 0 6", "read 0"]);
    expect(bus.claimDword(0xcf8, dword)._unsafeUnwrapErr()).toEqual({ code: "port-taken", port: 0xcf8 });
    expect(bus.claimDword(0xfffd, dword).isErr()).toBe(true);
  });

  it("sends what nobody claims elsewhere, with the port", () => {
    const log: string[] = [];
    const bus = new PortBus({
      read: (port, size) => {
        log.push(`read ${port} ${size}`);
        return 0x77;
      },
      write: (port, size, value) => void log.push(`write ${port} ${size} ${value}`),
    });
    bus.claim({ first: 0x101, count: 1 }, new Registers())._unsafeUnwrap();
    expect([bus.read(0xc000, 4), bus.read(0x100, 2)]).toEqual([0x77, 0x8077]);
    bus.write(0xc004, 2, 5);
    expect(log).toEqual(["read 49152 4", "read 256 1", "write 49156 2 5"]);
  });
});
