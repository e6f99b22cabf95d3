/**
 * ATA and ATAPI: ports, registers, commands; the bus master of the PIIX.
 *
 * Here: numbers only. Not here: what they do (`channel.ts`, `hard-disk.ts`, `cd-rom.ts`, `bus-master.ts`).
 * ATA/ATAPI-6 (T13 1410D); MMC-3 and SPC-2 for packets; Intel 82371SB (PIIX3), "PCI IDE Interface".
 * @module
 */
export const ATA_PRIMARY_PORT = 0x1f0;
export const ATA_PRIMARY_CONTROL_PORT = 0x3f6;
export const ATA_PRIMARY_IRQ = 14;
export const ATA_SECONDARY_PORT = 0x170;
export const ATA_SECONDARY_CONTROL_PORT = 0x376;
export const ATA_SECONDARY_IRQ = 15;
export const ATA_PORT_COUNT = 8;

/** Offsets in a channel; the control port is offset 8. */
export const ATA_DATA = 0;
export const ATA_ERROR = 1;
export const ATA_FEATURES = 1;
export const ATA_COUNT = 2;
export const ATA_LBA_LOW = 3;
export const ATA_LBA_MID = 4;
export const ATA_LBA_HIGH = 5;
export const ATA_DEVICE = 6;
export const ATA_STATUS = 7;
export const ATA_COMMAND = 7;
export const ATA_CONTROL = 8;
export const ATA_ALTERNATE_STATUS = 8;

export const ATA_STATUS_ERR = 0x01;
export const ATA_STATUS_DRQ = 0x08;
/** Seek complete on disks; service on packet devices. */
export const ATA_STATUS_DSC = 0x10;
export const ATA_STATUS_DRDY = 0x40;
export const ATA_STATUS_BSY = 0x80;

export const ATA_ERROR_ABRT = 0x04;
export const ATA_ERROR_IDNF = 0x10;
/** What the sector holds cannot be read. */
export const ATA_ERROR_UNC = 0x40;

export const ATA_CONTROL_NIEN = 0x02;
export const ATA_CONTROL_SRST = 0x04;
/** Shows the bytes written before the last ones (48-bit addresses). */
export const ATA_CONTROL_HOB = 0x80;

export const ATA_DEVICE_DEV = 0x10;
export const ATA_DEVICE_LBA = 0x40;

/** Commands of disks. */
export const ATA_DEVICE_RESET = 0x08;
export const ATA_RECALIBRATE = 0x10;
export const ATA_READ_SECTORS = 0x20;
export const ATA_READ_SECTORS_EXT = 0x24;
export const ATA_READ_DMA_EXT = 0x25;
export const ATA_READ_NATIVE_MAX_EXT = 0x27;
export const ATA_READ_MULTIPLE_EXT = 0x29;
export const ATA_WRITE_SECTORS = 0x30;
export const ATA_WRITE_SECTORS_EXT = 0x34;
export const ATA_WRITE_DMA_EXT = 0x35;
export const ATA_WRITE_MULTIPLE_EXT = 0x39;
export const ATA_WRITE_DMA_FUA_EXT = 0x3d;
export const ATA_READ_VERIFY = 0x40;
export const ATA_READ_VERIFY_EXT = 0x42;
export const ATA_SEEK = 0x70;
export const ATA_EXECUTE_DIAGNOSTIC = 0x90;
export const ATA_INITIALIZE_PARAMETERS = 0x91;
export const ATA_READ_MULTIPLE = 0xc4;
export const ATA_WRITE_MULTIPLE = 0xc5;
export const ATA_SET_MULTIPLE = 0xc6;
export const ATA_READ_DMA = 0xc8;
export const ATA_WRITE_DMA = 0xca;
export const ATA_WRITE_MULTIPLE_FUA_EXT = 0xce;
export const ATA_STANDBY_IMMEDIATE = 0xe0;
export const ATA_IDLE_IMMEDIATE = 0xe1;
export const ATA_STANDBY = 0xe2;
export const ATA_IDLE = 0xe3;
export const ATA_CHECK_POWER = 0xe5;
export const ATA_SLEEP = 0xe6;
export const ATA_FLUSH = 0xe7;
export const ATA_FLUSH_EXT = 0xea;
export const ATA_IDENTIFY = 0xec;
export const ATA_SET_FEATURES = 0xef;
export const ATA_READ_NATIVE_MAX = 0xf8;
/** Commands of packet devices. */
export const ATA_PACKET = 0xa0;
export const ATA_IDENTIFY_PACKET = 0xa1;

/** SET FEATURES. */
export const ATA_FEATURE_WRITE_CACHE = 0x02;
export const ATA_FEATURE_TRANSFER_MODE = 0x03;
export const ATA_FEATURE_NO_WRITE_CACHE = 0x82;
export const ATA_FEATURE_NO_LOOK_AHEAD = 0x55;
export const ATA_FEATURE_LOOK_AHEAD = 0xaa;
export const ATA_FEATURE_KEEP_SETTINGS = 0x66;
export const ATA_FEATURE_REVERT_SETTINGS = 0xcc;

/** Interrupt reason of packet devices, in the count register: a command, not data; towards the host. */
export const ATA_REASON_COMMAND = 0x01;
export const ATA_REASON_TO_HOST = 0x02;
/** Signature of packet devices. */
export const ATA_PACKET_SIGNATURE_MID = 0x14;
export const ATA_PACKET_SIGNATURE_HIGH = 0xeb;
/** Feature bit of PACKET: data by DMA. */
export const ATA_PACKET_DMA = 0x01;

/** Bytes of a sector, of a block of a disc, of a packet; sectors of a block of READ and WRITE MULTIPLE at most. */
export const ATA_SECTOR_SIZE = 512;
export const ATA_BLOCK_SIZE = 2048;
export const ATA_PACKET_SIZE = 12;
export const ATA_MULTIPLE_MAXIMUM = 16;

/** Bus master: offsets of a channel's registers; the second channel's are 8 above. */
export const ATA_BM_COMMAND = 0;
export const ATA_BM_STATUS = 2;
export const ATA_BM_TABLE = 4;
export const ATA_BM_CHANNEL = 8;
export const ATA_BM_PORT_COUNT = 16;
export const ATA_BM_COMMAND_START = 0x01;
/** The bus master writes memory: the device is read. */
export const ATA_BM_COMMAND_TO_MEMORY = 0x08;
export const ATA_BM_STATUS_ACTIVE = 0x01;
export const ATA_BM_STATUS_ERROR = 0x02;
export const ATA_BM_STATUS_INTERRUPT = 0x04;
/** Drives 0 and 1 can do DMA, says who wrote it. */
export const ATA_BM_STATUS_CAPABLE = 0x60;
/** End of the table, in the last word of an entry. */
export const ATA_BM_END_OF_TABLE = 0x8000;
