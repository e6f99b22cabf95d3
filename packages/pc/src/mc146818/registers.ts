/**
 * MC146818 real-time clock and the PC's CMOS memory: ports, registers and bits.
 *
 * Here: numbers only; bytes that firmware and systems agree on. Not here: what they do (`chip.ts`, `cmos.ts`).
 * Motorola MC146818 data sheet (1984), "Registers"; IBM PC/AT Technical Reference, "CMOS RAM Address Map".
 * @module
 */
export const RTC_INDEX_PORT = 0x70;
export const RTC_IRQ = 8;
/** Offsets in the chip. */
export const RTC_INDEX = 0;
export const RTC_DATA = 1;
/** Bits of the index port that choose a byte; the one above masks NMI and is not kept here. */
export const RTC_INDEX_MASK = 0x7f;
export const RTC_MEMORY_SIZE = 128;

export const RTC_SECONDS = 0;
export const RTC_SECONDS_ALARM = 1;
export const RTC_MINUTES = 2;
export const RTC_MINUTES_ALARM = 3;
export const RTC_HOURS = 4;
export const RTC_HOURS_ALARM = 5;
export const RTC_DAY_OF_WEEK = 6;
export const RTC_DAY_OF_MONTH = 7;
export const RTC_MONTH = 8;
export const RTC_YEAR = 9;
export const RTC_A = 10;
export const RTC_B = 11;
export const RTC_C = 12;
export const RTC_D = 13;

/** Register A: an update is near or under way. */
export const RTC_A_UIP = 0x80;
/** Register A: the divider. */
export const RTC_A_DV_MASK = 0x70;
/** Divider for a crystal of 32,768 Hz; the only one that counts here. */
export const RTC_A_DV_32768 = 0x20;
/** Register A: rate of the periodic interrupt. */
export const RTC_A_RS_MASK = 0x0f;

/** Register B: 1 stops updates, so that the time can be set. */
export const RTC_B_SET = 0x80;
export const RTC_B_PIE = 0x40;
export const RTC_B_AIE = 0x20;
export const RTC_B_UIE = 0x10;
/** Register B: 1 = binary, 0 = BCD. */
export const RTC_B_DM = 0x04;
/** Register B: 1 = 24 hours. */
export const RTC_B_24_HOUR = 0x02;

/** Register C: an enabled flag is set. Reading clears all. */
export const RTC_C_IRQF = 0x80;
export const RTC_C_PF = 0x40;
export const RTC_C_AF = 0x20;
export const RTC_C_UF = 0x10;

/** Register D: the battery has kept the memory. */
export const RTC_D_VRT = 0x80;

/** Hours in 12-hour mode: afternoon. */
export const RTC_HOURS_PM = 0x80;
/** Alarm bytes from here on match everything. */
export const RTC_ALARM_ANY = 0xc0;

/** Shutdown status: where firmware goes after a reset. */
export const RTC_CMOS_SHUTDOWN = 0x0f;
/** Types of the two fixed disks; equipment. */
export const RTC_CMOS_DISK_TYPES = 0x12;
export const RTC_CMOS_EQUIPMENT = 0x14;
/** Base memory in KiB, low and high byte. */
export const RTC_CMOS_BASE_MEMORY = 0x15;
/** Memory above 1 MiB in KiB; the second pair is what the firmware found. */
export const RTC_CMOS_EXTENDED_MEMORY = 0x17;
export const RTC_CMOS_EXTENDED_MEMORY_FOUND = 0x30;
/** Sum of the bytes 10..2d, high byte first. */
export const RTC_CMOS_CHECKSUM = 0x2e;
export const RTC_CMOS_CENTURY = 0x32;
/** Memory above 16 MiB in units of 64 KiB, low and high byte. */
export const RTC_CMOS_HIGH_MEMORY = 0x34;
/** Boot order of Bochs and QEMU firmware: third device and a flag; second (high) and first (low half). */
export const RTC_CMOS_BOOT_FLAGS = 0x38;
export const RTC_CMOS_BOOT_ORDER = 0x3d;
/** Boot devices in the order bytes. */
export const RTC_BOOT_FLOPPY = 1;
export const RTC_BOOT_DISK = 2;
export const RTC_BOOT_CDROM = 3;
