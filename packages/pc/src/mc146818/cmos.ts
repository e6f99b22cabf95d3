/**
 * What a PC's setup leaves in CMOS memory: time, memory sizes, boot order.
 *
 * Here: a state to build the chip with. Not here: the chip (`chip.ts`).
 * IBM PC/AT Technical Reference, "CMOS RAM Address Map"; bytes 32, 34, 38 and 3d as Bochs, QEMU and SeaBIOS have them.
 * @module
 */
import { MC146818_STATE_AT_RESET, type Mc146818State } from "./chip.ts";
import * as R from "./registers.ts";
import { type CivilTime, setTime } from "./time-of-day.ts";

/** Choices of the setup. */
export interface CmosSetup {
  readonly time: CivilTime;
  /** Bytes of memory from address 0 on. */
  readonly memory: number;
  /** Up to three of RTC_BOOT_…, the first to try first. */
  readonly bootOrder?: readonly number[];
}

const KIB = 1024;
const MIB = 1024 * KIB;

/** The state of a chip that a setup has filled in, at virtual time 0. */
export function cmosAfterSetup(setup: CmosSetup): Mc146818State {
  const bytes = Uint8Array.from(MC146818_STATE_AT_RESET.memory);
  const word = (at: number, value: number): void => {
    const kept = Math.max(0, Math.min(0xffff, Math.floor(value)));
    bytes[at] = kept & 0xff;
    bytes[at + 1] = kept >> 8;
  };
  setTime(bytes, setup.time);
  bytes[R.RTC_CMOS_CENTURY] =
    ((Math.floor(setup.time.year / 1000) % 10) << 4) | (Math.floor(setup.time.year / 100) % 10);
  // A numeric coprocessor and a PS/2 mouse; no floppy disks.
  bytes[R.RTC_CMOS_EQUIPMENT] = 0x06;
  word(R.RTC_CMOS_BASE_MEMORY, Math.min(640, setup.memory / KIB));
  word(R.RTC_CMOS_EXTENDED_MEMORY, (setup.memory - MIB) / KIB);
  word(R.RTC_CMOS_EXTENDED_MEMORY_FOUND, (setup.memory - MIB) / KIB);
  word(R.RTC_CMOS_HIGH_MEMORY, (setup.memory - 16 * MIB) / (64 * KIB));
  const [first = 0, second = 0, third = 0] = setup.bootOrder ?? [];
  bytes[R.RTC_CMOS_BOOT_ORDER] = (second << 4) | first;
  bytes[R.RTC_CMOS_BOOT_FLAGS] = third << 4;
  const sum = bytes.subarray(0x10, R.RTC_CMOS_CHECKSUM).reduce((total, byte) => total + byte, 0);
  bytes[R.RTC_CMOS_CHECKSUM] = sum >> 8;
  bytes[R.RTC_CMOS_CHECKSUM + 1] = sum & 0xff;
  return { ...MC146818_STATE_AT_RESET, memory: [...bytes] };
}
