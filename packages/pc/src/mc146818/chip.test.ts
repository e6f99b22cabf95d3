import { beforeEach, describe, expect, it } from "vitest";
import { Mc146818 } from "./chip.ts";
import { cmosAfterSetup } from "./cmos.ts";
import * as R from "./registers.ts";
import type { CivilTime } from "./time-of-day.ts";

const SECOND = 1_000_000_000;
const TIME: CivilTime = { year: 1999, month: 12, day: 31, dayOfWeek: 6, hour: 23, minute: 59, second: 58 };

let now: number;
let irq: boolean[];
let rtc: Mc146818;

function build(time: Partial<CivilTime> = {}, memory = 64 << 20): void {
  now = 0;
  irq = [];
  const state = cmosAfterSetup({ time: { ...TIME, ...time }, memory, bootOrder: [R.RTC_BOOT_CDROM, R.RTC_BOOT_DISK] });
  rtc = new Mc146818({ now: () => now }, { set: (level) => irq.push(level) }, state);
}

function read(register: number): number {
  rtc.write(R.RTC_INDEX, register);
  return rtc.read(R.RTC_DATA);
}

function write(register: number, value: number): void {
  rtc.write(R.RTC_INDEX, register | 0x80);
  rtc.write(R.RTC_DATA, value);
}

const TIME_REGISTERS = [R.RTC_YEAR, R.RTC_MONTH, R.RTC_DAY_OF_MONTH, R.RTC_HOURS, R.RTC_MINUTES, R.RTC_SECONDS];
const time = (): string => TIME_REGISTERS.map((register) => read(register).toString(16).padStart(2, "0")).join(" ");

beforeEach(() => build());

describe("the calendar", () => {
  it("goes over the end of a century, of a day, of a week", () => {
    expect([time(), read(R.RTC_DAY_OF_WEEK)]).toEqual(["99 12 31 23 59 58", 6]);
    now = 2 * SECOND;
    expect([time(), read(R.RTC_DAY_OF_WEEK)]).toEqual(["00 01 01 00 00 00", 7]);
    now += 86_400 * SECOND;
    expect([time(), read(R.RTC_DAY_OF_WEEK)]).toEqual(["00 01 02 00 00 00", 1]);
  });

  it.each([
    [1999, 2, 28, "99 03 01"],
    [2000, 2, 28, "00 02 29"],
    [2000, 2, 29, "00 03 01"],
    [2001, 4, 30, "01 05 01"],
  ])("after %i-%i-%i comes %s", (year, month, day, next) => {
    build({ year, month, day, second: 59 });
    now = SECOND;
    expect(time().slice(0, 8)).toBe(next);
  });

  it("counts in binary and in twelve hours when register B says so", () => {
    write(R.RTC_B, R.RTC_B_SET | R.RTC_B_DM);
    write(R.RTC_HOURS, 11);
    write(R.RTC_MINUTES, 59);
    write(R.RTC_SECONDS, 59);
    write(R.RTC_B, R.RTC_B_DM);
    now = SECOND;
    expect([read(R.RTC_HOURS), read(R.RTC_MINUTES)]).toEqual([12 | R.RTC_HOURS_PM, 0]);
    now += 3600 * SECOND;
    expect(read(R.RTC_HOURS)).toBe(1 | R.RTC_HOURS_PM);
    now += 11 * 3600 * SECOND;
    expect(read(R.RTC_HOURS)).toBe(12);
  });

  it("stands while SET is set", () => {
    write(R.RTC_B, R.RTC_B_SET | R.RTC_B_24_HOUR);
    now = 10 * SECOND;
    expect(time()).toBe("99 12 31 23 59 58");
  });

  it("shows UIP before the second is over, and the new time after", () => {
    const before = SECOND - 2_229_000;
    now = before;
    expect(read(R.RTC_A) & R.RTC_A_UIP).toBe(0);
    now = SECOND - 2_227_000;
    expect(read(R.RTC_A) & R.RTC_A_UIP).toBe(R.RTC_A_UIP);
    now = SECOND;
    expect([read(R.RTC_A) & R.RTC_A_UIP, read(R.RTC_SECONDS)]).toEqual([0, 0x59]);
  });

  it("starts half a second after the divider is let go", () => {
    write(R.RTC_A, 0x70);
    now = 7 * SECOND + 123;
    write(R.RTC_A, R.RTC_A_DV_32768);
    now += SECOND / 2 - 1;
    expect(read(R.RTC_SECONDS)).toBe(0x58);
    now += 1;
    expect(read(R.RTC_SECONDS)).toBe(0x59);
  });
});

