import { beforeEach, describe, expect, it } from "vitest";
import { LocalApic } from "./chip.ts";

let now: number;
let apic: LocalApic;
let nonMaskable: number;
const count = (): void => {
  nonMaskable++;
};

beforeEach(() => {
  now = 0;
  nonMaskable = 0;
  apic = new LocalApic({ now: () => now }, count);
});

const read = (offset: number): number => apic.read(offset, 4);
const write = (offset: number, value: number): void => {
  apic.write(offset, 4, value);
  apic = new LocalApic({ now: () => now }, count, JSON.parse(JSON.stringify(apic.state)));
};
const pass = (time: number): void => {
  now += time;
  apic.advance(now);
};

describe("a local APIC", () => {
  it("is as SDM 10.4.7.1 resets it", () => {
    expect([0x20, 0x30, 0x80, 0xd0, 0xe0, 0xf0, 0x320, 0x370].map(read)).toEqual([
      0, 0x50014, 0, 0, 0xffffffff, 0xff, 0x10000, 0x10000,
    ]);
    expect([apic.read(0x30, 1), apic.read(0x32, 2), apic.pending]).toEqual([0x14, 5, false]);
  });

  it("delivers what it sends itself when it is enabled, the highest first, until the end of interrupt", () => {
    write(0x300, 0x40031); // shorthand: self
    write(0x300, 0x42); // physical, number 0
    expect(apic.pending).toBe(false);
    write(0xf0, 0x1ff);
    expect([apic.pending, read(0x210), read(0x220)]).toEqual([true, 1 << 17, 1 << 2]);
    expect(apic.acknowledge()).toBe(0x42);
    expect([apic.pending, read(0x120), read(0xa0)]).toEqual([false, 1 << 2, 0x40]);
    write(0xb0, 0);
    expect([apic.pending, apic.acknowledge()]).toEqual([true, 0x31]);
    write(0xb0, 0);
    expect([read(0x110), apic.acknowledge()]).toEqual([0, 0xff]);
  });

  it("holds back what is not above the task's priority, and what is for others", () => {
    write(0xf0, 0x1ff);
    write(0x80, 0x50);
    write(0x300, 0x4005f);
    expect(apic.pending).toBe(false);
    write(0x80, 0x4f);
    expect(apic.acknowledge()).toBe(0x5f);
    write(0x310, 0x01000000);
    write(0x300, 0x61); // number 1
    write(0x300, 0x400500); // INIT to itself is not modelled
    expect(read(0x230)).toBe(0);
    write(0xd0, 0x02000000);
    write(0x310, 0x02000000);
    write(0x300, 0x861); // logical
    expect(read(0x230)).toBe(2);
  });

  it("sends itself NMIs whatever its priority, and none that are for others", () => {
    write(0x80, 0xff);
    write(0x310, 0x01000000);
    write(0x300, 0x4400); // number 1
    expect(nonMaskable).toBe(0);
    write(0x310, 0);
    write(0x300, 0x4400); // number 0
    write(0x300, 0x44402); // itself, whatever the vector
    expect([nonMaskable, apic.pending, read(0x200)]).toEqual([2, false, 0]);
  });

  it("counts down at its bus's clock divided, once or again and again", () => {
    write(0xf0, 0x1ff);
    write(0x320, 0x70);
    write(0x3e0, 0xb); // by 1
    write(0x380, 1000);
    pass(4000);
    expect([read(0x390), apic.pending]).toEqual([600, false]);
    pass(6000);
    expect([read(0x390), apic.acknowledge(), apic.nextEvent()]).toEqual([0, 0x70, Number.POSITIVE_INFINITY]);
    write(0xb0, 0);
    write(0x320, 0x20070);
    write(0x3e0, 3); // by 16
    write(0x380, 10);
    pass(1600);
    expect(apic.acknowledge()).toBe(0x70);
    write(0xb0, 0);
    pass(1600);
    expect(apic.acknowledge()).toBe(0x70);
    write(0x320, 0x30070);
    pass(1600);
    expect(apic.pending).toBe(false);
  });
});
