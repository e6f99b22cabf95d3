/**
 * The time bytes of an MC146818: one second more, and the alarm.
 *
 * Here: BCD and binary, 12 and 24 hours, lengths of months. Not here: when a second is over (`chip.ts`).
 * Bytes that are no time count up as they are, until they are one again. Motorola MC146818 data sheet (1984),
 * "Time, Calendar and Alarm Locations"; leap years are those divisible by four.
 * @module
 */
import * as R from "./registers.ts";

/** A moment of the calendar, given from outside. */
export interface CivilTime {
  readonly year: number;
  /** 1..12 */
  readonly month: number;
  /** 1..31 */
  readonly day: number;
  /** 1 = Sunday .. 7 */
  readonly dayOfWeek: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

const MONTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const decode = (byte: number, b: number): number =>
  (b & R.RTC_B_DM) !== 0 ? byte : ((byte >> 4) & 15) * 10 + (byte & 15);
const encode = (value: number, b: number): number =>
  (b & R.RTC_B_DM) !== 0 ? value & 0xff : ((Math.floor(value / 10) % 10) << 4) | (value % 10);

function decodeHours(byte: number, b: number): number {
  if ((b & R.RTC_B_24_HOUR) !== 0) return decode(byte, b);
  return (decode(byte & ~R.RTC_HOURS_PM, b) % 12) + ((byte & R.RTC_HOURS_PM) === 0 ? 0 : 12);
}

function encodeHours(hour: number, b: number): number {
  if ((b & R.RTC_B_24_HOUR) !== 0) return encode(hour, b);
  return encode(hour % 12 === 0 ? 12 : hour % 12, b) | (hour >= 12 ? R.RTC_HOURS_PM : 0);
}

/** Puts a time into the time bytes, in the format that register B asks for. */
export function setTime(memory: Uint8Array, time: CivilTime): void {
  const b = memory[R.RTC_B];
  memory[R.RTC_SECONDS] = encode(time.second, b);
  memory[R.RTC_MINUTES] = encode(time.minute, b);
  memory[R.RTC_HOURS] = encodeHours(time.hour, b);
  memory[R.RTC_DAY_OF_WEEK] = encode(time.dayOfWeek, b);
  memory[R.RTC_DAY_OF_MONTH] = encode(time.day, b);
  memory[R.RTC_MONTH] = encode(time.month, b);
  memory[R.RTC_YEAR] = encode(time.year % 100, b);
}

/** One second more. */
export function addSecond(memory: Uint8Array): void {
  const b = memory[R.RTC_B];
  if (!count(memory, R.RTC_SECONDS, 59, 0)) return;
  if (!count(memory, R.RTC_MINUTES, 59, 0)) return;
  const hour = decodeHours(memory[R.RTC_HOURS], b);
  memory[R.RTC_HOURS] = encodeHours(hour >= 23 ? 0 : hour + 1, b);
  if (hour < 23) return;
  count(memory, R.RTC_DAY_OF_WEEK, 7, 1);
  const month = decode(memory[R.RTC_MONTH], b);
  const leap = month === 2 && decode(memory[R.RTC_YEAR], b) % 4 === 0 ? 1 : 0;
  if (!count(memory, R.RTC_DAY_OF_MONTH, (MONTHS[month - 1] ?? 31) + leap, 1)) return;
  if (count(memory, R.RTC_MONTH, 12, 1)) count(memory, R.RTC_YEAR, 99, 0);
}

/** The three alarm bytes match the time, or are "don't care". */
export function alarmMatches(memory: Uint8Array): boolean {
  return [R.RTC_SECONDS, R.RTC_MINUTES, R.RTC_HOURS].every((register) => {
    const alarm = memory[register + 1];
    return alarm >= R.RTC_ALARM_ANY || alarm === memory[register];
  });
}

/** Counts a byte up; true if it went over `last` and is `first` again. */
function count(memory: Uint8Array, register: number, last: number, first: number): boolean {
  const b = memory[R.RTC_B];
  const value = decode(memory[register], b);
  memory[register] = encode(value >= last ? first : value + 1, b);
  return value >= last;
}