describe("interrupts", () => {
  it.each([
    [1, 256],
    [2, 128],
    [3, 8192],
    [6, 1024],
    [15, 2],
  ])("rate %i is a periodic interrupt at %i Hz", (rate, hertz) => {
    write(R.RTC_A, R.RTC_A_DV_32768 | rate);
    write(R.RTC_B, R.RTC_B_24_HOUR | R.RTC_B_PIE);
    expect(rtc.nextEvent()).toBe(Math.ceil(SECOND / hertz));
    now = rtc.nextEvent();
    rtc.advance(now);
    expect([irq, rtc.nextEvent()]).toEqual([[true], Number.POSITIVE_INFINITY]);
    expect(read(R.RTC_C)).toBe(R.RTC_C_IRQF | R.RTC_C_PF);
    expect([irq, read(R.RTC_C)]).toEqual([[true, false], 0]);
    expect(rtc.nextEvent()).toBe(Math.ceil((2 * SECOND) / hertz));
  });

  it("an update interrupt comes each second", () => {
    write(R.RTC_B, R.RTC_B_24_HOUR | R.RTC_B_UIE);
    expect(rtc.nextEvent()).toBe(SECOND);
    now = SECOND;
    rtc.advance(now);
    expect(read(R.RTC_C) & ~R.RTC_C_PF).toBe(R.RTC_C_IRQF | R.RTC_C_UF);
    expect(rtc.nextEvent()).toBe(2 * SECOND);
  });

  it("the alarm matches its three bytes, where c0 and above match all", () => {
    write(R.RTC_SECONDS_ALARM, 0x01);
    write(R.RTC_MINUTES_ALARM, 0xc0);
    write(R.RTC_HOURS_ALARM, 0xff);
    write(R.RTC_B, R.RTC_B_24_HOUR | R.RTC_B_AIE);
    now = 2 * SECOND;
    rtc.advance(now);
    expect(irq).toEqual([]);
    now = 3 * SECOND;
    rtc.advance(now);
    expect(irq).toEqual([true]);
    expect(read(R.RTC_C) & R.RTC_C_AF).toBe(R.RTC_C_AF);
  });

  it("flags are set without being enabled, and enabling one that is set asks at once", () => {
    now = SECOND;
    expect(rtc.nextEvent()).toBe(Number.POSITIVE_INFINITY);
    write(R.RTC_B, R.RTC_B_24_HOUR | R.RTC_B_UIE);
    expect(irq).toEqual([true]);
  });

  it("setting SET clears the enable of the update interrupt", () => {
    write(R.RTC_B, R.RTC_B_SET | R.RTC_B_UIE);
    expect(read(R.RTC_B)).toBe(R.RTC_B_SET);
  });
});

describe("the memory", () => {
  const word = (at: number): number => read(at) | (read(at + 1) << 8);

  it.each([
    [16 << 20, 640, 15 * 1024, 0],
    [64 << 20, 640, 63 * 1024, 768],
    [512 << 20, 640, 0xffff, 7936],
    [512 << 10, 512, 0, 0],
  ])("says how much memory there is: %i bytes", (bytes, base, extended, high) => {
    build({}, bytes);
    expect([word(R.RTC_CMOS_BASE_MEMORY), word(R.RTC_CMOS_EXTENDED_MEMORY), word(R.RTC_CMOS_HIGH_MEMORY)]).toEqual([
      base,
      extended,
      high,
    ]);
  });

  it("says the century and the boot order, under a sum that holds", () => {
    expect([read(R.RTC_CMOS_CENTURY), read(R.RTC_CMOS_BOOT_ORDER)]).toEqual([0x19, 0x23]);
    let sum = 0;
    for (let at = 0x10; at < R.RTC_CMOS_CHECKSUM; at++) sum += read(at);
    expect((read(R.RTC_CMOS_CHECKSUM) << 8) | read(R.RTC_CMOS_CHECKSUM + 1)).toBe(sum);
  });

  it("keeps what is written, but not in the read-only registers", () => {
    for (const register of [R.RTC_CMOS_SHUTDOWN, 0x7f, R.RTC_C, R.RTC_D]) write(register, 0x5a);
    expect([R.RTC_CMOS_SHUTDOWN, 0x7f, R.RTC_C, R.RTC_D].map(read)).toEqual([0x5a, 0x5a, 0, R.RTC_D_VRT]);
    expect(rtc.read(R.RTC_INDEX)).toBe(0xff);
  });
});
